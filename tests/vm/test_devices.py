# SPDX-License-Identifier: ISC
"""What the options of ontap promise, for ipvlan and ipvtap, which the kernel of the tests may not have; for
root and for other users. tests/net/test_device_promises.py has the same for the other types."""
import json
import re

import pytest

EXECLINE = ("execlineb", "importas", "if")
START = """
ip2 netns add lan
printf 'link add eth0 mtu 1400 type veth peer name lan0 netns lan\\nlink set eth0 up\\n' | ip2 -batch -
printf 'link add wlp3s0 type dummy\\nlink set wlp3s0 up\\n' | ip2 -batch -
printf 'link add dummy1 type dummy\\nlink set dummy1 up\\n' | ip2 -batch -
ip2 -n lan link set lan0 up
# What /sys shows of Wi-Fi.
mkdir -p /run/shown/wlp3s0/phy80211
cat /sys/class/net/wlp3s0/ifindex >/run/shown/wlp3s0/ifindex
mount --bind /run/shown /sys/class/net
ontapd --group=user --rate=0 --state=/run/state eth0 wlp3s0 dummy1 2>/run/log &
until [ -S /run/ontap/port.dummy1 ]; do sleep 0.1; done
"""
USERS = {"root": "", "user": "setpriv2 --reuid=1000 --regid=1000 --clear-groups"}
KINDS = ("ipvlan", "ipvtap")

all_users = pytest.mark.parametrize("user", USERS)
all_kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def vm(machine, built):
    made = machine("dummy", "veth", "tap", "macvlan", "macvtap", "ipvlan", "ipvtap")
    for program in ("src/ontapd/ontapd", "src/ontap/ontap", "src/ontap-waitif/ontap-waitif"):
        made.add(built(program))
    made.add("/sbin/ip", "/bin/ip2")
    made.add("/usr/bin/setpriv", "/bin/setpriv2")
    try:
        for program in EXECLINE:
            made.add(f"/usr/lib/execline/bin/{program}")
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    with made.start() as running:
        running.sh(START)
        yield running
        print(running.sh("cat /run/log", check=False))


@all_users
@all_kinds
def test_mtu_and_gateways(vm, kind, user):
    printed = vm.sh(f"""{USERS[user]} ontap -t {kind} -n nic0 --netns {"-m 0" if kind == "ipvtap" else ""} --mtu=1300 \\
        --addr=10.6.0.80/24 --addr=2001:db8:6::80/64 --gateway=10.6.0.2 --gateway=fe80::2 /run/ontap/port.eth0 -- \\
        sh -c 'echo told $ONTAP_MTU; ip2 link show nic0; ip2 route; ip2 -6 route'""")
    assert "told 1300" in printed and " mtu 1300 " in printed
    assert "default via 10.6.0.2 dev nic0" in printed and "default via fe80::2 dev nic0" in printed
    printed = vm.sh(f"{USERS[user]} ontap -t {kind} /run/ontap/port.eth0 -- sh -c 'echo told $ONTAP_MTU'")
    assert "told 1400" in printed
    printed = vm.sh(f"{USERS[user]} ontap -t {kind} --mtu=1401 /run/ontap/port.eth0 -- true", check=False)
    assert "the MTU of eth0 is 1400: 1401 is too much" in printed, "the kernel would take it"


@all_users
def test_a_tap_hears_all_groups_and_the_kernel_has_no_address_on_it(vm, user):
    printed = vm.sh(f"""{USERS[user]} ontap -t ipvtap -n nic0 --netns /run/ontap/port.eth0 -- \\
        sh -c 'ip2 -d link show nic0; ip2 addr show nic0'""")
    assert "ALLMULTI" in printed and "addrgenmode none" in printed and "inet6" not in printed


