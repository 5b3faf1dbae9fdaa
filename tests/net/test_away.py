# SPDX-License-Identifier: ISC
"""A host that signs its updates with its own key (SIG(0)): --update=ADDR,sig0. Wherever it is, who knows the key has its names."""
import itertools
import json
import os

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import ask  # noqa: E402
from lib.sleep import Bus  # noqa: E402
from lib.wait import wait_until  # noqa: E402

DOMAIN = "vanya"
numbers = itertools.count()
HOME, CAFE, OUTSIDE = "2001:db8:1::", "2001:db8:2::", "2001:db8:9::"


class Laptop:
    """A host with one link, which is at home first. The box is on the link at home, and the router in the cafe; none of the
    three sees another one's namespace."""

    def __init__(self, topo, serve, work):
        self.topo, self.serve = topo, serve
        self.none = str(work / "no-namespaces")
        os.mkdir(self.none)
        os.chmod(self.none, 0o755)
        self.box, self.router, self.ns = (topo.namespace(name) for name in ("box", "router", "laptop"))
        self.switches = {place: topo.namespace(place) for place in ("home", "cafe")}
        for switch in self.switches.values():
            topo.bridge(switch, "br0")
        self.plug(self.box, "home", "10.1.0.1/24", HOME + "1/64")
        self.plug(self.router, "cafe", "192.168.7.1/24", CAFE + "1/64")
        topo.veth(self.box, "up0", self.router, "up1")
        self.box.add_addr("up0", OUTSIDE + "1/64")
        self.router.add_addr("up1", OUTSIDE + "2/64")
        self.router.write_sysctl("net/ipv6/conf/all/forwarding", "1")
        self.box.ip(f"route add {CAFE}/64 via {OUTSIDE}2")
        self.daemon = None

    def plug(self, ns, place, *addrs):
        switch, port = self.switches[place], f"p{next(numbers)}"
        self.topo.veth(ns, "eth0", switch, port)
        switch.ip(f"link set {port} master br0")
        ns.add_addr("eth0", *addrs)

    def leave(self):
        """Off, by the cable."""
        self.ns.ip("link del eth0")

    def come(self, place):
        prefix, lan = {"home": (HOME, "10.1.0"), "cafe": (CAFE, "192.168.7")}[place]
        self.plug(self.ns, place, f"{lan}.9/24", f"{prefix}9/64")
        self.ns.ip(f"route add default via {prefix}1")

    def start(self, *options, environ=()):
        self.daemon = self.serve(self.ns, f"--domain={DOMAIN}", "--self", f"--assign-nsid={self.none}",
                                 f"--update=[{OUTSIDE}1],sig0", *options, environ=environ,
                                 prefix=["unshare", "-u", "sh", "-c", 'hostname laptop; exec "$@"', "sh"])
        return self.daemon

    def key(self):
        line, = self.daemon.ask("keys", "show", "--host", "--json").splitlines()
        return json.loads(line)


@pytest.fixture
def laptop(topo, serve, tmp_path):
    topo.has_dad = False
    made = Laptop(topo, serve, tmp_path)
    made.come("home")
    return made


def found(laptop, name, rdtype="AAAA"):
    """What the box answers to a client outside."""
    reply = ask(laptop.router, OUTSIDE + "1", f"{name}.{DOMAIN}", rdtype, source=OUTSIDE + "2")
    return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset if rrset.name == reply.question[0].name)


def wait_found(laptop, name, *expected, timeout=10):
    wait_until(lambda: found(laptop, name) == list(expected), timeout, f"{name} at {expected}")


def serve_box(laptop, serve, tmp_path, *options):
    """A receiver with the key in a file."""
    keys = tmp_path / "hosts.keys"
    keys.write_text(laptop.key()["key"] + "\n")
    keys.chmod(0o644)
    return serve(laptop.box, f"--domain={DOMAIN}", f"--assign-nsid={laptop.none}", "--no-mdns", f"--sig0-file={keys}", *options)


# --- any primary ----------------------------------------------------------------------------------------

@pytest.fixture
def zone(tmp_path):
    path = tmp_path / "more.zone"
    path.write_text("laptop TXT more\nother A 192.0.2.1\n")
    path.chmod(0o644)
    return f"--zone-file={path}"


def test_all_names_are_sent_if_none_is_published(laptop, serve, tmp_path, zone):
    laptop.start(zone)
    serve_box(laptop, serve, tmp_path, f"--allow-update=sig0:laptop.{DOMAIN}:*:ANY")
    wait_found(laptop, "laptop.wan", HOME + "9")
    wait_until(lambda: found(laptop, "other", "A") == ["192.0.2.1"])
    wait_until(lambda: found(laptop, "laptop", "TXT") == ['"more"'])
    assert laptop.daemon.status()["updates"][0]["refused"] == 0


