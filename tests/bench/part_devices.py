# SPDX-License-Identifier: ISC
"""From the request to a device that is up, beside what the kernel takes for it; and a thousand of them."""
import os
import re
import select
import subprocess
import time

from lab import GUARD_S, median
from lib.ontapd import ALIAS, CREATE, IFNAME, OK, REMOVE, STATUS, TYPE, connect, message, request

MANY, FEW = 1000, 100


def run(lab, report):
    many, few = (20, 5) if lab.is_smoke else (MANY, FEW)
    host = lab.host("devices")
    peer = lab.host("devices-peer")
    lab.topology.veth(host.ns, "wire0", peer.ns, "wire0")
    process, path = start(lab, host)
    netns = os.open(host.ns.path, os.O_RDONLY)
    try:
        with connect(path) as sock:
            sock.settimeout(GUARD_S)
            one_by_one(report, host, sock, netns, few)
            all_at_once(report, process, sock, netns, many)
    finally:
        os.close(netns)
        process.terminate()
        process.wait(GUARD_S)


def start(lab, host):
    work = lab.directory("ontapd")
    ready, child = os.pipe()
    process = host.ns.popen([lab.program("src/ontapd/ontapd"), f"--socket-dir={work}", f"--state={work}",
                             f"--ready-fd={child}", "--verbosity=error", "wire0"], pass_fds=(child,),
                            stdin=subprocess.DEVNULL)
    os.close(child)
    assert select.select([ready], [], [], GUARD_S)[0], "ontapd is not ready"
    os.close(ready)
    return process, os.path.join(work, "port.wire0")


def ask(sock, netns, *what):
    reply, _ = request(sock, message(*what), [netns])
    assert reply[STATUS] == OK, reply


def by_ip(host, count):
    """What the kernel takes to make one and set it up, with nothing but that in the process."""
    lines = [f"link add link wire0 name ip{i} type macvlan mode bridge\nlink set ip{i} up" for i in range(count)]
    host.ns.batch(["link show lo"])
    begin = time.perf_counter()
    host.ns.batch(["link show lo"])
    empty = time.perf_counter() - begin
    begin = time.perf_counter()
    host.ns.batch(lines)
    taken = time.perf_counter() - begin - empty
    host.ns.batch([f"link del ip{i}" for i in range(count)])
    return taken / count


def one_by_one(report, host, sock, netns, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        ask(sock, netns, CREATE, (TYPE, "macvlan"), (IFNAME, "one"), (ALIAS, "one"))
        times.append(time.perf_counter() - begin)
        ask(sock, netns, REMOVE, (IFNAME, "one"))
    kernel = by_ip(host, count)
    report.add("devices", "request to device", count, median(times) * 1e3, "ms")
    report.add("devices", "the same by ip -batch", count, kernel * 1e3, "ms")
    report.add("devices", "our own", count, (median(times) - kernel) * 1e3, "ms", target=2)


def memory(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def all_at_once(report, process, sock, netns, count):
    def once():
        for i in range(count):
            ask(sock, netns, CREATE, (TYPE, "macvlan"), (IFNAME, f"m{i}"))
        for i in range(count):
            ask(sock, netns, REMOVE, (IFNAME, f"m{i}"))
        return memory(process)

    before = once()
    begin = time.perf_counter()
    after = once()
    report.add("devices", "made and removed", count, (time.perf_counter() - begin) * 1e3 / count, "ms each")
    report.add("devices", "memory that stays", count, after - before, "kB", target=64)
