# SPDX-License-Identifier: ISC
"""What the options of ontap promise, for each type that this kernel has, for root and for other users; what there is on a
parent; and what becomes of it when the parent vanishes. tests/vm/test_devices.py has the types that this kernel may not
have."""
import contextlib
import json
import os
import socket

import pytest

from lib import ontapd as proto
from lib.ontapd import connect, message, request
from lib.wait import wait_until
from test_ontapd import (  # noqa: F401 (fixtures)
    NOBODY, as_user, ask, links, needs_root_of_the_machine, needs_second_user, needs_type, ontap, ontapd, own_netns,
    parent, told, wait_for_link, wait_for_no_link)

# --- what each option promises, for all types and users -----------------------------------------


KINDS = ["macvlan", "macvtap", "ipvlan", "ipvtap"]
TAPS = ["macvtap", "ipvtap"]
all_users = pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])


@pytest.fixture
def make(parent, ontapd, ontap):
    """make(kind, "--mtu=1300", user=NOBODY, show="link") -> what `ip -d -j link show nic0` says in PROG."""
    def run(kind, *options, user=None, show="link", daemon=None):
        needs_root_of_the_machine()
        needs_type(parent, kind)
        if user:
            needs_second_user()
        done = ontap(daemon or ontapd(parent), "-t", kind, "-n", "nic0", *options, user=user, prog=[
            "sh", "-c", f"ip -d -j {show} show dev nic0; env"])
        return done, json.loads(done.stdout.splitlines()[0])[0] if done.returncode == 0 else None
    return run


@all_users
@pytest.mark.parametrize("kind", TAPS)
def test_a_tap_hears_all_groups_and_the_kernel_has_no_address_on_it(make, kind, user):
    done, link = make(kind, "--netns", user=user)
    assert done.returncode == 0, done.stderr
    assert "ALLMULTI" in link["flags"] and "UP" in link["flags"]
    assert link["inet6_addr_gen_mode"] == "none"


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_queue_is_open_the_kernel_configures_itself(make, kind):
    done, link = make(kind, "--netns", "--wait=fe80::/10", "--timeout=20",
                      *(["-m", "0"] if kind in TAPS else []), show="addr")
    assert done.returncode == 0, done.stderr
    assert [addr["local"] for addr in link["addr_info"] if addr["local"].startswith("fe80::")]


def test_a_frame_to_any_group_passes_through_the_descriptor(parent, ontapd):
    needs_root_of_the_machine()
    daemon = ontapd(parent)
    group = bytes.fromhex("3333ff123456")  # the solicited-node group of an address that only the guest knows
    lan = parent.lan.call(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5)))
    lan.bind(("lan0", 0))
    with own_netns(parent) as netns, parent.call(connect, daemon.port("eth0")) as sock, lan:
        reply, fds = request(sock, message(proto.CREATE, (proto.TYPE, "macvtap"), (proto.QUEUES, 1)), [netns])
        assert reply[proto.STATUS] == proto.OK, reply
        os.set_blocking(fds[0], False)

        def heard():
            lan.send(group + b"\x02\0\0\0\0\1" + b"\x88\xb5" + b"to the group".ljust(46, b"\0"))
            with contextlib.suppress(BlockingIOError):
                return b"to the group" in os.read(fds[0], 2000)
            return False

        wait_until(heard, what="the frame")
        os.close(fds[0])


@all_users
@pytest.mark.parametrize("kind", KINDS)
def test_the_mtu_is_the_parents_or_the_one_asked_for_and_is_told(parent, make, kind, user):
    parent.ip("link set eth0 mtu 1400")
    for options, mtu in ((), 1400), (["--mtu=1300"], 1300), (["--mtu=1400", "--netns"], 1400):
        done, link = make(kind, *options, user=user)
        assert done.returncode == 0, done.stderr
        assert link["mtu"] == mtu and told(done.stdout)["ONTAP_MTU"] == str(mtu)
        wait_for_no_link(parent, "nic0")
    done, _ = make(kind, "--mtu=1401", user=user)
    assert done.returncode == 1 and "the MTU of eth0 is 1400: 1401 is too much" in done.stderr


@all_users
@pytest.mark.parametrize("kind", KINDS)
def test_a_hardware_address_may_be_asked_for(make, kind, user):
    done, link = make(kind, "--mac=02:00:5E:10:00:01", user=user)
    if kind.startswith("ipv"):
        assert done.returncode == 100 and "hardware address of its parent" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert link["address"] == told(done.stdout)["ONTAP_HWADDR"] == "02:00:5e:10:00:01"


