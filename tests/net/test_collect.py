# SPDX-License-Identifier: ISC
"""The collector: hosts on a link say their names in signed packets of multicast DNS, and it serves them in its domain."""
import json
import os
import signal

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")
pytest.importorskip("cryptography", reason="python3-cryptography is not installed")

from lib.keypair import KeyPair  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.secondary import knot_secondary, write  # noqa: E402
from lib.signed_host import IN, KEY, SignedHost, record, response  # noqa: E402
from lib.transfer import tsig_option  # noqa: E402
from lib.validate import Anchor, delv  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST, SECONDARY, CLIENT = "10.7.0.1", "10.7.0.21", "10.7.0.9"
LAP4, LAP6, PAD4 = "10.7.0.2", "2001:db8:7::2", "10.7.0.3"


class Site:
    """A collector on a bridge, and two hosts, each with a key."""

    def __init__(self, topo, serve, work):
        self.serve, self.work, self.topo = serve, str(work), topo
        self.host = topo.namespace("collector")
        topo.bridge(self.host, "br0", f"{HOST}/16", "2001:db8:7::1/64")
        self.lap_ns = topo.workload("lap", self.host, "br0", f"{LAP4}/16", f"{LAP6}/64")
        self.pad_ns = topo.workload("pad", self.host, "br0", f"{PAD4}/16")
        self.client = topo.workload("client", self.host, "br0", f"{CLIENT}/16")
        self.lap = SignedHost(self.lap_ns, KeyPair("lap.vanya."))
        self.pad = SignedHost(self.pad_ns, KeyPair("pad.vanya."))
        self.daemon = None

    def close(self):
        self.lap.close()
        self.pad.close()

    def trust(self, *keys):
        return write(self.work, "hosts.key", "".join(key.line() for key in keys))

    def start(self, *options):
        """Trusts both hosts, unless the options say whom."""
        if not any(option.startswith("--trust") for option in options):
            options = (*options, f"--trust={self.trust(self.lap.key, self.pad.key)}")
        self.daemon = self.serve(self.host, "--domain=vanya", "--ns=ns.example.", "--collect", *options)
        wait_until(lambda: self.daemon.status()["mdns"]["links"] == ["br0"])
        return self.daemon

    def answers(self, name, rdtype="A", ns=None, server=HOST):
        """The data of the answer, or the rcode without one."""
        reply = ask(ns or self.client, server, name, rdtype, timeout=10)
        found = sorted(item.to_text() for rrset in reply.answer for item in rrset)
        return found or ("NODATA" if reply.rcode() == 0 else "NXDOMAIN" if reply.rcode() == 3 else str(reply.rcode()))

    def wait(self, name, rdtype, expected, timeout=20, **where):
        wait_until(lambda: self.answers(name, rdtype, **where) == expected, timeout,
                   f"{name} {rdtype} to be {expected}, and not {self.answers(name, rdtype, **where)}")

    def collected(self):
        return {line["collected"]: line for line in self.daemon.lines("names") if "collected" in line}

    def packets(self):
        return self.daemon.status()["collector"]["packets"]

    def wait_packet(self, verdict, before):
        """Until one more packet was judged so."""
        wait_until(lambda: self.packets()[verdict] > before[verdict], 20, f"a packet that is {verdict}")


@pytest.fixture
def site(topo, serve, tmp_path):
    topo.has_dad = False
    made = Site(topo, serve, tmp_path)
    yield made
    made.close()


