# SPDX-License-Identifier: ISC
"""One changed record: the time from the change to the first right answer, the server's CPU for it, and its
silence meanwhile. ontap-zone by the kernel's address and by its file, others by their own means."""
import json
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import time

import peers
import questions
import servers
from lab import GUARD_S, Missing, median, percentile
from part_kernel import change, make_workload
from part_unicast import prepare

INTERVAL_US = 200  # between two questions, and so the shortest measurable silence
GIVE_UP_S = 30
ROUNDS = {10: 10, 1000: 10, 100000: 2}
KERNEL_CHANGES = 100
NO_ADDRESS = "203.0.113.255"  # which no answer has


def run(lab, report):
    for size in lab.sizes(10, 1000, 100000):
        zone, asked = prepare(lab, size)
        measure_kernel(lab, report, size, zone)
        for name, start, make_changer in WAYS:
            try:
                copy = copy_zone(lab, zone, name, size)
                server = start(lab.host(name), copy)
                servers.wait_right(server, asked)
            except Missing as missing:
                report.missing("record", f"{name}: {missing}")
                continue
            measure(lab, report, server, size, make_changer(server, copy))
            server.stop()


def copy_zone(lab, zone, name, size):
    """The server's own file, which will be changed; the server may write beside it."""
    copy = f"{lab.directory(f'{name}-{size}')}/zone"
    shutil.copy(zone, copy)
    shutil.copy(peers.data_file(zone), peers.data_file(copy))
    return copy


class ByFile:
    """The file is overwritten in place, and the server gets a signal."""

    what = "reload"

    def __init__(self, server, zone):
        self.server = server
        self.file = questions.ZoneFile(zone)

    def change(self):
        self.file.change()
        begin = time.monotonic_ns()
        self.tell()
        return begin

    def tell(self):
        os.kill(self.server.process.pid, signal.SIGHUP)


class ByControl(ByFile):
    """gdnsd: the same, but with its own program instead of a signal, which ends when the change is served."""

    def tell(self):
        subprocess.run([servers.need("gdnsdctl"), "-c", self.server.work, "reload-zones"], check=True,
                       capture_output=True)


class ByCompiler(ByFile):
    """tinydns: the file is compiled, and the result replaces the previous one."""

    what = "tinydns-data"

    def __init__(self, server, _zone):
        super().__init__(server, f"{server.work}/data")

    def tell(self):
        peers.tinydns_compile(self.server.work)


class ByUpdate:
    """A message of RFC 2136 over UDP, like those of nsupdate and knsupdate."""

    what = "update"

    def __init__(self, server, _zone):
        self.server = server
        self.changes = 0
        self.sock = server.host.lab.client.socket(socket.AF_INET)

    def change(self):
        for _ in select.select([self.sock], [], [], 0)[0]:
            reply = self.sock.recv(4096)
            if reply[3] & 15:
                raise RuntimeError(f"{self.server.name} refuses an update: rcode {reply[3] & 15}")
        self.changes += 1
        message = questions.update_message(questions.changing_address(self.changes))
        begin = time.monotonic_ns()
        self.sock.sendto(message, (self.server.host.addr, 53))
        return begin


WAYS = (("ontap", servers.ontap_with_file, ByFile), ("knot", peers.knot, ByUpdate),
        ("bind", peers.bind, ByUpdate), ("nsd", peers.nsd, ByFile), ("gdnsd", peers.gdnsd, ByControl),
        ("tinydns", peers.tinydns, ByCompiler))


