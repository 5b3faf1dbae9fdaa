# SPDX-License-Identifier: ISC
"""Signatures outlive the daemon: a start signs only what is new."""
import os
import shutil
import subprocess

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.rdatatype  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.secondary import write  # noqa: E402
from lib.transfer import HOST, axfr  # noqa: E402
from lib.validate import Anchor, check_zone  # noqa: E402
from lib.wait import wait_until  # noqa: E402

NAMES = 600  # two signatures each: more than the least number that is written
SLACK = 40  # signatures of what differs from start to start: serials, addresses that come late
CHECKERS = ("ldns-verify-zone", "dnssec-verify", "kzonecheck", "named-checkzone")


@pytest.fixture
def host(topo):
    made = topo.namespace("host")
    topo.bridge(made, "br0", f"{HOST}/16")
    return made


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.7.0.2/16", alias="web")


class Lab:
    """A daemon with a zone of many names, and its file of signatures."""

    def __init__(self, serve, host, tmp_path):
        tmp_path.chmod(0o777)
        self.serve, self.host, self.work = serve, host, tmp_path
        self.state = tmp_path / "state"
        self.file = self.state / "signatures"
        self.put_names("192.0.2.1")

    def put_names(self, last_address):
        """All but the last have the same address always."""
        lines = [f"n{i} A 192.0.2.1\n" for i in range(NAMES - 1)] + [f"n{NAMES - 1} A {last_address}\n"]
        self.zone_file = write(str(self.work), "vanya.zone", "".join(lines))

    def start(self, *more):
        self.daemon = self.serve(self.host, "--domain=vanya", "--no-mdns", "--dnssec", "--allow-transfer=10.7.0.0/16",
                                 f"--state={self.state}", f"--zone-file={self.zone_file}", *more)
        return self.daemon

    def counts(self):
        """(made, kept) of the zone."""
        (zone,) = [zone for zone in self.daemon.status()["signed"] if zone["zone"] == "vanya."]
        return zone["signatures_made"], zone["signatures_kept"]

    def wait_file(self):
        wait_until(self.file.exists, 60, "the file of signatures")

    def signature(self, name):
        """What is served of it: the record, so with its times."""
        reply = ask(self.host, HOST, name, "A", want_dnssec=True)
        (sig,) = [str(rrset[0]) for rrset in reply.answer if rrset.rdtype == dns.rdatatype.RRSIG]
        return sig


@pytest.fixture
def lab(serve, host, web, tmp_path):
    made = Lab(serve, host, tmp_path)
    made.start()
    made.wait_file()
    return made


def check(lab, host):
    """Programs of others find nothing wrong with the whole zone."""
    for name in CHECKERS:
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
    anchor = Anchor(lab.daemon, "vanya", str(lab.work))
    path = write(str(lab.work), "transferred", "".join(f"{name} {ttl} IN {kind} {data}\n" for name, ttl, kind, data in
                                                       axfr(host, "vanya.")))
    assert check_zone(host, path, "vanya", anchor) == {}


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_start_takes_the_signatures_of_the_last_run(lab, host, is_killed):
    made, kept = lab.counts()
    assert made > 2 * NAMES and kept == 0
    before = lab.signature("n7.vanya")
    assert os.stat(lab.file).st_mode & 0o777 == 0o600
    if is_killed:
        lab.daemon.kill()
    else:
        lab.daemon.stop()
    lab.start()
    again, taken = lab.counts()
    assert again <= SLACK and taken >= made - SLACK  # the SOA has another serial
    assert lab.signature("n7.vanya") == before
    check(lab, host)


def test_what_has_changed_meanwhile_is_signed(lab, host):
    made, _ = lab.counts()
    last = f"n{NAMES - 1}.vanya"
    before = lab.signature(last)
    lab.daemon.stop()
    lab.put_names("192.0.2.2")
    lab.start()
    again, taken = lab.counts()
    assert 2 <= again <= SLACK and taken >= made - SLACK
    assert lab.signature(last) != before
    check(lab, host)


