# SPDX-License-Identifier: ISC
"""Guests that configure themselves: from the ACK to the answer; a thousand on one host; and the automaton alone, the time
for a frame that the kernel's filter lets pass."""
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import time

import questions
import servers
from lab import GUARD_S, Missing, percentile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RECORDING, UNTIL_MS = os.path.join(TOP, "tests/unit/golden/guest/dhcpcd.txt"), 70000  # before it releases its leases
GUESTS, ROUNDS, LEASES = 1000, 20000, 500
MOST_BYTES, MOST_NS, MOST_US = 4096, 1000, 5000  # targets
REST_S = 10
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
ETH_IP, ETH_ARP = 0x0800, 0x0806
GROUP = 7  # of links


def run(lab, report):
    automaton(lab, report)
    if not os.path.exists("/dev/net/tun"):
        raise Missing("there are no taps here")
    leases(lab, report)
    crowd(lab, report)


def automaton(lab, report):
    guests, rounds = (10, 100) if lab.is_smoke else (GUESTS, ROUNDS)
    printed = subprocess.run([lab.program("guest-loop"), RECORDING, str(UNTIL_MS), str(guests), str(rounds)],
                             capture_output=True, text=True, check=True).stdout
    figures = dict(re.findall(r"(\w+)=([0-9.]+)", printed))
    report.add("guests", "memory of a guest", guests, float(figures["bytes_per_guest"]), "B", target=MOST_BYTES)
    report.add("guests", "CPU a frame", guests, float(figures["ns_per_frame"]), "ns", target=MOST_NS)


def make_host(lab, label):
    host = lab.host(label)
    lab.topology.bridge(host.ns, "br0", "10.97.0.1/16")
    return host


def serve(host, *options):
    return servers.ontap(host, "--listen=127.0.0.1", "--hostnames-by=none", "--no-assign-nsid", *options, cores=None)


def leases(lab, report):
    count = 5 if lab.is_smoke else LEASES
    host = make_host(lab, "leases")
    host.ns.batch(["tuntap add dev vnet0 mode tap", "link set vnet0 master br0 alias fox up"])
    server = serve(host)
    server.wait_quiet()
    cpu = server.cpu_us()
    printed = host.ns.run([lab.program("lease"), str(count), "vnet0", "br0", "127.0.0.1", "53",
                           f"fox.lan.{questions.DOMAIN}."], timeout=GUARD_S).stdout
    cpu = server.cpu_us() - cpu
    spans = json.loads(printed)
    for number, target in ((50, MOST_US), (99, None)):
        report.add("guests", f"ACK on the wire to the first right answer, p{number}", 1, percentile(spans, number), "µs",
                   target=target)
    report.add("guests", "CPU a lease, answers and mDNS included", 1, cpu / count, "µs")
    server.stop()


class Crowd:
    """Guests on taps of one bridge, each with a name, which say only what they are told to."""

    def __init__(self, host, count):
        self.host, self.count = host, count
        self.fds = host.ns.call(lambda: [open_tap(f"vm{i}") for i in range(count)])
        host.ns.batch([f"link set vm{i} master br0 alias guest-{i} group {GROUP} up" for i in range(count)])

    def announce(self):
        """To the bridge alone: a broadcast is a thousand frames, and the kernel's work for them is not ours."""
        shown = self.host.ns.run(["ip", "-o", "link", "show", "br0"]).stdout
        bridge = bytes.fromhex(re.search(r"link/ether ([0-9a-f:]+)", shown)[1].replace(":", ""))
        for i, fd in enumerate(self.fds):
            os.write(fd, frame(hwaddr(i), ETH_ARP, arp(hwaddr(i), address(i), address(i)), bridge))

    def chat(self):
        """What is of no interest: each guest sends packets, and the host and every guest ask for others."""
        packet = struct.pack("!BBHIBBH4s4s", 0x45, 0, 48, 0, 64, 17, 0, address(0),
                             bytes([203, 0, 113, 1])) + bytes(28)  # to nobody: the kernel asks for no sender
        for i, fd in enumerate(self.fds):
            os.write(fd, frame(hwaddr(i), ETH_IP, packet))
        with self.host.ns.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
            sock.bind(("br0", 0))
            for i in range(100):
                sock.send(frame(hwaddr(65000), ETH_ARP, arp(hwaddr(65000), bytes([10, 97, 0, 1]), address(i))))
        return self.count + 100

    def close(self):
        """Together, for the kernel takes as long for one as for all."""
        self.host.ns.run(["ip", "link", "del", "group", str(GROUP)], timeout=GUARD_S)
        for fd in self.fds:
            os.close(fd)


def open_tap(ifname):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22s", ifname.encode(), IFF_TAP | IFF_NO_PI, b""))
    return fd


def hwaddr(i):
    return b"\x52\x54\x01\x00" + struct.pack("!H", i)


def address(i):
    return bytes([10, 97, 1 + i // 250, 1 + i % 250])


def frame(source, kind, payload, to=b"\xff" * 6):
    return (to + source + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def arp(sender_hwaddr, sender, target):
    return struct.pack("!HHBBH", 1, ETH_IP, 6, 4, 1) + sender_hwaddr + sender + bytes(6) + target


def status(lab, server):
    return json.loads(server.host.ns.run([lab.program("src/ontap-zone/ontap-zone"), "status", "-j",
                                          f"--socket={server.socket}"]).stdout)


def wait_for(what, condition):
    deadline = time.monotonic() + GUARD_S
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(what)
        time.sleep(0.1)


def crowd(lab, report):
    count, rest_s = (10, 1) if lab.is_smoke else (GUESTS, REST_S)
    host = make_host(lab, "crowd")
    guests = Crowd(host, count)
    try:
        without = serve(host, "--guests=no", "--no-mdns")
        without.wait_quiet()
        memory = without.pss_mib()
        without.stop()
        server = serve(host, "--no-mdns")
        wait_for("not all guests are heard",
                 lambda: sum(guest["heard"] for guest in status(lab, server)["guests"]) == count)
        server.wait_quiet()
        cpu = server.cpu_us()
        guests.announce()
        server.wait_quiet()
        report.add("guests", "CPU for a guest's address and name", count, (server.cpu_us() - cpu) / count, "µs")
        wait_for("not all guests are served",
                 lambda: sum(len(guest["addresses"]) for guest in status(lab, server)["guests"]) == count)
        server.wait_quiet()
        memory = server.pss_mib() - memory
        report.add("guests", "all memory of a guest: socket, automaton, address, name", count, memory * 1024 / count, "KiB")
        measure_rest(report, server, guests, rest_s)
        server.stop()
    finally:
        guests.close()


def measure_rest(report, server, guests, seconds):
    time.sleep(seconds)  # until the kernel has said the last of so many new links
    before, cpu = server.switches(), server.cpu_us()
    frames = guests.chat()
    time.sleep(seconds)
    after = server.switches()
    report.add("guests", f"wake-ups by {frames} frames of no interest", guests.count,
               sum(after.values()) - sum(before.values()), "", target=0)
    report.add("guests", "CPU for them", guests.count, server.cpu_us() - cpu, "µs", target=0)
