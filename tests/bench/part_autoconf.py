# SPDX-License-Identifier: ISC
"""What a guest can send with and without --autoconf, in turn: the programs in the kernel see each frame."""
import json
import subprocess

from lab import Missing
from part_devices import start

KINDS = ("ipvtap", "macvtap")
# Bytes in a packet: small ones, and those of TSO. How many in a round, and how many rounds.
FLOODS, FLOOD_ROUNDS = ((64, 1000), (64000, 400)), 400
LEAST = 97  # % of the throughput without it


def run(lab, report):
    for kind in KINDS:
        try:
            throughput(lab, report, kind)
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
