# SPDX-License-Identifier: ISC
"""Signed zones, as programs see them that validate: delv, drill, unbound and those that check whole zones."""
import glob
import os
import random
import re
import threading

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402
import dns.flags  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.reversename  # noqa: E402

from lib.query import addresses, ask  # noqa: E402
from lib.secondary import knot_of_files, write  # noqa: E402
from lib.transfer import HOST, axfr  # noqa: E402
from lib.validate import Anchor, check_zone, delv, drill, unbound  # noqa: E402
from lib.wait import wait_until  # noqa: E402

FAR_HOST = "192.0.2.1"  # as far clients see the host
CHILD, RESOLVER, FORGETFUL = "10.7.0.21", "10.7.0.22", "10.7.0.23"
REVERSE = {"198.51.100.2": "100.51.198.in-addr.arpa.",
           "2001:db8:7::2": "0.0.0.0.7.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."}
CHANGES = 1000
CHECKERS = ("ldns-verify-zone", "dnssec-verify", "kzonecheck", "named-checkzone")
TOOLS = ("delv", "drill", "dnssec-keygen", "dnssec-signzone", "knotd")

ZONE = f"""$ORIGIN vanya.
$TTL 300
ns          A     {HOST}
static      A     192.0.2.10
static      AAAA  2001:db8:9::10
alias       CNAME static
*.wild      A     192.0.2.7
*.walias    CNAME q.wild
a.deep.one  TXT   "x"
old         DNAME wild
mail        MX    10 static
bare        NS    ns.bare
ns.bare     A     {CHILD}
safe        NS    ns.safe
ns.safe     A     {CHILD}
"""

# What near and far clients get: some names are for near ones only.
QUESTIONS = [
    ("web.vanya", "A", "positive", "positive"),
    ("web.wan.vanya", "AAAA", "positive", "positive"),
    ("web.lan.vanya", "A", "positive", "positive"),
    ("private.vanya", "A", "positive", "nodata"),
    ("private.vanya", "TXT", "nodata", "nodata"),
    ("static.vanya", "AAAA", "positive", "positive"),
    ("static.vanya", "TXT", "nodata", "nodata"),
    ("STATIC.vanya", "A", "positive", "positive"),
    ("vanya", "SOA", "positive", "positive"),
    ("vanya", "NS", "positive", "positive"),
    ("vanya", "DNSKEY", "positive", "positive"),
    ("vanya", "MX", "nodata", "nodata"),
    ("mail.vanya", "MX", "positive", "positive"),
    ("alias.vanya", "A", "positive", "positive"),
    ("alias.vanya", "CNAME", "positive", "positive"),
    ("static.vanya", "NSEC", "positive", "positive"),
    # names in between
    ("deep.one.vanya", "A", "nodata", "nodata"),
    ("one.vanya", "TXT", "nodata", "nodata"),
    ("wild.vanya", "A", "nodata", "nodata"),
    ("wan.vanya", "A", "nodata", "nodata"),
    # names that do not exist
    ("0.vanya", "A", "nxdomain", "nxdomain"),
    ("nothing.vanya", "A", "nxdomain", "nxdomain"),
    ("zzz.vanya", "A", "nxdomain", "nxdomain"),
    ("q.static.vanya", "A", "nxdomain", "nxdomain"),
    ("q.deep.one.vanya", "A", "nxdomain", "nxdomain"),
    ("\\000.vanya", "A", "nxdomain", "nxdomain"),
    # wildcards
    ("q.wild.vanya", "A", "positive", "positive"),
    ("q.r.wild.vanya", "A", "positive", "positive"),
    ("q.wild.vanya", "MX", "nodata", "nodata"),
    ("q.walias.vanya", "A", "positive", "positive"),
    # the parent's side of delegations
    ("bare.vanya", "DS", "nodata", "nodata"),
    ("safe.vanya", "DS", "positive", "positive"),
]


