# SPDX-License-Identifier: ISC
"""We refuse every zone file that Knot and NSD both refuse, with the file and the line, and accept every one
that both accept. Each intended difference is in DIFFERENCES with its reason."""
import re
import subprocess

import pytest

from lib.secondary import write

HEAD = """$TTL 60
@ SOA ns h 1 2 3 4 5
@ NS ns
ns A 192.0.2.1
"""
LONG = "a" * 63

# The text after HEAD; the whole file if it begins with a "!".
TEXTS = [
    # Records that must not exist together, or are missing.
    "a CNAME b\na A 192.0.2.1", "a CNAME b\na CNAME c", "a CNAME b\na CNAME b", "@ CNAME b",
    "a CNAME b\na DNAME c", "a CNAME b\na NS c", "a DNAME b\na DNAME c", "a DNAME b\nx.a A 192.0.2.1",
    "a DNAME b\nx.y.a TXT x", "a DNAME b\na NS b.x.", "a DNAME b\nx.a NS b.x.", "*.a DNAME b",
    "a DNAME b\n*.a A 192.0.2.1", "@ DNAME b.x.", "a DNAME b\na TXT x\naa TXT x\nb.b TXT x",
    "other.example. A 192.0.2.1", "example. A 192.0.2.1", "x{zone}. A 192.0.2.1", "@ SOA ns h 2 2 3 4 5",
    "a SOA ns h 1 2 3 4 5", "a A 192.0.2.1\na A 192.0.2.1", "a NS b\nb CNAME ns", "a MX 1 b\nb CNAME ns",
    "a NS ns.a", "a NS ns\nx.a TXT x", "a NS ns\na TXT x", "a NS ns\n*.a A 192.0.2.1",
    "a DS 1 8 2 " + 32 * "0f", "!", "!@ NS ns\nns A 192.0.2.1", "!@ 60 SOA ns h 1 2 3 4 5",
    # Data.
    "a A 192.0.2", "a A 192.0.2.256", "a A 192.0.02.1", "a AAAA 2001:::1", "a A 192.0.2.1 192.0.2.2", "a A",
    "a AAAA ::ffff:192.0.2.1", "a WHAT x", "a ANY x", "a CH A 192.0.2.1", "a TYPE1 \\# 3 010203",
    "a TYPE1 \\# 4 c0000201", "a TYPE65280 \\# 4 c00002", "a TYPE252 \\# 0", "a TYPE41 \\# 0", "a TXT",
    'a TXT ""', "a TXT x y z", f'a TXT "{"x" * 256}"', f'a TXT "{"x" * 255}"', "a MX b", "a MX 65536 b",
    "a MX 65535 b", "a SRV 0 0 b", "a SRV 0 0 65536 b", 'a CAA 256 issue "x"', 'a CAA 0 issue ";"',
    "a CAA 0 issue letsencrypt.org", "a SSHFP 1 1 123", "a SSHFP 1 1 (00 \n 1f)", "a TLSA 3 1 1 xyz",
    'a NAPTR 1 1 "s" "x" ""', "a HTTPS 1 . port=1 port=2", "a HTTPS 1 . mandatory=mandatory",
    "a HTTPS 1 . mandatory=port", "a HTTPS 1 . mandatory=port port=1", "a HTTPS 1 . nokey=1",
    'a HTTPS 1 b alpn="h2,h3" ech="YWJj" ipv6hint=::1 key65000=abc', "a LOC 52 N 4 E 0m",
    "a NSEC b A", "@ NSEC3PARAM 1 0 0 -",
    # Names.
    f"{LONG}a A 192.0.2.1", f"{LONG} A 192.0.2.1", f"{LONG}.{LONG}.{LONG}.{'b' * 60} A 192.0.2.1",
    "a..b A 192.0.2.1", "a\\256 A 192.0.2.1", "a\\25 A 192.0.2.1", "\\097\\032\\. A 192.0.2.1",
    # The file.
    "a IN 300 A 192.0.2.1", "a 300 IN SSHFP 1 1 00", "a IN 300 SSHFP 1 1 00", "a 1h30m A 192.0.2.1",
    "a 4294967296 A 192.0.2.1", "a -1 A 192.0.2.1", "a (\n 300 IN A ) 192.0.2.1",
    "a TXT a;b", 'a TXT "a;b"',
    'a TXT "x\nb A 192.0.2.1', "a TXT ( x\nb A 192.0.2.1", "a TXT x )", "$WHAT x", "$INCLUDE /nowhere",
    "$ORIGIN x.{zone}. ; c\na A 192.0.2.1", "$TTL 1h30m\na A 192.0.2.1", " A 192.0.2.9", "\t\n",
    "a TXT ('\"' \"x\" ; \"\n\"y\")"]

