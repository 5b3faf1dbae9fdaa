# SPDX-License-Identifier: ISC
"""A workload that speaks for itself (avahi-daemon, systemd-resolved) is left in peace: it keeps its name, and
each of its names has one answer. tests/sim/sim_peace has many more rounds, with other engines."""
import signal
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.mdns import A, PTR, Socket, android_resolve, mdns_names, query, question, wait_established  # noqa: E402
from lib.peers import resolved_stack  # noqa: E402
from lib.wait import wait_until  # noqa: E402

REVERSE = "2.0.7.10.in-addr.arpa."


class Own:
    """A workload "web" that has a responder of its own, which calls it `name`."""

    def __init__(self, topo, serve, stacks, name):
        topo.has_dad = False
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", "10.7.0.1/24", "fd07::1/64")
        self.client = topo.workload("client", self.host, "br0", "10.7.0.9/24", "fd07::9/64")
        self.web = topo.workload("web", self.host, "br0", "10.7.0.2/24", alias="web")
        self.stack = stacks(self.web, name)
        self.daemon = serve(self.host, "--domain=vanya")
        wait_established(self.daemon, "web")
        time.sleep(2)  # the second announcement, which may come between its start and its first probe

    def records(self, name, rdtype, seconds=1.5):
        """What is answered to two questions, a little apart."""
        found = set()
        with Socket(self.client) as heard:
            for _ in range(2):
                heard.send(query(question(name.rstrip("."), rdtype)))
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    message = heard.receive(end - time.monotonic())
                    if message and message.is_response:
                        found |= {r.data for r in message.of(name, rdtype)}
        return found

    def check_avahi(self):
        log = self.stack.log("avahi-daemon").lower()
        assert "conflict" not in log and "withdrawing workstation" not in log, log


@pytest.fixture
def own(topo, serve, stacks):
    return lambda name: Own(topo, serve, stacks, name)


def test_avahi_under_another_name_keeps_it_and_the_reverse_name_is_its_own(own, need):
    """It would rename itself for ever: what it says of its address was answered with our name."""
    it = own("inside")
    it.stack.start_avahi(need)
    time.sleep(3)
    it.check_avahi()
    assert "Host name is inside.local." in it.stack.log("avahi-daemon")
    wait_until(lambda: it.records(REVERSE, PTR) == {"inside.local."}, 15, "its own reverse name")
    assert it.records("web.local.", A) == {"10.7.0.2"}
    assert android_resolve(it.client, "inside.local", A) == ["10.7.0.2"]


def test_avahi_keeps_its_name_through_changes_and_restarts(own, need):
    it = own("web")
    it.stack.start_avahi(need)
    for i in range(3):
        it.web.add_addr("eth0", f"fd07::2:{i}/64", f"10.7.0.{30 + i}/24")
        time.sleep(4)
        it.web.ip(f"addr del 10.7.0.{30 + i}/24 dev eth0")
        time.sleep(2)
        it.web.ip("link set eth0 down")
        it.web.ip("link set eth0 up")
        time.sleep(2)
    avahi = it.stack.daemons[-1]
    avahi.terminate()
    avahi.wait(10)
    it.stack.start_avahi(need)
    time.sleep(3)
    it.check_avahi()
    assert mdns_names(it.daemon)["web.local."]["state"] == "yielded"
    assert "10.7.0.2" in it.records("web.local.", A)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["goodbye", "killed"])
def test_where_avahi_ends_its_name_is_ours_soon(own, need, ending):
    """Killed, it says no goodbye: a question that remains without an answer shows it."""
    it = own("web")
    it.stack.start_avahi(need)
    wait_until(lambda: mdns_names(it.daemon)["web.local."]["state"] == "yielded", 10)
    time.sleep(3)
    it.stack.daemons[-1].send_signal(ending)
    wait_until(lambda: android_resolve(it.client, "web.local", A, timeout=1) == ["10.7.0.2"] and
               mdns_names(it.daemon)["web.local."]["state"] in ("announcing", "established"), 30,
               "the name to be ours")


def test_systemd_resolved_keeps_its_name(own, need, builddir):
    """It probes for A alone on IPv4, and for AAAA alone on IPv6: parts of what we say."""
    it = own("web")
    resolvectl = resolved_stack(it.stack, need, builddir, "MulticastDNS=yes\nLLMNR=no\nDNS=10.7.0.1\nFallbackDNS=\n")
    it.stack.run(resolvectl, "mdns", "eth0", "yes")
    wait_until(lambda: mdns_names(it.daemon)["web.local."]["state"] == "yielded", 20, "the name to be its own")
    time.sleep(3)
    assert "web.local" not in [line for line in it.stack.log("systemd-resolved").splitlines() if "onflict" in line]
    assert it.records("web.local.", A) == {"10.7.0.2"}
    assert not it.records("web2.local.", A) and not it.records("web3.local.", A)
