# SPDX-License-Identifier: ISC
"""Starts, asks and stops the real daemon."""
import functools
import json
import os
import re
import signal
import subprocess

from lib.started import Started

# A daemon under test only looks at the namespaces in its own /run/netns, and at aliases, not at all processes
# of the machine. A test that needs more says so: the last option on the command line counts.
HERMETIC = {"assign-nsid": "--assign-nsid=/run/netns", "hostnames-by": "--hostnames-by=none",
            "self": "--no-self", "grants": "--no-grants", "sleep-goodbye": "--no-sleep-goodbye"}


# The hosts of tests have bridges of veths only, on which --listen=auto serves nobody.
EVERYWHERE = "--listen=any"


@functools.lru_cache
def hermetic_options(program, command="serve"):
    """Those of the HERMETIC options that the command of the program has."""
    text = subprocess.run([program, command, "--help"], capture_output=True, text=True,
                          check=True).stdout
    return [option for key, option in HERMETIC.items()
            if re.search(rf"--(\[no-\]|no-)?{key}\b", text)]


class Daemon(Started):
    """`ontap-zone serve` in a namespace, with its own control socket and state in `work`. `prefix` is a
    command that starts it: ["setpriv", …]; `environ` is added to the environment."""

    def __init__(self, program, ns, work, options, prefix=(), environ=()):
        super().__init__(ns, os.path.join(work, "stderr"))
        self.program = program
        self.prefix = list(prefix)
        self.socket = os.path.join(work, "zone.sock")
        self.resolve_socket = os.path.join(work, "look.sock")
        self.options = ["--socket=" + self.socket, "--resolve-socket=" + self.resolve_socket,
                        "--state=" + os.path.join(work, "state"), *hermetic_options(program), *options]
        if not any(option.startswith(("--listen", "--config")) for option in options):
            self.options.append(EVERYWHERE)
        self.environ = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", **dict(environ))
        os.makedirs(os.path.join(work, "state"), exist_ok=True)

    def start(self, timeout=20):
        """Starts it, and returns when it reports by --ready-fd that it serves."""
        return self.start_ready(lambda fd: [*self.prefix, self.program, "serve", f"--ready-fd={fd}",
                                            *self.options], timeout, env=self.environ)

    def ask(self, *arguments, check=True):
        """daemon.ask("names", "-j") -> the output of `ontap-zone names -j`."""
        done = self.ns.run([self.program, *arguments, "--socket=" + self.socket], check=check,
                           env=self.environ)
        return done.stdout

    def lines(self, *arguments):
        """daemon.lines("explain", "web") -> the objects that it prints with -j. An explanation of a
        negative answer is one all the same."""
        text = self.ask(*arguments, "-j", check=arguments[0] != "explain")
        return [json.loads(line) for line in text.splitlines()]

    def status(self):
        return self.lines("status")[0]

    def names(self):
        """{name: [address]} of what `names` shows as served, and why the rest is not:
        {name: {address: reason}}."""
        served, unserved = {}, {}
        for line in self.lines("names"):
            if "addresses" not in line:
                continue
            for addr in line["addresses"]:
                if addr["served"]:
                    served.setdefault(line["name"], []).append(addr["address"])
                else:
                    unserved.setdefault(line["name"], {})[addr["address"]] = addr["reason"]
        return served, unserved

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