DIFFERENCES = {
    "!": "there is no SOA: it is made (--ns, --hostmaster)",
    "!@ NS ns\nns A 192.0.2.1": "the same",
    "a TYPE252 \\# 0": "RFC 6895 §3.1: no record can have that type",
    "a TYPE41 \\# 0": "the same",
    "a\\256 A 192.0.2.1": "RFC 1035 §5.1: \\DDD is an octet, and 256 is none",
    "a NSEC b A": "signatures of a file are not served",
    "@ NSEC3PARAM 1 0 0 -": "the same",
}


def text_of(text, zone):
    text = text.replace("{zone}", zone)
    return f"$ORIGIN {zone}.\n" + (text[1:] if text.startswith("!") else HEAD + text) + "\n"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False)


def refused_by_knot(knotc, work, files):
    """The zones of `files` that Knot refuses."""
    conf = write(work, "knot.conf", f"server:\n    rundir: {work}\ndatabase:\n    storage: {work}\nzone:\n" +
                 "".join(f"  - domain: {zone}\n    file: {path}\n" for zone, path in files.items()))
    said = run(knotc, "-c", conf, "zone-check")
    return set(re.findall(r"error: \[(\S+)\.\]", said.stderr + said.stdout))


def test_what_others_refuse_is_refused_with_its_line(program, need, tmp_path):
    knotc, nsd = need("knotc"), need("nsd-checkzone")
    ours = program("ontap-zone")
    zones = {f"z{i}.example": text for i, text in enumerate(TEXTS)}
    files = {zone: write(tmp_path, zone, text_of(text, zone)) for zone, text in zones.items()}
    by_knot = refused_by_knot(knotc, tmp_path, files)
    faults, used = [], set()
    for zone, text in zones.items():
        others = {zone in by_knot, run(nsd, zone, files[zone]).returncode != 0}
        said = run(ours, "check", f"--domain={zone}", f"--zone-file={files[zone]}")
        assert said.returncode in (0, 100), said.stderr
        if said.returncode:
            # By the first line of the record; at the end of the file, for missing records.
            assert re.search(rf"{re.escape(files[zone])}:[0-9]+: ", said.stderr), (text, said.stderr)
        if (said.returncode != 0) not in others:
            used.add(text)
            if text not in DIFFERENCES:
                faults.append((text, "refused" if said.returncode else "accepted", said.stderr))
    assert not faults
    assert used == set(DIFFERENCES), "differences that are none"


@pytest.mark.parametrize("one, other, fault", [
    ("a CNAME b", "a A 192.0.2.1", "a.d.example. has a CNAME"),
    ("a DNAME b", "x.a A 192.0.2.1", "x.a.d.example. is below the DNAME of a.d.example."),
    ("a TXT x", "b TXT x", None)])
def test_files_are_checked_together(program, tmp_path, one, other, fault):
    first, second = (write(tmp_path, name, text + "\n") for name, text in (("1", one), ("2", other)))
    said = run(program("ontap-zone"), "check", "--domain=d.example", f"--zone-file={first}",
               f"--zone-file={second}")
    assert (said.returncode == 100) == bool(fault)
    assert fault is None or fault in said.stderr
