# SPDX-License-Identifier: ISC
"""A host that says its names over multicast DNS, in packets that it signs (keypair.py)."""
import socket
import struct
import time

from lib.keypair import KEY
from lib.mdns import A, AAAA, FLUSH, IN, PTR, SRV, TXT, Socket, wire_name

INSTANCES = "_ontap._udp.local."
TTL = 120


def record(name, rdtype, rdata, ttl=TTL, is_unique=True):
    return wire_name(name) + struct.pack("!HHIH", rdtype, IN | (FLUSH if is_unique else 0), ttl, len(rdata)) + rdata


def address_record(name, text, ttl):
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return record(name, AAAA if ":" in text else A, socket.inet_pton(family, text), ttl)


def response(records):
    return struct.pack("!6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


class SignedHost:
    """Says names from a namespace; it answers nobody."""

    def __init__(self, ns, key, ifname="eth0"):
        self.key = key
        self.sock = Socket(ns, socket.AF_INET, ifname=ifname)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.sock.close()

    @staticmethod
    def records(label, addresses, ttl=TTL, wanted=None):
        """The addresses, and what makes them public; `wanted` is the name that it wants to have."""
        name = f"{label}.local."
        instance = f"{label}.{INSTANCES}"
        text = f"d={wanted or label}".encode()
        return [*(address_record(name, addr, ttl) for addr in addresses),
                record(INSTANCES, PTR, wire_name(instance), ttl, False),
                record(instance, SRV, struct.pack("!3H", 0, 0, 0) + wire_name(name), ttl),
                record(instance, TXT, bytes([len(text)]) + text, ttl)]

    def packet(self, label, addresses, ttl=TTL, wanted=None, **times):
        return self.key.sign(response(self.records(label, addresses, ttl, wanted)), f"{label}.local.", IN, **times)

    def say(self, label, *addresses, **how):
        """What it said before is replaced if that is more than a second old (RFC 6762 §10.2)."""
        packet = self.packet(label, addresses, **how)
        self.sock.send(packet)
        return packet

    def say_anew(self, label, *addresses, **how):
        time.sleep(1.1)
        return self.say(label, *addresses, **how)

    def say_goodbye(self, label, *addresses):
        return self.say(label, *addresses, ttl=0)

    def answer_key(self, label, *addresses):
        """Waits until somebody asks for the host's public key, and says that, too."""
        host = f"{label}.local."
        self.sock.wait_for(lambda m: not m.is_response and (host, KEY) in [q[:2] for q in m.questions], 20, "the question")
        self.say_with_key(label, *addresses)

    def say_with_key(self, label, *addresses):
        host = f"{label}.local."
        records = [record(host, KEY, self.key.rdata), *self.records(label, addresses)]
        self.sock.send(self.key.sign(response(records), host, IN))
