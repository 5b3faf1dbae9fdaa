# SPDX-License-Identifier: ISC
"""Zone files made from a grammar, most of them with a mistake, are given to BIND, NSD, Knot and us. Where BIND and NSD
agree, we agree with them, record by record; elsewhere we do what one of the three does. Each intended difference is
in REASONS. ZONE_GRAMMAR_SEED=N tries other files."""
import os
import random
import re
import subprocess

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from lib.secondary import write

FILES = 500
HEAD = """$ORIGIN {zone}.
$TTL 60
@ SOA ns h 1 2 3 4 5
@ NS ns
ns A 192.0.2.1
"""

# What we do on purpose although BIND and NSD agree on something else: a pattern of the file, and the reason.
REASONS = {
    r";[^\n]*\r[^\n]": "they take a carriage return as part of a comment, so the records behind it are lost",
}


class Grammar:
    """Makes the text of zone files. All choices come from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.owners = 0
        self.zone = ""

    def pick(self, *choices):
        choice = self.random.choice(choices)
        return choice() if callable(choice) else choice

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def number(self, most):
        if self.chance(2):
            return self.pick("-1", str(most + 1), "1x", "", "0x1", "1.0", '"1"', "+1")
        return str(self.pick(0, 1, most, lambda: self.random.randint(0, most)))

    def label(self):
        return self.pick("a", "B", "_x", "x-y", "1", "in", "a\\.b", "\\097", "\\200\\000", "a\\\\b", "\\(", "x" * 63,
                         lambda: "\\200" * 63)

    def name(self):
        if self.chance(2):
            return self.pick("a..b", ".a", "x" * 64, "a\\256", '"quoted"', "\\2", ".".join(["x" * 63] * 4))
        return self.pick("ns", "@", f"b.{self.zone}.", "elsewhere.test.", self.label,
                         lambda: self.label() + "." + self.label())

    def owner(self):
        self.owners += 1
        return f"o{self.owners}" + self.pick("", "", "", ".sub", "\\.x", f".{self.zone}.", ".\\195\\164")

    def string(self):
        if self.chance(2):
            return self.pick("y" * 256, '"' + "y" * 256 + '"', "\\256", '"\\25"', '"open')
        return self.pick("x", '"x"', '""', '"x y"', 'a\\"b', '"a\\"b;c"', "\\065\\;", '"("', "v=1", "y" * 255,
                         lambda: self.pick("a", '"a"') + '"b"', '"\\007\\\\"', "@", "$x")

    def hexadecimal(self):
        return self.pick("00ff", "0", "00 ff", "AbCd", "00f", "0g", "00" * 32)

    def base64(self):
        return self.pick("AAEC", "AAE=", "AA==", "AAEC AwQF", "A", "AA=A", "AAE", "A*==")

    def params(self):
        params = [("alpn", ["h2", "h2,h3", '"h2"', '"a\\\\,b,c"', '""', "a,,b"]), ("port", ["53", '"53"', "65536", "x"]),
                  ("no-default-alpn", [None]), ("ipv4hint", ["192.0.2.1", "192.0.2.1,192.0.2.2", "::1"]),
                  ("ipv6hint", ["::1", "::1,::2", "1.2.3.4"]), ("ech", ["AAEC", "*"]), ("key65000", ["x", '"a b"', None]),
                  ("mandatory", ["alpn", "port", "mandatory"]), ("nokey", ["1"])]
        weights = [4, 4, 1, 3, 3, 2, 2, 1, .2]
        chosen = [self.random.choices(params, weights)[0] for _ in range(self.random.randrange(4))]
        return [key if (value := self.random.choice(values)) is None else f"{key}={value}" for key, values in chosen]

    def data(self):
        u8, u16, u32 = (lambda: self.number(255)), (lambda: self.number(65535)), (lambda: self.number(2**32 - 1))
        v4 = lambda: self.pick("192.0.2.7", "0.0.0.0", "192.0.2", "192.0.2.256", "192.0.02.1") \
            if self.chance(15) else "192.0.2.9"
        v6 = lambda: self.pick("::", "2001:db8::1", "::ffff:192.0.2.1", "1:::2", "1:2:3:4:5:6:7:8", "FE80::1")
        time = lambda: self.pick("1", "0", "1h", "1h30m", "1W", "1.5h", "h") if self.chance(20) else "3600"
        name, string = self.name, self.string
        priority = lambda: self.pick("1", "2", "65535", "65536")  # 0 with parameters: dnspython cannot read it
        words = lambda *fields: [field() if callable(field) else field for field in fields]
        return self.pick(
            lambda: ["A", v4()], lambda: ["AAAA", v6()], lambda: words("MX", u16, name), lambda: words("CNAME", name),
            lambda: words("TXT", *[string] * self.random.randrange(4)), lambda: words("TXT", string, string),
            lambda: words("SRV", u16, u16, u16, name), lambda: words("CAA", u8, lambda: self.pick(
                "issue", "iodef", "a-b", '"issue"'), string), lambda: words("PTR", name), lambda: words("NS", name),
            lambda: words("HINFO", string, string), lambda: words("RP", name, name), lambda: words("AFSDB", u16, name),
            # BIND alone refuses a SHA-1 or SHA-256 of the wrong length, and would hide what is wrong elsewhere in the file.
            lambda: words("SSHFP", u8, lambda: self.pick("0", "3", "255", "256", "1x"), self.hexadecimal),
            lambda: ["SSHFP", "1", *self.pick(("1", "0a" * 20), ("2", "0A " + "ff" * 31))], lambda: words("TLSA", u8, u8, u8, self.hexadecimal),
            lambda: words("NAPTR", u16, u16, '"s"', string, '""', name), lambda: words("KX", u16, name),
            lambda: words("URI", u16, u16, '"http://a/"'), lambda: words("CERT", lambda: self.pick("PGP", "PKIX", "1"),
                                                                        u16, "8", self.base64),
            lambda: words("DNSKEY", "256", "3", lambda: self.pick("8", "RSASHA256", "13"), self.base64),
            lambda: words("OPENPGPKEY", self.base64), lambda: words("DHCID", self.base64), lambda: ["DNAME", name()],
            lambda: ["HTTPS", *words(priority, lambda: self.pick(".", "b")), *self.params()],
            lambda: ["SVCB", *words(priority, lambda: self.pick(".", "b")), *self.params()],
            lambda: ["TYPE731", "\\#", self.pick("0", "2", "1", "x"), self.pick("", "abcd", "ab cd", "ab")],
            lambda: [self.pick("A", "TYPE1"), "\\#", self.pick("4", "5", "3"), self.pick("c0000201", "c00002 01", "c0000201ff")],
            lambda: ["TXT", "\\#", self.pick("2", "3"), self.pick("0161", "026161", "0261")],
            lambda: ["MX", "\\#", self.pick("4", "5"), self.pick("000a0000", "000a0161", "000a016100")],
            lambda: ["LOC", "52", *self.pick([], ["1"], ["59", "1.5"]), "N", "4", "E", self.pick("0m", "-10.25", "1x"), *self.pick(
                [], ["1m"], ["1m", "0.50", "12345m"])], lambda: ["WHAT", "x"], lambda: words("TXT", u32, time))

    def head(self):
        ttl = self.pick("", "", "5", "0", "1h", "1h30m", "2147483648", "4294967296", "1y", "1.5h", "-1", "5 6") \
            if self.chance(25) else ""
        name = self.pick("IN", "in", "CLASS1", "CH") if self.chance(30) else ""
        return [word for word in self.pick((ttl, name), (name, ttl)) if word]

    def record(self):
        words = [*self.head(), *[word for word in self.data() if word]]
        if self.chance(3):
            words.append("surplus")
        text = self.owner()
        if self.chance(8):  # of the owner before; a type of its own, since others do not agree on a set with two TTLs
            text, words = "", [f"TYPE{64000 + self.owners}", "\\#", "1", "00"]
        depth = 0
        for word in words:
            text += self.pick(" ", "\t", "  ")
            if self.chance(4):
                text += self.pick("(", "( ", "(\n ", "( ; c )\n")
                depth += 1
            elif depth and self.chance(30):
                text += self.pick("\n", " ; \"c\n", "\r\n", ")" if self.chance(50) else "\n\t")
                depth -= text.endswith(")")
                text += " "
            text += word
        return text + (" )" * depth if not self.chance(3) else "")

    def directive(self):
        return self.pick("$TTL 0", "$TTL 7", "$ttl 1h30m", "$TTL 1.5h", "$TTL 5 www A 192.0.2.1", f"$ORIGIN sub.{self.zone}.",
                         f"$origin x.{self.zone}.", "$TTL", "$ORIGIN", "$WHAT x", '$TTL "5"', "$TTL 5;c", "$ORIGIN sub")

    def line(self):
        text = self.directive() if self.chance(8) else self.record()
        return text + self.pick("\n", "\n", "\n", "\r\n", " ; c\n", ";c\n", "\t\n\n", " ; \"(\n", "\r")

    def file(self, zone):
        self.zone = zone
        text = "".join(self.line() for _ in range(self.random.randint(1, 3)))
        if self.chance(20):
            at = self.random.randrange(len(text))
            text = text[:at] + self.pick(*'"();\\@$.# \t0\n\r\f') + text[at + self.random.randrange(2):]
        return HEAD.format(zone=zone) + text


def run(*command):
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def record_of(owner, ttl, kind, data, origin):
    """A record that can be compared: names in lower case, data as bytes; as text if dnspython cannot read it."""
    name = dns.name.from_text(owner, origin).canonicalize().to_text()
    try:
        return name, int(ttl), dns.rdatatype.from_text(kind), data_of(kind, data, origin)
    except dns.exception.DNSException:
        return name, int(ttl), kind, data


def data_of(kind, data, origin):
    number, place = dns.rdatatype.from_text(kind), dns.rdataclass.IN
    if data.startswith("\\#"):
        wire = bytes.fromhex("".join(data.split()[2:]))
        rdata = dns.rdata.from_wire(place, number, wire, 0, len(wire))
    else:
        rdata = dns.rdata.from_text(place, number, data, origin=origin, relativize=False)
    return rdata.to_digestable().hex()


def records_of(text, zone):
    """The records of a zone that a program has written with one record on each line, but for the SOA."""
    found, owner, origin = set(), "", dns.name.from_text(zone)
    for line in text.decode("latin-1").splitlines():
        if line.startswith("$ORIGIN"):
            origin = dns.name.from_text(line.split()[1])
        match = re.match(r"(\S*)\s+(\d+)\s+(?:IN\s+)?(\S+)\s*(.*)$", line)
        owner = match[1] or owner if match else owner
        if match and match[3] not in ("SOA", "TYPE6") and not line.startswith("\t\t"):
            found.add(record_of(owner, match[2], match[3], match[4], origin))
    return frozenset(found)


def by_bind(zone, path):
    done = run("named-checkzone", "-i", "none", *(word for key in "knmrMSTW" for word in (f"-{key}", "ignore")),
               "-s", "full", "-D", "-o", "-", "-q", zone, path)
    return records_of(done.stdout, zone) if done.returncode == 0 else None


def by_nsd(zone, path):
    done = run("nsd-checkzone", "-p", zone, path)
    return records_of(done.stdout, zone) if done.returncode == 0 else None


def refused_by_knot(knotc, work, files):
    """The zones of `files` that Knot refuses."""
    conf = write(work, "knot.conf", f"server:\n    rundir: {work}\ndatabase:\n    storage: {work}\nzone:\n" +
                 "".join(f"  - domain: {zone}\n    file: {path}\n" for zone, path in files.items()))
    said = run(knotc, "-c", conf, "zone-check")
    return set(re.findall(r"error: \[(\S+)\.\]", (said.stderr + said.stdout).decode("latin-1")))


def by_us(dump, files):
    """What each file says to us, and why we refuse it."""
    said = run(dump, *(word for item in files.items() for word in item)).stdout.decode("latin-1").split("\n\n")
    found = {}
    for zone, text in zip(files, said):
        lines = text.splitlines()[1:]
        why = lines[0] if lines and lines[0].startswith("refused ") else None
        found[zone] = (None if why else records_of("\n".join(lines).encode(), zone), why)
    return found


def others_than(records, others):
    """The records that are not among the others, for messages."""
    return "refused" if records is None else sorted(map(str, records - (others or set())))


def fault_of(text, ours, bind, nsd, is_refused_by_knot):
    """What is wrong with our reading, or None."""
    if ours in (bind, nsd) or any(re.search(pattern, text) for pattern in REASONS):
        return None
    return None if bind != nsd and ours is None and is_refused_by_knot else "differs"


def test_files_of_a_grammar_say_to_us_what_they_say_to_others(program, need, tmp_path):
    need("named-checkzone"), need("nsd-checkzone")
    grammar = Grammar(int(os.environ.get("ZONE_GRAMMAR_SEED", "1")))
    texts = {f"z{i}.example": grammar.file(f"z{i}.example") for i in range(FILES)}
    files = {zone: write(tmp_path, zone, text) for zone, text in texts.items()}
    knot, ours = refused_by_knot(need("knotc"), tmp_path, files), by_us(program("tests/net/zone-dump"), files)
    faults, read = [], 0
    for zone, text in texts.items():
        bind, nsd = by_bind(zone, files[zone]), by_nsd(zone, files[zone])
        read += ours[zone][0] is not None
        if fault_of(text, ours[zone][0], bind, nsd, zone in knot):
            faults.append(text.split("2.1\n", 1)[1])
            print(repr(faults[-1]), "us: ", ours[zone][1] or others_than(ours[zone][0], bind or nsd), "BIND:",
                  others_than(bind, ours[zone][0]), "NSD:", others_than(nsd, ours[zone][0]), "Knot refuses it:", zone in knot)
    assert not faults
    assert FILES * .2 < read < FILES * .8, "the grammar makes only good files, or only bad ones"
