# SPDX-License-Identifier: ISC
"""What a guest can send with and without --autoconf, in turn: the programs in the kernel see each frame. Frames that nobody
makes or takes, and TCP between two kernels."""
import json
import subprocess
import sys
import time

from lab import GUARD_S, SERVER_CPU, Missing, cpu_of, median
from part_devices import start

KINDS = ("ipvtap", "macvtap")
# Bytes in a packet: small ones, and those of TSO. How many in a round, and how many rounds.
FLOODS, FLOOD_ROUNDS = ((64, 1000), (64000, 400)), 400
STREAM_BYTES, STREAM_ROUNDS = 1 << 24, 100
LEAST = 97  # % of the throughput without it

SINK = """
import socket
server = socket.create_server(("::", 5001), family=socket.AF_INET6, backlog=2)
print("ready", flush=True)
while True:
    with server.accept()[0] as peer:
        while peer.recv(1 << 18):
            pass
        peer.send(b"!")
"""
SOURCE = """
import socket, sys
host, scope = sys.argv[1:]
block = bytes(1 << 16)
for line in sys.stdin:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect((host, 5001, 0, socket.if_nametoindex(scope)))
        for _ in range(int(line) // len(block)):
            sock.sendall(block)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(1)
        print(flush=True)
"""


def run(lab, report):
    for kind in KINDS:
        try:
            throughput(lab, report, kind)
            streams(lab, report, kind)
        except Missing as missing:
            report.missing("autoconf", str(missing))


def throughput(lab, report, kind):
    host, peer = lab.host(f"{kind}-host"), lab.host(f"{kind}-peer")
    lab.topology.veth(host.ns, "wire0", peer.ns, "wire0")
    if host.ns.run(f"ip link add probe0 link wire0 type {kind}", check=False).returncode:
        raise Missing(f"this kernel has no {kind}")
    host.ns.ip("link del probe0")
    process, path = start(lab, host)
    to = wire(peer)["address"]
    try:
        command = [lab.program("src/ontap/ontap"), "-t", kind, path, "--", lab.program("guest-flood"), to]
        guests = [Flood(host, command), Flood(host, [*command[:3], "--autoconf", *command[3:]])]
        for size, count in FLOODS:
            plain, own = in_turn(guests, peer, size, *((10, 3) if lab.is_smoke else (count, FLOOD_ROUNDS)))
            report.add("autoconf", f"{kind}: a packet without --autoconf", size, plain, "ns")
            report.add("autoconf", f"{kind}: throughput with it", size, 100 * plain / own, "%",
                       least=LEAST if size > 1500 else None)
        for guest in guests:
            guest.end()
    finally:
        process.terminate()
        process.wait()


def in_turn(guests, peer, size, count, rounds):
    """Nanoseconds for a packet, of each. The shortest round counts: other load can only make one longer."""
    before = received(peer)
    times = [[guest.send(size, count) for guest in guests] for _ in range(rounds)]
    assert received(peer) - before > 0.9 * 2 * rounds * count, "frames were dropped"
    return (min(column) for column in zip(*times))


def streams(lab, report, kind):
    """A guest is the kernel of a namespace; tests/net/guest-shuttle is its machine. Behind an ipvtap without --autoconf it
    would get no answer."""
    if kind != "macvtap":
        return
    host, peer = lab.host(f"{kind}-stream-host"), lab.host(f"{kind}-stream-peer")
    lab.topology.veth(host.ns, "wire0", peer.ns, "wire0")
    process, path = start(lab, host)
    sink = peer.ns.popen([*PINNED, sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True)
    running = [process, sink]
    try:
        assert sink.stdout.readline() == "ready\n"
        to = link_local(peer.ns, "wire0")
        guests = [stream(lab, host, kind, path, to, options, running) for options in ([], ["--autoconf"])]
        rounds, size = (2, 1 << 20) if lab.is_smoke else (STREAM_ROUNDS, STREAM_BYTES)
        pairs = [[send(guest, sink, size) for guest in guests] for _ in range(rounds)]
        report.add("autoconf", f"{kind}: CPU for TCP from a guest without --autoconf", size,
                   median([plain for plain, _ in pairs]) / size, "ns/B")
        report.add("autoconf", f"{kind}: throughput of TCP with it", size, 100 * median([p / own for p, own in pairs]), "%")
    finally:
        for each in reversed(running):
            each.terminate()
            each.wait()


# All on one core: where the scheduler puts them makes more of a difference.
PINNED = ["taskset", "-c", str(cpu_of(SERVER_CPU))]


def stream(lab, host, kind, path, to, options, running):
    """Starts a guest, and a program in it that sends; returns both processes."""
    guest = lab.topology.namespace(f"{kind}-stream{len(running)}")
    shuttle = host.ns.popen([*PINNED, lab.program("src/ontap/ontap"), "-t", kind, *options, path, "--", "nsenter",
                             f"--net={guest.path}", lab.program("tests/net/guest-shuttle"), "eth0"],
                            stdout=subprocess.PIPE, text=True)
    running.append(shuttle)
    assert shuttle.stdout.readline() == "up\n"
    link_local(guest, "eth0")
    running.append(guest.popen([*PINNED, sys.executable, "-c", SOURCE, to, "eth0"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True))
    return running[-2:]


def send(guest, sink, size):
    """Nanoseconds of CPU, of all three."""
    source = guest[-1]
    before = sum(map(cpu_ns, (*guest, sink)))
    source.stdin.write(f"{size}\n")
    source.stdin.flush()
    source.stdout.readline()
    return sum(map(cpu_ns, (*guest, sink))) - before


def cpu_ns(process):
    with open(f"/proc/{process.pid}/schedstat", encoding="ascii") as times:
        return int(times.read().split()[0])


def link_local(ns, link):
    """The address, once DAD has ended."""
    end = time.monotonic() + GUARD_S
    while time.monotonic() < end:
        for addr in json.loads(ns.run(f"ip -j -6 addr show dev {link} scope link -tentative").stdout):
            for each in addr.get("addr_info", []):
                return each["local"]
        time.sleep(0.1)
    raise AssertionError("no link-local address")


def wire(peer):
    return json.loads(peer.ns.run("ip -j -s link show wire0").stdout)[0]


def received(peer):
    return wire(peer)["stats64"]["rx"]["packets"]


class Flood:
    def __init__(self, host, command):
        self.process = host.ns.popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def send(self, size, count):
        """Nanoseconds for a packet."""
        self.process.stdin.write(f"{size} {count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()
