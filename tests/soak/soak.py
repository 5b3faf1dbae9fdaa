#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Runs ontap-zone for as long as asked while everything around it changes and breaks:

    make soak MINUTES=30          or    soak.py --builddir=build/gcc --minutes=30 [--seed=N]

Writers change links, addresses, aliases and namespaces as fast as the kernel allows. Meanwhile others ask,
transfer, and send rubbish, on DNS and mDNS. Each few seconds something breaks: a process is killed or stopped, the
disk is full, a zone file changes, the clock jumps, allocations fail. Several times a minute all writers pause, and then what is served
has to equal `ip -j`. In the last part nothing is killed any more; at the end, with all workloads gone, memory and
descriptors have to be as before. Prints what happened each time; exit 1 at the first difference.
"""
import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "net"))

from lib.daemon import Daemon  # noqa: E402
from lib.isolate import isolate  # noqa: E402
from lib.netns import Namespace, Topology  # noqa: E402
from lib.query import addresses, ask  # noqa: E402
from lib.started import SANITIZER_REPORT  # noqa: E402

ALIASES = [f"s{n}" for n in range(12)]
LINKS, ADDRS = 8, 100
SETTLE_S = 90          # until all is equal after a pause, on a slow machine with sanitizers
RSS_SLACK_KB = 16384   # what a heap may keep of its largest state


class Fault(Exception):
    """Something is wrong with the product."""


class Thread(threading.Thread):
    """Does one thing again and again until it is ended; what it raises is the run's failure."""

    def __init__(self, run, turn):
        super().__init__(daemon=True)
        self.run_, self.turn, self.is_over = run, turn, threading.Event()
        self.start()

    def run(self):
        while not self.is_over.is_set():
            try:
                self.turn()
            except OSError:
                time.sleep(0.01)  # the daemon is away for a moment
            except Exception as failure:  # pylint: disable=broad-except
                self.run_.failure = self.run_.failure or failure
                return

    def end(self):
        self.is_over.set()
        self.join(60)


