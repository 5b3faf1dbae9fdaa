# SPDX-License-Identifier: ISC
"""Many hosts on some links, each with a key, an address of its own and ten names, which it says in two packets of signed
multicast DNS, or in an update. They answer nobody; whoever plays them repeats what was not heard."""
import socket
import struct
import time

from lib.keypair import KeyPair
from lib.mdns import A, GROUP4, IN, PORT, Socket, wire_name
from lib.signed_host import SignedHost, response

NAMES_EACH, NAMES_IN_PACKET = 10, 5
TTL, VALID_S = 4500, 500  # the longest that a collector takes
ASKED_AT_ONCE, PATIENCE_S = 100, 0.5
IP_PKTINFO = 8  # linux/in.h
OPT_DO = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
FIRST_NET = 7  # 10.7.0.0/16 is that of the first link


class Place:
    """The namespace of some hosts, whose addresses are all on eth0."""

    def __init__(self, ns, port=0):
        self.ns = ns
        self.sock = Socket(ns, port=port).sock
        self.index = ns.ifindex("eth0")

    def add_addresses(self, addrs, length):
        self.ns.batch(f"addr add {addr}/{length} dev eth0" for addr in addrs)

    def send(self, payload, source, to):
        info = struct.pack("@i4s4s", self.index, socket.inet_aton(source), bytes(4))
        self.sock.sendmsg([payload], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, to)

    def close(self):
        self.sock.close()


class Link(Place):
    """Hosts on a bridge of the collector's namespace."""

    def __init__(self, topo, host, number):
        self.ifname, self.net = f"br{number}", f"10.{FIRST_NET + number}"
        topo.bridge(host, self.ifname, f"{self.net}.0.1/16")
        super().__init__(topo.workload("fleet", host, self.ifname), PORT)

    def address(self, i):
        return f"{self.net}.{1 + i // 250}.{1 + i % 250}"


class Member:
    """A host at a place."""

    def __init__(self, number, place, addr):
        self.place, self.addr = place, addr
        self.labels = [f"h{number:04d}-{i}" for i in range(NAMES_EACH)]
        self.key = KeyPair(f"h{number:04d}.vanya.")

    def packets(self, addr=None):
        """Signed now; they say that all names have this address, or its own."""
        until = int(time.time()) + VALID_S
        for i in range(0, NAMES_EACH, NAMES_IN_PACKET):
            labels = self.labels[i:i + NAMES_IN_PACKET]
            records = [record for label in labels for record in SignedHost.records(label, [addr or self.addr], TTL)]
            yield self.key.sign(response(records), f"{labels[0]}.local.", IN, expiration=until)

    def sign(self):
        self.signed = list(self.packets())

    def say(self):
        for packet in self.signed:
            self.place.send(packet, self.addr, (GROUP4, PORT))


class Fleet:
    """So many hosts on so many links of `host`, whose first one has the address 10.7.0.1 there."""

    def __init__(self, topo, host, links, count):
        self.links = [Link(topo, host, number) for number in range(links)]
        self.members = [Member(i, self.links[i % links], self.links[i % links].address(i // links)) for i in range(count)]
        for link in self.links:
            link.add_addresses((member.addr for member in self.members if member.place is link), 16)

    def sign(self):
        for member in self.members:
            member.sign()

    def close(self):
        for link in self.links:
            link.close()


class Asker:
    """Asks a server for the address of many names at a time. With `has_do`, an answer has to be signed."""

    def __init__(self, ns, server, domain, has_do=False):
        self.sock = ns.socket(socket.AF_INET)
        self.sock.connect((server, 53))
        self.sock.settimeout(PATIENCE_S)
        self.tail = wire_name(domain) + struct.pack("!HH", A, IN) + (OPT_DO if has_do else b"")
        self.head, self.least = struct.pack("!5H", 0, 1, 0, 0, int(has_do)), 2 if has_do else 1

    def close(self):
        self.sock.close()

    def missing(self, labels):
        """Those that have no answer, or none yet."""
        absent = []
        for first in range(0, len(labels), ASKED_AT_ONCE):
            absent += self.missing_of(labels[first:first + ASKED_AT_ONCE])
        return absent

    def absent(self, members):
        """Those hosts of which a name is missing."""
        labels = set(self.missing([label for member in members for label in member.labels]))
        return [member for member in members if not labels.isdisjoint(member.labels)]

    def missing_of(self, labels):
        for i, label in enumerate(labels):
            self.sock.send(struct.pack("!H", i) + self.head + bytes([len(label)]) + label.encode() + self.tail)
        seen, has = set(), set()
        try:
            while len(seen) < len(labels):
                reply = self.sock.recv(4096)
                i, answers = int.from_bytes(reply[:2], "big"), int.from_bytes(reply[6:8], "big")
                seen.add(i)
                if answers >= self.least:
                    has.add(i)
        except OSError:  # lost, or the server is not there yet
            pass
        return [label for i, label in enumerate(labels) if i not in has]
