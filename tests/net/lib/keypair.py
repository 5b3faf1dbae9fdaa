# SPDX-License-Identifier: ISC
"""Key pairs that sign messages of DNS (SIG(0), RFC 2931), made by other hands than ours: python3-cryptography."""
import base64
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from lib.mdns import wire_name

SIG, KEY, CLASS_ANY = 24, 25, 255
P256 = 13


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

    def line(self):
        """Its KEY record, as a line of a file."""
        flags, = struct.unpack("!H", self.rdata[:2])
        return f"{self.name} IN KEY {flags} 3 {P256} {base64.b64encode(self.rdata[4:]).decode()}\n"

    def sign(self, message, owner=".", cls=CLASS_ANY, inception=None, expiration=None):
        """The message with its SIG as the last record."""
        now = int(time.time())
        inception = now - 60 if inception is None else inception
        expiration = now + 120 if expiration is None else expiration
        head = struct.pack("!HBBIIIH", 0, P256, 0, 0, expiration, inception, self.tag) + wire_name(self.name)
        rdata = head + self.signature(head + message)
        count, = struct.unpack("!H", message[10:12])
        record = wire_name(owner) + struct.pack("!HHIH", SIG, cls, 0, len(rdata)) + rdata
        return message[:10] + struct.pack("!H", count + 1) + message[12:] + record
