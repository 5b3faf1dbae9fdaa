# SPDX-License-Identifier: ISC
"""Outgoing transfers: rights, content, signatures; as dig and dnspython see it."""
import socket
import struct
import time

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.tsigkeyring  # noqa: E402
import dns.wire  # noqa: E402

from lib.transfer import HOST, KEYS, SECRET, axfr, rows, tsig_option  # noqa: E402
from lib.wait import wait_until  # noqa: E402


class Lab:
    """A host with two workloads; near and far clients."""

    def __init__(self, topo, serve, *options):
        self.topo = topo
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/24", "2001:db8:7::1/64")
        self.web = topo.workload("web", self.host, "br0", "10.7.0.2/24", "198.51.100.2/24",
                                 "2001:db8:7::2/64", alias="Web")
        topo.workload("six", self.host, "br0", "2001:db8:7::3/64", alias="six")
        self.near = topo.workload("near", self.host, "br0", "10.7.0.9/24")
        self.far = topo.far_client(self.host)
        self.daemon = serve(self.host, "--domain=vanya", "--ns=ns.example.", "--no-mdns", *options)


@pytest.fixture(scope="module")
def lab(module_topo, module_serve):
    return Lab(module_topo, module_serve, "--allow-transfer=10.7.0.9", "--allow-transfer=key:two",
               tsig_option("one"), tsig_option("two"), tsig_option("other", "hmac-sha512"))


def dig(ns, *words, server=HOST):
    return ns.run(["dig", f"@{server}", "+nocookie", *words], check=False).stdout


def test_dig_axfr_gets_the_zone_of_who_asks(lab):
    """The lan client gets the records that lan clients see."""
    text = dig(lab.near, "axfr", "vanya", "+noall", "+answer")
    lines = [line.split() for line in text.splitlines() if line]
    assert lines[0][3] == lines[-1][3] == "SOA" and lines[0] == lines[-1]
    assert ["Web.vanya.", "60", "IN", "A", "10.7.0.2"] in lines
    assert not any(line[0] == "Web.vanya." and line[4] == "198.51.100.2" for line in lines)
    assert ["Web.wan.vanya.", "60", "IN", "AAAA", "2001:db8:7::2"] in lines


def test_a_far_client_with_the_key_gets_the_wan_view(lab):
    zone = axfr(lab.far, "vanya", key="two", server="192.0.2.1")
    assert ("web.vanya.", "A", "198.51.100.2") in rows(zone)
    assert ("web.vanya.", "A", "10.7.0.2") not in rows(zone)


def test_dig_with_the_key_gets_what_it_does_not_get_without(lab):
    key = f"hmac-sha256:two:{SECRET}"
    text = dig(lab.host, "axfr", "vanya", "-y", key)
    assert "six.wan.vanya." in text and "Transfer failed" not in text and "TSIG" in text
    assert "Transfer failed" in dig(lab.host, "axfr", "vanya")


def test_a_reverse_zone_is_transferred_too(lab):
    zone = axfr(lab.near, "10.in-addr.arpa")
    assert ("2.0.7.10.in-addr.arpa.", "PTR", "Web.lan.vanya.") in rows(zone)


def test_the_catalog_lists_all_zones(lab):
    zone = axfr(lab.near, "_catalog.vanya")
    found = {value for name, rdtype, value in rows(zone) if rdtype == "PTR"}
    assert {"vanya.", "10.in-addr.arpa.", "100.51.198.in-addr.arpa."} <= found
    assert ("version._catalog.vanya.", "TXT", '"2"') in rows(zone)
    assert ("_catalog.vanya.", "NS", "invalid.") in rows(zone)


def test_the_catalog_is_for_who_may_transfer_only(lab):
    assert "status: NOERROR" in dig(lab.near, "soa", "_catalog.vanya")
    assert "ANSWER: 1" in dig(lab.near, "soa", "_catalog.vanya")
    assert "ANSWER: 0" in dig(lab.host, "soa", "_catalog.vanya")


def test_who_is_not_listed_is_refused(lab):
    for kind in ("axfr", "ixfr=1"):
        assert "Transfer failed" in dig(lab.host, kind, "vanya")
    reply = lab.host.call(lambda: dns.query.tcp(dns.message.make_query("vanya", "AXFR"), HOST))
    assert reply.rcode() == dns.rcode.REFUSED and not reply.answer


def test_a_key_that_is_not_listed_is_refused_with_a_signature(lab):
    query = dns.message.make_query("vanya", "AXFR")
    query.use_tsig(KEYS, "one")
    reply = lab.host.call(lambda: dns.query.tcp(query, HOST))
    assert reply.rcode() == dns.rcode.REFUSED and reply.had_tsig