@all_users
@pytest.mark.parametrize("importas", ["importas", "importas -ui"])
def test_stacked_calls_have_what_each_has_made(vm, user, importas):
    script = (f"ontap -t macvtap --name=nic0 /run/ontap/port.dummy1 -- {importas} NIC0_FD ONTAP_FD0 "
              f"{importas} NIC0_HW ONTAP_HWADDR ontap -t ipvtap -n nic1 /run/ontap/port.eth0 -- "
              f"{importas} NIC1_FD ONTAP_FD0 {importas} NIC1_HW ONTAP_HWADDR "
              "if { echo fds ${NIC0_FD} ${NIC1_FD} } if { echo nic0 ${NIC0_HW} } if { echo nic1 ${NIC1_HW} } "
              "if { ls -l /proc/self/fd } ip2 -br link")
    printed = vm.sh(f"{USERS[user]} execlineb -Pc '{script}'")
    fds = re.search(r"^fds (\d+) (\d+)$", printed, re.M).groups()
    assert fds[0] != fds[1] and all(re.search(rf" {fd} -> /tap", printed) for fd in fds)
    for name in ("nic0", "nic1"):
        assert len(set(re.findall(rf"^{name}\S* .*?(\w\w(?::\w\w){{5}})", printed, re.M))) == 1
        assert len(re.findall(rf"^{name}", printed, re.M)) == 2, printed


@all_users
@pytest.mark.parametrize("options, kind", [("", "ipvlan"), ("-m 1", "ipvtap"), ("-m 0", "ipvtap")])
def test_auto_on_wifi_is_what_works_there(vm, user, options, kind):
    printed = vm.sh(f"""{USERS[user]} ontap -t auto {options} -n nic0 /run/ontap/port.wlp3s0 -- ip2 -d link show nic0
        {USERS[user]} ontap -t macvtap /run/ontap/port.wlp3s0 -- true || echo refused""")
    assert re.search(rf"^ +{kind} ", printed, re.M), printed
    assert "wlp3s0 is Wi-Fi" in printed and printed.endswith("refused\n")


@all_users
def test_auto_is_what_the_parent_has_already(vm, user):
    printed = vm.sh(f"""ontap -t ipvlan -n held /run/ontap/port.eth0 -- \\
        {USERS[user]} ontap -t auto -m 1 -n nic0 /run/ontap/port.eth0 -- ip2 -d link show nic0""")
    assert re.search(r"^ +ipvtap ", printed, re.M), printed


@all_users
@all_kinds
def test_kept_devices_are_listed_and_made_again_when_their_parent_returns(vm, user, kind):
    """In the namespace of a process, too; and with the mode of the others, which is the parent's."""
    make = f"{USERS[user]} ontap -t {kind} --mode=l3s,private --keep --mtu=1350 -a www -n nic0"
    vm.sh(f"""{make} /run/ontap/port.eth0 --
        {make} --netns {"-m 0" if kind == "ipvtap" else ""} /run/ontap/port.eth0 -- sleep 1000 & echo $! >/run/inside
        until [ $(ontap --list /run/ontap/port.eth0 | wc -l) = 3 ]; do sleep 0.1; done""")
    before = listed(vm)
    assert [device["link"] for device in before] == ["nic0", "nic0"]
    assert {device["mode"] for device in before} == {"l3s,private"}
    vm.sh("""ip2 link del eth0
        until [ $(ontap --list /run/ontap/port.eth0 | wc -l) -lt 2 ]; do sleep 0.1; done
        printf 'link add eth0 mtu 1400 type veth peer name lan0 netns lan\\nlink set eth0 up\\n' | ip2 -batch -
        until [ $(ontap --list /run/ontap/port.eth0 | wc -l) = 3 ]; do sleep 0.1; done""")
    after = listed(vm)
    changing = ("hwaddr", "ifindex")
    assert [{**device, **dict.fromkeys(changing)} for device in after] \
        == [{**device, **dict.fromkeys(changing)} for device in before]
    assert " mtu 1350 " in vm.sh("ip2 link show nic0")
    vm.sh(f"""{USERS[user]} ontap --remove=nic0 /run/ontap/port.eth0 --
        kill $(cat /run/inside)
        until [ $(ontap --list /run/ontap/port.eth0 | wc -l) -lt 2 ]; do sleep 0.1; done""")


def listed(vm):
    return json.loads(vm.sh("ontap --list -j /run/ontap/port.eth0"))