@pytest.mark.parametrize("hwaddr", [b"\1\0\0\0\0\1", b"\0" * 6, b"\2\0\0\0\1", b"\2" * 8])
def test_a_hardware_address_that_no_link_can_have_is_refused(parent, ontapd, hwaddr):
    reply = ask(ontapd(parent), message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.HWADDR, hwaddr)), parent)
    assert reply[proto.STATUS] == proto.MALFORMED and "hardware address" in reply[proto.TEXT]


@all_users
@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_is_the_default_route_of_its_family(make, kind, user):
    done, _ = make(kind, "--netns", "--addr=10.6.0.80/24", "--addr=2001:db8:6::80/64", "--gateway=10.6.0.2",
                   "--gateway=fe80::2", *(["-m", "0"] if kind in TAPS else []), user=user, show="link; ip route; "
                   "ip -6 route; ip link")
    assert done.returncode == 0, done.stderr
    assert "default via 10.6.0.2 dev nic0" in done.stdout and "default via fe80::2 dev nic0" in done.stdout


@all_users
def test_a_gateway_may_be_in_no_network_of_the_device(make, user):
    done, _ = make("macvlan", "--netns", "--addr=192.0.2.7/32", "--gateway=10.6.0.2", user=user,
                   show="link; ip route; ip link")
    assert done.returncode == 0, done.stderr
    assert "default via 10.6.0.2 dev nic0" in done.stdout


# What /sys shows of the parent, in files and directories.
WIFI = {"eth0/phy80211/": "", "eth0/ifindex": "INDEX"}
ABOVE_WIFI = {"eth0/lower_bond0/": "", "bond0/lower_wlan0/": "", "wlan0/phy80211/": "", "eth0/ifindex": "INDEX"}
BRIDGE = {"eth0/bridge/": "", **ABOVE_WIFI}
OF_ANOTHER_NAMESPACE = {"eth0/phy80211/": "", "eth0/ifindex": "9999"}


@pytest.fixture
def parent_as(parent, ontapd):
    """parent_as({file: content}) -> ontapd, for which these are the files in /sys/class/net."""
    def start(shown):
        daemon = ontapd(parent)
        daemon.stop()
        lines = ["mount -t tmpfs none /sys"]
        for path, content in shown.items():
            content = content.replace("INDEX", str(parent.ifindex("eth0")))
            directory = f"/sys/class/net/{os.path.dirname(path)}"
            lines.append(f"mkdir -p {directory}")
            if not path.endswith("/"):
                lines.append(f"echo {content} >/sys/class/net/{path}")
        script = "\n".join([*lines, 'exec "$@"'])
        daemon.start("eth0", prefix=["unshare", "-m", "sh", "-ec", script, "sh"])
        os.chmod(daemon.port("eth0"), 0o666)
        return daemon
    return start


@all_users
@pytest.mark.parametrize("shown", [WIFI, ABOVE_WIFI], ids=["Wi-Fi", "a bond on Wi-Fi"])
@pytest.mark.parametrize("kind", ["macvlan", "macvtap"])
def test_what_cannot_work_on_wifi_is_refused_with_what_can(parent, parent_as, make, kind, shown, user):
    done, _ = make(kind, daemon=parent_as(shown), user=user)
    assert done.returncode == 1
    assert f"eth0 is Wi-Fi: its access point drops the frames of a {kind}" in done.stderr
    assert f"{kind.replace('mac', 'ip')} works, or auto" in done.stderr


@pytest.mark.parametrize("shown", [BRIDGE, OF_ANOTHER_NAMESPACE, {}], ids=["bridge", "another", "wire"])
def test_what_only_looks_like_wifi_is_a_wire(parent, parent_as, make, shown):
    done, link = make("macvlan", daemon=parent_as(shown))
    assert done.returncode == 0 and link["linkinfo"]["info_kind"] == "macvlan", done.stderr


def test_a_macvlan_with_the_address_of_the_parent_works_on_wifi(parent, parent_as, make):
    done, _ = make("macvlan", "--mode=passthru", daemon=parent_as(WIFI))
    assert done.returncode == 0, done.stderr


