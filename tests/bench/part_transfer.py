# SPDX-License-Identifier: ISC
"""Transfers to a client that reads as fast as it can: the whole zone, and one change."""
import json
import time

import peers
import questions
import servers
from lab import Missing, median
from part_record import WAYS, copy_zone
from part_unicast import prepare

ROUNDS = {10: 1, 1000: 5, 100000: 3}
INCREMENTS = 50
CHANGE_TIMEOUT = 60


def ontap(host, zone):
    return servers.ontap_with_file(host, zone, f"--allow-transfer={peers.CLIENTS}")


STARTERS = (("ontap", ontap, {}), ("knot", peers.knot, {"keeps_history": True}),
            ("nsd", peers.nsd, {"keeps_history": True}), ("bind", peers.bind, {}))


def run(lab, report):
    for size in lab.sizes(1000, 100000):
        zone, asked = prepare(lab, size)
        running = []
        for name, start, options in STARTERS:
            copy = copy_zone(lab, zone, name, size)
            try:
                server = start(lab.host(name), copy, **options)
                servers.wait_right(server, asked)
                server.zone = copy
                running.append(server)
            except Missing as missing:
                report.missing("transfer", f"{name}: {missing}")
        measure_whole(lab, report, size, running)
        for server in running:
            measure_increment(lab, report, size, server)
        lab.stop_servers()


def fetch(lab, server, *serial):
    """The results of tests/bench/fetch, and the server's CPU for it in ms."""
    before = server.cpu_us()
    done = lab.run_pinned([lab.program("fetch"), server.host.addr, "53", questions.DOMAIN, *serial])
    return json.loads(done.stdout) | {"cpu_ms": (server.cpu_us() - before) / 1000}


def measure_whole(lab, report, size, running):
    got = {server.name: [] for server in running}
    for _ in range(ROUNDS[size]):
        for server in running:
            got[server.name].append(fetch(lab, server))
    for name, rounds in got.items():
        for key, text, factor, unit in (("cpu_ms", "CPU", 1, "ms"), ("seconds", "time", 1000, "ms"),
                                        ("bytes", "size", 1e-6, "MB"), ("messages", "messages", 1, ""),
                                        ("records", "records", 1, "")):
            report.add("transfer", f"{name}: AXFR, {text}", size,
                       median([each[key] for each in rounds]) * factor, unit)


def serial_of(server):
    """The serial is the first of the last five numbers of an SOA, which ends an answer without EDNS."""
    reply = servers.ask(server, questions.question(questions.DOMAIN, "SOA", has_edns=False))
    return int.from_bytes(reply[-20:-16], "big")


def measure_increment(lab, report, size, server):
    changer = next(way for name, _, way in WAYS if name == server.name)(server, server.zone)
    old = serial_of(server)
    changer.change()
    deadline = time.monotonic() + CHANGE_TIMEOUT
    while serial_of(server) == old:
        if time.monotonic() > deadline:
            report.missing("transfer", f"{server.name}, {size} names: the change is not served")
            return
        time.sleep(0.02)
    time.sleep(0.2)
    rounds = [fetch(lab, server, str(old)) for _ in range(2 if lab.is_smoke else INCREMENTS)]
    if not rounds[0]["incremental"]:
        report.missing("transfer", f"{server.name}, {size} names: answers IXFR with the whole zone")
        return
    report.add("transfer", f"{server.name}: IXFR of one change, CPU", size,
               sum(each["cpu_ms"] for each in rounds) / len(rounds) * 1000, "µs")
    report.add("transfer", f"{server.name}: IXFR of one change, time", size,
               median([each["seconds"] for each in rounds]) * 1e6, "µs")
    report.add("transfer", f"{server.name}: IXFR of one change, size", size, rounds[0]["bytes"], "bytes")