@pytest.mark.parametrize("damage", ["cut", "changed", "nonsense", "directory"])
def test_a_damaged_file_costs_only_time(lab, host, damage):
    made, _ = lab.counts()
    lab.daemon.stop()
    whole = lab.file.read_bytes()
    lab.file.unlink()
    if damage == "directory":
        lab.file.mkdir()
    else:
        lab.file.write_bytes({"cut": whole[:len(whole) // 2], "nonsense": b"nonsense\n" * 5000,
                              "changed": whole[:40000] + b"x" + whole[40001:]}[damage])
        lab.file.chmod(0o644)
    lab.start()
    again, taken = lab.counts()
    assert made - SLACK <= again + taken <= made + SLACK
    if damage in ("cut", "changed"):
        assert 200 < taken < made - 200
    else:
        assert taken == 0
    told = "cannot read signatures" if damage == "directory" else "kept signatures are damaged"
    assert lab.daemon.log().count(told) == 1
    check(lab, host)


def test_with_another_key_all_is_signed_and_kept_anew(lab, host):
    made, _ = lab.counts()
    lab.daemon.stop()
    before = lab.file.read_bytes()
    shutil.rmtree(lab.state / "keys")
    lab.start()
    again, taken = lab.counts()
    assert again >= made - SLACK and taken == 0
    check(lab, host)
    wait_until(lambda: lab.file.read_bytes() != before, 60, "another file")
    lab.daemon.kill()
    lab.start()
    assert lab.counts()[1] >= made - SLACK


def test_what_a_kill_has_left_of_a_file_does_not_stay(lab):
    """Only the whole file counts, and the next one takes the place of what was begun."""
    lab.daemon.kill()
    whole = lab.file.read_bytes()
    begun = lab.state / "signatures.new"
    begun.write_bytes(whole[:30000])
    lab.file.unlink()
    lab.start()
    assert lab.counts()[1] == 0
    lab.wait_file()
    assert not begun.exists()
    assert len(lab.file.read_bytes()) > len(whole) - 500


def test_signatures_are_written_at_the_end_if_many_are_new(lab):
    """Names that a reload brings are new ones, and the next file is hours away."""
    size = lab.file.stat().st_size
    lines = [f"m{i} A 192.0.2.3\n" for i in range(NAMES)]
    with open(lab.zone_file, "a", encoding="ascii") as file:
        file.write("".join(lines))
    made, _ = lab.counts()
    lab.daemon.reload()
    wait_until(lambda: lab.counts()[0] >= made + 2 * NAMES - SLACK, 60, "more signatures")
    assert lab.file.stat().st_size == size
    lab.daemon.stop()
    assert lab.file.stat().st_size > 1.8 * size
    lab.start()
    again, taken = lab.counts()
    assert again <= SLACK and taken > 4 * NAMES  # owners come in parts, so some links are signed twice


@pytest.fixture
def small_disk(tmp_path):
    """A file system where the keys have room, but not the signatures."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "none", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_harms_nothing_else(serve, host, web, tmp_path, small_disk):
    lab = Lab(serve, host, tmp_path)
    lab.state = small_disk / "state"
    lab.file = lab.state / "signatures"
    daemon = lab.start()
    wait_until(lambda: 'cannot write state: file="signatures"' in daemon.log(), 60, "the failure")
    web.add_addr("eth0", "10.7.0.3/16")
    wait_until(lambda: ask(host, HOST, "web.lan.vanya", "A", want_dnssec=True).answer[0].to_text().count("10.7.0.") == 2,
               20, "a signed change")
    wait_until((lab.state / "serial").exists, 20, "the serial")
    assert not lab.file.exists()
    subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)
    lab.wait_file()
    log = daemon.log()
    assert log.count('cannot write state: file="signatures"') == 1 and 'state written: file="signatures"' in log
    daemon.kill()
    lab.start()
    assert lab.counts()[1] > 2 * NAMES - SLACK
