# SPDX-License-Identifier: ISC
"""Starts, asks and stops the real daemon."""
import functools
import json
import os
import re
import select
import signal
import subprocess

# A daemon under test looks at the namespaces in its own /run/netns and at aliases only, not at all
# processes of the machine. A test that is about more says so: what comes later on the line counts.
HERMETIC = {"assign-nsid": "--assign-nsid=/run/netns", "hostnames-by": "--hostnames-by=none",
            "self": "--no-self"}
SANITIZER_REPORT = re.compile(r"(Address|Leak|Memory|UndefinedBehavior|Thread)Sanitizer|"
                              r"runtime error:")


@functools.lru_cache
def hermetic_options(program):
    """Those of HERMETIC that the program has."""
    text = subprocess.run([program, "serve", "--help"], capture_output=True, text=True,
                          check=True).stdout
    return [option for key, option in HERMETIC.items()
            if re.search(rf"--(\[no-\]|no-)?{key}\b", text)]


class Daemon:
    """`ontap-zone serve` in a namespace, with control socket and state of its own in `work`.
    `prefix` is what to start it with: ["setpriv", …]; `environ` is added to the environment."""

    def __init__(self, program, ns, work, options, prefix=(), environ=()):
        self.program = program
        self.ns = ns
        self.prefix = list(prefix)
        self.socket = os.path.join(work, "zone.sock")
        self.log_path = os.path.join(work, "stderr")
        self.options = ["--socket=" + self.socket, "--state=" + os.path.join(work, "state"),
                        *hermetic_options(program), *options]
        self.environ = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", **dict(environ))
        os.makedirs(os.path.join(work, "state"), exist_ok=True)
        self.process = None

    def start(self, timeout=20):
        """Starts it and returns when it says by --ready-fd that it serves."""
        ready, ready_child = os.pipe()
        try:
            with open(self.log_path, "ab") as log:
                self.process = self.ns.popen(
                    [*self.prefix, self.program, "serve", f"--ready-fd={ready_child}",
                     *self.options],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(ready_child,),
                    env=self.environ)
            os.close(ready_child)
            ready_child = -1
            if not select.select([ready], [], [], timeout)[0] or os.read(ready, 1) != b"\n":
                raise AssertionError(f"not ready (exit {self.process.poll()}): {self.log()}")
        finally:
            os.close(ready)
            if ready_child >= 0:
                os.close(ready_child)
        return self

    def ask(self, *arguments, check=True):
        """daemon.ask("names", "-j") -> what `ontap-zone names -j` prints."""
        done = self.ns.run([self.program, *arguments, "--socket=" + self.socket], check=check,
                           env=self.environ)
        return done.stdout

    def lines(self, *arguments):
        """daemon.lines("explain", "web") -> the objects that it prints with -j."""
        return [json.loads(line) for line in self.ask(*arguments, "-j").splitlines()]

    def status(self):
        return self.lines("status")[0]

    def names(self):
        """{name: [address]} of what `names` shows as served, and why the rest is not:
        {name: {address: reason}}."""
        served, unserved = {}, {}
        for line in self.lines("names"):
            if "rejected" in line:
                continue
            for addr in line["addresses"]:
                if addr["served"]:
                    served.setdefault(line["name"], []).append(addr["address"])
                else:
                    unserved.setdefault(line["name"], {})[addr["address"]] = addr["reason"]
        return served, unserved

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, timeout=20):
        """SIGTERM, and it must end well: exit 0, no report of a sanitizer."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"did not end on SIGTERM: {self.log()}") from None
        assert not SANITIZER_REPORT.search(self.log()), self.log()
        assert status == 0, f"exit {status}: {self.log()}"

    def kill(self):
        """For when the manner of its end is not the question."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
