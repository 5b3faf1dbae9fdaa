# SPDX-License-Identifier: ISC
"""Hosts whose names are collected update them from elsewhere, with the key that signs what they say on the link
(src/ontap-zone/update_collected.h). What a host has said last counts."""
import os
import socket
import struct
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")
pytest.importorskip("cryptography", reason="python3-cryptography is not installed")

import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402
import dns.update  # noqa: E402

from lib.keypair import KeyPair  # noqa: E402
from lib.signed_host import SignedHost  # noqa: E402
from lib.transfer import KEYS, tsig_option  # noqa: E402
from lib.wait import wait_until  # noqa: E402
from test_collect import HOST, LAP4, LAP6, PAD4, Site  # noqa: E402
from test_srp import registration, send  # noqa: E402

CAFE6, CAFE6_LATER = "2001:db8:cafe::2", "2001:db8:cafe::3"
FAR = "192.0.2.1"
TSIG_RIGHT = "--allow-update=key:one:*:ANY"


class AwaySite(Site):
    """The collector also has a client that is on none of its links."""

    def __init__(self, topo, serve, work):
        super().__init__(topo, serve, work)
        self.far = topo.far_client(self.host)

    def start(self, *options):
        return super().start("--mdns=br0", *options)

    def restart(self, signer, *options):
        """With more options, when the file knows that the signer has said something."""
        state = next(option for option in self.daemon.options if option.startswith("--state="))
        file = os.path.join(state.removeprefix("--state="), "collected")

        def has_it():
            with open(file, encoding="utf-8") as text:
                return f" {signer} " in text.read()
        wait_until(lambda: os.path.exists(file) and has_it())
        self.daemon.kill()
        self.daemon.options += options
        self.daemon.start()

    def message(self, key, changes, absent=(), **times):
        update = dns.update.Update("vanya")
        for name in absent:
            update.absent(name)
        for verb, *words in changes:
            getattr(update, verb)(*words)
        return key.sign(update.to_wire(), **times)

    def send(self, wire, ns=None, server=FAR):
        """The rcode as text."""
        reply = (ns or self.far).call(lambda: dns.message.from_wire(ask_tcp(wire, server)))
        return dns.rcode.to_text(reply.rcode())

    def update(self, key, *changes, absent=(), **times):
        return self.send(self.message(key, changes, absent, **times))

    def move(self, key, label, *addresses, **times):
        """Says by an update that these are its addresses."""
        names = (label, f"{label}.wan")
        return self.update(key, *(("delete", name) for name in names),
                           *(("add", name, 60, "AAAA", addr) for name in names for addr in addresses), **times)

    def state(self, label):
        return self.collected()[label]["state"]


def ask_tcp(wire, server):
    with socket.create_connection((server, 53), 10) as sock:
        sock.sendall(struct.pack("!H", len(wire)) + wire)

        def read(count):
            got = b""
            while len(got) < count:
                piece = sock.recv(count - len(got))
                assert piece, "the connection was closed"
                got += piece
            return got
        return read(struct.unpack("!H", read(2))[0])


@pytest.fixture
def site(topo, serve, tmp_path):
    topo.has_dad = False
    made = AwaySite(topo, serve, tmp_path)
    yield made
    made.close()


def test_the_newest_statement_wins(site):
    site.start()
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "AAAA", [LAP6])
    assert site.move(site.lap.key, "lap", CAFE6) == "NOERROR"
    assert site.answers("lap.vanya", "AAAA") == [CAFE6], "when it is answered, it is served"
    assert site.answers("lap.wan.vanya", "AAAA") == [CAFE6]
    assert site.answers("lap.vanya", "A") == "NODATA", "what it was at home"
    assert site.state("lap") == "moved"

    site.lap.say_anew("lap", LAP4, LAP6)
    site.wait("lap.vanya", "AAAA", [LAP6])
    assert site.answers("lap.wan.vanya", "AAAA") == [LAP6] and site.answers("lap.lan.vanya") == [LAP4]
    assert site.state("lap") == "here"

    time.sleep(1.1)
    assert site.move(site.lap.key, "lap", CAFE6_LATER) == "NOERROR"
    assert site.answers("lap.vanya", "AAAA") == [CAFE6_LATER]
    # At the other place, and no address any more: what the link has said lasts, or is the last that is known.
    assert site.update(site.lap.key, ("delete", "lap"), ("delete", "lap.wan")) == "NOERROR"
    site.wait("lap.vanya", "AAAA", [LAP6])
    assert site.state("lap") in ("here", "away")