@all_users
@pytest.mark.parametrize("shown, family", [(WIFI, "ipv"), ({}, "macv")], ids=["Wi-Fi", "wire"])
@pytest.mark.parametrize("options, kind", [([], "lan"), (["-m", "1"], "tap"), (["-m", "0"], "tap")])
def test_auto_is_what_works(parent, parent_as, ontap, shown, family, options, kind, user):
    needs_root_of_the_machine()
    if user:
        needs_second_user()
    daemon = parent_as(shown)
    done = ontap(daemon, "-t", "auto", "-n", "nic0", *options, user=user,
                 prog=["ip", "-d", "-j", "link", "show", "nic0"])
    if family == "ipv" and done.returncode:
        assert "the link cannot be made: Operation not supported" in done.stderr
        pytest.skip("this kernel has no ipvlan, which was chosen")
    assert json.loads(done.stdout)[0]["linkinfo"]["info_kind"] == family + kind, done.stderr


@all_users
@pytest.mark.parametrize("kept, number", [("+net_bind_service", 10), ("+net_raw,+net_admin", 13)])
def test_capabilities_that_are_kept_are_all_there_will_ever_be(parent, ontapd, ontap, kept, number, user):
    """Also for root, which would get all of the bounding set with the next program."""
    needs_second_user()
    done = ontap(ontapd(parent), "-t", "macvlan", "--netns", "--caps=" + kept, user=user,
                 prog=["grep", "-E", "Cap|NoNewPrivs", "/proc/self/status"])
    assert done.returncode == 0, done.stderr
    status = {line.split(":")[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert status["CapBnd"] == "0" * 16 and status["NoNewPrivs"] == "1"
    assert status["CapEff"] == status["CapPrm"] == status["CapAmb"]
    assert int(status["CapEff"], 16) == 1 << number | (1 << 12 if number == 13 else 0)


@all_users
def test_each_port_is_open_to_the_program_in_a_fresh_namespace(parent, ontapd, ontap, user):
    daemon = ontapd(parent)
    needs_second_user()
    bind = ["/usr/bin/python3", "-c", "import socket; socket.create_server(('', 80))"]
    done = ontap(daemon, "-t", "macvlan", "--netns", prog=bind, user=user)
    assert done.returncode == 0, done.stderr
    if not user:
        done = ontap(daemon, "-t", "macvlan", "--netns", "--user=nobody", prog=bind)
        assert done.returncode == 0, done.stderr
    assert parent.run("sysctl -n net.ipv4.ip_unprivileged_port_start").stdout == "1024\n"


# --- what there is --------------------------------------------------------------------------------


@pytest.fixture
def listed(parent, program):
    """listed(daemon, user=NOBODY) -> the devices that `ontap --list -j` tells that user, by link."""
    def run(daemon, port="eth0", user=None):
        done = parent.run([*as_user(user), program("ontap"), "--list", "-j", daemon.port(port)], check=False)
        assert done.returncode == 0, done.stderr
        return {device["link"]: device for device in json.loads(done.stdout)}
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_each_user_can_see_what_is_on_the_parent(parent, topo, ontapd, ontap, listed, kind):
    needs_root_of_the_machine()
    needs_second_user()
    needs_type(parent, kind)
    topo.veth(parent, "eth1", parent.lan, "lan1")
    daemon = ontapd(parent, parents=("eth0", "eth1"))
    mode = "private" if kind.startswith("mac") else "l2,private"
    options = ["-t", kind, "--mode=" + mode]
    assert listed(daemon) == {}
    assert ontap(daemon, *options, "-n", "kept0", "-a", "vm \u00e9,\"x\"").returncode == 0
    assert ontap(daemon, *options, "-n", "other0", parent="eth1").returncode == 0
    process = ontap(daemon, *options, "-n", "nic0", user=NOBODY, start=True,
                    prog=["sh", "-c", "echo $ONTAP_HWADDR $$; cat"])
    hwaddr, pid = process.stdout.readline().split()
    inside = ontap(daemon, *options, "-n", "web0", "--netns", start=True, prog=["sh", "-c", "echo; cat"])
    assert inside.stdout.readline()
    for user in (None, NOBODY):
        found = listed(daemon, user=user)
        assert set(found) == {"kept0", "nic0", "web0"}
        assert found["kept0"]["alias"] == "vm \u00e9,\"x\"" and found["nic0"]["alias"] == ""
        assert found["kept0"]["kept"] and found["kept0"]["uid"] == 0 and "pid" not in found["kept0"]
        assert not found["nic0"]["kept"] and found["nic0"]["uid"] == NOBODY
        assert found["nic0"]["hwaddr"] == hwaddr and found["nic0"]["ifindex"] == parent.ifindex("nic0")
        assert found["nic0"]["pid"] == int(pid)
        assert {device["type"] for device in found.values()} == {kind}
        assert {device["mode"] for device in found.values()} == {mode}
        assert "nsid" not in found["nic0"] and found["web0"]["nsid"] >= 0
    assert set(listed(daemon, "eth1")) == {"other0"}
    parent.ip("link set nic0 down")
    parent.ip("link set nic0 name renamed0")
    wait_until(lambda: "renamed0" in listed(daemon), what="the new name")
    daemon.stop()
    daemon.start("eth0", "eth1")
    found = listed(daemon)
    assert set(found) == {"kept0", "renamed0", "web0"} and found["renamed0"]["hwaddr"] == hwaddr
    process.stdin.close()
    wait_until(lambda: set(listed(daemon)) == {"kept0", "web0"}, what="the end of the device")
    inside.stdin.close()


def test_the_list_is_a_table_for_people(parent, ontapd, ontap, program):
    daemon = ontapd(parent)
    assert ontap(daemon, "-t", "macvlan", "-n", "nic0", "-a", "www\N{RIGHT-TO-LEFT OVERRIDE}").returncode == 0
    done = parent.run([program("ontap"), "--list", daemon.port("eth0")])
    title, row = done.stdout.splitlines()
    assert title.split() == ["NAME", "LINK", "TYPE", "MODE", "HWADDR", "USER", "PID"]
    assert row.startswith("www") and "\N{RIGHT-TO-LEFT OVERRIDE}" not in row and " nic0 " in row
    assert row.split()[-2:] == ["root", "kept"]


def test_a_long_list_arrives_whole(parent, ontapd, listed):
    daemon = ontapd(parent, "--rate=0")
    with own_netns(parent) as fd, parent.call(connect, daemon.port("eth0")) as sock:
        for i in range(60):
            data = message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.ALIAS, f"{i:0>250}"),
                           (proto.FLAGS, proto.KEEP))
            assert request(sock, data, [fd])[0][proto.STATUS] == proto.OK
        assert {device["alias"] for device in listed(daemon).values()} == {f"{i:0>250}" for i in range(60)}


