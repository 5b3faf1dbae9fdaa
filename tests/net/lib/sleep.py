# SPDX-License-Identifier: ISC
"""A system bus of its own, and on it something that tells of a sleep like systemd-logind does (tests/net/fake-logind.py)."""
import os
import subprocess

from lib.peers import BUS_CONF
from lib.wait import wait_until

FAKE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "fake-logind.py")


class Bus:
    def __init__(self, ns, work, need):
        self.ns, self.path = ns, os.path.join(work, "bus")
        self.conf = os.path.join(work, "bus.conf")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(BUS_CONF.replace("/run/dbus/system_bus_socket", self.path))
        self.program = need("dbus-daemon")
        self.environ = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.path}"}
        self.daemon = self.fake = None
        self.start()

    def start(self):
        self.daemon = self.ns.popen([self.program, f"--config-file={self.conf}", "--nofork", "--nopidfile"],
                                    stdin=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(self.path), what="the bus")

    def start_logind(self):
        self.fake = self.ns.popen(["/usr/bin/python3", "-B", FAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, env={**os.environ, **self.environ})
        assert self.fake.stdout.readline() == "ready\n"
        return self

    def tell(self, word):
        """Tells logind something; its answer."""
        self.fake.stdin.write(word + "\n")
        self.fake.stdin.flush()
        return self.fake.stdout.readline().strip()

    def send_signal(self, *words):
        """What any user of the machine may do."""
        self.ns.run(["busctl", f"--address=unix:path={self.path}", "emit", *words])

    def stop(self):
        for program in (self.fake, self.daemon):
            if program:
                program.kill()
                program.wait()
        if self.fake:
            self.fake.stdin.close()
            self.fake.stdout.close()
        self.fake = self.daemon = None
        if os.path.exists(self.path):
            os.unlink(self.path)
