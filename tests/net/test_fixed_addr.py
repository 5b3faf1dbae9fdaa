# SPDX-License-Identifier: ISC
"""Fixed addresses: a rule of ontapd's gives a name its addresses and its default route, for root and for other users."""
import json
import signal

import pytest

from lib.wait import wait_until
from test_bridge import bridge  # noqa: F401 (fixture)
from test_ontapd import (  # noqa: F401 (fixtures)
    NOBODY, needs_second_user, needs_type, ontap, ontapd, wait_for_no_link)

SHOW = ["sh", "-c", "ip -o addr show dev nic0; ip route; ip -6 route; echo END; cat"]
RULES = """
allow * * * * web any addr=10.9.0.5/24,2001:db8:9::5/64 gateway=10.9.0.1,2001:db8:9::1
allow * * * * shop gateway=10.9.0.1 addr=10.9.0.6/24
allow * * * * same addr=10.9.0.5/24
allow * * * * kept addr=10.9.0.7/24
allow * * * *
"""
all_users = pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])


@pytest.fixture
def place(bridge, topo):
    """The namespace with the bridge br0, and a link eth0 for macvlans."""
    topo.veth(bridge, "eth0", bridge.lan, "lan1")
    return bridge


@pytest.fixture
def rules(tmp_path):
    file = tmp_path / "rules"
    file.write_text(RULES)
    return file


@pytest.fixture
def daemon(place, ontapd, rules):
    return ontapd(place, f"--rules={rules}", "--rate=0", parents=("br0", "eth0"))


@pytest.fixture
def make(ontap):
    """make(daemon, "veth", "br0", "web", ...) -> (process, what its PROG sees of the link)"""
    def start(daemon, kind, parent, alias, *options, user=None):
        process = ontap(daemon, "-t", kind, "-n", "nic0", *(["-a", alias] if alias else []), "--netns", *options,
                        parent=parent, user=user, start=True, prog=SHOW)
        return process, "".join(iter(process.stdout.readline, "END\n"))
    return start


def refusal(ontap, daemon, *options, parent="br0", user=None, prog=("true",)):
    done = ontap(daemon, *options, parent=parent, user=user, prog=prog)
    return done.stderr if done.returncode else ""


def listed(program, daemon, parent="br0"):
    done = daemon.ns.run([program("ontap"), "--list", "-j", daemon.port(parent)])
    return {entry["alias"]: entry.get("addrs", []) for entry in json.loads(done.stdout)}


@all_users
@pytest.mark.parametrize("kind, parent", [("veth", "br0"), ("macvlan", "eth0"), ("ipvlan", "eth0")])
def test_a_name_gets_its_addresses_and_route(place, daemon, make, ontap, program, kind, parent, user):
    if user:
        needs_second_user()
    if kind != "veth":
        needs_type(place, kind)
    holder, seen = make(daemon, kind, parent, "web", user=user)
    assert "10.9.0.5/24" in seen and "2001:db8:9::5/64" in seen
    assert "default via 10.9.0.1 dev nic0" in seen and "default via 2001:db8:9::1 dev nic0" in seen
    assert listed(program, daemon, parent) == {"web": ["10.9.0.5/24", "2001:db8:9::5/64"]}
    # Neither the name nor another one gets the address while the first device lives, on any parent.
    for alias in ("web", "same"):
        text = refusal(ontap, daemon, "-t", "veth", "-a", alias, "--netns", user=user)
        assert "gives the address 10.9.0.5, which a living device has" in text
    holder.stdin.close()
    wait_until(lambda: refusal(ontap, daemon, "-t", "veth", "-a", "same", "--netns", user=user) == "", what="the end")


def test_only_the_name_gets_it_and_only_if_it_wants(daemon, make):
    others = [make(daemon, "veth", "br0", alias, *options)[1] for alias, options in (
        ("", ()), (",", ()), ("other", ()), ("shop", ("--addr=10.9.0.77/24",)),
        ("shop", ("--gateway=10.9.0.2", "--addr=10.9.0.8/24")))]
    assert not any("10.9.0.5" in seen or "10.9.0.6" in seen for seen in others)
    assert "10.9.0.77/24" in others[3] and "default via 10.9.0.2" in others[4]
    seen = make(daemon, "veth", "br0", "SHOP", "--wait=10.9.0.0/24")[1]
    assert "10.9.0.6/24" in seen and "default via 10.9.0.1" in seen
    seen = make(daemon, "veth", "br0", "web", "--down")[1]
    assert "10.9.0.5/24" in seen and "default" not in seen


def test_a_tap_is_refused(place, daemon, ontap):
    for kind, parent in (("tap", "br0"), ("macvtap", "eth0")):
        text = refusal(ontap, daemon, "-t", kind, "-a", "web", "-m", "0", parent=parent)
        assert f"has a fixed address, which a {kind} cannot get" in text


def test_a_restart_keeps_it_and_new_rules_are_for_new_devices(daemon, ontap, make, program, rules):
    holder, _ = make(daemon, "veth", "br0", "web")
    daemon.stop()
    daemon.start("br0", "eth0")
    assert listed(program, daemon) == {"web": ["10.9.0.5/24", "2001:db8:9::5/64"]}
    assert "10.9.0.5, which a living device has" in refusal(ontap, daemon, "-t", "veth", "-a", "same", "--netns")
    rules.write_text("allow * * * * web addr=10.9.0.50/24\nallow * * * * same addr=10.9.0.5/24\nallow * * * *\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "count=3" in daemon.log(), what="the new rules")
    assert listed(program, daemon) == {"web": ["10.9.0.5/24", "2001:db8:9::5/64"]}
    assert "10.9.0.5, which a living device has" in refusal(ontap, daemon, "-t", "veth", "-a", "same", "--netns")
    assert "10.9.0.50/24" in make(daemon, "veth", "br0", "web")[1]
    holder.stdin.close()
    wait_until(lambda: refusal(ontap, daemon, "-t", "veth", "-a", "same", "--netns") == "", what="the end of the first")


def test_a_kept_device_gets_it_again_with_its_parent(place, daemon, ontap, program, topo):
    assert refusal(ontap, daemon, "-t", "macvlan", "-n", "kept0", "-a", "kept", parent="eth0", prog=()) == ""
    place.ip("link del eth0")
    wait_for_no_link(place, "kept0")
    topo.veth(place, "eth0", place.lan, "lan1")
    wait_until(lambda: listed(program, daemon, "eth0").get("kept"), what="the kept device")
    assert "10.9.0.7/24" in place.ip("addr show dev kept0")
