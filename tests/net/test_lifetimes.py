# SPDX-License-Identifier: ISC
"""The TTL of a record ends before its address does: the kernel's lifetimes, and what clients are told."""
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST4 = "10.7.0.1"


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", f"{HOST4}/24", "fd07::1/64")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", alias="web")


def set_address(ns, verb, address, valid, preferred):
    ns.ip(f"addr {verb} {address} dev eth0 valid_lft {valid} preferred_lft {preferred} nodad")


def ttl(host, name, rdtype):
    answer = ask(host, HOST4, name, rdtype).answer
    return answer[0].ttl if answer else None


@pytest.mark.parametrize("address, rdtype, reverse", [
    ("10.7.0.7/24", "A", "7.0.7.10.in-addr.arpa."),
    ("fd07::7/64", "AAAA", "7" + ".0" * 27 + ".7.0.d.f.ip6.arpa.")])
def test_a_ttl_is_at_most_what_is_left(host, web, serve, address, rdtype, reverse):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--ttl=60")
    started = time.monotonic()
    set_address(web, "add", address, 20, 0)
    wait_until(lambda: ttl(host, "web.vanya", rdtype) is not None, what="the deprecated address")
    seen = set()
    # It goes down until the address has gone. The kernel removes it up to a second late.
    while (now := ttl(host, "web.vanya", rdtype)) is not None:
        left = started + 20 - time.monotonic()
        assert now <= max(left, 0) + 1, (now, left)
        seen.add(now)
        time.sleep(0.2)
        assert time.monotonic() < started + 60
    assert seen <= {16, 8, 4, 2, 1, 0} and len(seen) >= 3
    assert ttl(host, reverse, "PTR") is None
    assert daemon.lines("names")  # it is alive


def test_a_lifetime_that_is_renewed_is_no_change(host, web, serve):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--ttl=60")
    set_address(web, "add", "fd07::7/64", 1800, 900)
    wait_until(lambda: ttl(host, "web.vanya", "AAAA") == 60, what="the address")
    events = daemon.lines("status")[0]["kernel"]["events"]
    serial = daemon.lines("status")[0]["zone"]["serial"]
    for lifetime in range(1801, 1821):
        set_address(web, "change", "fd07::7/64", lifetime, 900)
    wait_until(lambda: daemon.lines("status")[0]["kernel"]["events"] >= events + 20, what="the events")
    assert daemon.lines("status")[0]["zone"]["serial"] == serial
    # A router that leaves: what is left is short, and counts at once; then it is back.
    set_address(web, "change", "fd07::7/64", 30, 0)
    wait_until(lambda: ttl(host, "web.vanya", "AAAA") in (16, 8), what="a lower TTL")
    set_address(web, "change", "fd07::7/64", 1800, 900)
    wait_until(lambda: ttl(host, "web.vanya", "AAAA") == 60, what="the whole TTL")
