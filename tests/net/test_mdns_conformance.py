# SPDX-License-Identifier: ISC
"""RFC 6762 as a neighbour on the link sees it: packets in, packets out. Each case has its section in its
name; doc/rfc6762.md has the results for us and for avahi-daemon (--responder=avahi-daemon runs it;
tests/net/record-avahi records the results)."""
import socket
import struct
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.mdns import (A, AAAA, ANY, FLUSH, HTTPS, IN, NSEC, PTR, QU, SRV, TXT, query, question,  # noqa: E402
                      wire_name)
from lib.responder import (KITCHEN, Ear, Lab, claim, is_probe, message, probe, probed_names,  # noqa: E402
                           rr)

WEB, SHOP = "web.local.", "shop._http._tcp.local."
HTTP, IPP = "_http._tcp.local.", "_ipp._tcp.local."
ADDR4, ADDR6 = "10.7.0.1", "fd07::1"
WEB_A = rr(WEB, A, 120, socket.inet_aton(ADDR4))
SHOP_PTR = rr(HTTP, PTR, 4500, wire_name(SHOP))
FAMILIES = pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6],
                                   ids=["IPv4", "IPv6"])
SERVER = {socket.AF_INET: ADDR4, socket.AF_INET6: ADDR6}
QM_SECOND = 1.05  # after which a record may be multicast again


@pytest.fixture(scope="module")
def lab(request, module_topo, program, need, tmp_path_factory):
    """A responder at rest. An answer of one case is not repeated in the next: so a second passes between
    cases that ask for multicast."""
    made = Lab(module_topo, request.config.getoption("--responder"), tmp_path_factory.mktemp("lab"),
               program, need)
    try:
        made.start()
        time.sleep(2)
        made.at_rest = time.time()
        yield made
        made.responder.stop()
    finally:
        made.responder.close()


@pytest.fixture
def ear(lab):
    with Ear(lab.client) as made:
        yield made


@pytest.fixture
def rested(ear):
    """An ear, after a second in which the responder sent no multicast answer."""
    last = max((h.at for h in said() if h.is_multicast and h.message.is_response), default=0)
    for heard in ear.each(max(0, min(last + QM_SECOND - time.time(), QM_SECOND))):
        pass
    ear.drain()
    return ear


@pytest.fixture
def fresh(request, topo, program, need, tmp_path):
    """A responder that has not been started."""
    made = Lab(topo, request.config.getoption("--responder"), tmp_path, program, need)
    try:
        yield made
    finally:
        made.responder.close()


def answers(name, *types):
    def check(m):
        return m.is_response and all(m.of(name, rdtype, "answer") for rdtype in types)
    return check


def says(name, rdtype):
    return lambda m: m.is_response and bool(m.of(name, rdtype))


def ask(ear, *questions, **header):
    ear.send(query(*(question(*q) for q in questions), **header))


def ask_reply(ear, name, *types):
    """The reply to these questions, by unicast or multicast: both are allowed (§5.4)."""
    ask(ear, *((name, rdtype, IN | QU) for rdtype in types))
    return ear.first(lambda m: m.is_response and any(r.name.lower() == name.lower()
                                                     for r in m.records), 1, "a reply").message


def ask_legacy(lab, name, rdtype, class_=IN, family=socket.AF_INET, flags=0x0100, id_=0x4711):
    with Ear(lab.client, family, port=0) as ear:
        ear.send(query(question(name, rdtype, class_), id_=id_, flags=flags))
        heard = ear.hear(1)
        assert heard, "no reply"
        return heard


# --- queries --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["1.0.7.10.in-addr.arpa.",
                                  "1." + "0." * 27 + "7.0.d.f.ip6.arpa."], ids=["IPv4", "IPv6"])
def test_s4_reverse_names_are_answered(lab, name):
    assert [r.data for r in ask_legacy(lab, name, PTR).message.of(name, PTR)] == [WEB]


def test_s5_3_all_questions_of_a_message_are_answered(rested):
    reply = ask_reply(rested, SHOP, SRV, TXT)
    assert reply.of(SHOP, SRV) and reply.of(SHOP, TXT)


def test_s5_4_qu_question_gets_a_unicast_reply(rested):
    ask(rested, (WEB, A, IN))
    rested.first(answers(WEB, A), 1, "an answer")
    ask(rested, (WEB, A, IN | QU))
    for heard in rested.each(1):
        if heard.message.is_response and not heard.is_multicast:
            assert heard.message.id == 0 and [r.data for r in heard.message.of(WEB, A)] == [ADDR4]
            return
    raise AssertionError("no unicast reply")


