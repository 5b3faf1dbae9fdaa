# SPDX-License-Identifier: ISC
"""The daemon's mDNS packets when things change, and when another host wants the same name."""
import socket
import struct
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.mdns import (A, FLUSH, IN, PTR, Socket, android_query, android_resolve,  # noqa: E402
                      mdns_names, wait_established, wire_name)
from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def wire(topo):
    """A host, and a client that listens."""
    topo.has_dad = False

    class Wire:
        host = topo.namespace("host")
        topo.bridge(host, "br0", "10.7.0.1/24", "fd07::1/64")
        client = topo.workload("client", host, "br0", "10.7.0.9/24", "fd07::9/64")
    return Wire


def goodbye_of(name, *expected):
    def check(message):
        gone = {record.data for record in message.records if record.section == "answer" and
                record.name == name and record.ttl == 0}
        return message.is_response and gone >= set(expected)
    return check


def test_a_name_is_probed_three_times_and_announced_twice(wire, topo, serve):
    serve(wire.host, "--domain=vanya")
    with Socket(wire.client) as sock:
        topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
        probes = [sock.wait_for(lambda m: not m.is_response and m.of("web.local.", A, "authority"))
                  for _ in range(3)]
        for probe in probes:
            assert any(q.name == "web.local." and q.type == 255 for q in probe.questions)
        for _ in range(2):
            said = sock.wait_for(lambda m: m.is_response and m.of("web.local.", A, "answer"))
            record = said.of("web.local.", A)[0]
            assert record.class_ == IN | FLUSH and record.ttl == 120 and record.data == "10.7.0.2"
            assert said.peer == ("10.7.0.1", 5353)


def test_a_reverse_name_is_announced_without_a_probe(wire, topo, serve):
    """§8.1: the host with the address has the name."""
    serve(wire.host, "--domain=vanya")
    with Socket(wire.client) as sock:
        topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
        reverse = "2.0.7.10.in-addr.arpa."
        said = sock.wait_for(lambda m: m.of(reverse, PTR) or
                             any(q.name == reverse for q in m.questions))
        assert said.of(reverse, PTR, "answer")[0].data == "web.local."


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_the_end_of_the_daemon_is_a_goodbye(wire, topo, serve, family):
    assert " tentative " not in wire.host.ip("-6 -o addr show")
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_established(daemon, "web")
    with Socket(wire.client, family) as sock:
        daemon.stop()
        sock.wait_for(goodbye_of("web.local.", "10.7.0.2", "fd07::2"), what="a goodbye")