def test_an_update_alone_makes_a_name(site):
    site.start()
    assert site.move(site.lap.key, "lap", CAFE6) == "NOERROR"
    assert site.answers("lap.vanya", "AAAA") == [CAFE6] and site.state("lap") == "moved"


def test_what_is_said_late_or_twice_changes_nothing(site):
    site.start()
    old = site.message(site.lap.key, [("delete", "lap"), ("add", "lap", 60, "AAAA", CAFE6)])
    time.sleep(1.1)
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "AAAA", [LAP6])
    assert site.send(old) == "NOERROR"
    assert site.answers("lap.vanya", "AAAA") == [LAP6] and site.state("lap") == "here", "it was said before"
    assert site.move(site.lap.key, "lap", CAFE6_LATER, ) == "NOERROR"
    site.wait("lap.vanya", "AAAA", [CAFE6_LATER])
    before = site.daemon.status()["receiver"]["repeated"]
    assert site.send(old) == "NOERROR", "as it was answered before"
    assert site.daemon.status()["receiver"]["repeated"] == before + 1
    assert site.answers("lap.vanya", "AAAA") == [CAFE6_LATER]
    stolen = site.message(site.lap.key, [("add", "lap", 60, "AAAA", CAFE6)], inception=1, expiration=100)
    assert site.send(stolen) == "NOTAUTH"
    forged = bytearray(site.message(site.lap.key, [("add", "lap", 60, "AAAA", CAFE6)]))
    forged[-1] ^= 1
    assert site.send(bytes(forged)) == "NOTAUTH"
    assert site.answers("lap.vanya", "AAAA") == [CAFE6_LATER]


def test_a_key_may_only_say_its_own_names(site):
    zone = site.work + "/fixed.zone"
    with open(zone, "w", encoding="utf-8") as file:
        file.write("fixed A 192.0.2.7\n")
    site.start(f"--zone-file={zone}")
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    pad = site.pad.key
    for change in (("add", "lap", 60, "AAAA", CAFE6), ("add", "lap.wan", 60, "AAAA", CAFE6), ("delete", "lap"),
                   ("add", "_acme-challenge.lap", 60, "TXT", "x"), ("add", "_ontap.lap", 60, "TXT", "owner=pad"),
                   ("add", "lap._ontap", 60, "PTR", "x.vanya."), ("add", "fixed", 60, "A", "192.0.2.66"),
                   ("add", "@", 60, "TXT", "x"), ("add", "wan", 60, "A", "192.0.2.66"),
                   ("add", "a.b", 60, "A", "192.0.2.66"), ("add", "pad", 60, "TXT", "x"), ("add", "pad", 60, "MX", "1 a."),
                   ("add", "ns1", 60, "A", "192.0.2.66"), ("add", "_ontap", 60, "PTR", "x.vanya.")):
        assert site.update(pad, change) == "REFUSED", change
    assert site.answers("lap.vanya", "AAAA") == [LAP6]
    assert site.move(pad, "pad", CAFE6) == "NOERROR"
    assert site.update(KeyPair("pad.vanya."), ("add", "pad", 60, "AAAA", CAFE6)) == "NOTAUTH", "another key of that name"


def test_what_the_link_has_said_is_free_for_its_own_key_only(site):
    """A host that comes to a network for the first time claims its names: nobody may have them."""
    site.start()
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    claim = [("add", "lap", 60, "AAAA", CAFE6), ("add", "_ontap.lap", 60, "TXT", "owner=lap"),
             ("add", "lap._ontap", 60, "PTR", "lap.vanya.")]
    assert site.update(site.pad.key, ("add", "pad", 60, "AAAA", CAFE6), absent=["lap"]) == "YXDOMAIN"
    assert site.update(site.lap.key, *claim, absent=["lap", "_ontap.lap"]) == "NOERROR"
    assert site.answers("lap.vanya", "AAAA") == [CAFE6]
    assert site.update(site.lap.key, *claim, absent=["lap", "_ontap.lap"]) == "YXDOMAIN", "now it has it"