def test_a_host_that_says_its_name_has_it(site):
    site.start()
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    site.wait("lap.wan.vanya", "AAAA", [LAP6])
    assert site.answers("lap.lan.vanya", "A") == [LAP4]
    assert site.answers("pad.vanya", "A") == "NXDOMAIN"
    line = site.collected()["lap"]
    assert line["state"] == "here" and line["trust"] == "file" and line["link"] == "br0"
    assert line["key"] == f"lap.vanya./13/{site.lap.key.tag}" and sorted(line["addresses"]) == [LAP4, LAP6]
    explained = site.daemon.lines("explain", "lap")[0]["collected"]
    assert explained["state"] == "here" and explained["served"]
    assert "here" in site.daemon.ask("explain", "lap") and "lap.vanya./13" in site.daemon.ask("names")
    assert site.daemon.ask("names", "--brief", "lap").split() == ["lap", "here", LAP4, LAP6]
    assert f"lap.vanya./13/{site.lap.key.tag} (file), names 1" in site.daemon.ask("status")
    graph = [line for line in site.daemon.lines("graph") if line.get("owner") == "collected"]
    assert [(line["netns"], line["links"][0]["names"]) for line in graph] == \
        [("lap.vanya.", [{"name": "lap", "source": "collected"}])]
    assert "lap.vanya." in site.daemon.ask("graph", "--format=text") and "<svg" in site.daemon.ask("graph", "--format=svg")
    site.lap.say_anew("lap", "10.7.0.22")
    site.wait("lap.vanya", "A", ["10.7.0.22"])


def test_the_name_that_a_host_wants_is_that_of_its_instance(site):
    site.start()
    site.lap.say("lap-2", LAP4, wanted="lap")
    site.wait("lap.vanya", "A", [LAP4])
    assert site.answers("lap-2.vanya", "A") == "NXDOMAIN"


def test_unsigned_forged_and_repeated_packets_change_nothing(site):
    site.start()
    packet = site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    before = site.packets()
    site.pad.sock.send(packet)  # the same again, from another host
    wait_until(lambda: site.packets()["replayed"] + site.packets()["known"] > before["replayed"] + before["known"], 20)
    forged = bytearray(site.lap.packet("lap", ["10.7.0.66"]))
    forged[-1] ^= 1
    site.pad.sock.send(bytes(forged))
    site.wait_packet("forged", before)
    with SignedHost(site.pad_ns, KeyPair("lap.vanya.")) as thief:
        thief.say("lap", "10.7.0.66")
    site.wait_packet("stranger", before)
    old = site.packets()
    site.lap.say("lap", "10.7.0.66", inception=1, expiration=100)
    site.wait_packet("untimely", old)
    site.lap.sock.send(b"\0\0\x84\0\0\0\0\1\0\0\0\0" + b"\3lap\5local\0\0\1\0\1\0\0\0\x78\0\4\x0a\7\0\x42")
    site.wait_packet("unsigned", old)
    assert site.answers("lap.vanya", "A") == [LAP4]
    # An old packet of the host itself, which said something else.
    site.lap.say_anew("lap", "10.7.0.23")
    site.wait("lap.vanya", "A", ["10.7.0.23"])
    site.pad.sock.send(packet)
    wait_until(lambda: site.packets()["replayed"] > before["replayed"], 20)
    assert site.answers("lap.vanya", "A") == ["10.7.0.23"]


def test_an_address_outside_of_the_link_is_not_served(site):
    site.start()
    site.lap.say("lap", LAP4, "192.0.2.66", "2001:db8:9::1")
    site.wait("lap.vanya", "A", [LAP4])
    assert site.answers("lap.wan.vanya", "A") == "NXDOMAIN"
    assert site.daemon.status()["collector"]["outside"] >= 1
    assert "collected address not served" in site.daemon.log()


def test_another_prefix_may_be_named(site):
    site.start("--collect-prefix=192.0.2.0/24")
    site.lap.say("lap", LAP4, "192.0.2.66")
    site.wait("lap.wan.vanya", "A", ["192.0.2.66"])
    assert site.answers("lap.lan.vanya", "A") == "NXDOMAIN"


def test_goodbye_keeps_the_last_addresses(site):
    site.start()
    site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    site.lap.say_goodbye("lap", LAP4)
    wait_until(lambda: site.collected()["lap"]["state"] == "away", 20)
    assert site.answers("lap.vanya", "A") == [LAP4]
    site.lap.say("lap", "10.7.0.22")
    site.wait("lap.vanya", "A", ["10.7.0.22"])
    assert site.collected()["lap"]["state"] == "here"