def test_what_goes_says_goodbye_at_once(wire, topo, serve):
    web = topo.workload("web", wire.host, "br0", "10.7.0.2/24", "10.7.0.3/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_established(daemon, "web")
    wait_until(lambda: mdns_names(daemon)["web.local."]["state"] == "established")
    with Socket(wire.client) as sock:
        web.ip("addr del 10.7.0.3/24 dev eth0")
        # Either a goodbye for the one, or all remaining ones with the cache-flush bit (§10.2).
        sock.wait_for(lambda m: goodbye_of("web.local.", "10.7.0.3")(m) or
                      m.is_response and m.addresses("web.local.")[:1] == ["10.7.0.2"] and
                      m.of("web.local.", A)[0].class_ & FLUSH)
        web.set_alias("eth0", "")
        sock.wait_for(goodbye_of("web.local.", "10.7.0.2"), what="the goodbye of the name")


@pytest.mark.parametrize("left", ["mdns = no", "mdns = br1"])
def test_s10_1_a_link_that_a_reload_leaves_is_told(wire, topo, serve, tmp_path, left):
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    conf = tmp_path / "zone.conf"
    conf.write_text("domain = vanya\nmdns = br0\n")
    daemon = serve(wire.host, f"--config={conf}")
    wait_established(daemon, "web")
    with Socket(wire.client) as sock:
        conf.write_text(f"domain = vanya\n{left}\n")
        daemon.reload()
        sock.wait_for(goodbye_of("web.local.", "10.7.0.2"), what="the goodbye")
    assert android_resolve(wire.client, "web.local", A, timeout=0.5) is None


def test_a_namespace_that_dies_says_goodbye(wire, topo, serve):
    web = topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_established(daemon, "web")
    with Socket(wire.client) as sock:
        web.close()
        sock.wait_for(goodbye_of("web.local.", "10.7.0.2"), what="the goodbye")


def test_only_the_links_asked_for_are_spoken_on(wire, topo, serve):
    topo.bridge(wire.host, "br1", "10.8.0.1/24")
    other = topo.workload("other", wire.host, "br1", "10.8.0.9/24")
    topo.workload("web", wire.host, "br1", "10.8.0.2/24", alias="web")
    topo.workload("shop", wire.host, "br0", "10.7.0.2/24", alias="shop")
    daemon = serve(wire.host, "--domain=vanya", "--mdns=br1")
    wait_established(daemon, "web")
    assert daemon.status()["mdns"]["links"] == ["br1"]
    assert android_resolve(other, "web.local", A) == ["10.8.0.2"]
    assert android_resolve(wire.client, "shop.local", A, timeout=0.5) is None


def test_each_link_gets_the_names_of_its_own_segment(wire, topo, serve):
    topo.bridge(wire.host, "br1", "10.8.0.1/24")
    other = topo.workload("other", wire.host, "br1", "10.8.0.9/24")
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    topo.workload("web", wire.host, "br1", "10.8.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_until(lambda: len(daemon.status()["mdns"]["names"]) >= 2)
    wait_established(daemon, "web")
    wait_until(lambda: android_resolve(wire.client, "web.local", A) == ["10.7.0.2"])
    wait_until(lambda: android_resolve(other, "web.local", A) == ["10.8.0.2"])
    assert addresses(ask(wire.host, "127.0.0.1", "web.vanya", "A")) == ["10.7.0.2", "10.8.0.2"]


def test_who_is_not_on_the_link_is_not_answered(wire, topo, serve):
    """RFC 6762 §11: a question from another network gets no answer, otherwise we amplify for attackers."""
    far = topo.far_client(wire.host)
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya", "--mdns=br0")
    wait_established(daemon, "web")
    _, query = android_query("web.local", A, False)
    for server in ("192.0.2.1", "10.7.0.1", "2001:db8:f::1"):
        family = socket.AF_INET6 if ":" in server else socket.AF_INET
        with far.socket(family) as sock:
            sock.settimeout(0.4)
            sock.sendto(query, (server, 5353))
            with pytest.raises(OSError):
                sock.recv(9000)


# --- conflicts ------------------------------------------------------------------------------------

def test_of_a_name_that_avahi_has_we_take_another(wire, topo, serve, need, stacks):
    desktop = topo.workload("desktop", wire.host, "br0", "10.7.0.20/24", "fd07::20/64")
    avahi = stacks(desktop, "web")
    avahi.start_avahi(need)
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_until(lambda: mdns_names(daemon).get("web.local.", {}).get("renamed") == "web-2.local.",
               10, "the new name")
    assert addresses(ask(wire.host, "127.0.0.1", "web.lan.vanya", "A")) == ["10.7.0.2"]
    assert ask(wire.host, "127.0.0.1", "web-2.vanya", "A").rcode() == 3
    wait_until(lambda: android_resolve(wire.client, "web-2.local", A, timeout=0.5) == ["10.7.0.2"])
    assert android_resolve(wire.client, "web.local", A) in (["10.7.0.20"], None)
    done = avahi.run(need("avahi-resolve"), "-4", "-n", "web-2.local")
    assert done.stdout.split() == ["web-2.local", "10.7.0.2"]
    assert "mdns renamed: name=web.local. current=web-2.local. peer=" in daemon.log()
    assert "Host name conflict" not in avahi.log("avahi-daemon")

    # The new name survives the end of the daemon, and of the peer.
    daemon.stop()
    avahi.close()
    daemon.start()
    wait_until(lambda: android_resolve(wire.client, "web-2.local", A, timeout=0.5) == ["10.7.0.2"])
    assert android_resolve(wire.client, "web.local", A, timeout=0.5) is None


@pytest.mark.parametrize("is_first", [True, False], ids=["avahi-first", "we-first"])
def test_s11_avahi_in_another_subnet_and_we_keep_no_name_both(wire, topo, serve, need, stacks, is_first):
    """A macvlan's shim, a routed container, two subnets on one LAN: no address of ours has its prefix."""
    desktop = topo.workload("desktop", wire.host, "br0", "192.0.2.20/24")
    desktop.run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    avahi = stacks(desktop, "web")
    if is_first:
        avahi.start_avahi(need)
    daemon = serve(wire.host, "--domain=vanya")
    if not is_first:
        wait_established(daemon, "web")
        avahi.start_avahi(need)
        wait_until(lambda: "web-2" in avahi.log("avahi-daemon"), 10, "avahi to take another name")
    else:
        wait_until(lambda: mdns_names(daemon).get("web.local.", {}).get("renamed") == "web-2.local.",
                   10, "our new name")


def test_a_name_of_ours_that_avahi_wants_stays_ours(wire, topo, serve, need, stacks):
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_established(daemon, "web")
    desktop = topo.workload("desktop", wire.host, "br0", "10.7.0.20/24")
    avahi = stacks(desktop, "web")
    avahi.start_avahi(need)
    wait_until(lambda: "web-2" in avahi.log("avahi-daemon"), 10, "avahi to take another name")
    assert android_resolve(wire.client, "web.local", A) == ["10.7.0.2"]
    assert "renamed" not in mdns_names(daemon)["web.local."]


@pytest.mark.parametrize("is_first", [True, False], ids=["avahi-first", "we-first"])
def test_a_workload_with_its_own_avahi_is_left_in_peace(wire, topo, serve, need, stacks, is_first):
    """Both have the same records of the name; neither takes another name."""
    web = topo.workload("web", wire.host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
    avahi = stacks(web, "web")
    if is_first:
        avahi.start_avahi(need)
    daemon = serve(wire.host, "--domain=vanya")
    if not is_first:
        wait_established(daemon, "web")
        avahi.start_avahi(need)
    wait_until(lambda: mdns_names(daemon)["web.local."]["state"] in ("established", "yielded"), 10)
    time.sleep(2)
    line = mdns_names(daemon)["web.local."]
    assert line["state"] in ("established", "yielded") and "renamed" not in line
    assert "conflict" not in avahi.log("avahi-daemon").lower()
    assert android_resolve(wire.client, "web.local", A) == ["10.7.0.2"]
    assert addresses(ask(wire.host, "127.0.0.1", "web.lan.vanya", "A")) == ["10.7.0.2"]


def claim_of(name, address):
    """A response that gives this unique name this address."""
    rdata = socket.inet_aton(address)
    return struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + wire_name(name) + \
        struct.pack("!HHIH", A, IN | FLUSH, 120, len(rdata)) + rdata


def test_a_workload_that_says_something_else_of_its_name_is_yielded_to(wire, topo, serve):
    web = topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_established(daemon, "web")
    with Socket(web) as sock:
        sock.send(claim_of("web.local", "10.99.0.1"))
        wait_until(lambda: mdns_names(daemon)["web.local."]["state"] == "yielded")
    assert "renamed" not in mdns_names(daemon)["web.local."]
    assert mdns_names(daemon)["web.local."]["against"] == "10.7.0.2"
    assert android_resolve(wire.client, "web.local", A, timeout=0.5) is None
    assert addresses(ask(wire.host, "127.0.0.1", "web.lan.vanya", "A")) == ["10.7.0.2"]


def test_a_stranger_that_claims_a_name_and_does_not_insist_does_not_get_it(wire, topo, serve):
    topo.workload("web", wire.host, "br0", "10.7.0.2/24", alias="web")
    daemon = serve(wire.host, "--domain=vanya")
    wait_established(daemon, "web")
    with Socket(wire.client) as sock:
        sock.send(claim_of("web.local", "10.7.0.66"))
        sock.wait_for(lambda m: m.peer[0] == "10.7.0.1" and (m.of("web.local.", A)))
    wait_until(lambda: android_resolve(wire.client, "web.local", A, timeout=0.5) == ["10.7.0.2"])
    assert "renamed" not in mdns_names(daemon)["web.local."]
    assert addresses(ask(wire.host, "127.0.0.1", "web.lan.vanya", "A")) == ["10.7.0.2"]
