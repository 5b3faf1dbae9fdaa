# SPDX-License-Identifier: ISC
"""Two workers on two cores, compared with one, on a machine without further cores for the clients. A unit is
a worker and clients that keep it busy, on one core. Two units on two cores are compared with one unit on
one core while the other is idle. So the costs that workers cause each other show, and the clients' share
is the same."""
import json
import os
import subprocess
import time

import peers
import servers
from lab import GUARD_S, cpu_of, median
from part_unicast import prepare, start_all

SIZE = 1000
STARTERS = (("ontap", servers.ontap_with_file), ("knot", peers.knot), ("nsd", peers.nsd),
            ("gdnsd", peers.gdnsd))
CLIENTS, WINDOW = 8, 8  # of a unit: many sources, so that the kernel spreads them over the workers
ROUNDS, SECONDS = 5, 0.5
COUNT = 1000000


def run(lab, report):
    size = 10 if lab.is_smoke else SIZE
    if cpu_of(0) == cpu_of(1):
        report.missing("workers", "only one core")
        return
    zone, asked = prepare(lab, size)
    units = {count: [servers.echo(lab.host("echo"), workers=count)] + start_all(
        lab, report, "workers", STARTERS, zone, asked, workers=count) for count in (1, 2)}
    got = {server.name: [] for server in units[1]}
    for _ in range(1 if lab.is_smoke else ROUNDS):
        for pair in zip(units[1], units[2]):
            got[pair[0].name].append([ask(lab, asked, server, count)
                                      for count, server in zip((1, 2), pair)])
    add_rows(report, size, got)
    lab.stop_servers()


def ask(lab, asked, server, units):
    """Answers per second, and the server's CPU per answer in µs, with the clients of so many units."""
    command = [lab.program("load"), asked, server.host.addr, "53", str(500 if lab.is_smoke else COUNT),
               str(WINDOW), str(lab.at_most(SECONDS)), server.host.client_link,
               "wait", *(["any"] if server.name == "echo" else [])]
    count = 2 if lab.is_smoke else CLIENTS
    held, begin = os.pipe()
    clients = [lab.client.popen(["taskset", "-c", str(cpu_of(i % units)), *command],
                                stdin=held, stdout=subprocess.PIPE) for i in range(count * units)]
    os.close(held)
    time.sleep(0.1)
    before = server.cpu_us()
    os.close(begin)  # all at once
    done = [json.loads(client.communicate(timeout=GUARD_S)[0]) for client in clients]
    answered = sum(each["answered"] for each in done)
    return (sum(each["answered"] / each["seconds"] for each in done),
            (server.cpu_us() - before) / max(1, answered))


def add_rows(report, size, got):
    for name, rounds in got.items():
        for i, text in ((0, "one worker, one core"), (1, "two workers, two cores")):
            report.add("workers", f"{name}: {text}, answers a second", size,
                       median([pair[i][0] for pair in rounds]), "1/s")
            report.add("workers", f"{name}: {text}, CPU an answer", size,
                       median([pair[i][1] for pair in rounds]), "µs")
        report.add("workers", f"{name}: two workers against one", size,
                   median([two[0] / one[0] for one, two in rounds if one[0]]), "x",
                   least=1.9 if name == "ontap" else None)