# --- the parent vanishes --------------------------------------------------------------------------


@pytest.fixture
def outage(parent, topo):
    """Two functions: the parent vanishes, and returns as another link of that name."""
    def begin():
        parent.ip("link del eth0")

    def end():
        topo.veth(parent, "eth0", parent.lan, "lan0")
    return begin, end


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_ends_with_the_parent_of_its_devices_and_no_other(parent, topo, ontapd, kind, outage):
    needs_root_of_the_machine()
    needs_type(parent, kind)
    topo.veth(parent, "eth1", parent.lan, "lan1")
    daemon = ontapd(parent, parents=("eth0", "eth1"))
    with own_netns(parent) as fd, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(parent.call(connect, daemon.port(name))) for name in ("eth0", "eth1")]
        for sock in socks:
            assert request(sock, message(proto.CREATE, (proto.TYPE, kind)), [fd])[0][proto.STATUS] == proto.OK
        idle = stack.enter_context(parent.call(connect, daemon.port("eth0")))
        remove = message(proto.REMOVE, (proto.IFNAME, "none0"))
        assert request(idle, remove, [fd])[0][proto.STATUS] == proto.ABSENT
        outage[0]()
        assert socks[0].recv(100) == b"", "the end of the connection"
        wait_until(lambda: "parent gone: parent=eth0 devices=1" in daemon.log(), what="the line")
        for sock in (socks[1], idle):
            assert request(sock, remove, [fd])[0][proto.STATUS] == proto.ABSENT, "still open"


