# SPDX-License-Identifier: ISC
"""Network namespaces, the links between them, and what is run inside."""
import itertools
import os
import shlex
import socket
import subprocess
import threading

from lib.isolate import CLONE_NEWNET, die_with_parent, setns

_counter = itertools.count(1)


class Namespace:
    """A named network namespace (a file in /run/netns). Commands are strings or argument lists."""

    def __init__(self, name):
        self.name = name
        self.path = f"/run/netns/{name}"
        subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        self.fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self.ip("link set lo up")

    def _enter(self):
        die_with_parent()
        setns(self.fd, CLONE_NEWNET)

    def popen(self, command, **options):
        """Starts a command inside; the caller ends it."""
        if isinstance(command, str):
            command = shlex.split(command)
        return subprocess.Popen(command, preexec_fn=self._enter, **options)

    def run(self, command, check=True, timeout=30, **options):
        """Runs a command inside to its end; text output is in .stdout and .stderr."""
        if isinstance(command, str):
            command = shlex.split(command)
        done = subprocess.run(command, preexec_fn=self._enter, capture_output=True, text=True,
                              timeout=timeout, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {shlex.join(command)}: exit {done.returncode}: "
                                 f"{done.stderr}{done.stdout}")
        return done

    def ip(self, arguments):
        """ns.ip("addr add 10.0.0.1/24 dev eth0") -> what it printed."""
        return self.run(["ip"] + shlex.split(arguments)).stdout

    def call(self, function, *arguments):
        """Calls a function in a thread that is inside, and returns what it returns. A socket that
        it makes stays in this namespace whichever thread uses it later."""
        outcome = {}

        def inside():
            try:
                setns(self.fd, CLONE_NEWNET)
                outcome["value"] = function(*arguments)
            except BaseException as failure:
                outcome["failure"] = failure

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "failure" in outcome:
            raise outcome["failure"]
        return outcome["value"]

    def socket(self, family=socket.AF_INET6, kind=socket.SOCK_DGRAM, proto=0):
        """A socket inside this namespace; the caller closes it."""
        return self.call(socket.socket, family, kind, proto)

    def add_addr(self, ifname, *addrs):
        """Adds addresses "ADDR/LEN" without duplicate address detection."""
        for addr in addrs:
            nodad = " nodad" if ":" in addr else ""
            self.ip(f"addr add {addr} dev {ifname}{nodad}")

    def set_alias(self, ifname, alias):
        self.run(["ip", "link", "set", "dev", ifname, "alias", alias])

    def ifindex(self, ifname):
        return self.call(socket.if_nametoindex, ifname)

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


class Topology:
    """Makes namespaces and links; close() removes all of them."""

    def __init__(self):
        self.namespaces = []

    def namespace(self, label):
        """A new namespace; its name is `label` made unique."""
        ns = Namespace(f"{label}-{os.getpid()}-{next(_counter)}")
        self.namespaces.append(ns)
        return ns

    def bridge(self, ns, ifname, *addrs):
        """A bridge without delays or snooping, up, with these addresses."""
        ns.ip(f"link add {ifname} type bridge forward_delay 0 mcast_snooping 0")
        ns.ip(f"link set {ifname} up")
        ns.add_addr(ifname, *addrs)

    def veth(self, ns, ifname, peer_ns, peer_ifname):
        """A pair of links, both up."""
        ns.ip(f"link add {ifname} type veth peer name {peer_ifname} netns {peer_ns.name}")
        ns.ip(f"link set {ifname} up")
        peer_ns.ip(f"link set {peer_ifname} up")

    def workload(self, label, host, bridge, *addrs, ifname="eth0", alias=None):
        """A namespace with one link to `bridge` of `host`, its alias and addresses."""
        ns = self.namespace(label)
        port = f"p{next(_counter)}"
        self.veth(ns, ifname, host, port)
        host.ip(f"link set {port} master {bridge}")
        if alias:
            ns.set_alias(ifname, alias)
        ns.add_addr(ifname, *addrs)
        return ns

    def close(self):
        while self.namespaces:
            self.namespaces.pop().close()