def test_the_same_key_gets_certificates(site):
    site.start()
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    for name in ("_acme-challenge.lap.wan", "_acme-challenge.lap"):
        assert site.update(site.lap.key, ("add", name, 60, "TXT", "proof")) == "NOERROR"
        assert site.answers(f"{name}.vanya", "TXT") == ['"proof"']
    assert site.answers("lap.vanya", "AAAA") == [LAP6] and site.state("lap") == "here", "that is no address"
    assert site.update(site.lap.key, ("delete", "_acme-challenge.lap", "TXT", "proof")) == "NOERROR"
    assert site.answers("_acme-challenge.lap.vanya", "TXT") == "NXDOMAIN"


def test_a_wrong_clock_is_told(site):
    site.start()
    now = int(time.time())
    assert site.move(site.lap.key, "lap", CAFE6, inception=now + 600, expiration=now + 700) == "NOTAUTH"
    assert "is not valid yet: is its clock ahead" in site.daemon.log()
    assert site.move(site.pad.key, "pad", CAFE6, inception=now - 700, expiration=now - 600) == "NOTAUTH"
    wait_until(lambda: "is not valid any more: is its clock behind" in site.daemon.log())


def test_who_has_the_word_is_known_after_a_restart(site):
    site.start()
    for host, label, addr in ((site.lap, "lap", LAP4), (site.pad, "pad", PAD4)):
        host.say(label, addr)
        site.wait(f"{label}.vanya", "A", [addr])
        assert site.move(host.key, label, CAFE6) == "NOERROR"
    site.pad.say_anew("pad", PAD4)
    site.wait("pad.vanya", "A", [PAD4])
    site.daemon.kill()
    site.daemon.start()
    assert site.answers("lap.vanya", "AAAA") == [CAFE6] and site.answers("lap.vanya", "A") == "NODATA"
    assert site.answers("pad.vanya", "A") == [PAD4] and site.answers("pad.vanya", "AAAA") == "NODATA"
    assert site.state("lap") == "moved"


def test_a_host_that_is_heard_needs_no_update(site):
    """It sends its addresses to the box as well, but on the link it has more of them."""
    site.start()
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    time.sleep(1.1)
    wire = site.message(site.lap.key, [("delete", "lap"), ("add", "lap", 60, "AAAA", LAP6)])
    assert site.send(wire, site.lap_ns, HOST) == "NOERROR"
    assert site.answers("lap.vanya", "A") == [LAP4] and site.state("lap") == "here"


def by_tsig(site, *change):
    update = dns.update.Update("vanya", keyring=KEYS, keyname="one", keyalgorithm="hmac-sha256")
    getattr(update, change[0])(*change[1:])
    return dns.rcode.to_text(site.far.call(lambda: dns.query.tcp(update, FAR, timeout=10)).rcode())


def test_the_first_that_came_has_no_rights_by_the_name_of_its_key(site):
    """That name is of its own choice, and may become that of a right later."""
    site.start("--trust-first")
    with SignedHost(site.pad_ns, KeyPair("admin.vanya.")) as host:
        host.say("pad", PAD4)
        host.answer_key("pad", PAD4)
        site.wait("pad.vanya", "A", [PAD4])
        site.restart("admin.vanya.", "--allow-update=sig0:admin.vanya.:*:ANY")
        assert site.update(host.key, ("add", "other", 60, "TXT", "x")) == "REFUSED"
        assert site.move(host.key, "pad", CAFE6) == "NOERROR"


