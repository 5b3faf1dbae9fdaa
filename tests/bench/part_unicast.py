# SPDX-License-Identifier: ISC
"""Unicast, side by side: each server is asked in turn, round after round, so that what else the
machine does at the time is done to all of them."""
import os
import re
import subprocess

import questions
import servers
from lab import Missing, median

STARTERS = (("ontap", servers.ontap_with_file), ("knot", servers.knot), ("nsd", servers.nsd),
            ("tinydns", servers.tinydns))
ROUNDS, ROUND_SECONDS, ROUND_COUNT = 5, 0.8, 200000
LATENCY_COUNT = 3000


def run(lab, report):
    sizes = (10,) if lab.is_smoke else (10, 1000, 100000)
    for size in sizes:
        measure_size(lab, report, size)
    measure_instructions(lab, report, 10 if lab.is_smoke else 1000)


def prepare(lab, size):
    work = lab.directory("zones")
    zone, asked = f"{work}/zone-{size}", f"{work}/questions-{size}"
    questions.write_zone(zone, size)
    questions.write_tinydns(f"{work}/data-{size}", size)
    questions.write_questions(asked, size)
    return zone, asked


def measure_size(lab, report, size):
    zone, asked = prepare(lab, size)
    echo = servers.echo(lab.host("echo"))
    running = [echo]
    for name, start in STARTERS:
        try:
            server = start(lab.host(name), zone, size)
            start_s = servers.wait_right(server, asked) + getattr(server, "start_s", 0)
            report.add("unicast", f"{name}: start to the first right answer", size, start_s * 1000, "ms")
            report.add("unicast", f"{name}: PSS", size, server.pss_mib(), "MiB")
            running.append(server)
        except Missing as missing:
            report.missing("unicast", f"{name}, {size} names: {missing}")
    cost_rounds(lab, report, "unicast", size, running, asked)
    for server in running:
        one = lab.load(asked, server.host, count=50 if lab.is_smoke else LATENCY_COUNT, window=1,
                       any_reply=server is echo)
        report.add("unicast", f"{server.name}: latency, one question at a time", size, one["p50_us"], "µs")
    for server in running:
        server.stop()


def cost_rounds(lab, report, part, size, running, asked, **load):
    """CPU time an answer of each server, in rounds; the first server is the limit of the ratios."""
    costs = {server.name: [] for server in running}
    rates = {server.name: [] for server in running}
    bad = {server.name: 0 for server in running}
    for _ in range(1 if lab.is_smoke else ROUNDS):
        for server in running:
            before = server.cpu_us()
            done = lab.load(asked, server.host, count=500 if lab.is_smoke else ROUND_COUNT,
                            seconds=ROUND_SECONDS, any_reply=server is running[0], **load)
            spent = server.cpu_us() - before
            bad[server.name] += done["wrong"] + done["lost"]
            if done["answered"]:
                costs[server.name].append(spent / done["answered"])
                rates[server.name].append(done["answered"] / done["seconds"])
    limit = costs[running[0].name]
    for server in running:
        cost = costs[server.name]
        ratio = median([own / echo for own, echo in zip(cost, limit)])
        report.add(part, f"{server.name}: CPU an answer", size, median(cost), "µs", ratio=ratio)
        report.add(part, f"{server.name}: answers a second, server on one core", size,
                   median(rates[server.name]), "1/s")
        if bad[server.name]:
            report.add(part, f"{server.name}: wrong or lost answers", size, bad[server.name], "")


def collected(text):
    """Instructions that callgrind counted, of all processes."""
    return sum(int(number) for number in re.findall(r"Collected : (\d+)", text))


def measure_instructions(lab, report, size):
    """User-space instructions a question: of the answer path alone, and of whole servers as the
    difference of a long and a short run."""
    try:
        valgrind = servers.need("valgrind")
    except Missing as missing:
        report.missing("instructions", str(missing))
        return
    few, many = (100, 1000) if lab.is_smoke else (1000, 20000)
    work = lab.directory("callgrind")
    done = subprocess.run(
        [valgrind, "--tool=callgrind", "--toggle-collect=serve_answer", "--callgrind-out-file=/dev/null",
         lab.program("serve-loop"), str(size), str(many)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        report.missing("instructions", "serve-loop does not run under valgrind (built with sanitizers?)")
        return
    report.add("instructions", "ontap: answer path alone, a question", size,
               collected(done.stderr) / many, "instr")
    if lab.is_smoke:
        return
    zone, asked = prepare(lab, size)
    for name, start in (("echo", None), *STARTERS[:2]):
        try:
            counts = [count_whole(lab, name, start, zone, asked, size, count, work)
                      for count in (few, many)]
        except Missing as missing:
            report.missing("instructions", f"{name}: {missing}")
            continue
        report.add("instructions", f"{name}: whole server, a question", size,
                   (counts[1] - counts[0]) / (many - few), "instr")


def count_whole(lab, name, start, zone, asked, size, count, work):
    """Instructions of a server under callgrind from its start to its end with `count` questions."""
    host = lab.host(f"cg-{name}")
    real = servers.Server

    def under_callgrind(where, label, command, **options):
        return real(where, label, ["valgrind", "--tool=callgrind", "--trace-children=yes",
                                   f"--callgrind-out-file={work}/%p", *command], **options)

    servers.Server = under_callgrind
    try:
        server = start(host, zone, size) if start else servers.echo(host)
    finally:
        servers.Server = real
    if start:
        servers.wait_right(server, asked)
    else:
        lab.load(asked, host, count=20, window=1, seconds=10, any_reply=True)
    lab.load(asked, host, count=count, window=16, seconds=20, any_reply=True)
    server.stop()
    for name in os.listdir(work):
        os.unlink(f"{work}/{name}")
    return collected(server.log())
