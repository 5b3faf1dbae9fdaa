# SPDX-License-Identifier: ISC
"""A guest without a kernel: it speaks Ethernet itself, through a packet socket on one end of a link or the queue of a
tap. So its addresses are seen on the wire, and no kernel at its end has them. It answers ARP, neighbour
solicitations and pings for them, and is a client of DHCP, DHCPv6 and SLAAC.

    guest = RawGuest.on_link(ns, "vm0")          # the end of a veth; the kernel there is made silent
    guest = RawGuest.on_tap(fd)                  # a tap's queue (IFF_NO_PI); header=10 or 12 with IFF_VNET_HDR
    lease = guest.dhcp(name="vm")                # DISCOVER … ACK; the address is the guest's now
    guest.renew(lease); guest.release(lease)     # or decline(lease); or send_dhcp() for anything else
    guest.announce("10.0.0.7")                   # a static address; probe() asks first (RFC 5227)
    addrs = guest.slaac()                        # RS, RA, DAD; guest.dad("2001:db8::7") for one address
    lease = guest.dhcp6(name="vm.example")       # Solicit … Reply, DAD; renew6(), release6(), decline6()
    assert guest.ping("10.0.0.1")
    guest.close()
"""
import collections
import ipaddress
import os
import random
import select
import socket
import struct
import threading
import time

BROADCAST = b"\xff" * 6
ETH_IPV4, ETH_ARP, ETH_IPV6 = 0x0800, 0x0806, 0x86dd
ICMP, UDP, ICMPV6 = 1, 17, 58
ETH_P_ALL, PACKET_OUTGOING = 3, 4
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
COOKIE = bytes.fromhex("63825363")
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
SOLICIT, ADVERTISE, REQUEST6, CONFIRM, RENEW, REBIND, REPLY, RELEASE6, DECLINE6 = range(1, 10)
RS, RA, NS, NA = range(133, 137)
TIMEOUT = 30  # for an answer; tests run on slow machines

Lease = collections.namedtuple("Lease", "address server seconds")
Frame = collections.namedtuple("Frame", "to source kind payload")
Packet = collections.namedtuple("Packet", "frame source dest protocol payload")
Dhcp = collections.namedtuple("Dhcp", "xid your options")
Dhcp6 = collections.namedtuple("Dhcp6", "type xid options")


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return ipaddress.ip_address(address).packed


def wire_name(name):
    """A name as in DNS, with the root at its end."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"


def link_local(hwaddr):
    """RFC 4291 appendix A."""
    return address_in("fe80::", hwaddr)


def address_in(prefix, hwaddr):
    identifier = bytes([hwaddr[0] ^ 2]) + hwaddr[1:3] + b"\xff\xfe" + hwaddr[3:]
    return str(ipaddress.IPv6Address(packed(prefix)[:8] + identifier))


def solicited_node(address):
    """RFC 4291 §2.7.1."""
    return str(ipaddress.IPv6Address(packed("ff02::1:ff00:0")[:13] + packed(address)[13:]))


def group_hwaddr(address):
    return b"\x33\x33" + packed(address)[12:]


class PacketSocket:
    """One end of a link: what it sends comes in at the other end. It makes the kernel silent there."""

    def __init__(self, ns, ifname):
        ns.write_sysctl(f"net/ipv6/conf/{ifname}/disable_ipv6", 1)
        ns.ip(f"link set {ifname} arp off up")
        self.sock = ns.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((ifname, ETH_P_ALL))
        promisc = struct.pack("iHH8s", ns.ifindex(ifname), PACKET_MR_PROMISC, 0, b"")
        self.sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promisc)

    def fileno(self):
        return self.sock.fileno()

    def send(self, frame):
        self.sock.send(frame)

    def receive(self):
        frame, where = self.sock.recvfrom(70000)
        return b"" if where[2] == PACKET_OUTGOING else frame

    def close(self):
        self.sock.close()


class Tap:
    """A queue of a tap. It is the caller's, and stays open."""

    def __init__(self, fd, header=0):
        self.fd, self.header = fd, header

    def fileno(self):
        return self.fd

    def send(self, frame):
        os.write(self.fd, bytes(self.header) + frame)

    def receive(self):
        return os.read(self.fd, 70000)[self.header:]

    def close(self):
        pass