class Lab:
    """A host that signs its zones, two workloads, clients near and far, and a server of two children of the
    zone: one is signed."""

    def __init__(self, topo, serve, need, work, *options):
        for tool in TOOLS:
            need(tool)
        work.chmod(0o777)
        self.work, self.topo = str(work), topo
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/16", "2001:db8:7::1/64")
        self.web = topo.workload("web", self.host, "br0", "10.7.0.2/16", "198.51.100.2/24",
                                 "2001:db8:7::2/64", alias="Web")
        topo.workload("private", self.host, "br0", "10.7.0.3/16", alias="private")
        self.near = topo.workload("near", self.host, "br0", "10.7.0.9/16")
        self.far = topo.far_client(self.host)
        self.child = topo.workload("child", self.host, "br0", f"{CHILD}/16")
        self.resolver = topo.workload("resolver", self.host, "br0", f"{RESOLVER}/16")
        self.forgetful = topo.workload("forgetful", self.host, "br0", f"{FORGETFUL}/16")
        self.added = set()  # addresses of the workload that changes
        self.children = self.serve_children(need("knotd"))
        self.daemon = serve(self.host, "--domain=vanya", "--ns=ns.vanya.", "--no-mdns", "--dnssec",
                            f"--zone-file={write(self.work, 'vanya.zone', ZONE + self.ds)}",
                            "--allow-transfer=10.7.0.9", "--allow-transfer=198.18.0.9", *options)
        self.anchors = {zone: Anchor(self.daemon, zone, self.work) for zone in ("vanya.", *REVERSE.values())}
        self.anchor = self.anchors["vanya."]

    def serve_children(self, knotd):
        """Knot with both, and in self.ds the DS of the one that is signed."""
        apex = "$TTL 300\n@ SOA ns hostmaster 1 3600 600 604800 60\n@ NS ns\nns A " + CHILD + "\nwww A 192.0.2.77\n"
        files = {zone: write(self.work, zone + ".zone", f"$ORIGIN {zone}.\n{apex}")
                 for zone in ("bare.vanya", "safe.vanya")}
        self.host.run(["dnssec-keygen", "-q", "-K", self.work, "-a", "ECDSAP256SHA256", "-f", "KSK", "safe.vanya"])
        signed = files["safe.vanya"] + ".signed"
        self.host.run(["dnssec-signzone", "-z", "-S", "-K", self.work, "-d", self.work, "-o", "safe.vanya", "-f", signed,
                       files["safe.vanya"]])
        files["safe.vanya"] = signed
        with open(glob.glob(os.path.join(self.work, "dsset-safe.vanya*"))[0], encoding="ascii") as file:
            self.ds = "".join(line for line in file if re.search(r"DS\s+\d+ \d+ 2 ", line))
        return knot_of_files(knotd, self.child, CHILD, self.work, files)


@pytest.fixture(scope="module")
def lab(module_topo, module_serve, need, tmp_path_factory):
    made = Lab(module_topo, module_serve, need, tmp_path_factory.mktemp("lab"))
    yield made
    made.children.stop()


@pytest.fixture(scope="module")
def resolver(lab, need, tmp_path_factory):
    """unbound near the host."""
    made = unbound(need("unbound"), lab.resolver, RESOLVER, str(tmp_path_factory.mktemp("unbound")),
                   lab.anchors, HOST)
    yield made
    made.stop()
    print(made.log())


@pytest.mark.parametrize("name, rdtype, near, far", QUESTIONS, ids=lambda value: str(value))
def test_delv_validates_each_kind_of_answer_in_both_views(lab, name, rdtype, near, far):
    assert delv(lab.near, HOST, lab.anchor, name, rdtype) == near
    assert delv(lab.far, FAR_HOST, lab.anchor, name, rdtype) == far


@pytest.mark.parametrize("addr", REVERSE)
def test_delv_validates_reverse_names(lab, addr):
    name = dns.reversename.from_address(addr).to_text()
    anchor = lab.anchors[REVERSE[addr]]
    assert delv(lab.near, HOST, anchor, name, "PTR") == "positive"
    assert delv(lab.near, HOST, anchor, "a." + name, "PTR") == "nxdomain"
    assert delv(lab.near, HOST, anchor, name, "TXT") == "nodata"
    assert delv(lab.near, HOST, anchor, anchor.zone, "PTR") == "nodata"


# drill cannot read \\000; and of a name in between it wants to see that there is no wildcard, which
# nobody needs to prove for a name that exists.
NOT_FOR_DRILL = {"\\000.vanya", "one.vanya", "wan.vanya", "wild.vanya"}


@pytest.mark.parametrize("name, rdtype", sorted({row[:2] for row in QUESTIONS if row[0] not in NOT_FOR_DRILL}))
def test_drill_finds_the_chain_of_trust(lab, name, rdtype):
    assert drill(lab.near, HOST, lab.anchor, name, rdtype) == ""


def test_another_key_validates_nothing(lab, tmp_path):
    other = Anchor(lab.daemon, "vanya.", str(tmp_path))
    other.bind = write(str(tmp_path), "other",
                       f'trust-anchors {{ vanya. static-ds 1 {other.alg} 2 "{"00" * 32}"; }};\n')
    for name in ("web.vanya", "nothing.vanya"):
        assert "resolution failed: broken trust chain" in delv(lab.near, HOST, other, name, "A")