@FAMILIES
def test_s5_5_unicast_query_gets_a_unicast_reply(lab, family):
    with Ear(lab.client, family) as ear:
        ear.send_to(query(question(WEB, A)), SERVER[family])
        for heard in ear.each(1):
            if heard.message.of(WEB, A, "answer"):
                assert not heard.is_multicast
                return
    raise AssertionError("no reply")


# --- answers --------------------------------------------------------------------------------------

def test_s6_sole_owner_answers_at_once(rested):
    start = time.time()
    ask(rested, (WEB, AAAA, IN))
    assert rested.first(answers(WEB, AAAA), 1, "an answer").at - start < 0.05


def test_s6_shared_records_wait_20_to_120_ms(rested):
    start = time.time()
    ask(rested, (HTTP, PTR, IN))
    took = rested.first(answers(HTTP, PTR), 1, "an answer").at - start
    assert 0.019 < took < 0.170


def test_s6_truncated_query_waits_400_to_500_ms(rested):
    start = time.time()
    ask(rested, (HTTP, PTR, IN), flags=0x0200)
    took = rested.first(answers(HTTP, PTR), 1.5, "an answer").at - start
    assert 0.39 < took < 0.65


def test_s6_same_record_at_most_once_a_second(rested):
    times = []
    for _ in range(4):
        ask(rested, (WEB, A, IN))
        times += [h.at for h in rested.each(0.22) if h.is_multicast and h.message.of(WEB, A)]
    assert times and all(b - a > 0.95 for a, b in zip(times, times[1:])), times


def test_s6_probe_is_defended_though_it_was_said_within_a_second(rested):
    ask(rested, (WEB, A, IN))
    rested.first(answers(WEB, A), 1, "an answer")
    time.sleep(0.3)
    start = time.time()
    rested.send(probe(WEB, "10.7.0.66"))
    assert rested.first(answers(WEB, A), 0.6, "a defence").at - start < 0.1


def test_s6_questions_in_responses_are_ignored(rested):
    ask(rested, (WEB, A, IN), flags=0x8400)
    rested.none(says(WEB, A), 0.6, "an answer")


def test_s6_response_from_another_port_is_ignored(lab, rested):
    with Ear(lab.client, port=0) as other:
        other.send(claim(WEB, "10.7.0.66"))
        rested.none(lambda m: is_probe(m) or says(WEB, A)(m), 0.7, "a reaction")


@FAMILIES
def test_s6_answers_come_from_port_5353(lab, family):
    heard = ask_legacy(lab, WEB, A, family=family)
    assert heard.message.peer[1] == 5353


def test_s6_1_absent_type_is_denied(rested):
    reply = ask_reply(rested, WEB, TXT)
    assert TXT not in reply.of(WEB, NSEC)[0].data and {A, AAAA} <= reply.of(WEB, NSEC)[0].data


def test_s6_1_absent_https_is_denied(rested):
    reply = ask_reply(rested, WEB, HTTPS)
    assert HTTPS not in reply.of(WEB, NSEC)[0].data


def test_s6_1_denial_has_the_restricted_form(rested):
    record = ask_reply(rested, WEB, TXT).of(WEB, NSEC)[0]
    assert NSEC not in record.data and record.class_ == IN | FLUSH and record.ttl == 120
    assert record.rdata.endswith(b"\x00\x04\x40\x00\x00\x08"), record.rdata


def test_s6_1_denial_comes_when_all_that_is_there_is_known(rested):
    rested.send(message([question(WEB, A), question(WEB, HTTPS)], answers=[WEB_A]))
    reply = rested.first(says(WEB, NSEC), 1, "a denial").message
    assert not reply.of(WEB, A, "answer")


def test_s6_2_other_family_is_in_the_additional_section(rested):
    reply = ask_reply(rested, WEB, A)
    assert ADDR6 in [r.data for r in reply.of(WEB, AAAA)]


def test_s6_3_answers_to_several_questions_share_a_packet(rested):
    ask(rested, (HTTP, PTR, IN), (IPP, PTR, IN))
    rested.first(answers(HTTP, PTR), 1, "an answer")
    time.sleep(QM_SECOND)
    rested.drain()
    ask(rested, (HTTP, PTR, IN), (IPP, PTR, IN))
    assert answers(IPP, PTR)(rested.first(answers(HTTP, PTR), 1, "an answer").message)