def test_goodbye_withdraws_the_addresses_but_not_the_name(site):
    site.start("--away=withdraw", f"--zone-file={write(site.work, 'z', '_x.lap TXT y')}")
    site.lap.say("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", [LAP4])
    site.lap.say_goodbye("lap", LAP4, LAP6)
    site.wait("lap.vanya", "A", "NODATA")
    assert site.answers("lap.wan.vanya", "AAAA") == "NODATA" and site.answers("lap.vanya", "TXT") == ['"away"']
    site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    site.wait("lap.vanya", "TXT", "NODATA")


def test_a_name_has_one_key_until_it_is_forgotten(site):
    site.start()
    site.lap.say("shared", LAP4)
    site.wait("shared.vanya", "A", [LAP4])
    site.pad.say("shared", PAD4)
    wait_until(lambda: site.collected()["shared"].get("conflicts"), 20)
    line = site.collected()["shared"]
    assert line["rival"] == "pad.vanya." and line["key"].startswith("lap.vanya.")
    assert site.answers("shared.vanya", "A") == [LAP4]
    assert "another key wants a collected name" in site.daemon.log()
    site.daemon.ask("forget", "shared")
    site.wait("shared.vanya", "A", [PAD4])  # which still says it
    assert site.collected()["shared"]["key"].startswith("pad.vanya.")
    assert site.daemon.ns.run([site.daemon.program, "forget", "nothing", "--socket=" + site.daemon.socket],
                              check=False).returncode != 0


def test_a_key_may_say_names_like_its_patterns(site):
    site.start(f"--trust={site.trust(site.lap.key)}:lap,lap-*", f"--trust={write(site.work, 'pad', site.pad.key.line())}")
    before = site.daemon.status()["collector"]["refused"]
    site.lap.say("web", LAP4)
    wait_until(lambda: site.daemon.status()["collector"]["refused"] > before, 20)
    site.lap.say("lap-1", LAP4)
    site.wait("lap-1.vanya", "A", [LAP4])
    assert site.answers("web.vanya", "A") == "NXDOMAIN"
    site.pad.say("web", PAD4)
    site.wait("web.vanya", "A", [PAD4])


def test_workloads_and_zone_files_have_their_names(site):
    zone = write(site.work, "vanya.zone", "fixed A 10.7.0.77\n")
    site.topo.workload("web", site.host, "br0", "10.7.0.5/16", alias="web")
    site.start(f"--zone-file={zone}")
    site.wait("web.vanya", "A", ["10.7.0.5"])
    for label in ("web", "fixed", "wan", "ns1"):
        site.lap.say(label, LAP4)
    site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    assert site.answers("web.vanya", "A") == ["10.7.0.5"] and site.answers("fixed.vanya", "A") == ["10.7.0.77"]
    assert set(site.collected()) == {"lap"}
    # One that comes later hides what is collected, and gives it back.
    late = site.topo.workload("late", site.host, "br0", "10.7.0.6/16", alias="lap")
    site.wait("lap.vanya", "A", ["10.7.0.6"])
    assert site.collected()["lap"]["reason"] == "a workload has the name"
    late.set_alias("eth0", "")
    site.wait("lap.vanya", "A", [LAP4])


