# SPDX-License-Identifier: ISC
"""mDNS on links that appear and disappear, on many of them, on two at the same wire, beside another
responder, and with a reflector between them."""
import os
import re
import signal
import socket
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.mdns import (A, AAAA, PTR, SRV, Socket, android_query, android_resolve, mdns_names,  # noqa: E402
                      query, question, wait_established)
from lib.peers import AVAHI_CONF  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def host(topo):
    """A host with a bridge that removes links and addresses, and adds them again."""
    topo.has_dad = False
    made = topo.namespace("host")
    topo.bridge(made, "br0", "10.7.0.1/24", "fd07::1/64")
    return made


def wait_resolved(client, name, rdtype, expected, timeout=5):
    wait_until(lambda: android_resolve(client, name, rdtype, timeout=0.4) == expected, timeout,
               f"{name} to be {expected}")


# --- links that come and go -----------------------------------------------------------------------

def test_a_link_that_is_made_at_run_time_is_spoken_on_and_one_that_goes_is_not(topo, serve, host):
    daemon = serve(host, "--domain=vanya")
    for _ in range(2):
        topo.bridge(host, "br1", "10.8.0.1/24", "fd08::1/64")
        client = topo.workload("client", host, "br1", "10.8.0.9/24", "fd08::9/64")
        topo.workload("web", host, "br1", "10.8.0.2/24", "fd08::2/64", alias="web")
        wait_resolved(client, "web.local", A, ["10.8.0.2"])
        assert "fd08::2" in android_resolve(client, "web.local", AAAA)
        host.ip("link del br1")
        # Its former ports are separate links now.
        wait_until(lambda: "br1" not in daemon.status()["mdns"]["links"])
        assert not [line for line in mdns_names(daemon).values() if line["link"] == "br1"]


def test_a_link_that_is_renamed_goes_on(topo, serve, host):
    topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    client = topo.workload("client", host, "br0", "10.7.0.9/24", "fd07::9/64")
    daemon = serve(host, "--domain=vanya", "--mdns=auto")
    wait_established(daemon, "web")
    host.ip("link set br0 down")
    host.ip("link set br0 name uplink0")
    host.ip("link set uplink0 up")
    host.add_addr("uplink0", "fd07::1/64")
    wait_until(lambda: daemon.status()["mdns"]["links"] == ["uplink0"])
    wait_resolved(client, "web.local", A, ["10.7.0.2"])
    assert android_resolve(client, "web.local", AAAA) is not None


def test_group_membership_survives_a_link_that_goes_down_and_up(topo, serve, host):
    topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    client = topo.workload("client", host, "br0", "10.7.0.9/24", "fd07::9/64")
    daemon = serve(host, "--domain=vanya")
    wait_established(daemon, "web")
    for _ in range(3):
        host.ip("link set br0 down")
        wait_until(lambda: not daemon.status()["mdns"]["links"])
        host.ip("link set br0 up")
        host.add_addr("br0", "fd07::1/64")
        wait_resolved(client, "web.local", A, ["10.7.0.2"])
    assert "renamed" not in mdns_names(daemon)["web.local."]


def bridge_again(host):
    """A link of the same name and index."""
    index = host.ip("-o link show br0").split(":")[0]
    ports = re.findall(r"\d+: (\w+)@", host.ip("-o link show master br0"))
    return ["link del br0", f"link add br0 index {index} type bridge forward_delay 0 mcast_snooping 0",
            "link set br0 up", *(f"link set {port} master br0" for port in ports),
            "addr add 10.7.0.1/24 dev br0", "addr add fd07::1/64 dev br0 nodad"]


def no_ipv6_for_a_moment(host):
    """An MTU that IPv6 does not permit: the kernel forgets the group."""
    return ["link set br0 mtu 1000", "link set br0 mtu 1500", "addr add fd07::1/64 dev br0 nodad"]