def test_s6_4_answers_to_several_queries_share_a_packet(rested):
    ask(rested, (HTTP, PTR, IN))
    ask(rested, (IPP, PTR, IN))
    assert answers(IPP, PTR)(rested.first(answers(HTTP, PTR), 1, "an answer").message)


def test_s6_5_any_type_gets_all_records(rested):
    reply = ask_reply(rested, SHOP, ANY)
    assert reply.of(SHOP, SRV, "answer") and reply.of(SHOP, TXT, "answer")


def test_s6_5_any_class_matches(lab):
    heard = ask_legacy(lab, WEB, A, class_=ANY)
    assert [r.data for r in heard.message.of(WEB, A)] == [ADDR4]


@FAMILIES
def test_s6_7_legacy_query_gets_a_conventional_reply(lab, family):
    reply = ask_legacy(lab, WEB, A, family=family, id_=0xbeef).message
    assert reply.id == 0xbeef and reply.questions == [(WEB, A, IN)]
    assert [r.data for r in reply.of(WEB, A, "answer")] == [ADDR4]
    assert not any(r.class_ & FLUSH for r in reply.records)


def test_s6_7_legacy_reply_has_a_ttl_of_at_most_10(lab):
    assert all(r.ttl <= 10 for r in ask_legacy(lab, WEB, A).message.records)


# --- less traffic ---------------------------------------------------------------------------------

def test_s7_1_known_answer_is_not_given(rested):
    rested.send(message([question(HTTP, PTR)], answers=[SHOP_PTR]))
    rested.none(answers(HTTP, PTR), 0.6, "an answer")


def test_s7_1_answer_known_with_less_than_half_of_its_ttl_is_given(rested):
    rested.send(message([question(HTTP, PTR)], answers=[rr(HTTP, PTR, 2000, wire_name(SHOP))]))
    rested.first(answers(HTTP, PTR), 1, "an answer")


def test_s7_1_known_answers_are_not_taken_for_true(rested):
    """They are in queries: not a conflict, and later answers do not use them."""
    rested.send(message([question(WEB, A)], answers=[rr(WEB, A, 120, bytes((10, 7, 0, 66)))]))
    reply = rested.first(answers(WEB, A), 1, "an answer").message
    assert [r.data for r in reply.of(WEB, A)] == [ADDR4]
    rested.none(is_probe, 0.5, "a probe")


def test_s7_2_known_answers_of_a_later_packet_count(rested):
    ask(rested, (HTTP, PTR, IN), flags=0x0200)
    time.sleep(0.1)
    rested.send(message(answers=[SHOP_PTR]))
    rested.none(answers(HTTP, PTR), 1, "an answer")


def test_s7_4_answer_that_another_gave_is_not_given(rested):
    ask(rested, (HTTP, PTR, IN))
    rested.send(message(answers=[SHOP_PTR], flags=0x8400))
    rested.none(answers(HTTP, PTR), 0.6, "an answer")


# --- conflicts with an established host ---------------------------------------------------------------

def test_s6_6_same_record_with_a_low_ttl_is_announced_again(rested):
    low = rr(WEB, A, 30, socket.inet_aton(ADDR4), IN | FLUSH)
    rested.send(message(answers=[low], flags=0x8400))
    assert rested.first(answers(WEB, A), 1.5, "an announcement").message.of(WEB, A)[0].ttl == 120


def test_s10_1_goodbye_of_another_to_our_record_is_answered(rested):
    rested.send(message(answers=[rr(WEB, A, 0, socket.inet_aton(ADDR4), IN | FLUSH)], flags=0x8400))
    assert rested.first(answers(WEB, A), 1.5, "an announcement").message.of(WEB, A)[0].ttl == 120


def test_s8_1_probe_is_answered_at_once(rested):
    start = time.time()
    rested.send(probe(WEB, "10.7.0.66"))
    assert rested.first(answers(WEB, A), 1, "a defence").at - start < 0.05


# --- form of records --------------------------------------------------------------------------------

def test_s10_ttl_of_host_records_is_120_s(rested):
    assert ask_reply(rested, WEB, A).of(WEB, A)[0].ttl == 120
    assert ask_reply(rested, SHOP, SRV).of(SHOP, SRV)[0].ttl == 120


def test_s10_ttl_of_other_records_is_75_min(rested):
    assert ask_reply(rested, SHOP, TXT).of(SHOP, TXT)[0].ttl == 4500


