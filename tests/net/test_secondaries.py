# SPDX-License-Identifier: ISC
"""Real secondaries follow us, and end with equal zones; a real primary takes our updates."""
import re
import socket
import struct
import subprocess
import time

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402
import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.secondary import knot_primary, knot_secondary, nsd_secondary  # noqa: E402
from lib.transfer import HOST, KEYS, axfr, rows, tsig_option  # noqa: E402
from lib.wait import wait_until  # noqa: E402

KNOT, NSD, PRIMARY = "10.7.0.21", "10.7.0.22", "10.7.0.23"
REVERSE = "10.in-addr.arpa"
CHANGES = 1000


class Site:
    """A host with one workload that changes, and a namespace for each server."""

    def __init__(self, topo):
        self.topo = topo
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/24", "2001:db8:7::1/64")
        self.web = topo.workload("web", self.host, "br0", "10.7.0.2/24", "198.51.100.2/24",
                                 "2001:db8:7::2/64", alias="web")

    def server(self, label, addr):
        return self.topo.workload(label, self.host, "br0", f"{addr}/24")


@pytest.fixture
def site(topo):
    return Site(topo)


@pytest.fixture
def started():
    """Servers that are stopped at the end, with their logs shown."""
    servers = []
    yield servers
    for server in servers:
        server.stop()
        print(f"--- {server.log_path}\n{server.log()[-20000:]}")


def transferred(ns, zone, addr):
    """The zone's records as the server has them, sorted; None if it has none."""
    try:
        found = rows(axfr(ns, zone, server=addr))
    except (dns.exception.DNSException, OSError, EOFError):
        return None
    return sorted(set(found))


def wait_equal(site, secondary, zone, timeout=30):
    """Waits until the secondary has our zone; we are asked from its namespace, so that the view is the same."""
    def is_equal():
        ours, theirs = (transferred(secondary.ns, zone, addr) for addr in (HOST, secondary.addr))
        return ours is not None and ours == theirs
    wait_until(is_equal, timeout, f"{secondary.addr} has {zone} as we have it")