def test_names_that_others_have_updated_are_theirs(site):
    site.start(tsig_option("one"), "--allow-update=key:one:*:ANY")
    assert by_tsig(site, "add", "lap", 60, "A", "192.0.2.5") == "NOERROR"
    site.lap.say("lap", LAP4)
    wait_until(lambda: site.daemon.status()["collector"]["refused"] >= 1)
    assert site.answers("lap.vanya", "A") == ["192.0.2.5"]
    assert site.update(site.lap.key, ("add", "lap", 60, "AAAA", CAFE6)) == "REFUSED"
    assert by_tsig(site, "delete", "lap") == "NOERROR"
    assert site.move(site.lap.key, "lap", CAFE6) == "NOERROR"


def strange(site, name, label):
    """A stranger with a key of that name, who says that the label is his."""
    host = SignedHost(site.pad_ns, KeyPair(name))
    host.say_with_key(label, PAD4)
    return host


@pytest.mark.parametrize("name", ["one.", "right.vanya.", "filed.vanya."])
def test_nobody_borrows_the_name_of_a_key(site, name):
    site.start("--trust-first", tsig_option("one"), TSIG_RIGHT, "--allow-update=sig0:right.vanya.:x:A",
               f"--sig0-file={site.trust(KeyPair('filed.vanya.'))}")
    assert by_tsig(site, "add", "mail", 60, "A", "192.0.2.5") == "NOERROR"
    with strange(site, name, "lap") as thief, strange(site, "honest.", "pad"):
        site.wait("pad.vanya", "A", [PAD4])
        assert "lap" not in site.collected()
        assert site.update(thief.key, ("delete", "mail")) == "NOTAUTH"
        assert site.answers("mail.vanya", "A") == ["192.0.2.5"]


def test_the_name_of_a_key_tells_not_who_it_is(site):
    """A host was there first, and a shared key has the same name since."""
    site.start("--trust-first")
    with strange(site, "one.", "pad") as host:
        site.wait("pad.vanya", "A", [PAD4])
        site.restart("one.", tsig_option("one"), TSIG_RIGHT)
        assert by_tsig(site, "add", "mail", 60, "A", "192.0.2.5") == "NOERROR"
        assert site.update(host.key, ("delete", "mail")) == "REFUSED"
        refused = site.daemon.status()["collector"]["refused"]
        host.say_anew("mail", PAD4)
        wait_until(lambda: site.daemon.status()["collector"]["refused"] > refused)
        assert site.answers("mail.vanya", "A") == ["192.0.2.5"] and "mail" not in site.collected()


@pytest.mark.parametrize("address", [LAP4, None], ids=["an address", "no address"])
@pytest.mark.parametrize("signer", ["web.vanya.", "thief.vanya."])
def test_a_name_that_is_registered_is_not_collected(site, signer, address):
    site.start("--trust-first", "--srp")
    key = KeyPair("web.vanya")
    assert send(site.lap_ns, key.sign(registration(key, "vanya", (), address)), server=HOST)[0] == "NOERROR"
    with strange(site, signer, "web"), strange(site, "honest.", "pad"):
        site.wait("pad.vanya", "A", [PAD4])
        assert "web" not in site.collected()
        wire = key.sign(registration(key, "vanya", (), LAP4, ident=9))
        assert send(site.lap_ns, wire, server=HOST)[0] == "NOERROR"
        assert site.answers("web.vanya", "A") == [LAP4]


def test_the_name_of_a_trusted_host_is_not_registered(site):
    site.start("--srp")
    for zone in ("vanya", "default.service.arpa"):
        key = KeyPair(f"lap.{zone}")
        assert send(site.pad_ns, key.sign(registration(key, zone, (), PAD4)), server=HOST)[0] == "YXDOMAIN"
    site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    assert site.move(site.lap.key, "lap", CAFE6) == "NOERROR"
    assert site.answers("lap.vanya", "AAAA") == [CAFE6] and site.answers("lap.vanya", "A") == "NODATA"


def test_what_is_forgotten_is_gone_on_both_ways(site):
    site.start()
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    assert site.move(site.lap.key, "lap", CAFE6) == "NOERROR"
    for name in ("lap", "lap.wan"):
        site.daemon.ask("forget", name)
    wait_until(lambda: site.answers("lap.vanya", "AAAA") == "NXDOMAIN")
    assert "lap" not in site.collected()