def test_s10_2_flush_bit_is_on_unique_records_and_not_on_shared_ones(rested):
    ask(rested, (HTTP, PTR, IN), (SHOP, SRV, IN))
    seen = {}
    for heard in rested.each(0.5):
        seen.update({(r.name, r.type): r.class_ for r in heard.message.records})
    assert seen[HTTP, PTR] == IN and seen[SHOP, SRV] == IN | FLUSH


def test_rfc6763_s12_1_pointer_brings_srv_txt_and_addresses(rested):
    ask(rested, (HTTP, PTR, IN))
    reply = rested.first(answers(HTTP, PTR), 1, "an answer").message
    assert all([reply.of(SHOP, SRV), reply.of(SHOP, TXT), reply.of(WEB, A), reply.of(WEB, AAAA)])


def test_rfc6763_s9_service_types_are_listed(lab):
    name = "_services._dns-sd._udp.local."
    assert {r.data for r in ask_legacy(lab, name, PTR).message.of(name, PTR)} >= {HTTP, IPP}


# --- answered clients -------------------------------------------------------------------------------

@pytest.mark.parametrize("source, via, target", [
    ("198.51.100.7/32", "10.7.0.9", ADDR4), ("2001:db8:ff::7/128", "fd07::9", ADDR6)],
    ids=["IPv4", "IPv6"])
def test_s11_source_that_is_not_on_the_link_is_not_answered(lab, source, via, target):
    addr = source.split("/")[0]
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    lab.client.add_addr("lo", source)
    lab.server.ip(f"route replace {source} via {via}")
    with lab.client.socket(family) as sock:
        sock.bind((addr, 0))
        sock.settimeout(0.6)
        sock.sendto(query(question(WEB, A), id_=7, flags=0x0100), (target, 5353))
        with pytest.raises(OSError):
            sock.recv(9000)


def test_s15_another_program_on_the_host_hears_multicast_too(lab, rested):
    with Ear(lab.server) as other:
        ask(rested, (WEB, A, IN))
        assert other.first(lambda m: any(q.name == WEB for q in m.questions), 1, "the question")
        assert rested.first(answers(WEB, A), 1, "the answer")


# --- names ----------------------------------------------------------------------------------------

def test_s16_names_compare_without_case(rested):
    reply = ask_reply(rested, "WeB.lOCAl.", A)
    assert [r.data for r in reply.records if r.type == A] == [ADDR4]


def test_s16_names_are_utf_8(lab):
    with Ear(lab.client, port=0) as ear:
        ear.send(query(KITCHEN + struct.pack("!HH", SRV, IN), id_=5))
        heard = ear.hear(1)
        assert heard and heard.message.records[0].type == SRV


# --- headers --------------------------------------------------------------------------------------

def test_s18_1_id_of_a_multicast_query_is_ignored(rested):
    ask(rested, (WEB, A, IN), id_=0x1234)
    assert rested.first(answers(WEB, A), 1, "an answer").message.id == 0


def test_s18_3_other_opcodes_are_ignored(rested):
    ask(rested, (WEB, A, IN), flags=0x2000)
    rested.none(says(WEB, A), 0.6, "an answer")


def test_s18_4_to_10_other_bits_of_a_query_are_ignored(rested):
    ask(rested, (WEB, A, IN), flags=0x0400 | 0x0100 | 0x0080 | 0x0040 | 0x0020 | 0x0010)
    rested.first(answers(WEB, A), 1, "an answer")


def test_s18_11_messages_with_an_rcode_are_ignored(rested):
    ask(rested, (WEB, A, IN), flags=0x0003)
    rested.none(says(WEB, A), 0.6, "an answer")


def test_s18_11_responses_with_an_rcode_are_ignored(rested):
    packet = bytearray(claim(WEB, "10.7.0.66"))
    packet[3] |= 3
    rested.send(bytes(packet))
    rested.none(lambda m: is_probe(m) or says(WEB, A)(m), 0.7, "a reaction")


def test_s18_14_names_are_compressed(rested):
    reply = ask_reply(rested, SHOP, SRV, TXT)
    assert reply.of(SHOP, SRV) and reply.wire.count(b"\x05local") == 1


def test_s18_14_srv_is_not_compressed_in_a_legacy_reply(lab):
    reply = ask_legacy(lab, SHOP, SRV).message
    assert reply.of(SHOP, SRV)[0].rdata[6:] == wire_name(WEB)


