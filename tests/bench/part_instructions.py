# SPDX-License-Identifier: ISC
"""User-space instructions per question, by callgrind: of the answer path alone, and of whole servers, in
which counting begins when they are warm."""
import re
import subprocess

import peers
import servers
from lab import Missing
from part_unicast import prepare

STARTERS = (("echo", None), ("ontap", servers.ontap_with_file), ("knot", peers.knot), ("nsd", peers.nsd),
            ("gdnsd", peers.gdnsd))
WARM, COUNTED, ALONE = 2000, 10000, 20000
MOST = 700  # target: of the whole server


def run(lab, report):
    try:
        valgrind = servers.need("valgrind")
    except Missing as missing:
        report.missing("instructions", str(missing))
        return
    for size in lab.sizes(10, 1000, 100000):
        if not measure_alone(lab, report, valgrind, size, 1000 if lab.is_smoke else ALONE):
            return
        if not lab.is_smoke:
            measure_whole(lab, report, valgrind, size)


def collected(text):
    """Instructions that callgrind counted, in all processes."""
    return sum(int(number) for number in re.findall(r"Collected : (\d+)", text))


def measure_alone(lab, report, valgrind, size, count):
    done = subprocess.run(
        [valgrind, "--tool=callgrind", "--toggle-collect=serve_answer", "--callgrind-out-file=/dev/null",
         lab.program("serve-loop"), str(size), str(count)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        report.missing("instructions", "serve-loop does not run under valgrind (built with sanitizers?)")
        return False
    report.add("instructions", "ontap: answer path alone, a question", size,
               collected(done.stderr) / count, "instr")
    return True


def measure_whole(lab, report, valgrind, size):
    """All are started at once, since that takes long; neighbours do not disturb counting."""
    zone, asked = prepare(lab, size)
    running = []
    for name, start in STARTERS:
        try:
            running.append(start_counted(lab.host(f"cg-{name}"), start, zone, valgrind))
        except Missing as missing:
            report.missing("instructions", f"{name}: {missing}")
    for server in running:
        if server.name != "echo":
            servers.wait_right(server, asked)
        report.add("instructions", f"{server.name}: whole server, a question", size,
                   count_whole(lab, server, asked), "instr", target=MOST if server.name == "ontap" else None)
    lab.stop_servers()


def start_counted(host, start, zone, valgrind):
    """A server under callgrind, which is not counting yet."""
    real = servers.Server

    def under_callgrind(where, label, command, **options):
        return real(where, label, [valgrind, "--tool=callgrind", "--trace-children=yes",
                                   "--instr-atstart=no", "--callgrind-out-file=/dev/null", *command],
                    **options | {"cores": None})

    servers.Server = peers.Server = under_callgrind
    try:
        return start(host, zone) if start else servers.echo(host)
    finally:
        servers.Server = peers.Server = real


def count_whole(lab, server, asked):
    """Instructions per question."""
    lab.load(asked, server.host, count=WARM, window=16, seconds=20, any_reply=True)
    server.wait_quiet()
    switch_counting(server, "on")
    got = lab.load(asked, server.host, count=COUNTED, window=16, seconds=20, any_reply=True)
    switch_counting(server, "off")  # its end does not belong to a question
    server.stop()
    return collected(server.log()) / max(1, got["answered"])


def switch_counting(server, state):
    for pid in server.pids():
        subprocess.run([servers.need("callgrind_control"), "-i", state, str(pid)], check=True,
                       capture_output=True)