@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
@pytest.mark.parametrize("key", ["one", "other"])
def test_a_signed_query_is_answered_signed(lab, tcp, key):
    query = dns.message.make_query("web.vanya", "AAAA")
    query.use_tsig(KEYS, key, algorithm=KEYS_ALGORITHM[key])
    reply = lab.near.call(lambda: (dns.query.tcp if tcp else dns.query.udp)(query, HOST))
    assert reply.had_tsig and reply.rcode() == dns.rcode.NOERROR and reply.answer


KEYS_ALGORITHM = {"one": "hmac-sha256", "two": "hmac-sha256", "other": "hmac-sha512"}


class RawReply:
    """A reply to a query without EDNS, with its TSIG record unchanged and not verified."""

    def __init__(self, wire, question_len):
        self.rcode = dns.rcode.to_text(wire[3] & 15)
        self.has_tsig = wire[10:12] == b"\0\1"
        if not self.has_tsig:
            return
        parser = dns.wire.Parser(wire, 12 + question_len)
        parser.get_name()
        rdtype, _, _, _ = parser.get_struct("!HHIH")
        self.has_tsig = rdtype == dns.rdatatype.TSIG
        if not self.has_tsig:
            return
        parser.get_name()
        _, _, _, mac_len = parser.get_struct("!HIHH")
        self.mac_len = len(parser.get_bytes(mac_len))
        _, error, other_len = parser.get_struct("!HHH")
        self.error = dns.rcode.to_text(error, True)
        self.other = parser.get_bytes(other_len)


def raw(lab, query):
    """Sends these bytes by TCP."""
    def exchange():
        with socket.create_connection((HOST, 53), 5) as stream:
            stream.sendall(struct.pack("!H", len(query)) + query)
            size = struct.unpack("!H", stream.recv(2, socket.MSG_WAITALL))[0]
            return stream.recv(size, socket.MSG_WAITALL)
    return RawReply(lab.near.call(exchange), len(b"\5vanya\0") + 4)


def test_a_wrong_secret_is_badsig_and_not_signed(lab):
    query = dns.message.make_query("vanya", "AXFR")
    query.use_tsig(dns.tsigkeyring.from_text({"two": "AAAAAAAAAAAAAAAAAAAAAA=="}), "two")
    reply = raw(lab, query.to_wire())
    assert (reply.rcode, reply.error, reply.mac_len) == ("NOTAUTH", "BADSIG", 0)


def test_errors_of_signatures_are_limited_like_other_replies(topo, serve):
    """Over UDP the source may be forged, so such replies are limited; over TCP it is known."""
    lab = Lab(topo, serve, "--rate-limit=5", tsig_option("one"))
    query = dns.message.make_query("web.vanya", "A")
    query.use_tsig(KEYS, "two.", algorithm="hmac-sha256")
    wire = query.to_wire()
    with lab.near.socket(socket.AF_INET) as sock:
        sock.settimeout(0.5)
        sock.connect((HOST, 53))
        for _ in range(200):
            sock.send(wire)
        replies = 0
        with pytest.raises(socket.timeout):
            while True:
                assert sock.recv(1024)[3] & 15 == dns.rcode.NOTAUTH
                replies += 1
    assert 0 < replies < 50
    assert lab.daemon.status()["dns"]["limited"] == 200 - replies
    with lab.near.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.connect((HOST, 53))
        sock.sendall((struct.pack("!H", len(wire)) + wire) * 100)
        with sock.makefile("rb") as stream:
            for _ in range(100):
                reply = stream.read(struct.unpack("!H", stream.read(2))[0])
                assert reply[3] & 15 == dns.rcode.NOTAUTH


def test_an_unknown_key_is_badkey_and_not_signed(lab):
    query = dns.message.make_query("vanya", "AXFR")
    query.use_tsig(dns.tsigkeyring.from_text({"who": SECRET}), "who")
    reply = raw(lab, query.to_wire())
    assert (reply.rcode, reply.error, reply.mac_len) == ("NOTAUTH", "BADKEY", 0)


def test_a_clock_that_is_wrong_is_badtime_and_signed(lab):
    query = dns.message.make_query("vanya", "AXFR")
    query.use_tsig(KEYS, "two")
    now, time.time = time.time, lambda: now() - 3600
    try:
        wire = query.to_wire()
    finally:
        time.time = now
    reply = raw(lab, wire)
    assert (reply.rcode, reply.error, reply.mac_len) == ("NOTAUTH", "BADTIME", 32)
    assert abs(int.from_bytes(reply.other, "big") - time.time()) < 60


