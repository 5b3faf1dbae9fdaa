# SPDX-License-Identifier: ISC
"""ontapd with ipvlan and ipvtap in all modes, with its documented command lines, on Debian's own kernel: it
has no SO_PEERPIDFD either."""
import os
import re

import pytest

TYPES, MODES, FLAGS = ("ipvlan", "ipvtap"), ("l2", "l3", "l3s"), ("bridge", "private", "vepa")


@pytest.fixture(scope="module")
def steps(machine, built):
    """{step: its output}"""
    vm = machine("dummy", "tap", "macvlan", "macvtap", "ipvlan", "ipvtap")
    for program in ("src/ontapd/ontapd", "src/ontap/ontap", "src/ontap-waitif/ontap-waitif",
                    "tests/net/device-ask"):
        vm.add(built(program))
    vm.add("/sbin/ip", "/bin/ip2")
    vm.add("/usr/bin/setpriv", "/bin/setpriv2")
    with open(os.path.join(os.path.dirname(__file__), "ipvlan.sh"), encoding="utf-8") as script:
        status, printed = vm.run(script.read())
    assert status == 0, printed
    parts = (part.partition("\n") for part in printed.split("== ")[1:])
    found = {head: text for head, _, text in parts}
    print(found.get("end"))
    return found


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", TYPES)
def test_each_type_mode_and_flag(steps, kind, mode, flag):
    text = steps[f"mode {kind} {mode},{flag}"]
    assert re.search(rf"{kind} +mode {mode} {flag}\b", text), text
    assert "UP" in text.split(">")[0]


def test_the_fixed_command_lines(steps):
    text = steps["lines"]
    assert "ONTAP_IFNAME=nic0\n" in text and re.search(r"^nic0@eth0 ", text, re.M)
    assert re.search(r"^nic1\n.* -> /tap \(deleted\)$", text, re.M)
    assert re.search(r"^1000\nontap0 1\n.* -> /tap \(deleted\)$", text, re.M)
    assert "queues=1" in text, "--verbosity=debug after the socket"


def test_who_is_not_in_the_group_cannot_connect(steps):
    assert 'error="Permission denied"\nexit 111' in steps["lines"]


def test_the_mode_of_a_parent_is_not_changed_under_its_devices(steps):
    text = steps["sharing"]
    assert "all ipvlans of a parent have one mode: those of dummy0 have l3s,bridge" in text
    assert "Device or resource busy" in text, "ipvlan and macvlan exclude each other"
    assert "the same mode is fine" in text
    assert "mode l3s" in text


def test_addresses_are_stable_though_all_have_one_hardware_address(steps):
    first, again = steps["stable first"].split(), steps["stable again"].split()
    assert first == again
    assert first[1] == first[3], "the parent's hardware address"
    assert first[0] != first[2] and first[0].startswith("fe80::")


def test_nobody_plants_a_device_where_he_is_not(steps):
    text = steps["others"]
    assert "3 the caller neither lives in this namespace nor owns it" in text
    assert "evil" not in text.replace("evil:", "")
    assert "mine: 0" in text


def test_taps_of_one_ifindex_do_not_meet(steps):
    words = steps["taps"].split()  # of each: its two queues, and its ifindex
    assert len(words) == 4 and words.count("2") >= 2


def test_nothing_stays(steps):
    links = re.findall(r"^(\S+?)(?:@\S+)? ", steps["end"].split("ontapd")[0], re.M)
    assert sorted(links) == ["dummy0", "eth0", "lo", "wlp3s0"]
    assert "ontapd 0\n" in steps["end"]
