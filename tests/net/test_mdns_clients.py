# SPDX-License-Identifier: ISC
"""mDNS with the stacks that are in use: Avahi, nss-mdns, systemd-resolved, zeroconf, and the packets of
Android and Apple's systems, byte for byte."""
import os
import re
import socket
import struct
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib import mdns  # noqa: E402
from lib.mdns import (A, AAAA, FLUSH, HTTPS, IN, NSEC, QU, Socket, android_query,  # noqa: E402
                      android_resolve, mdns_names, wait_established)
from lib.peers import resolved_stack, unpacked  # noqa: E402

LOCAL_ZONE = """\
$ORIGIN local.
$TTL 120
_http._tcp           PTR  shop._http._tcp
shop._http._tcp      SRV  0 0 80 web
shop._http._tcp      TXT  "path=/"
_services._dns-sd._udp PTR _http._tcp
"""


class Lab:
    """A host, workloads on a veth and a macvlan, a service in a zone file; and a client without its own
    mDNS. Nothing changes in it."""

    def __init__(self, topo, serve, directory):
        topo.has_dad = False
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", "10.7.0.1/24", "fd07::1/64")
        topo.workload("web", self.host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
        topo.workload("four", self.host, "br0", "10.7.0.4/24", alias="four")
        mac = topo.namespace("mac")
        self.host.ip(f"link add link br0 name mv0 netns {mac.name} type macvlan mode bridge")
        mac.set_alias("mv0", "mac")
        mac.add_addr("mv0", "10.7.0.6/24", "fd07::6/64")
        mac.ip("link set mv0 up")
        zone = directory / "local.zone"
        zone.write_text(LOCAL_ZONE)
        self.client = topo.workload("client", self.host, "br0", "10.7.0.9/24", "fd07::9/64")
        self.daemon = serve(self.host, "--domain=vanya", f"--zone-file={zone}")
        wait_established(self.daemon, "web", "four", "mac")


@pytest.fixture(scope="module")
def lab(module_topo, module_serve, tmp_path_factory):
    return Lab(module_topo, module_serve, tmp_path_factory.mktemp("zones"))


# --- Android --------------------------------------------------------------------------------------

@pytest.mark.parametrize("has_opt", [False, True], ids=["plain", "EDNS"])
@pytest.mark.parametrize("name, expected4, expected6", [
    ("web.local", "10.7.0.2", "fd07::2"), ("mac.local", "10.7.0.6", "fd07::6")])
def test_android_resolves(lab, has_opt, name, expected4, expected6):
    assert android_resolve(lab.client, name, A, has_opt) == [expected4]
    answers = android_resolve(lab.client, name, AAAA, has_opt)
    # Routable ones first: it cannot use the link-local one, whose scope is not in the answer.
    assert expected6 in answers and all(address.startswith("f") for address in answers)


def test_android_gets_the_routable_address_first(lab):
    id_, wire = android_query("web.local", AAAA, False)
    with Socket(lab.client, socket.AF_INET6, port=0) as sock:
        sock.send(wire)
        reply = sock.receive(2)
    assert reply.id == id_ and reply.of("web.local.", AAAA)[0].data == "fd07::2"


def test_android_gets_its_answer_at_once(lab):
    """RFC 6762 §6: a unique record is not delayed."""
    took = []
    for _ in range(20):
        start = time.monotonic()
        assert android_resolve(lab.client, "web.local", A) == ["10.7.0.2"]
        took.append(time.monotonic() - start)
    assert sorted(took)[10] < 0.1


def test_android_is_not_answered_for_what_is_not_ours(lab):
    assert android_resolve(lab.client, "nobody.local", A, timeout=0.5) is None
    assert android_resolve(lab.client, "web.lan.vanya", A, timeout=0.5) is None


def test_a_legacy_reply_has_a_short_ttl_and_comes_from_the_address_on_the_link(lab):
    _, wire = android_query("web.local", A, False)
    with Socket(lab.client, port=0) as sock:
        sock.send(wire)
        reply = sock.receive(2)
    assert reply.peer == ("10.7.0.1", 5353)
    assert all(record.ttl <= 10 for record in reply.records)
    assert not any(record.class_ & FLUSH for record in reply.records)


def test_dig_asks_the_responder_directly(lab, need):
    dig = need("dig")
    for options, expected in ((["web.local", "A"], "10.7.0.2"), (["-x", "10.7.0.6"], "mac.local."),
                              (["four.local", "A"], "10.7.0.4")):
        done = lab.client.run([dig, "+short", "+tries=1", "+time=2", "-p", "5353", "@10.7.0.1",
                               *options])
        assert done.stdout.splitlines()[-1] == expected
    done = lab.client.run([dig, "+short", "+tries=1", "-p", "5353", "@fd07::1", "mac.local",
                           "AAAA"])
    assert "fd07::6" in done.stdout.split()


# --- Apple ----------------------------------------------------------------------------------------

def apple_query(*questions):
    """The first of a series: from port 5353, id 0, with a request for unicast replies."""
    return mdns.query(*(mdns.question(name, rdtype, IN | QU) for name, rdtype in questions))


def is_reply(message, name):
    return message.is_response and any(record.name == name for record in message.records)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_apple_s_first_query_is_answered_whole(lab, family):
    with Socket(lab.client, family) as sock:
        sock.send(apple_query(("web.local", A), ("web.local", AAAA), ("web.local", HTTPS)))
        start = time.monotonic()
        replies = []
        while not any(reply.of("web.local.", NSEC) for reply in replies):
            replies.append(sock.wait_for(lambda m: is_reply(m, "web.local."), 2))
        assert time.monotonic() - start < 0.2
    assert all(r.id == 0 and r.flags == 0x8400 and not r.questions for r in replies)
    found = [record for reply in replies for record in reply.records if record.name == "web.local."]
    assert {"10.7.0.2", "fd07::2"} <= {r.data for r in found if r.type in (A, AAAA)}
    assert all(r.class_ == IN | FLUSH and r.ttl == 120 for r in found)
    # §6.1: HTTPS is denied, otherwise the client waits for seconds.
    assert [r.data for r in found if r.type == NSEC] == [{A, AAAA}]


def test_apple_is_told_what_there_is_not(lab):
    with Socket(lab.client) as sock:
        for rdtype in (AAAA, HTTPS):
            # four has link-local IPv6, like every link: so only HTTPS certainly does not exist.
            sock.send(apple_query(("four.local", rdtype)))
            reply = sock.wait_for(lambda m: is_reply(m, "four.local."), 2)
            assert reply.of("four.local.", rdtype) or reply.of("four.local.", NSEC)
            assert all(HTTPS not in record.data for record in reply.of("four.local.", NSEC))
        assert reply.of("four.local.", NSEC)


def test_known_answers_are_not_given_again(lab):
    known = mdns.wire_name("web.local") + struct.pack("!HHIH", A, IN, 120, 4) + \
        socket.inet_aton("10.7.0.2")
    payload = bytearray(mdns.query(mdns.question("web.local", A)) + known)
    payload[7] = 1
    with Socket(lab.client) as sock:
        sock.send(bytes(payload))
        with pytest.raises(AssertionError, match="did not come"):
            sock.wait_for(lambda m: m.is_response and m.of("web.local.", A, "answer"), 0.8)


# --- Avahi, nss-mdns, zeroconf --------------------------------------------------------------------

@pytest.fixture(scope="module")
def avahi(lab, module_topo, need, module_stacks):
    """A client with avahi-daemon, like a Linux desktop."""
    ns = module_topo.workload("desktop", lab.host, "br0", "10.7.0.20/24", "fd07::20/64")
    stack = module_stacks(ns, "desktop")
    stack.start_avahi(need)
    return stack


@pytest.mark.parametrize("name", ["web", "mac"])
def test_avahi_resolves_names(lab, avahi, need, name):
    resolve = need("avahi-resolve")
    last = {"web": 2, "mac": 6}[name]
    done = avahi.run(resolve, "-4", "-n", f"{name}.local")
    assert done.stdout.split() == [f"{name}.local", f"10.7.0.{last}"]
    done = avahi.run(resolve, "-6", "-n", f"{name}.local")
    assert done.stdout.split()[0] == f"{name}.local"
    assert done.stdout.split()[1] == f"fd07::{last}" or done.stdout.split()[1].startswith("fe80::")


@pytest.mark.parametrize("address, name", [("10.7.0.2", "web.local"), ("fd07::2", "web.local"),
                                           ("10.7.0.6", "mac.local"), ("fd07::6", "mac.local")])
def test_avahi_resolves_addresses(lab, avahi, need, address, name):
    done = avahi.run(need("avahi-resolve"), "-a", address)
    assert done.stdout.split() == [address, name]


def test_avahi_browses_a_service_of_a_zone_file(lab, avahi, need):
    done = avahi.run(need("avahi-browse"), "-rptk", "_http._tcp")
    found = [line.split(";") for line in done.stdout.splitlines() if line.startswith("=")]
    assert found, done.stdout + done.stderr
    for line in found:
        assert line[3] == "shop" and line[6] == "web.local" and line[8] == "80"
        assert line[9] == '"path=/"'


def test_libavahi_client_resolves_a_name_an_address_and_a_service(lab, avahi, program):
    """tests/net/avahi-client.c, built if configure finds the library."""
    done = avahi.run(program("tests/net/avahi-client"), "web.local", "10.7.0.6", "_http._tcp")
    assert {line for line in done.stdout.splitlines()} == {
        "name web.local 10.7.0.2", "address 10.7.0.6 mac.local", 'service shop web.local 80 "path=/"'}


def test_avahi_and_we_leave_each_other_s_names_alone(lab, avahi, need):
    assert avahi.run(need("avahi-resolve"), "-4", "-n", "desktop.local").stdout.split()[1] == \
        "10.7.0.20"
    assert mdns_names(lab.daemon)["web.local."]["state"] in ("announcing", "established")
    assert lab.daemon.status()["mdns"]["renames"] == 0


def test_getent_resolves_by_nss_mdns(lab, avahi, builddir):
    library = unpacked(builddir, "lib/*/libnss_mdns_minimal.so.2")
    if not library:
        pytest.skip("libnss-mdns is not unpacked below build/tools (./check does)")
    avahi.cover("/etc/nsswitch.conf", "hosts: files mdns_minimal [NOTFOUND=return] dns\n")
    # Our own unicast DNS as the name server: it must not have `local.`, or nss-mdns gives way.
    avahi.cover("/etc/resolv.conf", "nameserver 10.7.0.1\noptions timeout:1 attempts:1\n")

    def getent(*arguments):
        done = avahi.run("env", f"LD_LIBRARY_PATH={os.path.dirname(library)}", "getent", *arguments)
        return {line.split()[0] for line in done.stdout.splitlines()}
    assert "10.7.0.2" in getent("ahostsv4", "web.local")
    assert getent("ahostsv4", "mac.local") == {"10.7.0.6"}
    assert any(address.startswith("f") for address in getent("ahostsv6", "mac.local"))
    assert getent("hosts", "web.local")
    assert getent("ahosts", "web.lan.vanya") == {"10.7.0.2", "fd07::2"}


ZEROCONF = """\
import json, sys
from zeroconf import IPVersion, Zeroconf
z = Zeroconf(interfaces=["10.7.0.9"], ip_version=IPVersion.V4Only)
try:
    info = z.get_service_info("_http._tcp.local.", "shop._http._tcp.local.", timeout=5000)
    print(json.dumps([info.server, info.port, sorted(info.parsed_addresses())]))
finally:
    z.close()
"""


def test_zeroconf_finds_a_service_and_its_addresses(lab):
    pytest.importorskip("zeroconf", reason="python3-zeroconf is not installed")
    done = lab.client.run(["/usr/bin/python3", "-c", ZEROCONF])
    assert done.stdout.startswith('["web.local.", 80, ["10.7.0.2", "f'), done.stdout
    assert "fd07::2" in done.stdout


# --- systemd-resolved -----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def resolved(lab, module_topo, need, module_stacks, builddir):
    """A client with systemd-resolved, from an unpacked package."""
    ns = module_topo.workload("laptop", lab.host, "br0", "10.7.0.30/24", "fd07::30/64")
    stack = module_stacks(ns, "laptop")
    stack.resolvectl = resolved_stack(stack, need, builddir, "MulticastDNS=yes\nLLMNR=no\nDNS=10.7.0.1\nFallbackDNS=\n")
    stack.run(stack.resolvectl, "mdns", "eth0", "yes")
    return stack


def test_systemd_resolved_resolves_names_and_addresses(lab, resolved):
    def found(*arguments):
        return resolved.run(resolved.resolvectl, "query", "--legend=no", *arguments).stdout
    assert re.match(r"mac\.local: 10\.7\.0\.6 ", found("-4", "mac.local"))
    assert re.search(r"fd07::6|fe80::", found("-6", "mac.local"))
    assert re.search(r"10\.7\.0\.2: web\.l", found("10.7.0.2"))
