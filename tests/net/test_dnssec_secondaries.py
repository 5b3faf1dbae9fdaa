# SPDX-License-Identifier: ISC
"""Secondaries of signed zones: Knot, which takes nothing that does not validate, NSD and BIND. They follow the chain
while names come and go, and answer as we do."""
import random
import threading

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402
import dns.flags  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.secondary import bind_secondary, knot_secondary, nsd_secondary, write  # noqa: E402
from lib.transfer import HOST, axfr, tsig_option  # noqa: E402
from lib.validate import Anchor, check_zone, delv  # noqa: E402
from lib.wait import wait_until  # noqa: E402

SECONDARY, CLIENT = "10.7.0.21", "10.7.0.9"
REVERSE = "100.51.198.in-addr.arpa"
CHANGES = 300
ZONE = """$ORIGIN vanya.
$TTL 300
static      A     192.0.2.10
alias       CNAME static
*.wild      A     192.0.2.7
a.deep.one  TXT   "x"
bare        NS    ns.bare
ns.bare     A     192.0.2.9
"""
QUESTIONS = [("web.vanya", "A"), ("web.wan.vanya", "AAAA"), ("static.vanya", "TXT"), ("vanya", "SOA"), ("vanya", "DNSKEY"),
             ("alias.vanya", "A"), ("deep.one.vanya", "A"), ("nothing.vanya", "A"), ("q.static.vanya", "A"), ("q.wild.vanya", "A"),
             ("q.wild.vanya", "MX"), ("bare.vanya", "DS"), ("q.bare.vanya", "A"), ("lonely.vanya", "AAAA"), ("wan.vanya", "A"),
             ("0.vanya", "A")]


class Site:
    """A host that signs, a workload that changes, and one that has lan addresses only."""

    def __init__(self, topo, serve, work):
        self.work = str(work)
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/16", "2001:db8:7::1/64")
        self.web = topo.workload("web", self.host, "br0", "10.7.0.2/16", "198.51.100.2/24", "2001:db8:7::2/64",
                                 alias="web")
        topo.workload("lonely", self.host, "br0", "10.7.0.3/16", alias="lonely")
        self.client = topo.workload("client", self.host, "br0", f"{CLIENT}/16")
        self.ns = topo.workload("secondary", self.host, "br0", f"{SECONDARY}/16")
        self.daemon = serve(self.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns", "--dnssec",
                            f"--zone-file={write(self.work, 'vanya.zone', ZONE)}", tsig_option("one"),
                            "--allow-transfer=key:one", f"--allow-transfer={SECONDARY}",
                            f"--notify={SECONDARY},key:one", "--notify=10.7.0.22,key:one")
        self.anchor = Anchor(self.daemon, "vanya.", self.work)
        self.dice, self.there = random.Random(7), set()

    def change(self, count):
        for _ in range(count // 10):
            lines = []
            for _ in range(10):
                addr = self.dice.choice([f"10.7.1.{self.dice.randrange(1, 20)}/16",
                                         f"198.51.100.{self.dice.randrange(10, 30)}/24",
                                         f"2001:db8:7::{self.dice.randrange(16, 32):x}/64"])
                what = "del" if addr in self.there else "add"
                self.there ^= {addr}
                lines.append(f"addr {what} {addr} dev eth0" + (" nodad" if ":" in addr and what == "add" else ""))
            self.web.batch(lines)
            self.web.set_alias("eth0", self.dice.choice(["web", "web zeta", "web other x-1"]))
        self.web.set_alias("eth0", "web")

    def transferred(self, zone, server):
        """The zone's records as the server has them, sorted, with their signatures; None if it has none."""
        try:
            return sorted({(name.lower(), *rest) for name, *rest in axfr(self.ns, zone, server=server)})
        except (dns.exception.DNSException, OSError, EOFError):
            return None

    def wait_equal(self, zone, addr=None, timeout=60):
        """Waits until the secondary has our zone, in which that address is."""
        def is_equal():
            ours, theirs = (self.transferred(zone, server) for server in (HOST, SECONDARY))
            return ours is not None and ours == theirs and (not addr or any(row[3] == addr for row in ours))
        wait_until(is_equal, timeout, f"{SECONDARY} has {zone} as we have it")


@pytest.fixture
def site(topo, serve, need, tmp_path):
    need("delv")
    tmp_path.chmod(0o777)
    return Site(topo, serve, tmp_path)


def start_knot(site, need):
    return knot_secondary(need("knotd"), site.ns, SECONDARY, site.work, "vanya", is_validating=True)


def start_nsd(site, need):
    return nsd_secondary(need("nsd"), site.ns, SECONDARY, site.work, ["vanya", REVERSE])


def start_bind(site, need):
    return bind_secondary(need("named"), site.ns, SECONDARY, site.work, ["vanya", REVERSE])


def section(rrsets, *, is_authority=False):
    """The records of a section as they must be everywhere: without order and spelling. Servers may add the name
    servers of the zone to any answer."""
    apex_ns = {(dns.rdatatype.NS, dns.rdatatype.NONE), (dns.rdatatype.RRSIG, dns.rdatatype.NS)}
    return sorted((rrset.name.to_text().lower(), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype), rdata.to_text())
                  for rrset in rrsets for rdata in rrset
                  if not (is_authority and rrset.name.to_text() == "vanya." and (rrset.rdtype, rrset.covers) in apex_ns))


