# SPDX-License-Identifier: ISC
"""Network namespaces, the links between them, and commands inside."""
import itertools
import os
import shlex
import socket
import subprocess
import threading

from lib.isolate import CLONE_NEWNET, die_with_parent, setns

COMMAND_TIMEOUT = 300  # a command that takes longer hangs, even on the slowest machine
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

    def run(self, command, check=True, timeout=COMMAND_TIMEOUT, **options):
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
        """ns.ip("addr add 10.0.0.1/24 dev eth0") -> its output."""
        return self.run(["ip"] + shlex.split(arguments)).stdout

    def call(self, function, *arguments):
        """Calls a function in a thread inside, and returns its result. A socket that the function makes
        stays in this namespace, whichever thread uses it later."""
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

    def write_sysctl(self, path, value):
        """ns.write_sysctl("net/ipv6/conf/eth0/forwarding", 1)"""
        self.run(["sh", "-c", f"echo {value} >/proc/sys/{path}"])

    def batch(self, lines, timeout=COMMAND_TIMEOUT):
        """Runs `ip -batch` inside."""
        self.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", timeout=timeout)

    def set_alias(self, ifname, alias):
        self.run(["ip", "link", "set", "dev", ifname, "alias", alias])

    def hide(self):
        """Removes the name, so that it is not in /run/netns. The namespace lives on."""
        subprocess.run(["ip", "netns", "del", self.name], check=True, capture_output=True)

    def ifindex(self, ifname):
        return self.call(socket.if_nametoindex, ifname)

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


class Topology:
    """Makes namespaces and links; close() removes all of them. Without `has_dad`, the links of later
    namespaces have their link-local addresses at once."""

    def __init__(self):
        self.namespaces = []
        self.has_dad = True

    def namespace(self, label):
        """A new namespace; its name is `label` made unique."""
        ns = Namespace(f"{label}-{os.getpid()}-{next(_counter)}")
        self.namespaces.append(ns)
        if not self.has_dad:
            ns.write_sysctl("net/ipv6/conf/default/accept_dad", 0)
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

    def far_client(self, host, label="far"):
        """A client whose addresses are on-link nowhere that the host can see: it is behind a router, with
        host routes. Returns it; the host is 192.0.2.1 and 2001:db8:f::1."""
        router, far = self.namespace(label + "-router"), self.namespace(label)
        self.veth(router, "up0", host, "far0")
        self.veth(router, "down0", far, "eth0")
        host.add_addr("far0", "192.0.2.1/30", "2001:db8:f::1/64")
        router.add_addr("up0", "192.0.2.2/30", "2001:db8:f::2/64")
        router.add_addr("down0", "fe80::1/64")
        far.add_addr("eth0", "198.18.0.9/32", "2001:db8:e::9/128")
        router.write_sysctl("net/ipv4/ip_forward", 1)
        router.write_sysctl("net/ipv6/conf/all/forwarding", 1)
        router.batch(["route add 198.18.0.9/32 dev down0", "route add default via 192.0.2.1",
                      "route add 2001:db8:e::9/128 dev down0",
                      "route add default via 2001:db8:f::1"])
        far.batch(["route add 192.0.2.2 dev eth0", "route add default via 192.0.2.2",
                   "route add default via fe80::1 dev eth0"])
        host.batch(["route add default via 192.0.2.2", "route add default via 2001:db8:f::2"])
        far.hide()
        return far

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
