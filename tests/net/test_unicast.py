# SPDX-License-Identifier: ISC
"""Unicast DNS as clients see it: the real daemon, over UDP and TCP, IPv4 and IPv6."""
import socket
import struct

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.edns  # noqa: E402
import dns.flags  # noqa: E402
import dns.message  # noqa: E402
import dns.rcode  # noqa: E402

from lib.query import address_of, addresses, ask, exchange, send_raw  # noqa: E402

HOST4, HOST6 = "10.7.0.1", "fd07::1"
LAN4, LAN6 = "10.7.0.2", "fd07::2"
WAN4, WAN6 = "198.51.100.2", "2001:db8:7::2"
REVERSE4 = "2.0.7.10.in-addr.arpa."
REVERSE6 = "2.0.0.0" + ".0" * 24 + ".7.0.d.f.ip6.arpa."
# Addresses of a workload, and those that are served: BIND refuses a zone with more of a type.
GIVEN = [f"10.8.0.{i + 1}" for i in range(130)]
MANY = GIVEN[:100]

over_all = pytest.mark.parametrize("server, tcp", [
    (HOST4, False), (HOST4, True), (HOST6, False), (HOST6, True)],
    ids=["UDP-IPv4", "TCP-IPv4", "UDP-IPv6", "TCP-IPv6"])