def test_s18_14_compressed_names_of_all_kinds_are_read(rested):
    """The second question's name is a pointer; so is the known answer's rdata."""
    at_http = struct.pack("!H", 0xc00c)
    known = at_http + struct.pack("!HHIH", PTR, IN, 4500, 7) + b"\x04shop" + at_http
    second = at_http + struct.pack("!HH", TXT, IN)
    rested.send(message([question(HTTP, PTR), second], answers=[known]))
    rested.none(answers(HTTP, PTR), 0.6, "an answer")


def test_s20_answers_on_the_family_of_the_question(lab):
    time.sleep(QM_SECOND)
    with Ear(lab.client, socket.AF_INET6) as six:
        ask(six, (WEB, A, IN))
        assert six.first(answers(WEB, A), 1, "an answer on IPv6")


@FAMILIES
def test_s21_malformed_packets_do_no_harm(lab, family):
    good = query(question(HTTP, PTR), additional=[SHOP_PTR])
    with Ear(lab.client, family) as ear:
        for end in range(0, len(good), 3):
            ear.send(good[:end])
        itself = b"\xc0\x0c\x00\x01\x00\x01"  # a name that points to itself
        ear.send(struct.pack("!6H", 0, 0, 1, 0, 0, 0) + itself)
        ear.send(struct.pack("!6H", 0, 0x8400, 0xffff, 0xffff, 0xffff, 0xffff))
        time.sleep(0.2)
    assert ask_legacy(lab, WEB, A, family=family).message.of(WEB, A)


# --- start, end, and rivals -----------------------------------------------------------------------

def announced(ear, seconds=6):
    """The packet that announces our address, and its name."""
    heard = ear.first(lambda m: m.is_response and any(
        r.type == A and r.ttl > 0 and r.section == "answer" and r.data == ADDR4 for r in m.records),
        seconds, "an announcement")
    return heard, [r.name for r in heard.message.records if r.type == A and r.data == ADDR4][0]


def test_s8_1_three_probes_250_ms_apart(fresh):
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        times = []
        for heard in ear.each(6):
            if is_probe(heard.message):
                times.append(heard.at)
            elif says(WEB, A)(heard.message):
                times.append(heard.at)
                break
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert len(gaps) == 3 and all(0.24 < gap < 0.45 for gap in gaps), gaps


def test_s8_1_probe_asks_for_any_by_unicast_and_proposes_without_flush(fresh):
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        first = ear.first(is_probe, 6, "a probe").message
    asked = [q for q in first.questions if q.name == WEB]
    assert [(q.type, q.class_) for q in asked] == [(ANY, IN | QU)]
    proposed = first.of(WEB, A, "authority") + first.of(WEB, AAAA, "authority")
    assert {ADDR4, ADDR6} <= {r.data for r in proposed}
    assert all(r.class_ == IN for r in proposed)


def test_s8_1_objection_while_probing_makes_it_take_another_name(fresh):
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        ear.first(is_probe, 6, "a probe")
        ear.send(claim(WEB, "10.7.0.66"))
        assert announced(ear)[1] == "web-2.local."


def test_s8_1_fifteen_conflicts_in_ten_seconds_slow_it_down(fresh):
    tries, last = [], None
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        for heard in ear.each(13):
            names = [name for name in probed_names(heard.message) if name.startswith("web")]
            for name in names:
                ear.send(claim(name, "10.7.0.66"))
                if name != last:
                    tries.append(heard.at)
                    last = name
    gaps = [b - a for a, b in zip(tries, tries[1:])]
    assert len(tries) >= 3 and all(gap > 4.8 for gap in gaps[15:]), gaps
    assert len(tries) <= 18, len(tries)


def test_s8_2_loser_of_a_tie_waits_a_second_and_probes_again(fresh):
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        ear.first(is_probe, 6, "a probe")
        sent = time.time()
        ear.send(probe(WEB, "250.0.0.1"))
        again = ear.first(lambda m: is_probe(m) or says(WEB, A)(m), 3, "another probe")
        assert is_probe(again.message) and again.at - sent > 0.95, again.at - sent
        assert announced(ear)[1] == WEB


def test_s8_2_winner_of_a_tie_goes_on(fresh):
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        first = ear.first(is_probe, 6, "a probe")
        ear.send(probe(WEB, "1.0.0.1"))
        heard, name = announced(ear)
        assert name == WEB and heard.at - first.at < 1.2


def test_s8_3_two_announcements_a_second_apart_with_all_records(fresh):
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        first = ear.first(answers(WEB, A, AAAA), 6, "an announcement")
        second = ear.first(answers(WEB, A, AAAA), 3, "another")
    assert 0.95 < second.at - first.at < 1.6


