# SPDX-License-Identifier: ISC
"""mDNS on the wire: packets like those of clients, and parsed replies."""
import collections
import contextlib
import ipaddress
import random
import select
import socket
import struct
import time

import dns.name

from lib.wait import wait_until

GROUP4, GROUP6, PORT = "224.0.0.251", "ff02::fb", 5353
A, PTR, TXT, AAAA, SRV, OPT, NSEC, HTTPS, ANY = 1, 12, 16, 28, 33, 41, 47, 65, 255
IN, QU, FLUSH = 1, 0x8000, 0x8000

Question = collections.namedtuple("Question", "name type class_")
Record = collections.namedtuple("Record", "section name type class_ ttl rdata data")
SECTIONS = ("answer", "authority", "additional")


def wire_name(text):
    return dns.name.from_text(text).to_wire()


def question(name, rdtype, class_=IN):
    return wire_name(name) + struct.pack("!HH", rdtype, class_)


def query(*questions, id_=0, flags=0, additional=()):
    header = struct.pack("!6H", id_, flags, len(questions), 0, 0, len(additional))
    return header + b"".join(questions) + b"".join(additional)


class Message:
    """A parsed packet. Fails if it is malformed."""

    def __init__(self, wire, peer=None):
        self.wire, self.peer = wire, peer
        self.id, self.flags, *counts = struct.unpack("!6H", wire[:12])
        self.at = 12
        self.questions = [Question(self.name(), *self.unpack("!HH")) for _ in range(counts[0])]
        self.records = [self.record(section) for section, count in zip(SECTIONS, counts[1:])
                        for _ in range(count)]
        assert self.at == len(wire), "bytes after the end"

    def name(self):
        name, used = dns.name.from_wire(self.wire, self.at)
        self.at += used
        return name.to_text()

    def unpack(self, form):
        values = struct.unpack_from(form, self.wire, self.at)
        self.at += struct.calcsize(form)
        return values

    def record(self, section):
        name = self.name()
        rdtype, class_, ttl, length = self.unpack("!HHIH")
        start, self.at = self.at, self.at + length
        assert self.at <= len(self.wire)
        rdata = self.wire[start:self.at]
        return Record(section, name, rdtype, class_, ttl, rdata, self.data(rdtype, start, rdata))

    def data(self, rdtype, start, rdata):
        """An address or a name as text, the types of an NSEC as a set, other bytes as they are."""
        if rdtype in (A, AAAA):
            return str(ipaddress.ip_address(rdata))
        if rdtype == PTR:
            return dns.name.from_wire(self.wire, start)[0].to_text()
        if rdtype == NSEC:
            _, used = dns.name.from_wire(self.wire, start)
            return bitmap_types(rdata[used:])
        return rdata

    @property
    def is_response(self):
        return bool(self.flags & 0x8000)

    def of(self, name, rdtype, section=None):
        return [record for record in self.records if record.name.lower() == name.lower() and
                record.type == rdtype and section in (None, record.section)]

    def addresses(self, name, section="answer"):
        return sorted(record.data for rdtype in (A, AAAA)
                      for record in self.of(name, rdtype, section))


def bitmap_types(bitmap):
    """RFC 4034 §4.1.2."""
    types, at = set(), 0
    while at < len(bitmap):
        window, length = bitmap[at], bitmap[at + 1]
        assert 0 < length <= 32
        for i, byte in enumerate(bitmap[at + 2:at + 2 + length]):
            types |= {window * 256 + i * 8 + bit for bit in range(8) if byte >> (7 - bit) & 1}
        at += 2 + length
    assert at == len(bitmap)
    return types


class Socket:
    """A multicast socket on one link: port 5353 by default."""

    def __init__(self, ns, family=socket.AF_INET, port=PORT, ifname="eth0"):
        self.sock = ns.socket(family)
        self.index = ns.ifindex(ifname)
        self.family = family
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET:
            mreqn = struct.pack("4s4si", socket.inet_aton(GROUP4), b"\0" * 4, self.index)
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, mreqn)
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
            if port == PORT:
                self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreqn)
            self.sock.bind(("", port))
        else:
            mreq = socket.inet_pton(family, GROUP6) + struct.pack("i", self.index)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self.index)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            if port == PORT:
                self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, mreq)
            self.sock.bind(("::", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, payload):
        """Sends to the group."""
        if self.family == socket.AF_INET:
            self.sock.sendto(payload, (GROUP4, PORT))
        else:
            self.sock.sendto(payload, (GROUP6, PORT, 0, self.index))

    def receive(self, timeout):
        """The next packet, or None."""
        if not select.select([self.sock], [], [], max(timeout, 0))[0]:
            return None
        payload, peer = self.sock.recvfrom(9000)
        return Message(payload, peer)

    def wait_for(self, predicate, timeout=5, what="the packet"):
        """The first packet that fulfils the condition."""
        deadline = time.monotonic() + timeout
        seen = []
        while time.monotonic() < deadline:
            message = self.receive(deadline - time.monotonic())
            if message is None:
                break
            with contextlib.suppress(IndexError):
                if predicate(message):
                    return message
            seen.append((message.peer, message.questions, message.records))
        raise AssertionError(f"{what} did not come within {timeout} s; what came: {seen[-5:]}")


PADDING = struct.pack("!HH", 12, 8) + b"\0" * 8
PADDING_OPT = struct.pack("!BHHIH", 0, OPT, 8192, 0x8000, len(PADDING)) + PADDING


def android_query(name, rdtype, has_opt):
    """The query of the system resolver: one question, a random id, RD; with Private DNS in force also AD and
    an OPT with DO and padding."""
    id_ = random.randrange(1 << 16)
    wire = query(question(name, rdtype), id_=id_, flags=0x0120 if has_opt else 0x0100,
                      additional=[PADDING_OPT] if has_opt else [])
    return id_, wire


def android_resolve(ns, name, rdtype, has_opt=False, timeout=2.002):
    """Takes the first datagram that arrives, and is as strict as Android's getanswer()."""
    family = socket.AF_INET6 if rdtype == AAAA else socket.AF_INET
    id_, wire = android_query(name, rdtype, has_opt)
    with Socket(ns, family, port=0) as sock:
        sock.send(wire)
        reply = sock.receive(timeout)
    if reply is None:
        return None
    assert reply.id == id_ and reply.is_response and not reply.flags & 0x020f, hex(reply.flags)
    assert reply.questions == [(name + ".", rdtype, IN)], "QDCOUNT = 1, the question as it was"
    return sorted(record.data for record in reply.records if record.section == "answer" and
                  record.class_ == IN and record.name == name + "." and record.type == rdtype)


def mdns_names(daemon):
    """{name: its state} by `status`."""
    return {line["name"]: line for line in daemon.status()["mdns"]["names"]}


def wait_established(daemon, *names, timeout=10):
    def are_established():
        found = mdns_names(daemon)
        return all(found.get(name + ".local.", {}).get("state") in ("announcing", "established")
                   for name in names)
    wait_until(are_established, timeout, f"{names} on the wire")
