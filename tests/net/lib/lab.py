# SPDX-License-Identifier: ISC
"""A host with a bridge, workloads on it, and the daemon's answers about them."""
import ipaddress

from lib.query import addresses, ask
from lib.wait import wait_until


class Lab:
    """A host with a bridge, the daemon on it, and one workload "web" with one IPv4 address."""

    def __init__(self, topo, serve):
        self.topo, self.start = topo, serve
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", "10.7.0.1/24", "fd07::1/64")
        self.web = self.workload("web", "10.7.0.2/24")
        self.daemon = None

    def workload(self, name, *addrs):
        return self.topo.workload(name, self.host, "br0", *addrs, alias=name)

    def serve(self, *options):
        self.daemon = self.start(self.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns",
                                 *options)
        return self

    def answers(self, name, branch="lan"):
        """A and AAAA together, as the host itself gets them."""
        owner = f"{name}.{branch}.vanya" if branch else f"{name}.vanya"
        return sorted(address for rdtype in ("A", "AAAA")
                      for address in addresses(ask(self.host, "127.0.0.1", owner, rdtype)))

    def expect(self, name, *expected, branch="lan", timeout=5):
        """Waits until a name has exactly these addresses."""
        def check():
            return self.answers(name, branch) == sorted(expected)
        try:
            wait_until(check, timeout)
        except AssertionError:
            raise AssertionError(f"{name} has {self.answers(name, branch)}, not {expected}: "
                                 f"{self.daemon.ask('names')}") from None

    def reason(self, name, address):
        """The reason why an address is not served, by `names`; None if it is served or unknown."""
        return self.daemon.names()[1].get(name, {}).get(address)

    def ptr(self, address):
        """The result of a reverse look-up."""
        reverse = ipaddress.ip_address(address).reverse_pointer + "."
        reply = ask(self.host, "127.0.0.1", reverse, "PTR")
        return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)
