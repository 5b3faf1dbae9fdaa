# SPDX-License-Identifier: ISC
"""The place of measurements: our own namespaces, servers in them, and their costs."""
import glob
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "net"))

from lib.isolate import CLONE_NEWNET, die_with_parent, isolate, setns  # noqa: E402,F401
from lib.netns import Topology  # noqa: E402

SERVER_CPU, CLIENT_CPU = 0, 1
QUIET_S, QUIET_TIMEOUT_S = 0.1, 5
GUARD_S = 600  # for a short step: if it takes longer, it hangs, even on the slowest machine


class Missing(Exception):
    """A program that a measurement needs is not installed: the measurement is left out, and reported."""


class Lab:
    """All namespaces of a run. `client` is joined to each host by a separate pair of links."""

    def __init__(self, builddir, work, is_smoke, names=None):
        self.builddir = builddir
        self.work = work
        self.shared = os.path.join(os.path.dirname(work), "zones")  # shared by all parts, and never changed
        self.is_smoke = is_smoke
        self.names = names
        self.topology = Topology()
        self.client = self.topology.namespace("client")
        self.hosts = 0
        self.servers = []

    def sizes(self, *all_sizes):
        """The numbers of names to measure with, among those that a part supports."""
        if self.is_smoke:
            return (10,)
        return [size for size in all_sizes if not self.names or size in self.names]

    def program(self, name):
        path = os.path.join(self.builddir, name if "/" in name else f"tests/bench/{name}")
        if not os.path.exists(path):
            raise Missing(f"{path} is not built")
        return path

    def directory(self, name):
        path = os.path.join(self.work, name)
        os.makedirs(path, exist_ok=True)
        return path

    def host(self, label):
        return Host(self, label)

    def load(self, questions, host, port=53, count=100000, window=64, seconds=2.0, to=None, any_reply=False):
        """Asks; returns the results of tests/bench/load."""
        command = [self.program("load"), questions, to or host.addr, str(port), str(count),
                   str(window), str(self.at_most(seconds)), host.client_link]
        if any_reply:
            command.append("any")
        return json.loads(self.run_pinned(command).stdout)

    def load_tcp(self, questions, host, count, connections, window, seconds, any_reply=False):
        """The same over TCP; a window of 0 is a connection for each question."""
        return json.loads(self.run_pinned([
            self.program("load-tcp"), questions, host.addr, "53", str(count), str(connections), str(window),
            str(self.at_most(seconds)), *(["any"] if any_reply else [])]).stdout)

    def at_most(self, seconds):
        """How long a client asks. In a smoke test it ends after a number of questions, however long they
        take."""
        return GUARD_S if self.is_smoke else seconds

    def run_pinned(self, command):
        return self.client.run(["taskset", "-c", str(cpu_of(CLIENT_CPU)), *command], timeout=GUARD_S)

    def stop_servers(self):
        while self.servers:
            self.servers.pop().stop()

    def close(self):
        self.stop_servers()
        self.topology.close()


class Host:
    """A namespace with one link, s0, to the client, whose end is `client_link`."""

    def __init__(self, lab, label):
        lab.hosts += 1
        self.lab = lab
        self.label = label
        self.ns = lab.topology.namespace(label)
        self.addr = f"10.88.{lab.hosts}.1"
        self.client_link = f"c{lab.hosts}"
        lab.topology.veth(self.ns, "s0", lab.client, self.client_link)
        self.ns.add_addr("s0", f"{self.addr}/24")
        lab.client.add_addr(self.client_link, f"10.88.{lab.hosts}.2/24")


class Server:
    """A running server: a process and its descendants, on so many cores beginning with the server's (None:
    all)."""

    def __init__(self, host, name, command, environ=None, cores=1, pass_fds=()):
        self.host = host
        self.name = name
        self.log_path = os.path.join(host.lab.directory("logs"), f"{name}-{time.monotonic_ns()}.log")
        cpus = {cpu_of(i) for i in range(cores)} if cores else os.sched_getaffinity(0)

        def enter():
            die_with_parent()
            os.sched_setaffinity(0, cpus)
            setns(host.ns.fd, CLONE_NEWNET)

        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, preexec_fn=enter, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, pass_fds=pass_fds,
                                            env=environ or os.environ)
        host.lab.servers.append(self)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def pids(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                todo += [int(child) for child in read(path).split()]
        return found

    def cpu_us(self):
        """CPU time so far, of all threads that run or have ended, in microseconds; for ended processes it is
        accurate to 10 ms (a tick of /proc)."""
        return sum(process_us(pid) + reaped_us(pid) for pid in self.pids())

    def wait_quiet(self):
        """Until it has nothing to do any more: some go on with their start after the first answer."""
        deadline = time.monotonic() + QUIET_TIMEOUT_S
        before, now = -1, self.cpu_us()
        while now != before and time.monotonic() < deadline:
            time.sleep(QUIET_S)
            before, now = now, self.cpu_us()

    def main_cpu_us(self):
        """The same of the first thread of each process only: of a server's, without its workers."""
        return sum(int(read(f"/proc/{pid}/task/{pid}/schedstat").split()[0]) for pid in self.pids()) / 1000

    def switches(self):
        """How often each thread has been put on a core, by name of thread and number."""
        counts = {}
        for pid in self.pids():
            for path in glob.glob(f"/proc/{pid}/task/*/status"):
                lines = dict(line.split(":", 1) for line in read(path).splitlines() if ":" in line)
                counts[lines["Pid"].strip()] = sum(int(lines[key]) for key in (
                    "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"))
        return counts

    def pss_mib(self):
        total = 0
        for pid in self.pids():
            for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self in self.host.lab.servers:
            self.host.lab.servers.remove(self)


def process_us(pid):
    """The process's CPU clock, as clock_getcpuclockid(3) finds it; 0 if it has gone."""
    try:
        return time.clock_gettime_ns(~pid << 3 | 2) / 1000
    except OSError:
        return 0


def reaped_us(pid):
    """CPU time of a process's children that it has waited for: cutime and cstime of proc(5)."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[13:15]) * 1e6 / os.sysconf("SC_CLK_TCK")


def read(path):
    """A file's text; nothing if it has gone."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def cpu_of(index):
    """The core for servers (0) or for clients (1); the same one if there is only one."""
    cpus = sorted(os.sched_getaffinity(0))
    return cpus[index % len(cpus)]


def median(values):
    return statistics.median(values) if values else float("nan")


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) * percent // 100] if ordered else float("nan")
