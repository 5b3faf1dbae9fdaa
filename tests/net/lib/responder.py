# SPDX-License-Identifier: ISC
"""The same host and services, served by different responders, and a neighbour that asks them.

A host "web" with the services "shop" (_http._tcp) and "Küche" (_ipp._tcp), on one end of a veth pair; the
neighbour is the other end.
"""
import collections
import os
import socket
import struct
import time

from lib.daemon import Daemon
from lib.mdns import A, ANY, FLUSH, IN, QU, Message, Socket, mdns_names, wire_name
from lib.peers import AVAHI_CONF, Stack
from lib.wait import wait_until

KITCHEN = b"\x06K\xc3\xbcche\x04_ipp\x04_tcp\x05local\x00"  # Küche._ipp._tcp.local.

ZONE = """\
$ORIGIN local.
$TTL 4500
_http._tcp           PTR  shop._http._tcp
shop._http._tcp      120 SRV  0 0 80 web
shop._http._tcp      TXT  "path=/"
_ipp._tcp            PTR  K\\195\\188che._ipp._tcp
K\\195\\188che._ipp._tcp 120 SRV  0 0 631 web
K\\195\\188che._ipp._tcp TXT  "rp=ipp"
_services._dns-sd._udp PTR _http._tcp
_services._dns-sd._udp PTR _ipp._tcp
"""
AVAHI_SERVICE = """\
<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>{name}</name><service><type>{type}</type><port>{port}</port>
<txt-record>{txt}</txt-record></service></service-group>
"""


class OntapZone:
    def __init__(self, ns, work, program, need):
        zone = os.path.join(work, "local.zone")
        with open(zone, "w", encoding="ascii") as file:
            file.write(ZONE)
        ns.set_alias("eth0", "web")
        self.daemon = Daemon(program("ontap-zone"), ns, os.path.join(work, "daemon"),
                             ["--domain=vanya", "--mdns=eth0", f"--zone-file={zone}"])

    def start(self):
        self.daemon.start()

    def is_established(self):
        names = mdns_names(self.daemon)
        return len(names) >= 3 and all(line["state"] == "established" for line in names.values())

    def stop(self):
        self.daemon.stop()

    def close(self):
        self.daemon.kill()
        print(self.daemon.log())


class AvahiDaemon:
    def __init__(self, ns, work, program, need):
        self.path = need("avahi-daemon")
        self.stack = Stack(ns, work, "web")
        services = os.path.join(work, "services")
        os.makedirs(services)
        for file, name, kind, port, txt in (("shop", "shop", "_http._tcp", 80, "path=/"),
                                            ("kitchen", "Küche", "_ipp._tcp", 631, "rp=ipp")):
            self.stack.put(f"services/{file}.service",
                           AVAHI_SERVICE.format(name=name, type=kind, port=port, txt=txt))
        self.stack.run("mount", "--bind", services, "/etc/avahi/services")
        self.stack.start_bus(need)
        self.conf = self.stack.put("avahi.conf", AVAHI_CONF.format(host_name="web", ifname="eth0"))
        self.process = None

    def start(self):
        self.process = self.stack.start(self.path, "-f", self.conf, "--no-drop-root", "--no-chroot",
                                        "--no-rlimits")

    def is_established(self):
        log = self.stack.log("avahi-daemon")
        return "Server startup complete" in log and log.count("successfully established") >= 2

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def close(self):
        print(self.stack.log("avahi-daemon"))
        self.stack.close()


RESPONDERS = {"ontap-zone": OntapZone, "avahi-daemon": AvahiDaemon}


class Lab:
    """The two ends, and the responder, which has not been started."""

    def __init__(self, topo, responder, work, program, need):
        topo.has_dad = False
        self.server, self.client = topo.namespace("server"), topo.namespace("neighbour")
        topo.veth(self.server, "eth0", self.client, "eth0")
        self.server.add_addr("eth0", "10.7.0.1/24", "fd07::1/64")
        self.client.add_addr("eth0", "10.7.0.9/24", "fd07::9/64")
        self.client.hide()
        self.responder = RESPONDERS[responder](self.server, str(work), program, need)

    def start(self):
        """Returns when everything has been announced."""
        self.responder.start()
        wait_until(self.responder.is_established, 15, "the responder to be established")


Heard = collections.namedtuple("Heard", "message at ttl is_multicast size")
SO_TIMESTAMPNS = 35
IP_PKTINFO, IP_RECVTTL = 8, 12


class Ear(Socket):
    """A socket that reports when a packet arrived, its TTL and its destination."""

    everything = []  # received by any of them

    def __init__(self, ns, family=socket.AF_INET, **how):
        super().__init__(ns, family, **how)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if family == socket.AF_INET:
            self.sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            self.sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        else:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)

    def hear(self, timeout):
        """The next packet, or None. `at` is a time of time.time()."""
        self.sock.settimeout(max(timeout, 0.0001))
        try:
            wire, control, _, peer = self.sock.recvmsg(9000, 512)
        except (TimeoutError, socket.timeout, BlockingIOError):
            return None
        at = ttl = is_multicast = None
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, ns = struct.unpack("ll", data[:16])
                at = seconds + ns / 1e9
            elif (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
                is_multicast = data[8] >= 224
            elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
                is_multicast = data[0] == 0xff
            elif (level, kind) in ((socket.IPPROTO_IP, socket.IP_TTL),
                                   (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)):
                ttl = struct.unpack("i", data[:4])[0]
        heard = Heard(Message(wire, peer), at, ttl, is_multicast, len(wire))
        self.everything.append(heard)
        return heard

    def each(self, seconds):
        """Yields the packets that arrive within that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            heard = self.hear(end - time.monotonic())
            if heard:
                yield heard

    def first(self, predicate, seconds, what):
        for heard in self.each(seconds):
            if predicate(heard.message):
                return heard
        raise AssertionError(f"{what}: not within {seconds} s")

    def none(self, predicate, seconds, what):
        for heard in self.each(seconds):
            assert not predicate(heard.message), f"{what}: {heard.message.records}"

    def drain(self):
        while self.hear(0):
            pass

    def send_to(self, payload, addr, port=5353):
        self.sock.sendto(payload, (addr, port))


def rr(name, rdtype, ttl, rdata, class_=IN):
    return wire_name(name) + struct.pack("!HHIH", rdtype, class_, ttl, len(rdata)) + rdata


def message(questions=(), answers=(), authority=(), additional=(), flags=0, id_=0):
    header = struct.pack("!6H", id_, flags, len(questions), len(answers), len(authority),
                         len(additional))
    return header + b"".join([*questions, *answers, *authority, *additional])


def claim(name, addr):
    """A response that gives this unique name this address."""
    return message(answers=[rr(name, A, 120, socket.inet_aton(addr), IN | FLUSH)], flags=0x8400)


def probe(name, addr):
    return message([wire_name(name) + struct.pack("!HH", ANY, IN)],
                   authority=[rr(name, A, 120, socket.inet_aton(addr))])


def is_probe(message_, name="web.local."):
    return (not message_.is_response and any(r.section == "authority" for r in message_.records) and
            any(q.name == name and q.type == ANY for q in message_.questions))


def probed_names(message_):
    return [] if message_.is_response else \
        [q.name for q in message_.questions if q.type == ANY and q.class_ & ~QU == IN and
         message_.of(q.name, A, "authority")]
