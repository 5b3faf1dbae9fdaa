# SPDX-License-Identifier: ISC
"""The same zones served by Knot, NSD and ontap-zone, and the same questions to all three: the answers must
be the same, section by section. Each intended difference is in DIFFERENCES with its reason.

Questions are generated from the zones at random, always the same ones; DIFFERENTIAL_SEED=N makes others.
"""
import os
import random
from typing import Callable, NamedTuple

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402
import dns.name  # noqa: E402
import dns.rdatatype  # noqa: E402

from lib.battery import AD, CD, RD, Question, ask_tcp, ask_udp  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.reply import Malformed, Reply, parse  # noqa: E402
from lib.secondary import knot_of_files, nsd_of_files, write  # noqa: E402
from lib.transfer import axfr  # noqa: E402
from lib.wait import wait_until  # noqa: E402

USUAL_SEED = 1034
SEED = int(os.environ.get("DIFFERENTIAL_SEED", USUAL_SEED))
ZONES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zones")
OURS, KNOT, NSD = "127.0.0.1", "127.0.0.2", "127.0.0.3"
STATIC = ["d.example", "dname.test"]
DERIVED = ["vanya", "10.in-addr.arpa", "100.51.198.in-addr.arpa", "0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa",
           "0.0.0.0.7.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"]
# Records besides the derived ones.
MORE = """$ORIGIN vanya.
@ 60 MX 10 web
web 60 TXT "beside the addresses"
alias 60 CNAME web
sub.wan 60 NS ns.sub.wan
ns.sub.wan 60 A 192.0.2.1
"""
# Sets that are too long for some size of UDP reply.
LARGE = {"d.example": "".join(
    [f"many{count} A 192.0.2.{i}\n" for count in (20, 30, 60, 100, 200) for i in range(count)] +
    [f"long AAAA 2001:db8:1::{i:x}\n" for i in range(500)] +
    [f"text{count} TXT {'x' * 100}{i}\n" for count in (4, 8, 12, 40) for i in range(count)] +
    [f"mail{count} MX {i} mx{i}.mail{count}\nmx{i}.mail{count} A 192.0.2.{i}\n"
     for count in (10, 20, 40) for i in range(count)] +
    [f"cut{count} NS ns{i}.cut{count}\nns{i}.cut{count} AAAA 2001:db8:2::{i:x}\n"
     for count in (8, 13, 25) for i in range(count)])}