class Writer:
    """Changes one namespace through `ip -batch`, at full speed. Many of its commands fail; that is all right."""

    def __init__(self, ns, seed):
        self.ns, self.random = ns, random.Random(seed)
        self.process = None
        self.count = 0

    def line(self):
        pick = self.random
        link, what = f"v{pick.randrange(LINKS)}", pick.randrange(100)
        number = pick.randrange(ADDRS)
        addr = f"10.7.{8 + number}.{1 + pick.randrange(3)}/16" if pick.random() < 0.5 else f"fd07::{number:x}/64"
        if what < 80:
            return f"addr {'add' if pick.random() < 0.6 else 'del'} {addr} dev {link}" + (" nodad" if ":" in addr else "")
        if what < 88:
            return f"link set dev {link} alias {pick.choice(ALIASES)}"
        if what < 92:
            return f"link set {link} {'down' if pick.random() < 0.3 else 'up'}"
        if what < 94:
            return f"link del {link}"
        if what < 96:
            return f"link set dev {link} mtu {pick.choice((1280, 1400, 1500))}"
        return f"link add {link} type dummy" if pick.random() < 0.5 else \
            f"link add {link} type veth peer name w{link}"

    def turn(self):
        if self.process is None:
            self.process = self.ns.popen(["ip", "-force", "-batch", "-"], stdin=subprocess.PIPE,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = "".join(self.line() + "\n" for _ in range(500))
        self.process.stdin.write(lines.encode())
        self.process.stdin.flush()
        self.count += 500

    def finish(self):
        """All that was said so far is done afterwards."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
            self.process.wait(120)
        self.process = None


class Spaces:
    """Namespaces that come and go, each with a workload on the bridge."""

    def __init__(self, host, seed):
        self.host, self.random, self.living, self.made = host, random.Random(seed), [], 0

    def turn(self):
        if len(self.living) > 6 or (self.living and self.random.random() < 0.4):
            self.living.pop(self.random.randrange(len(self.living))).close()
        else:
            self.made += 1
            ns = Namespace(f"soak-{os.getpid()}-t{self.made}")
            self.living.append(ns)
            ns.ip(f"link add eth0 type veth peer name t{self.made % 10000} netns {self.host.name}")
            self.host.ip(f"link set t{self.made % 10000} master br0 up")
            ns.set_alias("eth0", self.random.choice(ALIASES))
            ns.ip("link set eth0 up")
            ns.add_addr("eth0", f"10.7.{120 + self.made % 100}.{1 + self.made % 200}/16")
        time.sleep(0.05)


class Strangers:
    """Ask, transfer and send rubbish."""

    def __init__(self, client, seed):
        self.client, self.random, self.asked, self.answered = client, random.Random(seed), 0, 0

    def payload(self):
        pick = self.random
        owner = pick.choice(ALIASES + ["nobody", "a.b.c"])
        name = b"".join(bytes([len(p)]) + p.encode() for p in (owner, pick.choice(("lan", "wan")), "vanya")) + b"\0"
        query = struct.pack("!6H", pick.randrange(65536), pick.choice((0, 256)), 1, 0, 0, 0) + name + \
            struct.pack("!HH", pick.choice((1, 28, 255, 252, 251, 6)), 1)
        if pick.random() < 0.3:
            query = bytearray(query)
            query[pick.randrange(len(query))] = pick.randrange(256)
        return bytes(query)

    def turn(self):
        what = self.random.randrange(10)
        if what < 7:
            with contextlib.closing(self.client.socket(socket.AF_INET)) as sock:
                sock.settimeout(0.2)
                for _ in range(50):
                    sock.sendto(self.payload(), ("10.7.0.1", 53))
                    self.asked += 1
                    with contextlib.suppress(socket.timeout):
                        sock.recv(65535)
                        self.answered += 1
        elif what < 9:
            with contextlib.closing(self.client.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
                sock.settimeout(1)
                sock.connect(("10.7.0.1", 53))
                for _ in range(self.random.randrange(1, 60)):
                    payload = self.payload()
                    sock.sendall(struct.pack("!H", len(payload)) + payload)
                with contextlib.suppress(socket.timeout):
                    while sock.recv(65535):
                        pass
        else:
            with contextlib.closing(self.client.socket(socket.AF_INET)) as sock:
                sock.bind(("", 5353))
                for _ in range(50):
                    sock.sendto(self.payload(), ("224.0.0.251", 5353))


class Soak:
    """One run."""

    def __init__(self, options, topo, work):
        self.options, self.topo, self.work = options, topo, work
        self.random = random.Random(options.seed)
        self.failure = None
        self.counts = {}
        self.events = self.overruns = 0
        self.disk = os.path.join(work, "disk")
        self.world = os.path.join(work, "world")  # of harder.c
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "soak", self.disk], check=True)
        self.zone = os.path.join(work, "static.zone")
        self.write_zone()
        self.write_world()
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", "10.7.0.1/16", "fd07::1/64")
        self.host.ip("link set br0 address 02:00:00:00:00:01")  # else it is that of a port, and changes with them
        self.client = topo.workload("client", self.host, "br0", "10.7.0.9/16")
        self.spaces = Spaces(self.host, options.seed + 1)
        self.writers = [Writer(topo.namespace(f"w{n}"), options.seed + 10 + n) for n in range(options.writers)]
        self.daemon = self.make_daemon()

    # --- the daemon ------------------------------------------------------------------------------------

    def make_daemon(self):
        program = os.path.join(self.options.builddir, "src/ontap-zone/ontap-zone")
        environ = {}
        shim = os.path.join(self.options.builddir, "tests/soak/harder.so")
        if os.path.exists(shim) and not self.options.is_sanitized:
            environ = {"LD_PRELOAD": shim, "SOAK_WORLD": self.world, "SOAK_RCVBUF": "65536"}
        directory = os.path.join(self.disk, "daemon")
        os.mkdir(directory)
        os.chmod(self.disk, 0o777)
        return Daemon(program, self.host, directory,
                      ["--domain=vanya", "--ns=ns.example.", f"--zone-file={self.zone}", "--mdns=br0",
                       "--allow-transfer=10.7.0.0/16", f"--export=hosts:{self.disk}/hosts", "--user=root"],
                      environ=environ)

    def processes(self):
        """The pids of the serving process and of its children, by what they do."""
        main = self.daemon.process.pid
        with open(f"/proc/{main}/task/{main}/children", encoding="ascii") as file:
            return [main, *map(int, file.read().split())]

    def note_stats(self):
        """The counters of a process end with it."""
        with contextlib.suppress(Exception):
            kernel = self.daemon.status()["kernel"]
            self.events += kernel["events"]
            self.overruns += kernel["overruns"]

    def restart(self):
        """After something has ended it: a supervisor does this."""
        try:
            self.daemon.process.wait(30)
        except subprocess.TimeoutExpired:
            raise Fault("the daemon does not end although one of its processes has") from None
        self.check_log()
        self.daemon.start(timeout=60)

    def check_log(self):
        log = self.daemon.log()
        if SANITIZER_REPORT.search(log):
            raise Fault(f"a sanitizer reports: {log}")

    # --- what breaks -----------------------------------------------------------------------------------

    def kill_one(self):
        self.note_stats()
        os.kill(self.random.choice(self.processes()), signal.SIGKILL)
        self.restart()

    def stop_well(self):
        self.note_stats()
        self.daemon.stop(60)
        self.daemon.start(timeout=60)

    def freeze_one(self):
        """A process that stands still for seconds: the watcher loses notifications, the server does not answer."""
        pid = self.random.choice(self.processes())
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.random.choice((0.3, 2, 6)))
        os.kill(pid, signal.SIGCONT)

    def fill_disk(self):
        filler = os.path.join(self.disk, "filler")
        with contextlib.suppress(OSError), open(filler, "wb") as file:
            while True:
                file.write(bytes(65536))
                file.flush()
        time.sleep(self.random.choice((1, 5)))
        os.unlink(filler)

    def write_zone(self):
        count = self.random.choice((0, 10, 3000))
        temporary = self.zone + ".new"
        with open(temporary, "w", encoding="ascii") as file:
            file.write("".join(f"static{n} 60 IN A 192.0.2.{n % 250 + 1}\n" for n in range(count)))
            file.write("alias 60 IN CNAME s0\nstatic0 60 IN TXT \"soak\"\n")
        os.rename(temporary, self.zone)

    def reload(self):
        self.write_zone()
        self.daemon.reload()

    def write_world(self, seconds=0, failures=0):
        with open(self.world, "r+b" if os.path.exists(self.world) else "w+b") as file:
            file.write(struct.pack("=qqq", seconds, failures, 0))
        self.seconds = seconds

    def jump(self):
        """Days ahead, back to before the start, or right again."""
        self.write_world(self.random.choice((0, 0, 86400 * 30, -3600, 7)))

    def starve(self):
        """There is no memory for the next allocations."""
        self.write_world(self.seconds, self.random.choice((1, 1, 5, 40, 400)))
        time.sleep(0.5)
        self.write_world(self.seconds)
        time.sleep(0.2)
        if self.daemon.process.poll() is not None:
            self.counts["ended_without_memory"] = self.counts.get("ended_without_memory", 0) + 1
            self.restart()

    def break_something(self, may_kill):
        kinds = [self.freeze_one, self.fill_disk, self.reload, self.jump, self.starve, self.starve]
        if may_kill:
            kinds += [self.kill_one, self.kill_one, self.stop_well]
        kind = self.random.choice(kinds)
        self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1
        kind()

    # --- what has to be true ----------------------------------------------------------------------------

    @staticmethod
    def kernel_state(ns):
        """{link: (alias, {address})} of a namespace, by ip(8). Addresses that no program can use yet or any
        more are there as well: the model has all. The kernel does not tell when the alias of a link that is down
        changes: it is None."""
        done = ns.run(["ip", "-j", "-d", "addr"])
        return {link["ifname"]: (link.get("ifalias", "") if "UP" in link["flags"] else None,
                                 {a["local"] for a in link["addr_info"] if "local" in a})
                for link in json.loads(done.stdout or "[]") if link}

    def served_state(self):
        return {space["netns"]: {link["link"]: (link["alias"], set(link["addresses"])) for link in space["links"]}
                for space in self.daemon.lines("graph") if space["netns"]}

    def difference(self):
        """None, or what differs between the kernel and the model."""
        model = self.served_state()
        for ns in [self.host, self.client, *(w.ns for w in self.writers), *self.spaces.living]:
            kernel, ours = self.kernel_state(ns), model.get(ns.name, {})
            for name, (alias, _) in kernel.items():
                if alias is None and name in ours:
                    ours[name] = (None, ours[name][1])
            if kernel != ours:
                keys = {key for key in kernel.keys() | ours.keys() if kernel.get(key) != ours.get(key)}
                return {key: (kernel.get(key), ours.get(key)) for key in sorted(keys)[:3]} | {"in": ns.name}
        return None

    def wrong_answer(self):
        """None, or a name whose answer is not what `names` says."""
        for line in self.daemon.lines("names"):
            if "rejected" in line or "." in line["name"]:
                continue
            wanted = sorted(a["address"] for a in line["addresses"]
                            if a["served"] and a["address"].startswith(("10.7.", "fd07:")))
            owner = f"{line['name']}.lan.vanya"
            found = sorted(a for kind in ("A", "AAAA")
                           for a in addresses(ask(self.client, "10.7.0.1", owner, kind, tcp=True, timeout=10))
                           if a.startswith(("10.7.", "fd07:")))
            if line["name"] in ALIASES and found != wanted and len(wanted) <= 50:
                return {"name": owner, "answered": found, "names": wanted}
        return None

    def expect_equal(self):
        began = time.monotonic()
        while True:
            difference = self.difference() or self.wrong_answer()
            if self.options.verbose and difference:
                print(f"{time.monotonic() - began:.1f}: {difference}", flush=True)
            if not difference:
                return time.monotonic() - began
            if time.monotonic() - began > SETTLE_S:
                raise Fault(f"after {SETTLE_S} s it still differs (kernel, model): {difference}\n{self.daemon.log()[-4000:]}")
            time.sleep(0.3)

    def footprint(self):
        """(descriptors, kB) of each process, and what the descriptors are, for people."""
        found = []
        for pid in self.processes():
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                rss = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
            kinds = {}
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    kind = os.readlink(f"/proc/{pid}/fd/{name}").split(":[")[0]
                    kinds[kind] = kinds.get(kind, 0) + 1
            found.append((sum(kinds.values()), rss, kinds))
        return found

    def expect_footprint(self, before):
        deadline = time.monotonic() + 60
        while True:
            now = self.footprint()
            # One more is the subscription to neighbours, which stays after the first guest.
            is_fine = all(n[0] <= b[0] + 1 and n[1] <= b[1] + RSS_SLACK_KB for n, b in zip(now, before))
            if is_fine or self.options.is_sanitized:
                return now
            if time.monotonic() > deadline:
                raise Fault(f"descriptors and kB of each process: before {before}, after {now}")
            time.sleep(1)

    # --- the run ----------------------------------------------------------------------------------------

    def storm(self, seconds, may_kill):
        """Everything at once for a while; then all writers have finished."""
        strangers = Strangers(self.client, self.random.randrange(1 << 30))
        threads = [Thread(self, part.turn) for part in (*self.writers, self.spaces, strangers)]
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and not self.failure:
                time.sleep(self.random.uniform(0.5, 4))
                self.break_something(may_kill)
        finally:
            for thread in threads:
                thread.end()
            for writer in self.writers:
                writer.finish()
        if self.failure:
            raise self.failure
        return strangers

    def say(self, settled, strangers):
        commands = sum(writer.count for writer in self.writers)
        with contextlib.suppress(Exception):
            kernel = self.daemon.status()["kernel"]
            print(f"{int(time.monotonic() - self.began):6} s  equal after {settled:.1f} s  "
                  f"events={self.events + kernel['events']} overruns={self.overruns + kernel['overruns']} "
                  f"commands={commands} namespaces={self.spaces.made} "
                  f"asked={strangers.asked} answered={strangers.answered} "
                  + " ".join(f"{key}={value}" for key, value in sorted(self.counts.items())), flush=True)

    def storms(self, until, may_kill):
        """One storm at least, with all equal after each."""
        while True:
            strangers = self.storm(min(15, 15 * self.options.minutes), may_kill)
            self.say(self.expect_equal(), strangers)
            if time.monotonic() > until:
                return

    def run(self):
        self.began = time.monotonic()
        seconds = 60 * self.options.minutes
        self.daemon.start(timeout=60)
        self.expect_equal()
        self.storms(self.began + 0.7 * seconds, True)
        self.stop_well()
        self.expect_equal()
        before = self.footprint()
        self.storms(self.began + seconds, False)
        for writer in self.writers:
            writer.ns.close()
        while self.spaces.living:
            self.spaces.living.pop().close()
        self.writers = []
        self.write_world()
        self.expect_equal()
        after = self.expect_footprint(before)
        self.check_log()
        self.daemon.stop(60)
        print(f"descriptors and kB of each process: before {before}, after {after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builddir", default=os.path.join(TOP, "build", "gcc"))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--verbose", action="store_true", help="print what differs while it settles")
    options = parser.parse_args()
    options.builddir = os.path.abspath(options.builddir)
    with open(os.path.join(options.builddir, "src/ontap-zone/ontap-zone"), "rb") as file:
        program = file.read()
        options.is_sanitized = b"__asan_init" in program or b"__tsan_init" in program
    refusal = isolate()
    if refusal:
        print(f"no namespaces to soak in: {refusal}")
        return 77
    work, topo = tempfile.mkdtemp(prefix="ontap-soak."), Topology()
    os.chmod(work, 0o711)
    print(f"seed={options.seed} minutes={options.minutes:g} writers={options.writers}", flush=True)
    soak = None
    try:
        soak = Soak(options, topo, work)
        soak.run()
        return 0
    except (Fault, AssertionError) as fault:
        print(f"FAIL (seed={options.seed}): {fault}")
        return 1
    finally:
        if soak:
            soak.daemon.kill()
            for ns in soak.spaces.living:
                ns.close()
            subprocess.run(["umount", "-l", soak.disk], check=False)
        topo.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