@all_users
@pytest.mark.parametrize("kind", KINDS)
def test_kept_devices_are_made_again_when_their_parent_returns(parent, topo, ontapd, ontap, listed, outage, kind, user):
    """Wherever they were, and as they were."""
    needs_root_of_the_machine()
    needs_second_user()
    needs_type(parent, kind)
    parent.ip("link set eth0 mtu 1400")
    daemon = ontapd(parent)
    mode = "private" if kind.startswith("mac") else "l2,private"
    options = ["-t", kind, "--mode=" + mode, "--keep", "--mtu=1350"]
    assert ontap(daemon, *options, "-n", "nic0", "-a", "www", "-m0" if kind in TAPS else "--up", user=user,
                 prog=["true"]).returncode == 0
    # A second of that name, in a namespace that only a process is in.
    inside = ontap(daemon, *options, "-n", "nic0", "-a", "www", "--netns", start=True, user=user, prog=["sh", "-s"])

    def show():
        inside.stdin.write("echo $(ip -j link show dev nic0)\n")
        inside.stdin.flush()
        return json.loads(inside.stdout.readline() or "[]")

    def state():
        link, other = links(parent)["nic0"], show()[0]
        return {(one["address"] if kind.startswith("mac") else "", one["mtu"], one["ifalias"])
                for one in (link, other)}

    before, told = state(), [{**device, "nsid": "nsid" in device, "ifindex": 0} for device in all_of(daemon)]
    assert len(before) == (2 if kind.startswith("mac") else 1)
    for is_after_restart in (False, True):
        if is_after_restart:
            daemon.stop()
            daemon.start("eth0")
            os.chmod(daemon.port("eth0"), 0o666)
        outage[0]()
        wait_until(lambda: "nic0" not in links(parent), what="the end of the devices")
        wait_until(lambda: all_of(daemon) == [], what="no device")
        outage[1]()
        parent.ip("link set eth0 mtu 1400")
        wait_until(lambda: len(all_of(daemon)) == 2, what="the devices")
    assert state() == before
    after = [{**device, "nsid": "nsid" in device, "ifindex": 0} for device in all_of(daemon)]
    if kind.startswith("ipv"):
        after, told = ([{**device, "hwaddr": ""} for device in devices] for devices in (after, told))
    assert after == told
    assert ontap(daemon, "--remove=nic0", user=user).returncode == 0
    inside.stdin.close()


def all_of(daemon):
    done = daemon.ns.run([daemon.programs("ontap"), "--list", "-j", daemon.port("eth0")])
    return json.loads(done.stdout)


@all_users
def test_a_kept_device_that_is_removed_meanwhile_is_not_made_again(parent, ontapd, ontap, outage, user):
    needs_second_user()
    daemon = ontapd(parent)
    for name in ("nic0", "nic1", "nic2"):
        assert ontap(daemon, "-t", "macvlan", "-n", name, user=user).returncode == 0
    parent.ip("link del nic2")  # by hand
    outage[0]()
    wait_for_no_link(parent, "nic0")
    if not user:
        assert ontap(daemon, "--remove=nic0", user=NOBODY).returncode == 1, "another user's"
    assert ontap(daemon, "--remove=nic0", user=user).returncode == 0
    outage[1]()
    wait_for_link(parent, "nic1")
    assert "nic0" not in links(parent) and "nic2" not in links(parent)
    assert "parent gone: parent=eth0 devices=2" in daemon.log()


def test_nothing_is_made_in_a_namespace_that_has_ended_meanwhile(parent, ontapd, ontap, outage):
    daemon = ontapd(parent)
    inside = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--keep", "--netns", start=True, prog=["sh", "-c", "echo; cat"])
    assert inside.stdout.readline()
    outage[0]()
    wait_until(lambda: "parent gone" in daemon.log(), what="the outage")
    inside.stdin.close()
    inside.wait(10)
    outage[1]()
    assert ontap(daemon, "-t", "macvlan", prog=["true"]).returncode == 0
    assert "made again:" not in daemon.log().replace("not made again:", "")


def test_a_device_that_its_user_removes_by_hand_is_no_outage(parent, ontapd):
    daemon = ontapd(parent)
    with own_netns(parent) as fd, parent.call(connect, daemon.port("eth0")) as sock:
        reply, _ = request(sock, message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.IFNAME, "nic0")), [fd])
        assert reply[proto.STATUS] == proto.OK
        parent.ip("link set eth0 name eth9")
        parent.ip("link del nic0")
        remove = message(proto.REMOVE, (proto.IFNAME, "nic0"))
        assert request(sock, remove, [fd])[0][proto.STATUS] == proto.ABSENT, "the connection is open"
    assert "parent gone" not in daemon.log()