def test_kdig_shows_signatures_only_to_who_wants_them(lab, need):
    need("kdig")
    for flag, is_wanted in (("+dnssec", True), ("+nodnssec", False)):
        for name in ("web.vanya", "nothing.vanya", "q.wild.vanya"):
            said = lab.near.run(["kdig", f"@{HOST}", flag, name, "A"]).stdout
            assert ("RRSIG" in said) == is_wanted and "WARNING" not in said, said


def judge(reply):
    """How a validating resolver judges what it answers."""
    if reply.rcode() == dns.rcode.SERVFAIL:
        return "bogus"
    kind = {dns.rcode.NXDOMAIN: "nxdomain"}.get(reply.rcode(), "positive" if reply.answer else "nodata")
    return kind if reply.flags & dns.flags.AD else "insecure " + kind


# Types that a resolver does not pass through as they are.
@pytest.mark.parametrize("name, rdtype, near", [row[:3] for row in QUESTIONS if row[1] != "NSEC"],
                         ids=lambda value: str(value))
def test_unbound_validates_each_kind_of_answer(lab, resolver, name, rdtype, near):
    assert judge(ask(lab.resolver, RESOLVER, name, rdtype, want_dnssec=True)) == near


def test_unbound_follows_a_renaming(lab, resolver):
    reply = ask(lab.resolver, RESOLVER, "q.old.vanya", "A", want_dnssec=True)
    assert judge(reply) == "positive" and addresses(reply) == ["192.0.2.7"]


def test_unbound_validates_reverse_names(lab, resolver):
    for addr in REVERSE:
        reply = ask(lab.resolver, RESOLVER, dns.reversename.from_address(addr), "PTR", want_dnssec=True)
        assert judge(reply) == "positive"


def test_unbound_follows_delegations(lab, resolver):
    """A child with a DS is validated; one without is not, and that is proved."""
    for name, expected in (("www.safe.vanya", "positive"), ("no.safe.vanya", "nxdomain"),
                           ("www.bare.vanya", "insecure positive"), ("no.bare.vanya", "insecure nxdomain")):
        assert judge(ask(lab.resolver, RESOLVER, name, "A", want_dnssec=True, timeout=10)) == expected


def test_unbound_denies_by_links_that_it_has(lab, resolver):
    """With aggressive-nsec, the resolver knows other names that do not exist from the links of the first."""
    def asked():
        queries = lab.daemon.status()["dns"]
        return queries["queries_udp"] + queries["queries_tcp"]
    assert judge(ask(lab.resolver, RESOLVER, "nu1.vanya", "A", want_dnssec=True)) == "nxdomain"
    before = asked()
    for name in ("nu2.vanya", "nu3.vanya", "nv.vanya"):
        assert judge(ask(lab.resolver, RESOLVER, name, "A", want_dnssec=True)) == "nxdomain"
    assert asked() == before


def fetch_zone(ns, zone, server, work):
    """Writes the zone as the server gives it to a file."""
    records = axfr(ns, zone, server=server)
    lines = [f"{name} {ttl} IN {rdtype} {text}\n" for name, ttl, rdtype, text in records[:-1]]
    return write(work, zone + "fetched", "".join(lines)), records


def check_all_zones(lab, tmp_path):
    for zone, anchor in lab.anchors.items():
        for ns, server in ((lab.near, HOST), (lab.far, FAR_HOST)):
            path, records = fetch_zone(ns, zone, server, str(tmp_path))
            assert check_zone(lab.near, path, zone, anchor) == {}
            assert len(records) > 6


def test_whole_zones_are_right(lab, need, tmp_path):
    for tool in CHECKERS:
        need(tool)
    check_all_zones(lab, tmp_path)


@pytest.mark.parametrize("damage", ["a signature", "a link", "an address"])
def test_damage_is_found(lab, need, tmp_path, damage):
    """These programs would tell if our zones were wrong."""
    for tool in CHECKERS:
        need(tool)
    path, _ = fetch_zone(lab.near, "vanya.", HOST, str(tmp_path))
    with open(path, encoding="ascii") as file:
        lines = file.readlines()
    for i, line in enumerate(lines):
        if damage == "a signature" and line.startswith("static.vanya.") and "RRSIG A " in line:
            lines[i] = line.rstrip()[:-12] + "AAAAAAAAAA==\n"
        elif damage == "a link" and line.startswith("static.vanya.") and " NSEC " in line:
            lines[i] = ""
        elif damage == "an address" and line.startswith("static.vanya.") and " IN A " in line:
            lines[i] = line.replace("192.0.2.10", "192.0.2.11")
    wrong = check_zone(lab.near, write(str(tmp_path), "damaged", "".join(lines)), "vanya.", lab.anchor)
    assert {"ldns-verify-zone", "dnssec-verify", "kzonecheck"} <= set(wrong)