class Lab:
    """A host with three workloads, and clients near and far. Nothing changes in it."""

    def __init__(self, topo, serve):
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST4}/24", "10.7.0.254/24", f"{HOST6}/64", "fd07::53/64",
                    "2001:db8:7::1/64")
        topo.workload("web", self.host, "br0", f"{LAN4}/24", f"{LAN6}/64", f"{WAN4}/24",
                      f"{WAN6}/64", alias="Web")
        topo.workload("six", self.host, "br0", "2001:db8:7::3/64", "10.7.0.3/24", alias="six")
        many = topo.workload("many", self.host, "br0", alias="many")
        many.batch([f"addr add {address}/16 dev eth0" for address in GIVEN])
        self.near = topo.workload("near", self.host, "br0", "10.7.0.9/24", "fd07::9/64",
                                  "2001:db8:7::9/64")
        self.far = topo.far_client(self.host)
        self.daemon = serve(self.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns")

    def ask(self, name, rdtype="A", server=HOST4, **how):
        return ask(self.near, server, name, rdtype, **how)


@pytest.fixture(scope="module")
def lab(module_topo, module_serve):
    return Lab(module_topo, module_serve)


def rcode(reply):
    return dns.rcode.to_text(reply.rcode())


def only(section):
    """The only record of a section that has one."""
    assert len(section) == 1 and len(section[0]) == 1, section
    return section[0][0]


def is_authoritative(reply):
    return bool(reply.flags & dns.flags.AA)


# --- existing names -----------------------------------------------------------------------------------

@over_all
def test_a_and_aaaa_of_each_branch_are_answered(lab, server, tcp):
    for name, rdtype, expected in (
            ("web.lan.vanya", "A", [LAN4]), ("web.lan.vanya", "AAAA", [LAN6]),
            ("web.wan.vanya", "A", [WAN4]), ("web.wan.vanya", "AAAA", [WAN6]),
            ("web.vanya", "A", [LAN4]), ("web.vanya", "AAAA", [LAN6])):
        reply = lab.ask(name, rdtype, server, tcp=tcp)
        assert (rcode(reply), addresses(reply)) == ("NOERROR", expected), name
        assert is_authoritative(reply) and not reply.flags & dns.flags.RA
        assert reply.answer[0].ttl == 60


@over_all
def test_ptr_is_in_step(lab, server, tcp):
    assert only(lab.ask(REVERSE4, "PTR", server, tcp=tcp).answer).to_text() == "Web.lan.vanya."
    assert only(lab.ask(REVERSE6, "PTR", server, tcp=tcp).answer).to_text() == "Web.lan.vanya."


def test_ptr_of_a_global_address_leads_to_the_wan_branch(lab):
    assert only(lab.ask("2.100.51.198.in-addr.arpa.", "PTR").answer).to_text() == "Web.wan.vanya."


@over_all
def test_the_apex_has_soa_and_ns(lab, server, tcp):
    soa = only(lab.ask("vanya", "SOA", server, tcp=tcp).answer)
    assert soa.mname.to_text() == "ns.example." and soa.rname.to_text() == "hostmaster.vanya."
    assert only(lab.ask("vanya", "NS", server, tcp=tcp).answer).to_text() == "ns.example."


def test_the_apex_of_a_reverse_zone_has_soa_and_ns(lab):
    name = REVERSE4
    while not lab.ask(name, "SOA").answer:
        assert name != ".", "no reverse zone has a SOA"
        name = name.partition(".")[2]
    assert name.endswith("10.in-addr.arpa.")
    assert only(lab.ask(name, "NS").answer).to_text() == "ns.example."


# --- missing names ------------------------------------------------------------------------------------

@over_all
def test_no_such_name_is_nxdomain_with_the_soa(lab, server, tcp):
    for name in ("nope.vanya", "nope.wan.vanya", "a.web.vanya", "local.vanya"):
        reply = lab.ask(name, "A", server, tcp=tcp)
        assert rcode(reply) == "NXDOMAIN" and not reply.answer, name
        assert reply.authority[0].name.to_text() == "vanya."
        soa = only(reply.authority)
        # RFC 2308 §3: the TTL limits how long the denial is cached.
        assert reply.authority[0].ttl == min(soa.minimum, 60)


@over_all
def test_no_such_type_is_noerror_with_the_soa(lab, server, tcp):
    for name, rdtype in (("web.vanya", "TXT"), ("web.vanya", "HTTPS"), ("vanya", "A"),
                         ("many.lan.vanya", "AAAA"), (REVERSE4, "A")):
        reply = lab.ask(name, rdtype, server, tcp=tcp)
        assert rcode(reply) == "NOERROR" and not reply.answer, name
        assert only(reply.authority).rdtype == dns.rdatatype.SOA


def test_empty_non_terminals_exist(lab):
    for name in ("wan.vanya", "lan.vanya", REVERSE4.partition(".")[2], REVERSE6.partition(".")[2],
                 REVERSE6[8:]):
        for rdtype in ("A", "PTR", "TXT"):
            reply = lab.ask(name, rdtype)
            assert rcode(reply) == "NOERROR" and not reply.answer, (name, rdtype)
            assert only(reply.authority).rdtype == dns.rdatatype.SOA


def test_reverse_names_without_an_address_do_not_exist(lab):
    assert rcode(lab.ask("77.0.7.10.in-addr.arpa.", "PTR")) == "NXDOMAIN"
    assert rcode(lab.ask("f" + REVERSE6[1:], "PTR")) == "NXDOMAIN"


@over_all
def test_what_is_outside_is_refused(lab, server, tcp):
    for name in ("example.com", ".", "van.ya", "xvanya", "in-addr.arpa", "8.8.8.8.in-addr.arpa"):
        reply = lab.ask(name, "A", server, tcp=tcp)
        assert rcode(reply) == "REFUSED" and not is_authoritative(reply), name
        assert not reply.answer and not reply.authority


@over_all
def test_the_soa_of_local_is_never_noerror(lab, server, tcp):
    # nss-mdns and Apple's resolvers ask for it, and turn mDNS off if it exists.
    for name in ("local.", "web.local."):
        for rdtype in ("SOA", "A"):
            assert rcode(lab.ask(name, rdtype, server, tcp=tcp)) == "REFUSED"


def test_what_we_do_not_do_is_said_so(lab):
    update = dns.message.make_query("web.vanya", "SOA")
    update.set_opcode(dns.opcode.UPDATE)
    assert rcode(exchange(lab.near, HOST4, update)) == "NOTIMP"
    assert rcode(lab.ask("vanya", "AXFR", tcp=True)) != "NOERROR"
    version = dns.message.make_query("version.bind", "TXT", rdclass="CH")
    assert rcode(exchange(lab.near, HOST4, version)) == "REFUSED"


# --- location of the client ---------------------------------------------------------------------------

def test_a_far_client_gets_the_global_addresses_only(lab):
    for server in ("192.0.2.1", "2001:db8:f::1", "2001:db8:7::1"):
        for tcp in (False, True):
            reply = ask(lab.far, server, "web.vanya", "A", tcp=tcp)
            assert addresses(reply) == [WAN4]
            reply = ask(lab.far, server, "web.vanya", "AAAA", tcp=tcp)
            assert addresses(reply) == [WAN6]
            reply = ask(lab.far, server, "many.vanya", "A", tcp=tcp)
            assert rcode(reply) == "NOERROR" and not reply.answer


def test_views_are_chosen_for_each_family(lab):
    """six has a private IPv4 and a global IPv6 address."""
    assert addresses(lab.ask("six.vanya", "A")) == ["10.7.0.3"]
    assert addresses(lab.ask("six.vanya", "AAAA")) == ["2001:db8:7::3"]
    assert addresses(ask(lab.far, "192.0.2.1", "six.vanya", "A")) == []
    assert addresses(ask(lab.far, "192.0.2.1", "six.vanya", "AAAA")) == ["2001:db8:7::3"]


def test_the_host_itself_is_near(lab):
    for server in ("127.0.0.1", "::1", HOST4, HOST6):
        assert addresses(ask(lab.host, server, "web.vanya", "A")) == [LAN4]


def test_who_is_on_link_is_near_though_its_address_is_global(lab):
    reply = ask(lab.host, "2001:db8:7::1", "web.vanya", "A", source="2001:db8:7::1")
    assert addresses(reply) == [LAN4]


# --- options of EDNS, and the administrator's policy -----------------------------------------------------

@pytest.fixture(scope="module")
def strict(module_topo, module_serve, lab):
    """A second server on the same host, which distrusts clients and reveals its name."""
    module_serve(lab.host, "--domain=vanya", "--no-mdns", "--listen=10.7.0.254:5300", "--threads=1",
                 "--cookies=strict", "--rate-limit=5", "--nsid=ns1.vanya", "--identity=ns1",
                 "--trust-subnet=10.7.0.9")
    return lambda message, **how: exchange(lab.near, "10.7.0.254", message, port=5300, **how)


def with_options(name, *options, rdtype="A"):
    return dns.message.make_query(name, rdtype, use_edns=0, options=options)


def option(reply, code):
    """The bytes of that option of a reply, or None."""
    found = [each for each in reply.options if each.otype == code]
    return found[0].to_wire() if found else None


def test_a_cookie_is_given_to_who_sends_one(lab):
    cookie = dns.edns.GenericOption(10, b"client 1")
    first = exchange(lab.near, HOST4, with_options("web.vanya", cookie))
    given = option(first, 10)
    assert addresses(first) == [LAN4] and len(given) == 24 and given.startswith(b"client 1")
    again = exchange(lab.near, HOST4, with_options("web.vanya", dns.edns.GenericOption(10, given)))
    assert addresses(again) == [LAN4] and option(again, 10) == given
    malformed = with_options("web.vanya", dns.edns.GenericOption(10, b"short"))
    assert rcode(exchange(lab.near, HOST4, malformed)) == "FORMERR"


def test_errors_say_why_to_who_speaks_edns(lab):
    outside = exchange(lab.near, HOST4, with_options("example.com"))
    assert rcode(outside) == "REFUSED" and option(outside, 15) == b"\0\x14"
    transfer = exchange(lab.near, HOST4, with_options("vanya", rdtype="AXFR"), tcp=True)
    assert rcode(transfer) == "REFUSED" and option(transfer, 15) == b"\0\x12"
    assert lab.ask("example.com").edns == -1


def test_tcp_keepalive_is_told_over_tcp_only(lab):
    query = with_options("web.vanya", dns.edns.GenericOption(11, b""))
    assert option(exchange(lab.near, HOST4, query, tcp=True), 11) == struct.pack("!H", 100)
    assert option(exchange(lab.near, HOST4, query), 11) is None


def test_a_client_subnet_is_ignored_from_who_is_not_trusted(lab):
    query = with_options("web.vanya", dns.edns.ECSOption("198.51.100.0", 24))
    reply = exchange(lab.near, HOST4, query)
    assert addresses(reply) == [LAN4] and not reply.options


def test_the_server_says_who_it_is_only_if_told_to(lab, strict):
    nsid = with_options("web.vanya", dns.edns.GenericOption(3, b""))
    assert option(exchange(lab.near, HOST4, nsid), 3) is None
    assert option(strict(nsid), 3) == b"ns1.vanya"
    for name, server, expected in (("id.server", strict, "NOERROR"), ("id.server", None, "REFUSED"),
                                   ("version.bind", strict, "REFUSED")):
        query = dns.message.make_query(name, "TXT", rdclass="CH")
        reply = server(query) if server else exchange(lab.near, HOST4, query)
        assert rcode(reply) == expected
        if reply.answer:
            assert only(reply.answer).strings == (b"ns1",)


def test_a_trusted_resolver_says_where_its_client_is(strict):
    for subnet, length, expected in (("203.0.113.0", 24, WAN4), ("10.1.2.0", 24, LAN4)):
        reply = strict(with_options("web.vanya", dns.edns.ECSOption(subnet, length)), tcp=True)
        assert addresses(reply) == [expected]
        said, = reply.options
        assert (said.address, said.srclen, said.scopelen) == (subnet, length, length)


def test_the_strict_policy_wants_a_good_cookie(strict):
    bad = strict(with_options("web.vanya", dns.edns.GenericOption(10, b"client 1")))
    assert bad.rcode() == dns.rcode.BADCOOKIE and not bad.answer
    good = with_options("web.vanya", dns.edns.GenericOption(10, option(bad, 10)))
    for _ in range(30):
        assert addresses(strict(good)) == [LAN4], "who has a cookie is not limited"


def test_too_many_answers_are_denied_and_tcp_is_not(lab, strict):
    wire = dns.message.make_query("web.vanya", "AAAA").to_wire()
    replies = [send_raw(lab.near, "10.7.0.254", wire, port=5300, timeout=0.2) for _ in range(20)]
    given = [dns.message.from_wire(reply) for reply in replies if reply]
    assert len(given) < len(replies), "some are dropped"
    assert any(reply.flags & dns.flags.TC and not reply.answer for reply in given), "some slip"
    assert any(addresses(reply) for reply in given)
    for _ in range(20):
        assert addresses(strict(dns.message.make_query("web.vanya", "AAAA"), tcp=True)) == [LAN6]


# --- manners --------------------------------------------------------------------------------------

def test_a_reply_comes_from_the_address_that_was_asked(lab):
    """dnspython refuses a reply from another address."""
    scoped = lab.host.ip("-6 -o addr show dev br0 scope link").split()[3].partition("/")[0]
    for server in (HOST4, "10.7.0.254", HOST6, "fd07::53", "2001:db8:7::1"):
        assert addresses(lab.ask("web.lan.vanya", "A", server)) == [LAN4]
        assert addresses(lab.ask("web.lan.vanya", "A", server, tcp=True)) == [LAN4]
    with lab.near.socket(socket.AF_INET6) as sock:
        sock.settimeout(3)
        target = lab.near.call(address_of, f"{scoped}%eth0", 53)
        sock.sendto(dns.message.make_query("web.lan.vanya", "A").to_wire(), target)
        payload, peer = sock.recvfrom(4096)
        assert peer == target
        assert addresses(dns.message.from_wire(payload)) == [LAN4]


def test_the_name_comes_back_as_it_was_spelled(lab):
    query = dns.message.make_query("wEb.LaN.vAnYa", "A")
    wire = query.to_wire()
    payload = send_raw(lab.near, HOST4, wire)
    assert payload[12:len(wire)] == wire[12:]
    reply = dns.message.from_wire(payload)
    assert reply.answer[0].name.to_text() == "wEb.LaN.vAnYa."
    nothing = dns.message.make_query("nOpE.vAnYa", "A").to_wire()
    assert send_raw(lab.near, HOST4, nothing)[12:len(nothing)] == nothing[12:]


def test_edns_offers_1232_bytes_and_is_not_offered_unasked(lab):
    reply = lab.ask("web.vanya", "A", edns=0)
    assert reply.edns == 0 and reply.payload == 1232 and not reply.options
    assert lab.ask("web.vanya", "A").edns == -1
    query = dns.message.make_query("web.vanya", "A", use_edns=0)
    query.use_edns(edns=1)
    assert exchange(lab.near, HOST4, query).rcode() == dns.rcode.BADVERS


def udp_size(lab, payload):
    query = dns.message.make_query("many.lan.vanya", "A", use_edns=0 if payload else None,
                                   payload=payload or 0)
    wire = send_raw(lab.near, HOST4, query.to_wire())
    return len(wire), dns.message.from_wire(wire)


@pytest.mark.parametrize("payload, limit", [(None, 512), (100, 512), (512, 512), (900, 900),
                                            (1232, 1232), (4096, 1232)])
def test_what_does_not_fit_is_truncated_and_fetched_by_tcp(lab, payload, limit):
    size, reply = udp_size(lab, payload)
    assert size <= limit and reply.flags & dns.flags.TC
    assert not reply.answer, "truncated whole, not half (RFC 2181 §9)"
    whole = lab.ask("many.lan.vanya", "A", tcp=True, edns=0 if payload else None)
    assert not whole.flags & dns.flags.TC
    assert addresses(whole) == sorted(MANY)


def test_what_is_left_out_is_not_called_served_and_has_no_reverse_name(lab):
    left_out = set(GIVEN) - set(MANY)
    line = next(line for line in lab.daemon.lines("names") if line.get("name") == "many")
    found = {verdict: {item["address"] for item in line["addresses"] if item["verdict"] == verdict and
                       item["scope"] == "lan"} for verdict in ("served", "left-out")}
    assert found == {"served": set(MANY), "left-out": left_out}
    explained = lab.daemon.lines("explain", "many", f"--client={HOST4}")[0]
    assert {item["address"] for item in explained["addresses"] if item["told"]} == set(MANY)
    assert lab.daemon.lines("status")[0]["names"]["left_out"] == len(left_out)
    assert lab.daemon.log().count("addresses of a name are left out: name=many served=100") == 1
    for address in sorted(left_out)[:3] + MANY[:3]:
        reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa."
        assert bool(lab.ask(reverse, "PTR").answer) == (address in MANY), address


def test_one_connection_takes_many_questions(lab):
    names = ["web.lan.vanya", "nope.vanya", "six.vanya", "example.com"] * 5
    queries = [dns.message.make_query(name, "A", id=number) for number, name in enumerate(names)]
    with lab.near.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(3)
        sock.connect((HOST4, 53))
        wires = [query.to_wire() for query in queries]
        sock.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in wires))
        with sock.makefile("rb") as stream:
            replies = {}
            for _ in queries:
                length, = struct.unpack("!H", stream.read(2))
                reply = dns.message.from_wire(stream.read(length))
                replies[reply.id] = reply
    for query in queries:
        assert query.is_response(replies[query.id])