class Follower:
    """Asks at a steady pace until the answer is `address` (tests/bench/follow), and is signed where that is
    wanted ("do")."""

    def __init__(self, lab, server, name, address, seconds, *wants):
        self.process = lab.client.popen(
            [lab.program("follow"), server.host.addr, "53", name, address, str(INTERVAL_US), str(seconds),
             *wants], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        time.sleep(0.02)

    def end(self):
        """The time of the first right answer (ns), and the longest silence (µs)."""
        got = json.loads(self.process.communicate(timeout=GUARD_S)[0])
        return got["first_right_ns"], got["longest_gap_us"]


def gap_at_rest(lab, server, name):
    """The longest silence in a second without a change, in ms."""
    return Follower(lab, server, name, NO_ADDRESS, 0.1 if lab.is_smoke else 1).end()[1] / 1e3


def children_us():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e6


def measure(lab, report, server, size, changer):
    """First with a client that asks all the time; then without, for the CPU of the change alone."""
    name = f"{questions.CHANGING}.{questions.DOMAIN}"
    rest = gap_at_rest(lab, server, name)
    spans, gaps = [], []
    rounds = 1 if lab.is_smoke else ROUNDS[size]
    for i in range(rounds):
        follower = Follower(lab, server, name, questions.changing_address(i + 1), GIVE_UP_S)
        begin = changer.change()
        right, gap = follower.end()
        if right == 0:
            report.missing("record", f"{server.name}, {size} names: the change is not answered")
            return
        spans.append((right - begin) / 1e6)
        gaps.append(gap / 1e3)
    settle_s = 0.1 + 1.3 * median(spans) / 1e3  # some work follows the first right answer
    time.sleep(settle_s)
    cpu_ms = sum(cost_of_change(server, changer, settle_s) for _ in range(rounds)) / rounds
    add_rows(report, f"{server.name}, {changer.what}", size, spans, max(0, cpu_ms), gaps, rest)


def cost_of_change(server, changer, settle_s):
    before, helpers = server.cpu_us(), children_us()
    changer.change()
    helpers = children_us() - helpers
    time.sleep(settle_s)
    return (server.cpu_us() - before + helpers) / 1000


def add_rows(report, name, size, spans_ms, cpu_ms, gaps_ms, rest_ms, targets=(None, None, None)):
    """The silence includes the interval of the questions, and pauses of the machine: hence the one at rest."""
    report.add("record", f"{name}: change to the first right answer, median", size, median(spans_ms), "ms",
               target=targets[0])
    report.add("record", f"{name}: CPU for the change", size, cpu_ms, "ms", target=targets[1])
    report.add("record", f"{name}: longest silence, median", size, median(gaps_ms), "ms",
               target=targets[2])
    report.add("record", f"{name}: longest silence in a second without a change", size, rest_ms, "ms")


def measure_kernel(lab, report, size, zone):
    """An address of a link, besides the names of the file: time and CPU by change.c, which makes the change
    itself; the silence in a second pass."""
    host = lab.host("ontap")
    workload = make_workload(lab, host)
    name = f"{workload.alias}.lan.{questions.DOMAIN}"
    time.sleep(0.1 if lab.is_smoke else 2)  # duplicate address detection of the link-local addresses
    server = servers.ontap_with_file(host, zone, "--assign-nsid=/run/netns", cores=None)
    count = 5 if lab.is_smoke else KERNEL_CHANGES
    cpu = server.main_cpu_us()
    got = change(lab, host, workload, count, 4, name, client=lab.client, addr=host.addr)
    cpu = (server.main_cpu_us() - cpu) / (2 * count)
    workload.ip("addr add 10.98.9.1/16 dev eth0")  # the name exists when the follower begins
    rest, gaps = gap_at_rest(lab, server, name), []
    adder = workload.popen(["ip", "-batch", "-"], stdin=subprocess.PIPE)
    for i in range(2 if lab.is_smoke else ROUNDS[10]):
        address = f"10.98.8.{i + 1}"
        follower = Follower(lab, server, name, address, GIVE_UP_S)
        adder.stdin.write(f"addr add {address}/16 dev eth0\n".encode())
        adder.stdin.flush()
        gaps.append(follower.end()[1] / 1e3)
    adder.stdin.close()
    adder.wait()
    server.stop()
    add_rows(report, "ontap, address", size, [percentile(got["add_answer_us"], 50) / 1e3], cpu / 1e3, gaps,
             rest, targets=(0.5, 0.1, 1))