def change(ns, count):
    """So many changes of addresses, each with its own event of the kernel."""
    lines = []
    for i in range(count // 2):
        addr = f"10.7.{1 + i % 7}.{1 + i % 200}/16"
        lines += [f"addr add {addr} dev eth0", f"addr del {addr} dev eth0"]
    for at in range(0, len(lines), 20):
        ns.batch(lines[at:at + 20])
        time.sleep(0.01)


def outward_options(*addrs):
    return [tsig_option("one"), "--allow-transfer=key:one",
            *(f"--allow-transfer={addr}" for addr in addrs),
            *(f"--notify={addr},key:one" for addr in addrs)]


def follows_changes(site, daemon, server):
    """A server that has the zones follows many changes, and then a single one."""
    change(site.web, CHANGES)
    wait_equal(site, server, "vanya")
    # If the changes are longer than the zone, the zone is sent; a single change is not.
    site.web.add_addr("eth0", "10.7.9.9/16")
    wait_equal(site, server, "vanya")
    wait_equal(site, server, REVERSE)
    assert ("web.vanya.", "A", "10.7.9.9") in transferred(server.ns, "vanya", server.addr)
    assert "type=ixfr" in daemon.log()


def test_knot_follows_a_thousand_changes_through_the_catalog(site, serve, started, need, tmp_path):
    ns = site.server("knot", KNOT)
    daemon = serve(site.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns",
                   *outward_options(KNOT))
    knot = knot_secondary(need("knotd"), ns, KNOT, str(tmp_path), "vanya")
    started.append(knot)
    for zone in ("vanya", REVERSE, "100.51.198.in-addr.arpa"):
        wait_equal(site, knot, zone)
    follows_changes(site, daemon, knot)
    # A zone that begins, and one that ends.
    site.web.add_addr("eth0", "172.16.5.5/24")
    wait_equal(site, knot, "16.172.in-addr.arpa")
    site.web.ip("addr del 172.16.5.5/24 dev eth0")
    wait_until(lambda: transferred(ns, "16.172.in-addr.arpa", KNOT) is None, 30)
    wait_until(lambda: daemon.status()["notify"]["waiting"] == 0, 30)


def test_nsd_follows_a_thousand_changes(site, serve, started, need, tmp_path):
    ns = site.server("nsd", NSD)
    daemon = serve(site.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns",
                   *outward_options(NSD))
    nsd = nsd_secondary(need("nsd"), ns, NSD, str(tmp_path), ["vanya", REVERSE])
    started.append(nsd)
    wait_equal(site, nsd, "vanya")
    wait_equal(site, nsd, REVERSE)
    follows_changes(site, daemon, nsd)


def test_names_outlive_this_machine(site, serve, started, need, tmp_path):
    ns = site.server("knot", KNOT)
    daemon = serve(site.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns",
                   *outward_options(KNOT))
    knot = knot_secondary(need("knotd"), ns, KNOT, str(tmp_path), "vanya")
    started.append(knot)
    wait_equal(site, knot, "vanya")
    daemon.stop()
    assert ask(ns, KNOT, "web.vanya", "A").answer


def test_a_secondary_that_is_no_longer_near_gets_what_the_far_may_see(site, serve, started, need, tmp_path):
    """By a reload, without any other change: it is notified, and gets everything in its view."""
    far = site.topo.far_client(site.host)
    addr = "198.18.0.9"
    site.host.ip(f"route change default via 192.0.2.2 src {HOST}")
    conf = tmp_path / "zone.conf"
    options = "\n".join(option[2:].replace("=", " = ", 1) for option in outward_options(addr))
    text = f"domain = vanya\nns = ns.example.\nmdns = no\nlisten = any\n{options}\n"
    conf.write_text(f"{text}lan = {addr}\n")
    daemon = serve(site.host, f"--config={conf}")
    knot = knot_secondary(need("knotd"), far, addr, str(tmp_path), "vanya")
    started.append(knot)
    wait_equal(site, knot, "vanya")
    assert ("web.vanya.", "A", "10.7.0.2") in transferred(far, "vanya", addr)
    conf.write_text(text)
    daemon.reload()
    wait_until(lambda: ("web.vanya.", "A", "198.51.100.2") in transferred(far, "vanya", addr), 20)
    assert ("web.vanya.", "A", "10.7.0.2") not in transferred(far, "vanya", addr)
    wait_equal(site, knot, "vanya")


# --- updates ----------------------------------------------------------------------------------------

def sees_only(directory, *namespaces):
    """The option with which a daemon sees these namespaces, as if it had its own machine."""
    directory.mkdir()
    for ns in namespaces:
        (directory / ns.name).touch()
        subprocess.run(["mount", "--bind", ns.path, str(directory / ns.name)], check=True)
    return f"--assign-nsid={directory}"


def on_machine(hostname):
    """A command that starts a daemon on a host with that name."""
    return ["unshare", "--uts", "sh", "-c", f'hostname {hostname}; exec "$@"', "sh"]


def in_primary(ns):
    """The primary's content, without its own records and the records about owners."""
    return {(name, text) for name, rdtype, text in transferred(ns, "vanya", PRIMARY)
            if rdtype in ("A", "AAAA") and name != "ns.vanya."}


def answer_once_with_badtime(listener, ahead_s):
    """Takes one message over TCP, and replies (RFC 8945 §5.2.3) that its clock is ahead by that much."""
    connection, _ = listener.accept()
    with connection:
        query, _ = dns.query.receive_tcp(connection, time.time() + 10, keyring=KEYS)
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.NOTAUTH)
        reply.use_tsig(KEYS, query.keyname, original_id=query.id, tsig_error=18,
                       other_data=struct.pack("!Q", int(time.time()) + ahead_s)[2:])
        dns.query.send_tcp(connection, reply.to_wire())