def test_only_addresses_of_published_names_are_sent(laptop, serve, tmp_path, zone):
    laptop.start("--publish=lap*", zone)
    box = serve_box(laptop, serve, tmp_path, f"--allow-update=sig0:laptop.{DOMAIN}:*:ANY")
    for name in ("laptop.wan", "laptop"):
        wait_found(laptop, name, HOME + "9")
    wait_until(lambda: laptop.daemon.status()["updates"][0]["queued"] == 0)
    assert box.status()["receiver"]["refused"] == 0
    for name, rdtype in (("other", "A"), ("laptop", "TXT"), ("laptop.lan", "A")):
        assert not found(laptop, name, rdtype), name


def test_who_roams_is_found_at_once(laptop, serve, tmp_path):
    laptop.start("--publish=laptop")
    serve_box(laptop, serve, tmp_path, f"--allow-update=sig0:laptop.{DOMAIN}:*:ANY")
    wait_found(laptop, "laptop.wan", HOME + "9")
    laptop.leave()
    wait_until(lambda: "updates fail" in laptop.daemon.log(), what="a failure: there is no network")
    laptop.come("cafe")
    wait_found(laptop, "laptop.wan", CAFE + "9")
    wait_until(lambda: not found(laptop, "laptop.lan", "A"), what="no private address: it is no use here")


def test_who_has_no_right_is_told_and_goes_on(laptop, serve, tmp_path):
    laptop.start("--publish=laptop")
    serve_box(laptop, serve, tmp_path, f"--allow-update=sig0:laptop.{DOMAIN}:phone*:ANY")
    wait_until(lambda: "an update is refused: " in laptop.daemon.log() or "rcode=5" in laptop.daemon.log())
    assert found(laptop, "laptop.wan") == []


def test_an_unknown_key_is_told_on_both_sides(laptop, serve):
    laptop.start("--publish=laptop")
    box = serve(laptop.box, f"--domain={DOMAIN}", f"--assign-nsid={laptop.none}", "--no-mdns",
                f"--allow-update=sig0:laptop.{DOMAIN}:*:ANY")
    wait_until(lambda: "updates fail" in laptop.daemon.log() and "rcode=9" in laptop.daemon.log())
    assert "no file and no zone of ours has such a key" in box.log()
    assert "keys show --host" in laptop.daemon.log()


# --- a collector ----------------------------------------------------------------------------------------

def collect(laptop, serve, tmp_path):
    """The box collects what hosts say at home, and trusts the laptop."""
    keys = tmp_path / "hosts.keys"
    keys.write_text(laptop.key()["key"] + "\n")
    keys.chmod(0o644)
    return serve(laptop.box, f"--domain={DOMAIN}", f"--assign-nsid={laptop.none}", "--mdns=eth0", "--collect=eth0",
                 f"--trust={keys}")


def wait_state(box, state, timeout=30):
    def is_so():
        found_now = {line["collected"]: line["state"] for line in box.lines("names") if "collected" in line}
        return found_now.get("laptop") == state
    wait_until(is_so, timeout, f"the laptop to be {state}")


def test_a_host_roams_and_comes_back(laptop, serve, tmp_path):
    laptop.start("--publish=laptop")
    box = collect(laptop, serve, tmp_path)
    wait_state(box, "here")
    wait_found(laptop, "laptop", HOME + "9", timeout=20)
    assert found(laptop, "laptop.lan", "A") == ["10.1.0.9"]
    for _ in range(2):
        laptop.leave()
        laptop.come("cafe")
        wait_state(box, "moved")
        wait_found(laptop, "laptop", CAFE + "9")
        wait_found(laptop, "laptop.wan", CAFE + "9")
        laptop.leave()
        laptop.come("home")
        wait_state(box, "here")
        wait_found(laptop, "laptop", HOME + "9")
        wait_until(lambda: found(laptop, "laptop.lan", "A") == ["10.1.0.9"])
    assert "refused" not in laptop.daemon.log(), "its updates are taken"


def test_a_host_that_sleeps_is_away_at_once(laptop, serve, tmp_path, need):
    for package in ("dbus", "gi"):
        pytest.importorskip(package, reason=f"python3-{package} is not installed")
    bus = Bus(laptop.topo.namespace("system"), str(tmp_path), need)
    try:
        bus.start_logind()
        laptop.start("--publish=laptop", "--sleep-goodbye", environ=bus.environ)
        box = collect(laptop, serve, tmp_path)
        wait_state(box, "here")
        wait_until(lambda: bus.tell("holders") == "ontap-zone")
        assert bus.tell("sleep") == "asleep"
        wait_state(box, "away", timeout=5)
        assert found(laptop, "laptop") == [HOME + "9"], "--away=keep"
        bus.tell("wake")
        wait_state(box, "here")
    finally:
        bus.stop()