COMMON_TYPES = ["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "SRV", "DNAME", "DS", "ANY", "TYPE65281"]
TYPES = COMMON_TYPES + [
    "PTR", "HINFO", "MINFO", "RP", "AFSDB", "RT", "LOC", "NAPTR", "KX", "CERT", "SSHFP", "RRSIG", "NSEC",
    "DNSKEY", "NSEC3", "NSEC3PARAM", "TLSA", "CDS", "CDNSKEY", "SVCB", "HTTPS", "SPF", "URI", "CAA",
    "TYPE19", "TYPE731", "TYPE1234", "TYPE62347", "TYPE65280", "TYPE65535"]
OPT, TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ANY = 41, 249, 250, 251, 252, 253, 254, 255
META_TYPES = [0, OPT, TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, 128]
SVCB, HTTPS = 64, 65
TARGETS = 32  # LIMIT_SERVE_TARGETS
FORMERR, NOTIMP, REFUSED, NOTAUTH = 1, 4, 5, 9
OTHER_CLASSES = [0, 2, 3, 4, 7, 254, 255, 255, 255, 255, 255, 256]
PAYLOADS = [None, None, 0, 512, 1232, 1232, 4096, 65535]


def number(rdtype):
    return int(dns.rdatatype.from_text(rdtype))


# --- questions --------------------------------------------------------------------------------------

def variations(name):
    """Names near an existing one: parents, children, neighbours."""
    yield name
    for i in range(1, len(name)):
        yield name[i:]
    for prefix in ((b"x",), (b"a", b"b"), (b"*",), (b"x", b"*"), (b"\0",), (b"y" * 63,)):
        yield prefix + name
    label, above = name[0], name[1:]
    if label:
        for other in (label + b"0", label[:-1], bytes([label[0] ^ 1]) + label[1:],
                      label[:-1] + bytes([label[-1] ^ 1]), b"*"):
            yield (other,) + above
        yield (b"x", b"y") + above


def to_wire(labels):
    return b"".join(bytes([len(label)]) + label for label in labels)


def is_name(labels):
    return all(0 < len(label) < 64 for label in labels[:-1]) and len(to_wire(labels)) <= 255


def names_near(owners):
    """In wire form, without repetitions."""
    found = {}
    for owner in owners:
        for labels in variations(owner):
            if is_name(labels):
                found[to_wire(labels)] = None
    return list(found)


def mixed_case(rng, name):
    return bytes(byte ^ 0x20 if 64 < byte & 0xdf < 91 and rng.random() < .5 else byte for byte in name)


def vary(rng, name, rdtype):
    """The question in one of the forms in which clients ask."""
    rdclass = 1 if rng.random() < .98 else rng.choice(OTHER_CLASSES)
    flags = sum(bit for bit in (RD, AD, CD) if rng.random() < .4)
    payload = rng.choice(PAYLOADS)
    name = mixed_case(rng, name) if rng.random() < .3 else name
    return Question(name, rdtype, rdclass, flags, payload, payload is not None and rng.random() < .5)


def make_questions(owners, count):
    """Each name with common types and each owner with all types first, then random combinations."""
    rng = random.Random(SEED)
    names, owners = names_near(owners), [to_wire(labels) for labels in owners]
    types = [number(rdtype) for rdtype in TYPES]
    pairs = [(name, number(rdtype)) for name in names for rdtype in rng.sample(COMMON_TYPES, 3)]
    pairs += [(name, rdtype) for name in rng.sample(names, min(60, len(names)))
              for rdtype in META_TYPES]
    pairs += [(owner, rdtype) for owner in owners for rdtype in types]
    rng.shuffle(pairs)
    pairs += [(rng.choice(names), rng.choice(types)) for _ in range(count - len(pairs))]
    return [vary(rng, *pair) for pair in pairs[:count]]


# --- the servers ------------------------------------------------------------------------------------

class Site:
    """A host with workloads. Knot and NSD serve the zones of files, and the zones that ontap-zone makes of
    what it sees, which they get by AXFR. So each zone has three servers."""

    def __init__(self, topo):
        self.ns = topo.namespace("site")
        topo.bridge(self.ns, "br0", "10.7.0.1/24", "fd07::1/64")
        topo.workload("web", self.ns, "br0", "10.7.0.2/24", "fd07::2/64", "198.51.100.2/24",
                      "2001:db8:7::2/64", alias="Web")
        topo.workload("two", self.ns, "br0", "10.7.0.3/24", "10.7.1.4/16", "fd07::3:0:0:1/64",
                      alias="two")
        topo.workload("six", self.ns, "br0", "2001:db8:7::3/64", alias="six")
        self.ours = {}   # zone: address of the ontap-zone that has it
        self.files = {}  # zone: its file
        self.owners = {}

    def take_over(self, zones, addr, work):
        """Writes zones made by ontap-zone to files."""
        for zone in zones:
            rows = [f"{name} {ttl} {rdtype} {text}\n"
                    for name, ttl, rdtype, text in axfr(self.ns, zone, server=addr)]
            self.files[zone] = write(work, zone + ".zone", "".join(rows[:-1]))
            self.ours[zone] = addr

    def wait(self):
        for zone in self.files:
            for addr in (KNOT, NSD):
                wait_until(lambda: self.is_served(zone, addr), 15, f"{addr} serves {zone}")

    def is_served(self, zone, addr):
        try:
            return ask(self.ns, addr, zone, "SOA", timeout=1).answer
        except (OSError, dns.exception.Timeout):
            return False

    def ask_all(self, zone, how, questions):
        return zip(*(how(self.ns, addr, 53, questions) for addr in (self.ours[zone], KNOT, NSD)))


@pytest.fixture(scope="module")
def site(module_topo, module_serve, need, tmp_path_factory):
    knotd, nsd = need("knotd"), need("nsd")
    work = str(tmp_path_factory.mktemp("others"))
    made = Site(module_topo)
    module_serve(made.ns, "--domain=vanya", "--ns=ns.example.", "--no-mdns", f"--listen={OURS}",
                 "--allow-transfer=127.0.0.1", "--zone-file=" + write(work, "more", MORE))
    made.take_over(DERIVED, OURS, work)
    for i, zone in enumerate(STATIC):
        path = os.path.join(ZONES, zone + ".zone")
        made.files[zone] = write(work, zone, open(path, encoding="ascii").read() + LARGE.get(zone, ""))
        made.ours[zone] = f"127.0.0.{10 + i}"
        module_serve(made.ns, f"--domain={zone}", "--ns=ns.example.", "--no-mdns", "--names=hostname",
                     f"--listen={made.ours[zone]}", f"--zone-file={made.files[zone]}")
    others = [knot_of_files(knotd, made.ns, KNOT, work, made.files),
              nsd_of_files(nsd, made.ns, NSD, work, made.files)]
    try:
        made.wait()
        yield made
    finally:
        for server in others:
            server.stop()
            print(f"--- {server.log_path}\n{server.log()[-5000:]}")


# --- the comparison ---------------------------------------------------------------------------------

class Case(NamedTuple):
    """A question and the three replies to it. `room` is what our reply leaves of its limit."""
    question: Question
    room: int
    ours: Reply
    knot: Reply
    nsd: Reply

    def wrong(self):
        """The fields in which only we differ; "mixture" if we agree in part with the one, and in part with
        the other."""
        fields = {field for field in Reply._fields
                  if getattr(self.ours, field) not in (getattr(self.knot, field),
                                                       getattr(self.nsd, field))}
        if not fields and gist(self.ours) not in (gist(self.knot), gist(self.nsd)):
            return {"mixture"}
        return fields


def gist(reply):
    return reply.rcode, reply.aa, reply.answer


def is_empty(reply):
    return not (reply.answer or reply.authority or reply.additional)


def without_options(edns):
    return edns and edns._replace(options=b"")


def goes_further(ours, other):
    """True if our chain of aliases begins like the other's, and the other has stopped."""
    return (other.answer is not None and len(ours.answer) > len(other.answer)
            and ours.answer[:len(other.answer)] == other.answer)


class Difference(NamedTuple):
    """An intended difference from both: in these fields, if `applies`, for this reason. A rare one does not come up
    with each seed."""
    fields: set
    applies: Callable[[Case], bool]
    reason: str
    is_rare: bool = False


DIFFERENCES = [
    Difference({"rcode", "mixture"},
               lambda case: case.question.rdtype in (IXFR, AXFR) and is_empty(case.ours)
               and case.ours.rcode in (FORMERR, REFUSED, NOTAUTH),
               "RFC 5936 §4.2: there is no AXFR over UDP, and here nobody may transfer. Each says no with "
               "an rcode of his own."),
    Difference({"rcode", "aa", "answer", "authority", "additional", "mixture"},
               lambda case: case.question.rdtype in (OPT, TKEY, TSIG) and case.ours.rcode == FORMERR
               and is_empty(case.ours),
               "RFC 6895 §3.1: no name can have a record of these types, and nobody can ask for one. Knot "
               "and NSD look for it."),
    Difference({"rcode", "aa", "answer", "authority", "additional", "mixture"},
               lambda case: case.question.rdtype in (MAILA, MAILB) and case.ours.rcode == NOTIMP
               and is_empty(case.ours),
               "RFC 1035 §3.2.3: MAILA and MAILB ask for records of several types, which nobody does. Knot "
               "and NSD look for a record that has this type."),
    Difference({"aa", "authority", "mixture"},
               lambda case: case.question.rdclass == ANY and not case.ours.aa,
               "RFC 1035 §6.2: an answer to class ANY is not authoritative. NSD says that it is after "
               "a DNAME or where the answer goes on in a delegation, Knot always."),
    Difference({"answer", "rcode", "authority", "additional", "mixture"},
               lambda case: any(goes_further(case.ours, other) for other in (case.knot, case.nsd)),
               "RFC 1034 §4.3.2: aliases are followed to the end, by us up to LIMIT_SERVE_CHAIN. Knot stops "
               "earlier, NSD where a DNAME comes again and before NSEC3."),
    Difference({"additional"},
               lambda case: {(*rrset[:4], tuple(sorted(set(rrset.rdata)))) for rrset in case.knot.additional}
               == set(case.ours.additional),
               "RFC 2181 §5: no record is twice in a set. Knot adds the addresses of a target once for each "
               "record that leads to it; NSD adds those of the name servers."),
    Difference({"additional"},
               lambda case: case.question.rdtype in (SVCB, HTTPS) and set(case.knot.additional) <= set(case.ours.additional)
               and {rrset.owner for rrset in set(case.ours.additional) - set(case.knot.additional)}
               <= {rrset.owner for rrset in case.ours.answer},
               "RFC 9460 §4.1: the addresses of each target go along, and \".\" is the owner itself. Knot forgets "
               "it beside a target that has a name.", is_rare=True),
    Difference({"additional"},
               lambda case: case.room < 200 and set(case.ours.additional) <= set(case.knot.additional),
               "RFC 2181 §9: additional records that do not fit are left out, and it is no truncation. Names "
               "in data are compressed by the others, and not by us: so ours do not fit earlier."),
    Difference({"additional"},
               lambda case: sum(len(rrset.rdata) for rrset in case.ours.answer) > TARGETS
               and len(case.ours.additional) == TARGETS,
               "RFC 1034 §4.3.2, step 6, asks for useful records besides, not for all: LIMIT_SERVE_TARGETS."),
    Difference({"edns"},
               lambda case: case.ours.rcode and
               without_options(case.ours.edns) in map(without_options, (case.knot.edns, case.nsd.edns)),
               "RFC 8914 §2: an error may be explained. What each says of it is his own."),
]


def read(body, may_be_malformed):
    """The order of sets is fixed only in answers. NSD refuses some IXFR without the question."""
    try:
        reply = parse(body)
    except Malformed:
        assert may_be_malformed, body
        return Reply(*[None] * len(Reply._fields))
    return reply._replace(authority=tuple(sorted(reply.authority)),
                          additional=tuple(sorted(reply.additional)))


def text(wire):
    return dns.name.from_wire(wire, 0)[0].to_text()


def show_set(rrset):
    data = ", ".join(str(rdata)[2:60] for rdata in rrset.rdata[:3])
    return f"{text(rrset.owner)} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} x{len(rrset.rdata)} {data}"


def show(case):
    asked = case.question
    lines = [f"{text(asked.name)} {dns.rdatatype.to_text(asked.rdtype)} {asked[2:]}"]
    for who, reply in zip(("ontap-zone", "knot", "nsd"), case[2:]):
        lines.append(f"  {who}: rcode={reply.rcode} aa={reply.aa} tc={reply.tc} {reply.edns}")
        for name in ("answer", "authority", "additional"):
            lines += [f"    {name}: {show_set(rrset)}" for rrset in (getattr(reply, name) or ())[:9]]
    return "\n".join(lines)


class Verdict:
    """The result of the comparison of many cases."""

    def __init__(self):
        self.faults = []
        self.excused = [0] * len(DIFFERENCES)

    def judge(self, question, replies, limit):
        if replies[0] == replies[1] or replies[0] == replies[2]:
            return
        case = Case(question, limit - len(replies[0]), *map(read, replies, (False, True, True)))
        left = wrong = case.wrong()
        for i, difference in enumerate(DIFFERENCES):
            if wrong & difference.fields and difference.applies(case):
                self.excused[i] += 1
                left = left - difference.fields
        if left:
            self.faults.append(f"{sorted(left)}: {show(case)}")

    def check(self):
        assert not self.faults, (f"{len(self.faults)} answers are others, with DIFFERENTIAL_SEED={SEED}:\n"
                                 + "\n".join(self.faults[:5]))


def limit_of(question):
    """Greatest length of a reply over UDP, without the two bytes of its id (RFC 6891 §6.2.3, RFC 9715)."""
    return max(512, min(question.payload or 0, 1232)) - 2


def check_truncation(question, wire, whole_wire):
    """Our reply over UDP, and the same over TCP: truncated only if necessary, and then as a whole."""
    reply, whole = parse(wire), parse(whole_wire)
    assert len(wire) <= limit_of(question) and not whole.tc, question
    if reply.tc:
        # RFC 2181 §9: no part of a set.
        assert len(whole_wire) > limit_of(question) and is_empty(reply), question
    else:
        assert (gist(reply), reply.authority) == (gist(whole), whole.authority), question
        assert set(reply.additional) <= set(whole.additional), question


def is_truncated(replies):
    return any(body[0] & 2 for body in replies)


def compare(site, zone, count, verdict):
    owners = sorted({name for name, *_ in axfr(site.ns, zone, server=KNOT)})
    questions = make_questions([dns.name.from_text(name).labels for name in owners], count)
    truncated = []
    for question, replies in zip(questions, site.ask_all(zone, ask_udp, questions)):
        assert None not in replies, f"no reply from {replies.index(None)} to {question}"
        if is_truncated(replies):
            truncated.append((question, replies[0]))
        else:
            verdict.judge(question, replies, limit_of(question))
    again = [question for question, _ in truncated]
    for (question, wire), replies in zip(truncated, site.ask_all(zone, ask_tcp, again)):
        verdict.judge(question, replies, 65533)
        check_truncation(question, wire, replies[0])
    return len(truncated)


# --- the tests --------------------------------------------------------------------------------------

def test_static_zones_are_answered_as_knot_and_nsd_do(site):
    verdict = Verdict()
    assert compare(site, "d.example", 17000, verdict) > 50, "some replies are too long for UDP"
    compare(site, "dname.test", 1000, verdict)
    verdict.check()
    unused = [difference.reason for difference, count in zip(DIFFERENCES, verdict.excused)
              if not count and not difference.is_rare]
    assert not unused or SEED != USUAL_SEED, "differences that are none"


@pytest.mark.parametrize("zone", DERIVED)
def test_derived_zones_are_answered_as_knot_and_nsd_do(site, zone):
    verdict = Verdict()
    compare(site, zone, 800, verdict)
    verdict.check()