@pytest.mark.parametrize("change", [bridge_again, no_ipv6_for_a_moment])
def test_a_link_that_was_another_one_for_a_moment_is_heard(topo, serve, host, change):
    """In one batch of news: afterwards it looks as before."""
    topo.workload("web", host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
    client = topo.workload("client", host, "br0", "10.7.0.9/24", "fd07::9/64")
    daemon = serve(host, "--domain=vanya")
    wait_established(daemon, "web")
    daemon.process.send_signal(signal.SIGSTOP)
    host.batch(change(host))
    daemon.process.send_signal(signal.SIGCONT)
    wait_resolved(client, "web.local", A, ["10.7.0.2"])
    wait_until(lambda: "fd07::2" in (android_resolve(client, "web.local", AAAA, timeout=0.4) or []), 10,
               "the answer over IPv6")


def test_a_port_that_is_plugged_elsewhere_and_back_is_answered(topo, serve, host):
    """The wire behind our own veth changes; the link does not."""
    switch = topo.namespace("switch")
    topo.bridge(switch, "sw0")
    topo.bridge(switch, "sw1")
    topo.veth(host, "eth0", switch, "port0")
    host.add_addr("eth0", "10.8.0.1/24", "fd08::1/64")
    host.set_alias("eth0", "web")
    client = topo.workload("client", switch, "sw0", "10.8.0.9/24", "fd08::9/64")
    daemon = serve(host, "--domain=vanya", "--mdns=eth0")
    for _ in range(2):
        switch.ip("link set port0 master sw1")
        assert android_resolve(client, "web.local", A, timeout=0.3) is None
        switch.ip("link set port0 down")
        switch.ip("link set port0 master sw0")
        switch.ip("link set port0 up")
        wait_resolved(client, "web.local", A, ["10.8.0.1"])
        wait_until(lambda: android_resolve(client, "web.local", AAAA, timeout=0.4))
    assert "renamed" not in mdns_names(daemon)["web.local."]


def test_more_links_than_one_socket_could_join_groups_on(topo, serve, host):
    """igmp_max_memberships is 20 by default; each link has its own socket."""
    links, other = 30, topo.namespace("other")
    host.batch(f"link add e{i} type veth peer name f{i} netns {other.name}" for i in range(links))
    host.batch(line for i in range(links) for line in
               (f"link set e{i} up", f"addr add 10.9.{i}.1/24 dev e{i}",
                f"link set e{i} alias web"))
    other.batch(line for i in range(links) for line in
                (f"link set f{i} up", f"addr add 10.9.{i}.9/24 dev f{i}"))
    daemon = serve(host, "--domain=vanya")
    wait_until(lambda: len(daemon.status()["mdns"]["links"]) == links + 1)
    wait_until(lambda: [line["state"] for line in daemon.status()["mdns"]["names"]
                        if line["name"] == "web.local."].count("established") == links, 10)
    for i in range(links):
        with Socket(other, port=0, ifname=f"f{i}") as sock:
            sock.send(android_query("web.local", A, False)[1])
            assert sock.receive(1).addresses("web.local.") == [f"10.9.{i}.1"]


@pytest.mark.parametrize("is_seen", [True, False], ids=["segment-known", "segment-unknown"])
def test_two_links_on_one_wire_are_no_conflict(topo, serve, host, is_seen):
    """The same name is announced on both, and each receives the other's packets."""
    switch = topo.namespace("switch")
    topo.bridge(switch, "sw0")
    for i in (1, 2):
        topo.veth(host, f"eth{i}", switch, f"port{i}")
        switch.ip(f"link set port{i} master sw0")
        host.add_addr(f"eth{i}", f"10.8.0.{i}/24", f"fd08::{i}/64")
        host.set_alias(f"eth{i}", "web")
    client = topo.workload("client", switch, "sw0", "10.8.0.9/24", "fd08::9/64")
    if not is_seen:
        switch.hide()
    daemon = serve(host, "--domain=vanya", "--mdns=eth1", "--mdns=eth2")
    wait_until(lambda: [line["state"] for line in daemon.status()["mdns"]["names"]
                        if line["name"] == "web.local."] == ["established"] * 2, 10)
    host.add_addr("eth1", "10.8.0.3/24")
    time.sleep(2.5)
    status = daemon.status()["mdns"]
    assert status["renames"] == 0 and status["conflicts"] == 0
    assert android_resolve(client, "web.local", A)


def test_a_veth_and_a_macvlan_across_namespaces_carry_their_names(topo, serve, host):
    """Each workload is announced on our link in its segment, however it is joined to it."""
    web = topo.namespace("web")
    host.ip(f"link add link br0 name mv0 netns {web.name} type macvlan mode bridge")
    web.set_alias("mv0", "web")
    web.add_addr("mv0", "10.7.0.2/24", "fd07::2/64")
    web.ip("link set mv0 up")
    inner, nested = topo.namespace("inner"), topo.namespace("nested")
    topo.bridge(inner, "br9")
    topo.veth(host, "port9", inner, "up9")
    host.ip("link set port9 master br0")
    inner.ip("link set up9 master br9")
    topo.veth(nested, "eth0", inner, "port1")
    inner.ip("link set port1 master br9")
    nested.set_alias("eth0", "nested")
    nested.add_addr("eth0", "172.30.0.2/24", "fd30::2/64")
    client = topo.workload("client", host, "br0", "10.7.0.9/24", "fd07::9/64")
    daemon = serve(host, "--domain=vanya")
    wait_established(daemon, "web", "nested")
    wait_resolved(client, "web.local", A, ["10.7.0.2"])
    wait_resolved(client, "nested.local", A, ["172.30.0.2"])
    assert "fd30::2" in android_resolve(client, "nested.local", AAAA)


# --- another responder on the same host -----------------------------------------------------------

@pytest.fixture
def beside(topo, serve, host, need, stacks):
    """avahi-daemon and we on one host, and a client with its own avahi-daemon."""
    topo.workload("web", host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
    desktop = topo.workload("desktop", host, "br0", "10.7.0.20/24", "fd07::20/64")
    local, remote = stacks(host, "machine"), stacks(desktop, "desktop")
    local.start_avahi(need, "br0")
    remote.start_avahi(need)
    daemon = serve(host, "--domain=vanya", "--mdns=br0")
    wait_established(daemon, "web")

    class Beside:
        pass
    Beside.local, Beside.remote, Beside.desktop, Beside.daemon = local, remote, desktop, daemon
    return Beside


def test_s15_avahi_on_the_same_host_keeps_working(beside, need):
    resolve = need("avahi-resolve")
    for stack, name, addr in ((beside.remote, "machine", "10.7.0.1"),
                              (beside.remote, "web", "10.7.0.2"),
                              (beside.local, "web", "10.7.0.2"),
                              (beside.local, "desktop", "10.7.0.20")):
        done = stack.run(resolve, "-4", "-n", f"{name}.local")
        assert done.stdout.split() == [f"{name}.local", addr], (stack.host_name, name)
    # Android's look-ups of both: Avahi's answers do not pass through us, nor ours through it.
    for name, addr in (("machine", "10.7.0.1"), ("web", "10.7.0.2")):
        with Socket(beside.desktop, port=0) as sock:
            sock.send(android_query(f"{name}.local", A, False)[1])
            assert sock.receive(2).addresses(f"{name}.local.") == [addr]
    assert beside.daemon.status()["mdns"]["renames"] == 0
    assert "conflict" not in beside.local.log("avahi-daemon").lower()


def test_s15_2_what_is_asked_by_unicast_is_answered_by_one_of_two(beside):
    """The kernel gives a unicast packet to one socket, and ours matches better, because it is bound to the
    link. So only our names are answered. That is the cost, and the only one."""
    answered = []
    for name in ("web", "machine"):
        with Socket(beside.desktop, port=0) as sock:
            sock.sock.sendto(android_query(f"{name}.local", A, False)[1], ("10.7.0.1", 5353))
            if sock.receive(0.6):
                answered.append(name)
    assert answered == ["web"]


# --- reflectors -----------------------------------------------------------------------------------

def test_a_reflector_between_two_links_never_renames(topo, serve, host, need, stacks):
    """avahi-daemon with enable-reflector: each packet of one link is repeated on the other."""
    topo.bridge(host, "br1", "10.8.0.1/24", "fd08::1/64")
    box = topo.namespace("reflector")
    for i in (0, 1):
        topo.veth(box, f"eth{i}", host, f"box{i}")
        host.ip(f"link set box{i} master br{i}")
        box.add_addr(f"eth{i}", f"10.{7 + i}.0.5/24", f"fd0{7 + i}::5/64")
    stack = stacks(box, "reflector")
    stack.start_bus(need)
    server = AVAHI_CONF.format(host_name="reflector", ifname="eth0,eth1")
    conf = stack.put("reflector.conf", server + "[reflector]\nenable-reflector=yes\n")
    stack.start(need("avahi-daemon"), "-f", conf, "--no-drop-root", "--no-chroot", "--no-rlimits")
    wait_until(lambda: "Server startup complete" in stack.log("avahi-daemon"), 10, "the reflector")
    web = [topo.workload("web", host, f"br{i}", f"10.{7 + i}.0.2/24", f"fd0{7 + i}::2/64",
                         alias="web") for i in (0, 1)]
    clients = [topo.workload("client", host, f"br{i}", f"10.{7 + i}.0.9/24") for i in (0, 1)]
    daemon = serve(host, "--domain=vanya")
    wait_established(daemon, "web")
    for i in (0, 1):
        web[i].add_addr("eth0", f"10.{7 + i}.0.3/24")
        time.sleep(1.2)
        web[i].ip(f"addr del 10.{7 + i}.0.2/24 dev eth0")
        android_resolve(clients[i], "web.local", A, timeout=1)
    time.sleep(3)
    status = daemon.status()["mdns"]
    assert status["renames"] == 0
    states = {line["state"] for line in status["names"]}
    assert states <= {"established", "announcing"}, status["names"]


def test_a_conflict_is_told_by_status_and_what_it_led_to_outlives_the_daemon(topo, serve, host, need, stacks):
    desktop = topo.workload("desktop", host, "br0", "10.7.0.20/24")
    stacks(desktop, "web").start_avahi(need)
    topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    topo.workload("db", host, "br0", "10.7.0.3/24", alias="db")
    daemon = serve(host, "--domain=vanya")
    wait_until(lambda: mdns_names(daemon).get("web.local.", {}).get("state") == "established", 10)
    line = mdns_names(daemon)["web.local."]
    assert line["renamed"] == "web-2.local." and line["link"] == "br0" and line["seconds"] <= 10
    assert line["against"] == "10.7.0.20" or line["against"].startswith("fe80::")
    assert "against" not in mdns_names(daemon)["db.local."]
    assert "web-2.local." in daemon.ask("status") and line["against"] in daemon.ask("status")
    daemon.stop()
    with open(os.path.join(os.path.dirname(daemon.socket), "state", "mdns-names"), encoding="ascii") as file:
        assert file.read() == "web.local. web-2.local.\n"
    with Socket(desktop) as heard:
        daemon.start()
        heard.wait_for(lambda m: m.of("web-2.local.", A, "authority"), what="a probe for the new name")
    assert daemon.status()["mdns"]["renames"] == 0


# --- source and destination addresses ----------------------------------------------------------------

@pytest.mark.parametrize("asked", ["10.7.0.3", "192.168.9.1", "fd07::1", "fd07::3"])
def test_s5_5_the_reply_comes_from_the_address_that_was_asked(topo, serve, host, need, asked):
    """Of several addresses on one link, the kernel would choose one, and dig would not accept that."""
    host.add_addr("br0", "10.7.0.3/24", "192.168.9.1/24", "fd07::3/64")
    topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    client = topo.workload("client", host, "br0", "10.7.0.9/24", "192.168.9.9/24", "fd07::9/64")
    daemon = serve(host, "--domain=vanya")
    wait_established(daemon, "web")
    printed = client.run([need("dig"), "-p", "5353", "+tries=2", "+time=1", "+short", "@" + asked,
                          "web.local"]).stdout
    assert printed.splitlines()[-1] == "10.7.0.2"


def test_s11_who_has_a_link_local_address_alone_is_answered_past_the_default_route(topo, serve, host):
    """RFC 3927 §2.6.2: never to a router, though the route to 169.254/16 leads there."""
    host.ip("route add default via 10.7.0.254")
    topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    client = topo.workload("client", host, "br0", "169.254.7.9/16")
    daemon = serve(host, "--domain=vanya")
    wait_established(daemon, "web")
    assert android_resolve(client, "web.local", A) == ["10.7.0.2"]


def test_of_many_long_replies_at_once_none_is_lost(topo, serve, host, tmp_path):
    """More than the engine can hold until they are sent: asked while the daemon is stopped."""
    names = [f"{i:060d}._x._tcp" for i in range(12)]
    zone = tmp_path / "local.zone"
    zone.write_text("$ORIGIN local.\n$TTL 120\n" + "".join(
        f"_x._tcp PTR {name}\n{name} SRV 0 0 80 web\n{name} TXT a\n" for name in names))
    topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    client = topo.workload("client", host, "br0", "10.7.0.9/24", "fd07::9/64")
    daemon = serve(host, "--domain=vanya", f"--zone-file={zone}")
    wait_established(daemon, "web", *names)
    with Socket(client, socket.AF_INET, port=0) as four, Socket(client, socket.AF_INET6, port=0) as six:
        for sock in (four, six):
            sock.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        daemon.process.send_signal(signal.SIGSTOP)
        for i in range(80):
            four.send(query(question("_x._tcp.local", PTR), id_=i))
            six.send(query(question("_x._tcp.local", PTR), id_=i))
        daemon.process.send_signal(signal.SIGCONT)
        for sock in (four, six):
            assert [sock.receive(2).id for _ in range(80)] == list(range(80))


# --- services -------------------------------------------------------------------------------------

ZONE = """\
$ORIGIN local.
$TTL 4500
_http._tcp               PTR  Home\\032page._http._tcp
_printer._sub._http._tcp PTR  Home\\032page._http._tcp
Home\\032page._http._tcp SRV  0 0 8080 web
Home\\032page._http._tcp TXT  "path=/" "a=b"
_services._dns-sd._udp   PTR  _http._tcp
start               120  CNAME web
"""


@pytest.fixture
def services(topo, serve, host, need, stacks, tmp_path):
    zone = tmp_path / "local.zone"
    zone.write_text(ZONE)
    topo.workload("web", host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
    desktop = topo.workload("desktop", host, "br0", "10.7.0.20/24", "fd07::20/64")
    heard = Socket(desktop)
    daemon = serve(host, "--domain=vanya", f"--zone-file={zone}")
    probes = [heard.wait_for(lambda m: m.of("web.local.", A, "authority"), what="a probe")]
    heard.sock.close()
    wait_established(daemon, "web")
    stack = stacks(desktop, "desktop")
    stack.start_avahi(need)
    stack.probes = probes
    return stack


def browsed(services, need, *arguments):
    done = services.run(need("avahi-browse"), *arguments, timeout=30)
    return [line.split(";") for line in done.stdout.splitlines() if line.startswith("=")], done


def test_services_of_a_zone_file_are_listed_and_resolved(services, need):
    for arguments in (["-arpt"], ["-rptk", "_http._tcp"], ["-rptk", "_printer._sub._http._tcp"]):
        found, done = browsed(services, need, *arguments)
        found = [line for line in found if line[4] == "Web Site" or "http" in line[4]]
        assert {line[2] for line in found} == {"IPv4", "IPv6"}, done.stdout + done.stderr
        for line in found:
            assert line[3] == "Home\\032page" and line[6] == "web.local" and line[8] == "8080"
            assert '"path=/"' in line[9] and '"a=b"' in line[9]
            assert line[7] in ("10.7.0.2", "fd07::2") or line[7].startswith("fe80::")
    # And for people: with the unchanged name.
    assert "Home page" in services.run(need("avahi-browse"), "-art", timeout=30).stdout


def test_a_service_is_told_where_its_host_has_an_address(topo, serve, host, tmp_path):
    zone = tmp_path / "local.zone"
    zone.write_text("$ORIGIN local.\n$TTL 120\n_x._tcp PTR shop._x._tcp\n_x._tcp PTR far._x._tcp\n"
                    "shop._x._tcp SRV 0 0 80 web\nshop._x._tcp TXT a\nfar._x._tcp SRV 0 0 80 elsewhere\n")
    topo.bridge(host, "br1", "10.8.0.1/24")
    web = topo.workload("web", host, "br0", "10.7.0.2/24", alias="web")
    here = topo.workload("here", host, "br0", "10.7.0.9/24")
    there = topo.workload("there", host, "br1", "10.8.0.9/24")
    daemon = serve(host, "--domain=vanya", f"--zone-file={zone}")
    wait_established(daemon, "web")

    def found(client):
        with Socket(client, port=0) as sock:
            sock.send(query(question("_x._tcp.local", PTR)))
            reply = sock.receive(2)
            return reply and sorted(record.data for record in reply.of("_x._tcp.local.", PTR, "answer"))
    far, both = ["far._x._tcp.local."], ["far._x._tcp.local.", "shop._x._tcp.local."]
    wait_until(lambda: (found(here), found(there)) == (both, far), 60, "the service on the wire of its host alone")
    web.ip("link set eth0 down")
    wait_until(lambda: (found(here), found(there)) == (far, far), 60, "no service")
    web.ip("link set eth0 up")
    wait_until(lambda: (found(here), found(there)) == (both, far), 60, "the service again")


def test_an_alias_of_a_zone_file_is_resolved(services, need):
    done = services.run(need("avahi-resolve"), "-4", "-n", "start.local")
    assert done.stdout.split()[1] == "10.7.0.2"
    with Socket(services.ns, port=0) as sock:
        sock.send(android_query("start.local", A, False)[1])
        reply = sock.receive(2)
    assert reply.of("start.local.", 5) and reply.of("web.local.", A)


def test_a_service_and_its_host_are_probed_together(services):
    """RFC 6762 §8.1: one probe for all names that start together."""
    probe = services.probes[0]
    assert probe.of("Home\\032page._http._tcp.local.", SRV, "authority")
    assert {q.name for q in probe.questions} >= {"web.local.", "Home\\032page._http._tcp.local."}
    assert not probe.of("_http._tcp.local.", PTR)