def assert_same_answers(site):
    """Answers and their proofs are the same at both."""
    for name, rdtype in QUESTIONS:
        ours, theirs = (ask(site.client, server, name, rdtype, want_dnssec=True) for server in (HOST, SECONDARY))
        assert (ours.rcode(), ours.flags & dns.flags.AA) == (theirs.rcode(), theirs.flags & dns.flags.AA), name
        assert section(ours.answer) == section(theirs.answer), name
        assert section(ours.authority, is_authority=True) == section(theirs.authority, is_authority=True), name


@pytest.mark.parametrize("start", [start_knot, start_nsd, start_bind], ids=["knot", "nsd", "bind"])
def test_a_secondary_follows_the_chain(site, need, start, tmp_path):
    secondary = start(site, need)
    try:
        for zone in ("vanya", REVERSE):
            site.wait_equal(zone)
        for _ in range(3):
            site.change(CHANGES)
            site.wait_equal("vanya")
            site.wait_equal(REVERSE)
            lines = [f"{name} {ttl} IN {rdtype} {text}\n" for name, ttl, rdtype, text in
                     axfr(site.ns, "vanya", server=SECONDARY)[:-1]]
            assert check_zone(site.ns, write(str(tmp_path), "fetched", "".join(lines)), "vanya", site.anchor) == {}
        site.web.add_addr("eth0", "10.7.9.9/16")
        site.wait_equal("vanya", "10.7.9.9")
        assert "type=ixfr" in site.daemon.log()
        assert_same_answers(site)
        for name, rdtype, expected in (("web.vanya", "A", "positive"), ("nothing.vanya", "A", "nxdomain"),
                                       ("q.wild.vanya", "A", "positive"), ("lonely.vanya", "AAAA", "nodata")):
            assert delv(site.client, SECONDARY, site.anchor, name, rdtype) == expected
    finally:
        secondary.stop()
        print(f"--- {secondary.log_path}\n{secondary.log()[-20000:]}")


# How delv may judge a question while names come and go: the first three are there all the time.
STREAM = [("web.vanya", "A", {"positive"}), ("alias.vanya", "A", {"positive"}), ("q.wild.vanya", "A", {"positive"}),
          ("q.wild.vanya", "MX", {"nodata"}), ("deep.one.vanya", "A", {"nodata"}), ("nothing.vanya", "A", {"nxdomain"}),
          ("lonely.vanya", "AAAA", {"nodata"}), ("zeta.vanya", "A", {"positive", "nxdomain"}),
          ("zeta.wan.vanya", "AAAA", {"positive", "nodata", "nxdomain"}), ("other.vanya", "A", {"positive", "nxdomain"})]


def test_answers_of_two_secondaries_validate_while_names_come_and_go(site, topo, need, tmp_path):
    """Two Knots that take nothing that does not validate; each answer of them and of us is validated by delv, with
    the DS that we print, while the zone changes."""
    other, work = "10.7.0.22", tmp_path / "other"
    work.mkdir()
    ns = topo.workload("secondary2", site.host, "br0", f"{other}/16")
    knots = [start_knot(site, need), knot_secondary(need("knotd"), ns, other, str(work), "vanya", is_validating=True)]
    anchors = {zone: Anchor(site.daemon, zone, str(tmp_path)) for zone in ("vanya.", REVERSE + ".")}
    is_over = threading.Event()

    def change_on():
        while not is_over.is_set():
            site.change(20)
            is_over.wait(0.1)
    changer = threading.Thread(target=change_on)
    try:
        site.daemon.reload()  # another one begins to follow
        for server in (SECONDARY, other):
            wait_until(lambda: ask(site.client, server, "web.vanya", "A", want_dnssec=True).answer, 60)
            wait_until(lambda: ask(site.client, server, REVERSE, "SOA", want_dnssec=True).answer, 60)
        changer.start()
        for _ in range(3):
            for server in (HOST, SECONDARY, other):
                for name, rdtype, expected in STREAM:
                    assert delv(site.client, server, anchors["vanya."], name, rdtype) in expected, (server, name)
                assert delv(site.client, server, anchors[REVERSE + "."], f"2.{REVERSE}", "PTR") == "positive"
                assert delv(site.client, server, anchors[REVERSE + "."], f"250.{REVERSE}", "PTR") == "nxdomain"
    finally:
        is_over.set()
        if changer.is_alive():
            changer.join()
        for knot in knots:
            knot.stop()