def test_the_first_key_has_a_free_name(site):
    site.start("--trust-first")
    site.lap.say("lap", LAP4)
    site.lap.answer_key("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    assert site.collected()["lap"]["trust"] == "first"
    assert [key["trust"] for key in site.daemon.status()["collector"]["keys"]] == ["first"]
    site.daemon.ask("forget", "lap")
    site.wait("lap.vanya", "A", "NXDOMAIN")


def test_a_key_may_be_in_our_zone(site):
    zone = write(site.work, "vanya.zone", "$ORIGIN vanya.\n" + site.lap.key.line())
    site.start(f"--trust={write(site.work, 'none.key', '')}", f"--zone-file={zone}")
    site.lap.say("note", LAP4)
    site.wait("note.vanya", "A", [LAP4])
    assert site.collected()["note"]["trust"] == "zone"


def test_after_a_kill_everything_is_answered_as_before(site):
    site.start("--away=keep")
    for i in range(20):
        site.lap.say(f"lap{i}", f"10.7.1.{i}")
        site.wait(f"lap{i}.vanya", "A", [f"10.7.1.{i}"])
    site.lap.say_goodbye("lap1", "10.7.1.1")
    wait_until(lambda: site.collected()["lap1"]["state"] == "away", 20)
    packet = site.lap.say_anew("lap0", "10.7.1.100")
    site.wait("lap0.vanya", "A", ["10.7.1.100"])
    site.daemon.process.send_signal(signal.SIGKILL)
    site.daemon.kill()
    site.daemon.start()
    assert site.answers("lap0.vanya", "A") == ["10.7.1.100"]  # the first packet
    for i in range(1, 20):
        assert site.answers(f"lap{i}.vanya", "A") == [f"10.7.1.{i}"]
    assert site.collected()["lap1"]["state"] == "away" and site.collected()["lap2"]["state"] in ("here", "silent")
    before = site.packets()
    site.pad.sock.send(packet)
    wait_until(lambda: site.packets()["replayed"] + site.packets()["known"] > before["replayed"] + before["known"], 20)
    site.daemon.stop()
    site.daemon.start()
    assert site.answers("lap0.vanya", "A") == ["10.7.1.100"]


def test_a_file_that_has_grown_is_made_anew(site):
    site.start()
    site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    site.daemon.stop()
    path = os.path.join(os.path.dirname(site.daemon.socket), "state", "collected")
    with open(path, "rb") as file:
        head, entries = file.read().split(b"\n", 1)
    grown = entries * (3_000_000 // len(entries))  # the same, again and again
    with open(path, "r+b") as file:
        file.write(head + b"\n" + grown)
    site.daemon.start()
    site.pad.say("pad", PAD4)
    site.wait("pad.vanya", "A", [PAD4])
    wait_until(lambda: os.path.getsize(path) < 100_000, 20)
    site.daemon.stop()
    site.daemon.start()
    assert site.answers("lap.vanya", "A") == [LAP4] and site.answers("pad.vanya", "A") == [PAD4]


def test_a_key_that_has_no_name_is_forgotten(site):
    site.start("--trust-first")
    key = KeyPair("new.vanya.")
    site.pad.sock.send(key.sign(response([record("new.local.", KEY, key.rdata)]), "new.local.", IN))
    wait_until(lambda: len(site.daemon.status()["collector"]["keys"]) == 1, 20)
    site.daemon.ask("forget", "new.vanya.")  # returns
    assert site.daemon.status()["collector"]["keys"] == []


def test_whom_it_trusts_is_read_again(site):
    path = site.trust(site.lap.key)
    site.start(f"--trust={path}")
    before = site.packets()
    site.pad.say("pad", PAD4)
    site.wait_packet("stranger", before)
    site.trust(site.lap.key, site.pad.key)
    site.daemon.ask("reload")
    site.pad.say("pad", PAD4)
    site.wait("pad.vanya", "A", [PAD4])
    with open(path, "w", encoding="ascii") as file:
        file.write("pad.vanya. IN A 192.0.2.1\n")
    site.daemon.ask("reload", check=False)
    assert f"{path}:1: is no KEY and no DNSKEY" in site.daemon.log()
    site.pad.say_anew("pad", "10.7.0.33")
    site.wait("pad.vanya", "A", ["10.7.0.33"])


def test_a_full_disk_is_told_and_the_names_are_written_when_there_is_room(site, small_disk):
    daemon = site.start(f"--state={small_disk.path}/state", "--user=root")
    site.lap.say("lap", LAP4)
    site.wait("lap.vanya", "A", [LAP4])
    small_disk.fill()
    labels = [f"pad{i}-{'x' * 40}" for i in range(40)]
    for label in labels:  # these take more than the rest of a page
        site.pad.say(label, PAD4)
        site.wait(f"{label}.vanya", "A", [PAD4])  # it is served all the same
    wait_until(lambda: daemon.status()["collector"]["failing"], 20)
    assert daemon.log().count("cannot write collected names") == 1
    small_disk.make_room()
    wait_until(lambda: not daemon.status()["collector"]["failing"], 60)
    assert "collected names are written again" in daemon.log()
    daemon.kill()
    daemon.start()
    assert site.answers("lap.vanya", "A") == [LAP4] and site.answers(f"{labels[-1]}.vanya", "A") == [PAD4]


def test_watch_tells_what_hosts_say(site, tmp_path):
    site.start()
    log = tmp_path / "watch"
    with open(log, "wb") as out:
        watch = site.host.popen([site.daemon.program, "watch", "-j", "--socket=" + site.daemon.socket], stdout=out)
    labels = iter(range(1000))
    try:
        wait_until(lambda: site.lap.say(f"lap{next(labels)}", LAP4) and "collect-name" in log.read_text(), 20)
        line = next(json.loads(text) for text in log.read_text().splitlines() if "collect-name" in text)
        assert line["name"].startswith("lap") and line["key"].startswith("lap.vanya./13/") and line["time"]
    finally:
        watch.terminate()
        watch.wait()


@pytest.mark.parametrize("algorithm, trust", [(13, "first"), (15, "file")])
def test_hosts_of_ours_are_collected(site, serve, algorithm, trust):
    """One that publishes its name: it is there, goes with a goodbye, and comes back with another address."""
    keys = write(site.work, "hosts.key", "")
    site.start("--names=dhcp", "--trust-first" if trust == "first" else f"--trust={keys}")  # aliases are for the host alone
    site.lap.close()
    site.lap_ns.set_alias("eth0", "lap secret")
    lap = serve(site.lap_ns, "--domain=vanya", "--publish=lap", "--self", f"--dnssec-algorithm={algorithm}",
                prefix=("unshare", "--uts", "sh", "-c", 'hostname box && exec "$@"', "sh"))
    if trust == "file":
        write(site.work, "hosts.key", lap.ask("keys", "show", "--host"))
        site.daemon.ask("reload")
    site.wait("lap.vanya", "A", [LAP4], 60)
    site.wait("lap.wan.vanya", "AAAA", [LAP6], 60)
    assert site.answers("secret.vanya", "A") == "NXDOMAIN"
    line = site.collected()["lap"]
    tag = lap.lines("keys", "show", "--host")[0]["tag"]
    assert line["key"].endswith(f"/{algorithm}/{tag}") and line["trust"] == trust and line["state"] == "here"
    lap.stop()
    wait_until(lambda: site.collected()["lap"]["state"] == "away", 60)
    assert site.answers("lap.vanya", "A") == [LAP4]
    site.lap_ns.ip(f"addr del {LAP4}/16 dev eth0")
    site.lap_ns.add_addr("eth0", "10.7.0.44/16")
    lap.start()
    site.wait("lap.vanya", "A", ["10.7.0.44"], 60)
    site.lap_ns.ip("addr del 10.7.0.44/16 dev eth0")
    site.lap_ns.add_addr("eth0", "10.7.0.45/16")
    site.wait("lap.vanya", "A", ["10.7.0.45"], 60)
    assert site.packets()["forged"] == 0


def test_a_secondary_validates_what_hosts_say(site, need, tmp_path):
    ns = site.topo.workload("secondary", site.host, "br0", f"{SECONDARY}/16")
    daemon = site.start("--dnssec", tsig_option("one"), "--allow-transfer=key:one", f"--notify={SECONDARY},key:one",
                        "--away=withdraw", "--lan=10.0.0.0/8")
    anchor = Anchor(daemon, "vanya.", str(tmp_path))
    knot = knot_secondary(need("knotd"), ns, SECONDARY, str(tmp_path), "vanya", is_validating=True)
    try:
        site.lap.say("lap", LAP4, LAP6)
        wait_until(lambda: delv(ns, SECONDARY, anchor, "lap.vanya", "A") == "positive", 60)
        assert delv(ns, SECONDARY, anchor, "pad.vanya", "A") == "nxdomain"
        site.lap.say_goodbye("lap", LAP4, LAP6)
        wait_until(lambda: delv(ns, SECONDARY, anchor, "lap.vanya", "A") == "nodata", 60)
        site.lap.say("lap", "10.7.0.22")
        wait_until(lambda: site.answers("lap.vanya", "A", server=SECONDARY) == ["10.7.0.22"], 60)
        assert delv(ns, SECONDARY, anchor, "lap.vanya", "A") == "positive"
    finally:
        knot.stop()