@pytest.fixture
def hiding_lab(topo, serve, need, tmp_path):
    made = Lab(topo, serve, need, tmp_path, "--hide-lan")
    yield made
    made.children.stop()


def test_what_is_hidden_does_not_exist_outside(hiding_lab, need, tmp_path):
    """The two views have chains of their own then, and each is whole at any time."""
    lab = hiding_lab
    for tool in CHECKERS:
        need(tool)
    for name, rdtype, near, far in QUESTIONS:
        is_hidden = name in ("private.vanya", "web.lan.vanya")
        assert delv(lab.near, HOST, lab.anchor, name, rdtype) == near
        assert delv(lab.far, FAR_HOST, lab.anchor, name, rdtype) == ("nxdomain" if is_hidden else far)
    assert delv(lab.far, FAR_HOST, lab.anchor, "lan.vanya", "A") == "nxdomain"
    dice = random.Random(5)
    for _ in range(3):
        check_all_zones(lab, tmp_path)
        random_changes(lab, dice, 100)
    zone = axfr(lab.far, "vanya", server=FAR_HOST)
    assert not any(name.lower().endswith(".lan.vanya.") or "private" in name + text for name, _, _, text in zone)


def random_changes(lab, dice, count):
    """Addresses come and go, and names with them; `ip` makes some at once."""
    for _ in range(count // 20):
        lines = []
        for _ in range(20):
            addr = dice.choice([f"10.7.{dice.randrange(1, 4)}.{dice.randrange(1, 30)}/16",
                                f"198.51.100.{dice.randrange(10, 40)}/24",
                                f"2001:db8:7::{dice.randrange(16, 48):x}/64"])
            what = "del" if addr in lab.added else "add"
            lab.added ^= {addr}
            lines.append(f"addr {what} {addr} dev eth0" + (" nodad" if ":" in addr and what == "add" else ""))
        lab.web.batch(lines)
        lab.web.set_alias("eth0", dice.choice(["Web", "web", "web zeta", "web other x-1", "alone"]))
    lab.web.set_alias("eth0", "Web")


def test_each_answer_validates_while_names_come_and_go(lab, need, tmp_path):
    """Whatever the moment is, a resolver that remembers nothing can prove what it gets."""
    names = [*("web", "zeta", "other", "alone", "x-1", "web.wan", "zeta.wan", "zeta.lan", "q.zeta", "static", "nothing",
               "wan", "lan", "q.wild", "deep.one"), "\\000.web"]
    resolver = unbound(need("unbound"), lab.forgetful, FORGETFUL, str(tmp_path), lab.anchors, HOST, is_forgetful=True)
    dice, seen = random.Random(os.environ.get("DNSSEC_SEED", "2")), {}
    changing = threading.Thread(target=random_changes, args=(lab, random.Random(3), CHANGES))
    changing.start()
    try:
        while changing.is_alive():
            name, rdtype = dice.choice(names) + ".vanya", dice.choice(["A", "AAAA", "TXT"])
            try:
                reply = ask(lab.forgetful, FORGETFUL, name, rdtype, want_dnssec=True, timeout=10, tcp=True)
                verdict = judge(reply)
            except dns.exception.Timeout:
                continue
            seen[verdict] = seen.get(verdict, 0) + 1
            assert verdict in ("positive", "nodata", "nxdomain"), f"{name} {rdtype}\n{reply}\n{resolver.log()[-5000:]}"
    finally:
        changing.join()
        resolver.stop()
    print(seen)
    assert set(seen) == {"positive", "nodata", "nxdomain"} and sum(seen.values()) > 20, seen


def test_whole_zones_are_right_after_many_changes(lab, need, tmp_path):
    for tool in CHECKERS:
        need(tool)
    dice = random.Random(os.environ.get("DNSSEC_SEED", "1"))
    for _ in range(4):
        random_changes(lab, dice, CHANGES // 4)
        check_all_zones(lab, tmp_path)  # whichever moment it is
        expected = sorted({"10.7.0.2", *(addr.partition("/")[0] for addr in lab.added if addr.startswith("10."))})
        wait_until(lambda: addresses(ask(lab.near, HOST, "web.vanya", tcp=True), "A") == expected, 30)
        check_all_zones(lab, tmp_path)
    for name, rdtype, near, _ in QUESTIONS[:4]:
        assert delv(lab.near, HOST, lab.anchor, name, rdtype) == near
