# SPDX-License-Identifier: ISC
"""Unicast, side by side: each server is asked in turn, round after round, so that other load of the machine
affects all of them."""
import os

import peers
import questions
import servers
from lab import Missing, median

STARTERS = (("ontap", servers.ontap_with_file), ("knot", peers.knot), ("nsd", peers.nsd),
            ("gdnsd", peers.gdnsd), ("bind", peers.bind), ("tinydns", peers.tinydns))
ROUNDS, ROUND_SECONDS, ROUND_COUNT = 5, 0.6, 200000
LATENCY_COUNT = 3000
MOST_OF_ECHO = {10: 1.00, 1000: 1.00, 100000: 1.05}  # target: CPU per answer, by number of names


def run(lab, report):
    for size in lab.sizes(10, 1000, 100000):
        measure_size(lab, report, size)


def prepare(lab, size):
    """The zone and the questions for it, made once per run."""
    os.makedirs(lab.shared, exist_ok=True)
    zone, asked = f"{lab.shared}/zone-{size}", f"{lab.shared}/questions-{size}"
    if not os.path.exists(asked):
        questions.write_zone(zone, size)
        questions.write_tinydns(peers.data_file(zone), size)
        questions.write_questions(asked, size)
    return zone, asked


def start_all(lab, report, part, starters, zone, asked, **options):
    """Yields the installed servers, after a check that they answer correctly; the others are reported."""
    running = []
    for name, start in starters:
        try:
            server = start(lab.host(name), zone, **options)
            servers.wait_right(server, asked)
            server.wait_quiet()
            running.append(server)
        except Missing as missing:
            report.missing(part, f"{name}: {missing}")
    return running


def measure_size(lab, report, size):
    zone, asked = prepare(lab, size)
    echo = servers.echo(lab.host("echo"))
    running = [echo] + start_all(lab, report, "unicast", STARTERS, zone, asked)
    cost_rounds(lab, report, "unicast", size, running, asked, ratio_target=MOST_OF_ECHO.get(size))
    for server in running:
        one = lab.load(asked, server.host, count=50 if lab.is_smoke else LATENCY_COUNT, window=1,
                       any_reply=server is echo)
        report.add("unicast", f"{server.name}: latency, one question at a time", size, one["p50_us"], "µs")
    lab.stop_servers()


def cost_rounds(lab, report, part, size, running, asked, ratio_target=None, **load):
    """CPU time per answer of each server, over UDP."""
    def ask(server):
        return lab.load(asked, server.host, count=500 if lab.is_smoke else ROUND_COUNT,
                        seconds=ROUND_SECONDS, any_reply=server is running[0], **load)

    measure_rounds(lab, report, part, size, running, ask, ratio_target=ratio_target)


def measure_rounds(lab, report, part, size, running, ask, what="", target=None, ratio_target=None):
    """CPU time per answer of each server, in rounds; `ask` asks one for a while. The ratios are to the first
    server, the limit; the targets are ontap's."""
    costs = {server.name: [] for server in running}
    rates = {server.name: [] for server in running}
    bad = {server.name: 0 for server in running}
    for _ in range(1 if lab.is_smoke else ROUNDS):
        for server in running:
            before = server.cpu_us()
            done = ask(server)
            spent = server.cpu_us() - before
            bad[server.name] += done["wrong"] + done["lost"]
            if done["answered"]:
                costs[server.name].append(spent / done["answered"])
                rates[server.name].append(done["answered"] / done["seconds"])
    limit = costs[running[0].name]
    for server in running:
        cost, is_ours = costs[server.name], server.name == "ontap"
        ratio = median([own / echo for own, echo in zip(cost, limit)])
        report.add(part, f"{server.name}: {what}CPU an answer", size, median(cost), "µs", ratio=ratio,
                   target=target if is_ours else None, ratio_target=ratio_target if is_ours else None)
        report.add(part, f"{server.name}: {what}answers a second, server on one core", size,
                   median(rates[server.name]), "1/s")
        if bad[server.name]:
            report.add(part, f"{server.name}: {what}wrong or lost answers", size, bad[server.name], "")