class RawGuest:
    def __init__(self, wire, hwaddr=None):
        self.wire = wire
        self.hwaddr = bytes.fromhex(hwaddr.replace(":", "")) if isinstance(hwaddr, str) else hwaddr
        self.hwaddr = self.hwaddr or b"\x52\x54\x00" + random.randbytes(3)
        self.addresses = set()  # those that it answers for
        self.tentative = set()  # it probes for these
        self.frames = collections.deque(maxlen=4096)  # what came, the newest last
        self.count = 0  # of all that came
        self.news = threading.Condition()
        self.stop_read, self.stop_write = os.pipe()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    @classmethod
    def on_link(cls, ns, ifname, hwaddr=None):
        return cls(PacketSocket(ns, ifname), hwaddr)

    @classmethod
    def on_tap(cls, fd, hwaddr=None, header=0):
        return cls(Tap(fd, header), hwaddr)

    def close(self):
        """The guest is gone, without a word on the wire."""
        os.close(self.stop_write)
        self.reader.join()
        os.close(self.stop_read)
        self.wire.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- frames

    @property
    def hwaddr_text(self):
        return self.hwaddr.hex(":")

    def send(self, kind, payload, to=BROADCAST, source=None):
        """An Ethernet frame; `source`: another hardware address than the guest's."""
        frame = to + (source or self.hwaddr) + struct.pack("!H", kind) + payload
        self.wire.send(frame.ljust(60, b"\0"))

    def _read(self):
        while True:
            ready, _, _ = select.select([self.wire, self.stop_read], [], [])
            if self.stop_read in ready:
                return
            try:
                raw = self.wire.receive()
            except OSError:  # the link is down, or gone
                time.sleep(0.01)
                continue
            if len(raw) < 14 or not (raw[0] & 1 or raw[:6] == self.hwaddr):
                continue
            frame = Frame(raw[:6], raw[6:12], struct.unpack_from("!H", raw, 12)[0], raw[14:])
            try:
                self._answer(frame)
            except OSError:
                pass
            with self.news:
                self.frames.append(frame)
                self.count += 1
                self.news.notify_all()

    def wait_for(self, understand, since=None, timeout=TIMEOUT):
        """The first result of understand(frame) that is true, of the frames after the first `since` (guest.count at
        that time; default: from now on). None if there is none."""
        deadline = time.monotonic() + timeout
        with self.news:
            done = self.count if since is None else since
            while True:
                new = self.count - done
                for frame in list(self.frames)[len(self.frames) - min(new, len(self.frames)):]:
                    found = understand(frame)
                    if found:
                        return found
                done = self.count
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.news.wait(left)

    def ask(self, send, understand, what, tries=5):
        """send(), until understand(frame) is true of one that comes."""
        for _ in range(tries):
            since = self.count
            send()
            found = self.wait_for(understand, since, TIMEOUT / tries)
            if found:
                return found
        raise AssertionError(f"no {what}")

    # ---- IP

    def _packet(self, frame):
        data = frame.payload
        if frame.kind == ETH_IPV4 and len(data) >= 20:
            head, total = 4 * (data[0] & 15), struct.unpack_from("!H", data, 2)[0]
            return Packet(frame, str(ipaddress.ip_address(data[12:16])), str(ipaddress.ip_address(data[16:20])),
                          data[9], data[head:total])
        if frame.kind == ETH_IPV6 and len(data) >= 40:
            length = struct.unpack_from("!H", data, 4)[0]
            return Packet(frame, str(ipaddress.ip_address(data[8:24])), str(ipaddress.ip_address(data[24:40])),
                          data[6], data[40:40 + length])
        return None

    def send_ip(self, source, dest, protocol, payload, to=BROADCAST, hop_limit=255):
        """Sends an IP packet to that hardware address."""
        if ":" in dest:
            head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, hop_limit) + packed(source) + packed(dest)
            return self.send(ETH_IPV6, head + payload, to)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), random.getrandbits(16), 0, 64, protocol, 0)
        head += packed(source) + packed(dest)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        return self.send(ETH_IPV4, head + payload, to)

    @staticmethod
    def _pseudo(source, dest, protocol, length):
        if ":" in dest:
            return packed(source) + packed(dest) + struct.pack("!II", length, protocol)
        return packed(source) + packed(dest) + struct.pack("!HH", protocol, length)

    def send_udp(self, source, dest, from_port, to_port, payload, to=BROADCAST):
        head = struct.pack("!HHHH", from_port, to_port, 8 + len(payload), 0)
        total = checksum(self._pseudo(source, dest, UDP, 8 + len(payload)) + head + payload) or 0xffff
        self.send_ip(source, dest, UDP, head[:6] + struct.pack("!H", total) + payload, to)

    def send_icmp6(self, source, dest, kind, body, to=None):
        message = struct.pack("!BBH", kind, 0, 0) + body
        total = checksum(self._pseudo(source, dest, ICMPV6, len(message)) + message)
        to = to or (group_hwaddr(dest) if dest.startswith("ff") else BROADCAST)
        self.send_ip(source, dest, ICMPV6, message[:2] + struct.pack("!H", total) + message[4:], to)

    # ---- what it answers by itself

    def _answer(self, frame):
        if frame.kind == ETH_ARP and len(frame.payload) >= 28:
            self._answer_arp(frame)
        packet = self._packet(frame)
        if packet and packet.protocol == ICMPV6 and packet.payload:
            self._answer_icmp6(packet)
        elif packet and packet.protocol == ICMP and packet.payload[:1] == b"\x08" and packet.dest in self.addresses:
            message = b"\0\0\0\0" + packet.payload[4:]
            message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
            self.send_ip(packet.dest, packet.source, ICMP, message, frame.source)

    def _answer_arp(self, frame):
        op, target = struct.unpack_from("!H", frame.payload, 6)[0], str(ipaddress.ip_address(frame.payload[24:28]))
        if op == 1 and target in self.addresses:
            self.send_arp(2, target, frame.payload[14:18], frame.payload[8:14], frame.source)

    def _answer_icmp6(self, packet):
        kind, body = packet.payload[0], packet.payload[4:]
        if kind == NS and len(body) >= 20:
            target = str(ipaddress.ip_address(body[4:20]))
            if target in self.addresses:
                is_probe = packet.source == "::"
                self.send_na(target, "ff02::1" if is_probe else packet.source, not is_probe,
                             None if is_probe else packet.frame.source)
        elif kind == 128 and packet.dest in self.addresses:
            self.send_icmp6(packet.dest, packet.source, 129, body, packet.frame.source)

    # ---- ARP

    def send_arp(self, op, sender, target, target_hwaddr=bytes(6), to=BROADCAST, sender_hwaddr=None):
        """`sender`, `target`: text or four bytes."""
        addrs = [a if isinstance(a, bytes) else packed(a) for a in (sender, target)]
        self.send(ETH_ARP, struct.pack("!HHBBH", 1, ETH_IPV4, 6, 4, op) + (sender_hwaddr or self.hwaddr) + addrs[0]
                  + target_hwaddr + addrs[1], to)

    def announce(self, address):
        """The address is the guest's, and it says so (RFC 5227 §2.3)."""
        self.addresses.add(address)
        self.send_arp(1, address, address)

    def probe(self, address, seconds=1):
        """RFC 5227 §2.1.1: returns the hardware address of somebody who has it, or None."""
        since = self.count
        self.send_arp(1, "0.0.0.0", address)

        def conflict(frame):
            if frame.kind == ETH_ARP and frame.payload[14:18] == packed(address) and frame.source != self.hwaddr:
                return frame.payload[8:14]
            return None
        return self.wait_for(conflict, since, seconds)

    # ---- DHCP

    def send_dhcp(self, kind, xid, *options, ciaddr="0.0.0.0", dest="255.255.255.255", to=BROADCAST, chaddr=None,
                  has_broadcast_flag=True):
        """`options`: pairs of a code and bytes."""
        message = struct.pack("!BBBBIHH", 1, 1, 6, 0, xid, 0, 0x8000 if has_broadcast_flag else 0)
        message += packed(ciaddr) + bytes(12) + (chaddr or self.hwaddr).ljust(16, b"\0") + bytes(192) + COOKIE
        for code, value in ((53, bytes([kind])), *options):
            message += bytes([code, len(value)]) + value
        self.send_udp(ciaddr, dest, 68, 67, (message + b"\xff").ljust(300, b"\0"), to)

    def _dhcp_reply(self, xid):
        def understand(frame):
            packet = self._packet(frame)
            if not packet or packet.protocol != UDP or packet.payload[2:4] != b"\0\x44":
                return None
            data = packet.payload[8:]
            if len(data) < 240 or data[4:8] != struct.pack("!I", xid) or data[28:34] != self.hwaddr:
                return None
            options, at = {}, 240
            while at + 1 < len(data) and data[at] != 255:
                if data[at] == 0:
                    at += 1
                    continue
                options[data[at]] = data[at + 2:at + 2 + data[at + 1]]
                at += 2 + data[at + 1]
            return Dhcp(xid, str(ipaddress.ip_address(data[16:20])), options)
        return understand

    @staticmethod
    def name_options(name=None, fqdn=None, is_wire=False):
        """Option 12, and option 81 in text or in the wire format (RFC 4702)."""
        options = [(12, name.encode())] if name else []
        if fqdn:
            options.append((81, bytes([4 if is_wire else 0, 0, 0]) + (wire_name(fqdn) if is_wire else fqdn.encode())))
        return options

    def dhcp(self, name=None, fqdn=None, is_wire=False, options=()):
        """DISCOVER, OFFER, REQUEST, ACK; the address is the guest's then. Returns a Lease."""
        xid = random.getrandbits(32)
        more = [*self.name_options(name, fqdn, is_wire), *options]
        is_it = self._dhcp_reply(xid)
        offer = self.ask(lambda: self.send_dhcp(DISCOVER, xid, (55, b"\x01\x03"), *more), is_it, "OFFER")
        chosen = [(50, packed(offer.your)), (54, offer.options[54])]

        def answer(frame):
            reply = is_it(frame)
            return reply if reply and reply.options.get(53, b"\0")[0] in (ACK, NAK) else None
        reply = self.ask(lambda: self.send_dhcp(REQUEST, xid, *chosen, *more), answer, "ACK")
        return self._bound(reply)

    def _bound(self, reply):
        if reply.options[53][0] != ACK:
            raise AssertionError("NAK")
        lease = Lease(reply.your, str(ipaddress.ip_address(reply.options[54])),
                      struct.unpack("!I", reply.options[51])[0])
        self.addresses.add(lease.address)
        return lease

    def renew(self, lease, name=None, options=()):
        """A REQUEST with ciaddr, as when rebinding (RFC 2131 §4.3.2): by broadcast."""
        xid = random.getrandbits(32)
        more = [*self.name_options(name), *options]
        is_it = self._dhcp_reply(xid)
        return self._bound(self.ask(lambda: self.send_dhcp(REQUEST, xid, *more, ciaddr=lease.address), is_it, "ACK"))

    def release(self, lease):
        self.addresses.discard(lease.address)
        self.send_dhcp(RELEASE, random.getrandbits(32), (54, packed(lease.server)), ciaddr=lease.address,
                       dest=lease.server)

    def decline(self, lease):
        self.addresses.discard(lease.address)
        self.send_dhcp(DECLINE, random.getrandbits(32), (50, packed(lease.address)), (54, packed(lease.server)))

    def send_dhcp_reply(self, kind, xid, hwaddr, your, server, seconds, options=()):
        """What the server of that address says to the client of that hardware address."""
        message = struct.pack("!BBBBIHH", 2, 1, 6, 0, xid, 0, 0x8000) + bytes(4) + packed(your) + bytes(8)
        message += hwaddr.ljust(16, b"\0") + bytes(192) + COOKIE
        for code, value in ((53, bytes([kind])), (54, packed(server)), (51, struct.pack("!I", seconds)), *options):
            message += bytes([code, len(value)]) + value
        self.send_udp(server, "255.255.255.255", 67, 68, (message + b"\xff").ljust(300, b"\0"))

    # ---- ND

    @property
    def link_local(self):
        return link_local(self.hwaddr)

    def _own_hwaddr_option(self, kind):
        return bytes([kind, 1]) + self.hwaddr

    def send_na(self, target, dest="ff02::1", is_solicited=False, to=None):
        flags = (0x40000000 if is_solicited else 0) | 0x20000000
        self.send_icmp6(target, dest, NA, struct.pack("!I", flags) + packed(target) + self._own_hwaddr_option(2), to)

    def send_ns(self, target, source):
        """`source` "::": a DAD probe (RFC 4862 §5.4.2)."""
        option = b"" if source == "::" else self._own_hwaddr_option(1)
        self.send_icmp6(source, solicited_node(target), NS, bytes(4) + packed(target) + option)

    def dad(self, address, seconds=1):
        """Probes for the address. True: nobody objects, and it is the guest's now."""
        def objection(frame):
            packet = self._packet(frame)
            if not packet or packet.protocol != ICMPV6 or packet.payload[8:24] != packed(address):
                return None
            return packet.payload[0] == NA or (packet.payload[0] == NS and packet.source == "::")
        since = self.count
        self.send_ns(address, "::")
        if self.wait_for(objection, since, seconds):
            return False
        self.addresses.add(address)
        return True

    def send_ra(self, source):
        """As a router without prefixes."""
        self.send_icmp6(source, "ff02::1", RA, struct.pack("!BBHII", 64, 0, 1800, 0, 0))

    def solicit_router(self):
        """RS to RA: the prefixes with their valid lifetimes, [("2001:db8::", 64, 3600)]."""
        def understand(frame):
            packet = self._packet(frame)
            if not packet or packet.protocol != ICMPV6 or packet.payload[0] != RA:
                return None
            prefixes, data, at = [], packet.payload, 16
            while at + 8 <= len(data) and data[at + 1]:
                if data[at] == 3:
                    prefixes.append((str(ipaddress.ip_address(data[at + 16:at + 32])), data[at + 2],
                                     struct.unpack_from("!I", data, at + 4)[0]))
                at += 8 * data[at + 1]
            return prefixes or None
        return self.ask(lambda: self.send_icmp6(self.link_local, "ff02::2", RS, bytes(4)
                                                + self._own_hwaddr_option(1)), understand, "RA")

    def slaac(self):
        """DAD for the link-local address, RS, then DAD for an address in each prefix of 64 bits. Returns all of them.
        An NA for each shows neighbours that it is there."""
        made = [self.link_local]
        assert self.dad(made[0]), "somebody has the link-local address"
        made += [address_in(prefix, self.hwaddr) for prefix, bits, _ in self.solicit_router() if bits == 64]
        for address in made[1:]:
            assert self.dad(address), f"somebody has {address}"
        for address in made:
            self.send_na(address)
        return made

    # ---- DHCPv6

    @property
    def duid(self):
        return struct.pack("!HH", 3, 1) + self.hwaddr  # DUID-LL (RFC 8415 §11.4)

    def send_dhcp6(self, kind, xid, *options, source=None):
        message = struct.pack("!I", kind << 24 | xid)
        for code, value in ((1, self.duid), (8, b"\0\0"), *options):
            message += struct.pack("!HH", code, len(value)) + value
        group = "ff02::1:2"
        self.send_udp(source or self.link_local, group, 546, 547, message, group_hwaddr(group))

    @staticmethod
    def _options6(data):
        options, at = {}, 0
        while at + 4 <= len(data):
            code, length = struct.unpack_from("!HH", data, at)
            options[code] = data[at + 4:at + 4 + length]
            at += 4 + length
        return options

    def _dhcp6_reply(self, xid, kinds):
        def understand(frame):
            packet = self._packet(frame)
            if not packet or packet.protocol != UDP or packet.payload[2:4] != struct.pack("!H", 546):
                return None
            head = struct.unpack_from("!I", packet.payload, 8)[0]
            if head & 0xffffff != xid or head >> 24 not in kinds:
                return None
            return Dhcp6(head >> 24, xid, self._options6(packet.payload[12:]))
        return understand

    @staticmethod
    def _ia_na(address=None):
        inner = struct.pack("!HH", 5, 24) + packed(address) + bytes(8) if address else b""
        return 3, struct.pack("!III", 1, 0, 0) + inner

    @staticmethod
    def _name6(name):
        return [(39, b"\0" + wire_name(name))] if name else []

    def _ask6(self, kind, kinds, *options):
        xid = random.getrandbits(24)
        return self.ask(lambda: self.send_dhcp6(kind, xid, *options), self._dhcp6_reply(xid, kinds), f"answer to {kind}")

    def _bound6(self, reply):
        ia = self._options6(reply.options[3][12:])
        if 5 not in ia:
            raise AssertionError(f"no address: {reply.options}")
        return Lease(str(ipaddress.ip_address(ia[5][:16])), reply.options[2], struct.unpack_from("!I", ia[5], 20)[0])

    def dhcp6(self, name=None):
        """Solicit, Advertise, Request, Reply, DAD. The link-local address has to be the guest's: dad(link_local)."""
        self.addresses.add(self.link_local)
        advertised = self._ask6(SOLICIT, (ADVERTISE,), self._ia_na(), *self._name6(name))
        offered = self._bound6(advertised)
        reply = self._ask6(REQUEST6, (REPLY,), (2, offered.server), self._ia_na(offered.address), *self._name6(name))
        lease = self._bound6(reply)
        assert self.dad(lease.address), f"somebody has {lease.address}"
        return lease

    def renew6(self, lease, name=None):
        return self._bound6(self._ask6(RENEW, (REPLY,), (2, lease.server), self._ia_na(lease.address),
                                       *self._name6(name)))

    def _give_back6(self, kind, lease):
        self.addresses.discard(lease.address)
        self._ask6(kind, (REPLY,), (2, lease.server), self._ia_na(lease.address))

    def release6(self, lease):
        self._give_back6(RELEASE6, lease)

    def decline6(self, lease):
        self._give_back6(DECLINE6, lease)

    # ---- ping

    def resolve(self, address, source, timeout=TIMEOUT):
        """The hardware address of a neighbour, or None."""
        since = self.count
        if ":" in address:
            self.send_ns(address, source)
        else:
            self.send_arp(1, source, address)

        def understand(frame):
            if ":" not in address:
                is_it = frame.kind == ETH_ARP and frame.payload[14:18] == packed(address)
                return frame.payload[8:14] if is_it else None
            packet = self._packet(frame)
            is_it = packet and packet.protocol == ICMPV6 and packet.payload[0] == NA
            return packet.payload[26:32] if is_it and packet.payload[8:24] == packed(address) else None
        return self.wait_for(understand, since, timeout)

    def ping(self, address, source=None, timeout=5):
        """True if the neighbour `address` answers. `source`: by default an address of the guest of that family."""
        family = ":" in address
        source = source or next(a for a in sorted(self.addresses, reverse=True) if (":" in a) == family)
        to = self.resolve(address, source, timeout)
        if not to:
            return False
        body = struct.pack("!HH", random.getrandbits(16), 1) + b"raw guest"
        since = self.count
        if family:
            self.send_icmp6(source, address, 128, body, to)
        else:
            message = b"\x08\0\0\0" + body
            message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
            self.send_ip(source, address, ICMP, message, to)

        def is_reply(frame):
            packet = self._packet(frame)
            return packet and packet.source == address and packet.payload[:1] in (b"\0", b"\x81") and \
                packet.payload[4:] == body
        return bool(self.wait_for(is_reply, since, timeout))
