# SPDX-License-Identifier: ISC
"""From the start of a server to right answers, and its memory then; one server at a time."""
import servers
from lab import Missing, median
from part_unicast import STARTERS, prepare

ROUNDS = 3
MOST_MS, MOST_MIB = {100000: 500}, {10: 4, 1000: 6, 100000: 40}  # targets, by number of names


def run(lab, report):
    for size in lab.sizes(10, 1000, 100000):
        zone, asked = prepare(lab, size)
        took = {name: [] for name, _ in STARTERS}
        for _ in range(1 if lab.is_smoke else ROUNDS):
            for name, start in STARTERS:
                try:
                    took[name].append(start_once(lab, name, start, zone, asked))
                except Missing as missing:
                    report.missing("start", f"{name}: {missing}")
        for name, rounds in took.items():
            add_rows(report, name, size, list(zip(*rounds)))


def start_once(lab, name, start, zone, asked):
    """Seconds until ready (reported by ontap-zone only) and until the first right answer; CPU until then in
    ms; MiB."""
    server = start(lab.host(name), zone)
    ready_s = getattr(server, "start_s", 0)
    right_s = ready_s + servers.wait_right(server, asked)
    cpu_ms, pss = server.cpu_us() / 1000, server.pss_mib()
    server.stop()
    return ready_s, right_s, cpu_ms, pss


def add_rows(report, name, size, columns):
    if not columns:
        return
    ready, right, cpu_ms, pss = columns
    most_ms, most_mib = (MOST_MS.get(size), MOST_MIB.get(size)) if name == "ontap" else (None, None)
    if name == "ontap":
        report.add("start", f"{name}: start to ready", size, median(ready) * 1000, "ms")
    report.add("start", f"{name}: start to the first right answer", size, median(right) * 1000, "ms",
               target=most_ms)
    report.add("start", f"{name}: CPU until then", size, median(cpu_ms), "ms")
    report.add("start", f"{name}: PSS, alone", size, median(pss), "MiB", target=most_mib)