def test_a_primary_with_another_time_is_told_as_that(site, serve):
    ns = site.server("primary", PRIMARY)
    with ns.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((PRIMARY, 53))
        listener.listen()
        listener.settimeout(10)
        daemon = serve(site.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns", tsig_option("one"),
                       f"--update={PRIMARY},key:one")
        answer_once_with_badtime(listener, 4000)
        wait_until(lambda: 'error="BADTIME"' in daemon.log(), 10)
    ahead_s = re.search(r"clock_ahead_s=(-?\d+)", daemon.log())
    assert 3990 < int(ahead_s[1]) < 4010


def test_two_machines_share_the_zone_of_a_primary(site, serve, started, need, tmp_path):
    """Each machine owns its names; neither changes the other's names, nor the administrator's. A restart
    removes outdated names."""
    ns = site.server("knot", PRIMARY)
    knot = knot_primary(need("knotd"), ns, PRIMARY, str(tmp_path), "vanya", [REVERSE])
    started.append(knot)
    wait_until(lambda: transferred(ns, "vanya", PRIMARY), 20)

    other = site.server("other", "10.7.0.31")
    site.topo.bridge(other, "br1", "10.9.0.1/24")
    shared = site.topo.workload("web2", other, "br1", "10.9.0.2/24", alias="web")
    mine = site.topo.workload("db", other, "br1", "10.9.0.3/24", alias="db,taken")
    options = ["--domain=vanya", "--ns=ns.example.", "--no-mdns", tsig_option("one"),
               f"--update={PRIMARY},key:one"]
    left = sees_only(tmp_path / "left", site.web)
    right = sees_only(tmp_path / "right", shared, mine)
    first = serve(site.host, left, *options, prefix=on_machine("left"))
    wait_until(lambda: ("web.vanya.", "10.7.0.2") in in_primary(ns), 20)
    second = serve(other, right, *options, prefix=on_machine("right"))
    wait_until(lambda: ("db.vanya.", "10.9.0.3") in in_primary(ns), 20)
    wait_until(lambda: second.status()["updates"][0]["queued"] == 0, 20)
    # Reverse names are sent if the primary has their zone; missing zones are not a failure.
    wait_until(lambda: ("3.0.9.10.in-addr.arpa.", "PTR", "db.lan.vanya.") in
               (transferred(ns, REVERSE, PRIMARY) or []), 20)
    assert ("2.0.7.10.in-addr.arpa.", "PTR", "web.lan.vanya.") in transferred(ns, REVERSE, PRIMARY)
    assert second.status()["updates"][0]["zones"] == 2
    # "web" belongs to the first, "taken" to the administrator.
    assert ("web.vanya.", "10.9.0.2") not in in_primary(ns)
    assert not [row for row in in_primary(ns) if row[0] == "taken.vanya."]
    assert second.status()["updates"][0]["held"] >= 2

    mine.add_addr("eth0", "10.9.0.4/24")
    wait_until(lambda: ("db.vanya.", "10.9.0.4") in in_primary(ns), 20)
    mine.ip("addr del 10.9.0.4/24 dev eth0")
    wait_until(lambda: ("db.vanya.", "10.9.0.4") not in in_primary(ns), 20)

    second.kill()
    mine.ip("addr flush dev eth0")
    shared.set_alias("eth0", "later")
    third = serve(other, right, *options, prefix=on_machine("right"))
    wait_until(lambda: ("later.vanya.", "10.9.0.2") in in_primary(ns), 20)
    wait_until(lambda: not [row for row in in_primary(ns) if row[0].startswith("db.")], 20)
    wait_until(lambda: "3.0.9.10.in-addr.arpa." not in
               [row[0] for row in transferred(ns, REVERSE, PRIMARY)], 20)
    wait_until(lambda: third.status()["updates"][0]["queued"] == 0, 20)
    assert ("web.vanya.", "10.7.0.2") in in_primary(ns)
    assert first.status()["updates"][0]["failed"] == 0