def test_s8_3_is_silent_after_its_announcements(fresh):
    fresh.start()
    time.sleep(4.5)
    with Ear(fresh.client) as ear:
        ear.none(says(WEB, A), 3, "an announcement")


def test_s8_4_new_address_is_announced_without_a_probe(fresh):
    fresh.start()
    time.sleep(2)
    with Ear(fresh.client) as ear:
        fresh.server.add_addr("eth0", "10.7.0.3/24")
        heard = ear.first(lambda m: is_probe(m) or "10.7.0.3" in
                          [r.data for r in m.of(WEB, A, "answer")], 3, "an announcement")
        assert not is_probe(heard.message), "it probes again"


def test_s8_carrier_that_returns_makes_it_probe_again(fresh):
    fresh.start()
    time.sleep(2)
    with Ear(fresh.client) as ear:
        fresh.client.ip("link set eth0 down")
        time.sleep(1.5)
        fresh.client.ip("link set eth0 up")
        ear.first(is_probe, 6, "a probe")
        assert announced(ear)[1] == WEB


def test_s9_conflict_makes_it_probe_at_once_and_the_loser_take_another_name(fresh):
    fresh.start()
    time.sleep(1)
    with Ear(fresh.client) as ear:
        sent = time.time()
        ear.send(claim(WEB, "10.7.0.66"))
        assert ear.first(is_probe, 2, "a probe").at - sent < 0.5
        ear.send(claim(WEB, "10.7.0.66"))
        ear.drain()
        assert announced(ear)[1] == "web-2.local."


def test_s9_conflict_that_nobody_insists_on_changes_nothing(fresh):
    fresh.start()
    time.sleep(1)
    with Ear(fresh.client) as ear:
        ear.send(claim(WEB, "10.7.0.66"))
        ear.first(is_probe, 2, "a probe")
        assert announced(ear)[1] == WEB


def test_s9_reflected_packets_are_no_conflict(fresh):
    """A reflector repeats each packet, from its own address."""
    with Ear(fresh.client) as ear:
        fresh.responder.start()
        names = set()
        for heard in ear.each(6):
            if heard.is_multicast:
                ear.send(heard.message.wire)
            names |= {r.name for r in heard.message.records if r.type == A and r.ttl > 0}
    assert names == {WEB}, names


def test_s10_1_goodbye_at_the_end(fresh):
    fresh.start()
    time.sleep(1)
    with Ear(fresh.client) as ear:
        fresh.responder.stop()
        gone = set()
        for heard in ear.each(1.5):
            gone |= {(r.name, r.type) for r in heard.message.records if r.ttl == 0}
    assert gone >= {(WEB, A), (WEB, AAAA), (HTTP, PTR), (SHOP, SRV)}


def test_s14_address_of_another_link_is_not_told(fresh, topo):
    topo.bridge(fresh.server, "br9", "10.99.0.1/24")
    fresh.start()
    reply = ask_legacy(fresh, WEB, A).message
    assert [r.data for r in reply.of(WEB, A)] == [ADDR4]


# --- everything received ----------------------------------------------------------------------------

def said():
    return [heard for heard in Ear.everything if heard.message.peer[0] in (ADDR4, ADDR6) or
            heard.message.peer[0].startswith("fe80")]


def test_s5_4_qu_question_gets_multicast_after_a_quarter_of_the_ttl(lab, ear):
    time.sleep(max(0, lab.at_rest + 31 - time.time()))
    ear.drain()
    ear.send(query(KITCHEN + struct.pack("!HH", SRV, IN | QU)))
    heard = ear.first(lambda m: m.is_response and any(r.type == SRV for r in m.records), 1,
                      "an answer")
    assert heard.is_multicast


def test_s11_everything_has_a_ttl_of_255(lab):
    assert said() and {heard.ttl for heard in said()} == {255}


def test_s17_everything_fits_the_link(lab):
    assert max(heard.size for heard in said()) <= 1500 - 48


def test_s18_headers_of_responses_have_aa_and_nothing_else(lab):
    flags = {heard.message.flags for heard in said()
             if heard.is_multicast and heard.message.is_response}
    assert flags == {0x8400}, flags


def test_s18_1_ids_of_multicast_are_0(lab):
    assert {heard.message.id for heard in said() if heard.is_multicast} == {0}


def test_s6_responses_have_no_questions(lab):
    assert not any(heard.message.questions for heard in said()
                   if heard.is_multicast and heard.message.is_response)
