# SPDX-License-Identifier: ISC
"""Key pairs that sign messages of DNS (SIG(0), RFC 2931), made by other hands than ours: python3-cryptography."""
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

SIG, KEY, CLASS_ANY = 24, 25, 255
P256 = 13


def wire(name):
    """A name as bytes."""
    labels = name.rstrip(".").split(".") if name.rstrip(".") else []
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


class KeyPair:
    """A key of algorithm 13; `name` is that of its KEY record."""

    def __init__(self, name, flags=512):
        self.name = name
        self.secret = ec.generate_private_key(ec.SECP256R1())
        point = self.secret.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)[1:]
        self.rdata = struct.pack("!HBB", flags, 3, P256) + point
        total = sum(byte << 8 if i % 2 == 0 else byte for i, byte in enumerate(self.rdata))
        self.tag = (total + (total >> 16)) & 0xffff  # RFC 4034, appendix B

    def signature(self, data):
        r, s = utils.decode_dss_signature(self.secret.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign(self, message, start=None, end=None, owner=".", cls=CLASS_ANY, signer=None):
        """The message with its SIG as the last record."""
        now = int(time.time())
        start, end = now - 60 if start is None else start, now + 120 if end is None else end
        head = struct.pack("!HBBIIIH", 0, P256, 0, 0, end, start, self.tag) + wire(signer or self.name)
        rdata = head + self.signature(head + message)
        count, = struct.unpack("!H", message[10:12])
        record = wire(owner) + struct.pack("!HHIH", SIG, cls, 0, len(rdata)) + rdata
        return message[:10] + struct.pack("!H", count + 1) + message[12:] + record
