# SPDX-License-Identifier: ISC
"""From sethostname(2) to the answer, by each means that the kernel allows; and the costs at rest."""
import json
import os
import signal
import subprocess
import time

import questions
import servers
from lab import GUARD_S, die_with_parent, median, percentile

PROCESSES = 2000
CHANGES = 200
IDLE_S = 60


def run(lab, report):
    processes = 20 if lab.is_smoke else PROCESSES
    crowd = Crowd(processes)
    try:
        for means in ("fexit", "iter", "proc"):
            host = lab.host(means)
            server = servers.ontap(host, "--listen=127.0.0.1", "--no-mdns", f"--hostnames-by={means}",
                                   cores=None)
            if status(lab, server)["by"] == means:
                measure(lab, report, server, means, processes)
            else:
                report.missing("hostnames", f"{means}: this kernel refuses it")
            server.stop()
    finally:
        crowd.end()


class Crowd:
    """Idle processes, which a look has to visit."""

    def __init__(self, count):
        self.shell = subprocess.Popen(
            ["sh", "-c", f"for i in $(seq {count}); do sleep 100000 & done; echo; wait"],
            stdout=subprocess.PIPE, start_new_session=True, preexec_fn=die_with_parent)
        self.shell.stdout.readline()

    def end(self):
        os.killpg(self.shell.pid, signal.SIGKILL)  # its session has no other group
        self.shell.wait()
        self.shell.stdout.close()


def status(lab, server):
    done = server.host.ns.run([lab.program("src/ontap-zone/ontap-zone"), "status", "-j",
                               f"--socket={server.socket}"])
    return json.loads(done.stdout)["hostnames"]


def measure(lab, report, server, means, processes):
    host = server.host
    lab.topology.bridge(host.ns, "br0", "10.97.0.1/16")
    workload = lab.topology.workload("named", host.ns, "br0", "10.97.0.2/16")
    process = workload.popen(["unshare", "-u", "sleep", "100000"])
    wait_for_own_name(process)
    count = 5 if lab.is_smoke else CHANGES
    program = lab.program("hostname")
    cpu = server.cpu_us()
    spans = json.loads(host.ns.run([program, str(count), str(process.pid), "127.0.0.1", "53",
                                    questions.DOMAIN], timeout=GUARD_S).stdout)
    cpu = server.cpu_us() - cpu
    goals = (5000, None) if means != "proc" else (None, None)
    for number, goal in zip((50, 99), goals):
        report.add("hostnames", f"{means}: sethostname to the first right answer, p{number}", processes,
                   percentile(spans, number), "µs", target=goal)
    report.add("hostnames", f"{means}: CPU a change, answers included", processes, cpu / count, "µs")
    measure_rest(lab, report, server, means, processes, process)
    process.kill()
    process.wait()


def wait_for_own_name(process):
    """Until unshare is done: a host name set earlier would be this machine's."""
    while os.readlink(f"/proc/{process.pid}/ns/uts") == os.readlink("/proc/self/ns/uts"):
        assert process.poll() is None, "unshare ended"
        time.sleep(0.01)


def start_and_end(ns, pid, count):
    """Ordinary processes, one after the other, in a workload's namespaces."""
    ns.run(["nsenter", "-t", str(pid), "-n", "-u", "sh", "-c",
            f"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done"], timeout=GUARD_S)


def measure_rest(lab, report, server, means, processes, workload):
    seconds = 1 if lab.is_smoke else IDLE_S
    program = lab.program("hostname")
    time.sleep(1)
    count = 20 if lab.is_smoke else 1000
    cpu = server.cpu_us()
    start_and_end(server.host.ns, workload.pid, count)
    report.add("hostnames", f"{means}: CPU while {count} processes of a workload start and end", processes,
               server.cpu_us() - cpu, "µs")
    cpu = server.cpu_us()
    time.sleep(seconds)
    report.add("hostnames", f"{means}: CPU in {seconds} s without a change", processes,
               server.cpu_us() - cpu, "µs", target=0)
    # In turn, so that other load of the machine affects both equally.
    calls = {True: [], False: []}
    for _ in range(1 if lab.is_smoke else 5):
        calls[True].append(float(server.host.ns.run([program, "calls"]).stdout))
        server.stop()
        calls[False].append(float(server.host.ns.run([program, "calls"]).stdout))
        if not lab.is_smoke:
            server = servers.ontap(server.host, "--listen=127.0.0.1", "--no-mdns",
                                   f"--hostnames-by={means}", cores=None)
    server.stop()
    for is_on, word in ((False, "without"), (True, "with")):
        report.add("hostnames", f"{means}: getppid(2) {word} the daemon", processes,
                   median(calls[is_on]), "ns")