def test_a_tsig_record_that_is_not_the_last_is_formerr(lab):
    query = dns.message.make_query("vanya", "SOA")
    query.use_tsig(KEYS, "two")
    wire = bytearray(query.to_wire())
    wire[11] += 1
    wire += b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
    assert raw(lab, bytes(wire)).rcode == "FORMERR"


def test_ixfr_over_udp_is_the_soa_alone(lab):
    query = dns.message.make_query("vanya", "IXFR")
    query.authority.append(dns.rrset.from_text("vanya.", 0, "IN", "SOA", ". . 1 0 0 0 0"))
    reply = lab.near.call(lambda: dns.query.udp(query, HOST))
    assert [rrset.rdtype for rrset in reply.answer] == [dns.rdatatype.SOA]


def test_ixfr_from_the_serial_of_now_is_the_soa_alone(lab):
    serial = axfr(lab.near, "vanya")[0][3].split()[2]
    text = dig(lab.near, f"ixfr={serial}", "vanya", "+noall", "+answer", "+tcp")
    assert text.count("SOA") == 1


def test_a_zone_that_is_not_ours_is_notauth(lab):
    reply = lab.near.call(lambda: dns.query.tcp(dns.message.make_query("example", "AXFR"), HOST))
    assert reply.rcode() == dns.rcode.NOTAUTH


def test_status_counts_transfers(lab):
    axfr(lab.near, "vanya")
    found = lab.daemon.status()["transfers"]
    assert found["done"] > 0 and found["refused"] > 0 and found["under_way"] == 0


def test_no_secret_is_shown(lab):
    """Not in /proc, not in status, not in the log."""
    with open(f"/proc/{lab.daemon.process.pid}/cmdline", "rb") as file:
        assert SECRET.encode() not in file.read()
    assert SECRET not in lab.daemon.log() + lab.daemon.ask("status", "-j")


# --- changes ----------------------------------------------------------------------------------------

def test_ixfr_tells_the_steps(topo, serve):
    lab = Lab(topo, serve, "--allow-transfer=10.7.0.0/24")
    before = axfr(lab.near, "vanya")
    serial = int(before[0][3].split()[2])
    lab.web.add_addr("eth0", "10.7.0.77/24")
    wait_until(lambda: "10.7.0.77" in str(rows(axfr(lab.near, "vanya"))))
    text = dig(lab.near, f"ixfr={serial}", "vanya", "+noall", "+answer", "+tcp")
    lines = [line.split() for line in text.splitlines() if line]
    assert [line[3] for line in lines].count("SOA") >= 4, text
    assert ["Web.lan.vanya.", "60", "IN", "A", "10.7.0.77"] in lines
    assert ["Web.lan.vanya.", "60", "IN", "A", "10.7.0.2"] not in lines
    lab.web.ip("addr del 10.7.0.77/24 dev eth0")
    wait_until(lambda: rows(axfr(lab.near, "vanya"))[1:-1] == rows(before)[1:-1])


def test_a_client_further_behind_than_the_journal_gets_all(lab):
    text = dig(lab.near, "ixfr=5", "vanya", "+noall", "+answer", "+tcp")
    assert text.count("SOA") == 2 and "six.vanya." in text


def test_a_large_zone_comes_whole_while_another_client_does_not_read(topo, serve, tmp_path):
    """A client that reads nothing delays nobody; others get their answers meanwhile."""
    zone = tmp_path / "big.zone"
    zone.write_text("".join(f"host-{i} 300 IN A 192.0.2.{i % 250}\n" for i in range(20000)))
    lab = Lab(topo, serve, "--allow-transfer=10.7.0.0/24", f"--zone-file={zone}", tsig_option("one"))
    query = dns.message.make_query("vanya", "AXFR").to_wire()
    with lab.near.socket(socket.AF_INET, socket.SOCK_STREAM) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((HOST, 53))
        slow.sendall(struct.pack("!H", len(query)) + query)
        wait_until(lambda: lab.daemon.status()["transfers"]["under_way"] == 1)
        found = rows(axfr(lab.near, "vanya"))
        assert len([row for row in found if row[0].startswith("host-")]) == 20000
        # When signed, each message is chained to the previous one.
        assert rows(axfr(lab.near, "vanya", key="one")) == found
        started = time.monotonic()
        assert lab.near.call(lambda: dns.query.udp(
            dns.message.make_query("host-7.vanya", "A"), HOST, timeout=2)).answer
        assert time.monotonic() - started < 1
        assert lab.daemon.status()["transfers"]["under_way"] == 1
    wait_until(lambda: lab.daemon.status()["transfers"]["under_way"] == 0)
    assert lab.daemon.status()["transfers"]["failed"] == 1
