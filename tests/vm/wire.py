# SPDX-License-Identifier: ISC
"""The other end of a network card of the virtual machine: it keeps everything that the machine sends, and a
neighbour on it asks by mDNS, untagged or within a VLAN."""
import collections
import os
import socket
import struct
import threading
from socket import AF_INET, AF_INET6

from lib.mdns import GROUP4, PORT, Message, query, question

ETH_IPV4, ETH_ARP, ETH_VLAN, ETH_IPV6 = 0x0800, 0x0806, 0x8100, 0x86dd
UDP = 17
HWADDR = bytes.fromhex("020000000009")  # of the neighbour
GROUP_HWADDR = bytes.fromhex("01005e0000fb")

Said = collections.namedtuple("Said", "family vlan to_port message")


class Wire:
    """One end of it. VLAN 0 means without a tag."""

    def __init__(self, directory, number):
        self.number = number
        self.here, self.there = (os.path.join(directory, f"{end}{number}") for end in ("here", "there"))
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.here)
        self.said = []  # each mDNS message from the machine, in the order of arrival
        self.on_frame = lambda frame: None  # called with each frame without a tag
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def options(self):
        """Those of QEMU for the card."""
        return ["-netdev", f"dgram,id=n{self.number},local.type=unix,local.path={self.there},"
                f"remote.type=unix,remote.path={self.here}",
                "-device", f"virtio-net-pci,netdev=n{self.number},mac=52:54:00:00:00:{self.number + 1:02x}"]

    def read(self):
        """Runs all the time: if its frames are not read, the machine waits."""
        while frame := self.sock.recv(70000):
            kind, vlan, payload = struct.unpack_from("!H", frame, 12)[0], 0, frame[14:]
            if kind == ETH_VLAN:
                tag, kind = struct.unpack_from("!HH", frame, 14)
                vlan, payload = tag & 0xfff, frame[18:]
            if not vlan:
                self.on_frame(frame)
            if kind == ETH_ARP:
                self.answer_arp(vlan, payload)
            elif kind == ETH_IPV4 and payload[9] == UDP:
                self.keep(AF_INET, vlan, payload[4 * (payload[0] & 15):])
            elif kind == ETH_IPV6 and payload[6] == UDP:
                self.keep(AF_INET6, vlan, payload[40:])

    def keep(self, family, vlan, datagram):
        from_port, to_port = struct.unpack_from("!HH", datagram)
        if from_port == PORT:
            self.said.append(Said(family, vlan, to_port, Message(datagram[8:])))

    def send(self, vlan, to, kind, payload):
        tag = struct.pack("!HH", ETH_VLAN, vlan) if vlan else b""
        self.sock.sendto(to + HWADDR + tag + struct.pack("!H", kind) + payload.ljust(46, b"\0"), self.there)

    def answer_arp(self, vlan, request):
        """The neighbour has each address that ends in 9 (RFC 826)."""
        sender, sender_addr, target_addr = request[8:14], request[14:18], request[24:28]
        if request[7] == 1 and target_addr[3] == 9:
            self.send(vlan, sender, ETH_ARP, struct.pack("!HHBBH", 1, ETH_IPV4, 6, 4, 2) + HWADDR + target_addr +
                      sender + sender_addr)

    def ask(self, vlan, addr, port, name, rdtype):
        """A one-shot query (RFC 6762 section 5.1) from that address and port."""
        wire = query(question(name, rdtype), id_=port)
        udp = struct.pack("!4H", port, PORT, 8 + len(wire), 0) + wire
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 255, UDP, 0)
        header += socket.inet_aton(addr) + socket.inet_aton(GROUP4)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        self.send(vlan, GROUP_HWADDR, ETH_IPV4, header + udp)

    def close(self):
        self.sock.shutdown(socket.SHUT_RD)
        self.reader.join()
        self.sock.close()


def checksum(header):
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