def test_a_question_that_comes_in_pieces_over_tcp_is_answered(lab):
    wire = dns.message.make_query("web.lan.vanya", "A").to_wire()
    with lab.near.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
        sock.settimeout(3)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((HOST6, 53))
        for byte in struct.pack("!H", len(wire)) + wire:
            sock.sendall(bytes([byte]))
        with sock.makefile("rb") as stream:
            length, = struct.unpack("!H", stream.read(2))
            assert addresses(dns.message.from_wire(stream.read(length))) == [LAN4]


def test_the_recursion_bit_is_given_back_and_changes_nothing(lab):
    query = dns.message.make_query("web.vanya", "A")
    for query.flags in (0, dns.flags.RD):
        reply = exchange(lab.near, HOST4, query)
        assert reply.flags & dns.flags.RD == query.flags and addresses(reply) == [LAN4]


def test_dig_is_content(lab, need):
    dig = need("dig")
    for options in (["+short"], ["+short", "+tcp"], ["+short", "+noedns"]):
        done = lab.near.run([dig, *options, f"@{HOST6}", "web.wan.vanya", "AAAA"])
        assert done.stdout == f"{WAN6}\n"
    done = lab.near.run([dig, "+short", f"@{HOST4}", "many.lan.vanya", "A"])
    assert sorted(done.stdout.split()[-len(MANY):]) == sorted(MANY)
    done = lab.near.run([dig, "+noall", "+answer", f"@{HOST4}", "-x", LAN4])
    assert done.stdout.split()[-2:] == ["PTR", "Web.lan.vanya."]
