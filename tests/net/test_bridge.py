# SPDX-License-Identifier: ISC
"""Devices that are ports of a bridge: veth and tap, for root and for other users; what such a port lets through; and what
becomes of it when its holder, the bridge or ontapd ends."""
import contextlib
import fcntl
import itertools
import json
import os
import socket
import struct

import pytest

from lib import ontapd as proto
from lib.ontapd import connect, message, request
from lib.wait import wait_until
from test_ontapd import (  # noqa: F401 (fixtures)
    NOBODY, as_user, ask, links, needs_second_user, ontap, ontapd, own_netns, told, wait_for_link, wait_for_no_link)

all_users = pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])
both = pytest.mark.parametrize("kind", ["veth", "tap"])
MODES = ["bridge", "private", "open"]
SIOCSIFHWADDR = 0x8924
VNET_HDR = bytes(10)
REACH = """
import socket, sys
def reaches(address):
    try:
        socket.create_connection((address, 9), 10).close()
    except ConnectionRefusedError:
        return True  # by the host that was asked
    except OSError:
        return False
    return True
"""
TEST_TYPE = b"\x88\xb5"  # EtherType for local experiments


@pytest.fixture
def bridge(topo):
    """A namespace with a bridge br0 that has a hardware address of its own, and a port lan0, whose other end is eth0 in a
    second namespace."""
    host, lan = topo.namespace("host"), topo.namespace("lan")
    topo.bridge(host, "br0", "10.9.0.1/24", "2001:db8:9::1/64")
    host.ip("link set br0 address 02:00:00:00:00:01")
    topo.veth(lan, "eth0", host, "lan0")
    host.ip("link set lan0 master br0")
    lan.add_addr("eth0", "10.9.0.2/24", "2001:db8:9::2/64")
    host.lan = lan
    return host


@pytest.fixture
def daemon(bridge, ontapd):
    return ontapd(bridge, parents=("br0",))


def needs_tap(ns):
    made = ns.run("ip tuntap add mode tap name probe0", check=False)
    if made.returncode:
        pytest.skip(f"no taps here: {made.stderr.strip()}")
    ns.ip("link del probe0")


def ports(ns, bridge="br0"):
    return {name for name, link in links(ns).items() if link.get("master") == bridge}


def port_data(ns, name):
    return links(ns)[name]["linkinfo"]["info_slave_data"]


def new_port(ns, before):
    return wait_until(lambda: ports(ns) - before, what="a port").pop()


def frame(destination, source, text, number=0):
    return destination + source + TEST_TYPE + struct.pack("!H", number) + text.ljust(46, b"\0")


def hwaddr(text):
    return bytes.fromhex(text.replace(":", ""))


def raw(ns, ifname):
    """A packet socket on that link, for frames of our type."""
    sock = ns.call(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x88b5))
    sock.bind((ifname, 0x88b5))
    sock.setblocking(False)
    return sock


@contextlib.contextmanager
def created(daemon, ns, *attributes, parent="br0"):
    """A device made by the protocol: (reply, descriptors), until the end of the connection."""
    with own_netns(ns) as netns, ns.call(connect, daemon.port(parent)) as sock:
        reply, fds = request(sock, message(proto.CREATE, (proto.FLAGS, proto.CONNECTION), *attributes), [netns])
        try:
            yield reply, fds
        finally:
            for fd in fds:
                os.close(fd)


# --- what is made -------------------------------------------------------------------------------


@all_users
@pytest.mark.parametrize("mode", MODES)
def test_a_veth_has_its_inner_end_here_and_its_outer_end_in_the_bridge(bridge, daemon, ontap, topo, mode, user):
    if user:
        needs_second_user()
    before = ports(bridge)
    done = ontap(daemon, "-t", "veth", "--mode=" + mode, "-n", "nic0", "-a", "web", "--netns", "--addr=10.9.0.9/24",
                 "--gateway=10.9.0.1", parent="br0", user=user, start=True, prog=[
                     "sh", "-c", "ip -d -j link show nic0; ip route; env; echo END; read line; /usr/bin/python3 -c \"$0\"; read line",
                     REACH + "print(reaches('10.9.0.2'), reaches('10.9.0.1'))"])
    output = "".join(iter(done.stdout.readline, "END\n"))
    link = json.loads(output.splitlines()[0])[0]
    assert link["linkinfo"]["info_kind"] == "veth" and link["ifalias"] == "web" and "UP" in link["flags"]
    assert link["address"] == told(output)["ONTAP_HWADDR"]
    assert "default via 10.9.0.1 dev nic0" in output
    port = new_port(bridge, before)
    outer = links(bridge)[port]
    assert outer["address"][:2] == "fe" and outer["address"][2:] == link["address"][2:]
    assert outer["inet6_addr_gen_mode"] == "none" and not outer.get("ifalias")
    data = port_data(bridge, port)
    assert data["guard"] and data["root_block"] and data["isolated"] == (mode == "private")
    assert data["learning"] == data["flood"] == (mode == "open") != data["locked"]
    assert links(bridge)["br0"]["address"] == "02:00:00:00:00:01"
    done.stdin.write("\n")
    done.stdin.flush()
    assert done.stdout.readline() == "True True\n"
    done.stdin.write("\n")
    done.stdin.flush()
    wait_until(lambda: ports(bridge) == before, what="the end of the port")


@all_users
@pytest.mark.parametrize("queues", [1, 3])
def test_a_tap_is_a_port_and_its_descriptors_are_passed(bridge, daemon, ontap, topo, user, queues):
    needs_tap(bridge)
    if user:
        needs_second_user()
    elsewhere = topo.namespace("guest")
    done = ontap(daemon, "-t", "tap", "-n", "vm0", "-a", "vm", "-m", str(queues), parent="br0", ns=elsewhere, user=user,
                 start=True, prog=["sh", "-c", "env; ls -l /proc/self/fd; echo END; read line"])
    output = "".join(iter(done.stdout.readline, "END\n"))
    env = told(output)
    assert env["ONTAP_NFDS"] == str(queues) and output.count("/dev/net/tun") == queues
    link = wait_until(lambda: links(bridge).get("vm0"), what="the tap")
    info = link["linkinfo"]["info_data"]
    assert link["master"] == "br0" and link["ifalias"] == "vm" and "UP" in link["flags"]
    assert info["type"] == "tap" and info["vnet_hdr"] and not info["pi"] and info["multi_queue"] == (queues > 1)
    assert link["address"][2:] == env["ONTAP_HWADDR"][2:] and link["address"] != env["ONTAP_HWADDR"]
    assert link["inet6_addr_gen_mode"] == "none" and "vm0" not in links(elsewhere)
    done.stdin.write("\n")
    done.stdin.flush()
    wait_for_no_link(bridge, "vm0")


def test_auto_is_a_port_on_a_bridge_and_a_port_is_refused_elsewhere(bridge, ontapd, ontap):
    needs_tap(bridge)
    bridge.ip("link add wire0 type veth peer name wire1")
    daemon = ontapd(bridge, parents=("br0", "wire0"))
    show = ["ip", "-d", "-j", "link", "show", "nic0"]
    done = ontap(daemon, "-t", "auto", "-n", "nic0", parent="br0", prog=show)
    assert json.loads(done.stdout)[0]["linkinfo"]["info_kind"] == "veth"
    wait_for_no_link(bridge, "nic0")
    done = ontap(daemon, "-t", "auto", "-m", "1", "-n", "nic0", parent="br0", prog=show)
    assert json.loads(done.stdout)[0]["linkinfo"]["info_kind"] == "tun"
    wait_for_no_link(bridge, "nic0")
    for kind in "veth", "tap":
        done = ontap(daemon, "-t", kind, parent="wire0", prog=["true"])
        assert done.returncode == 1 and f"wire0 is no bridge, so it can have no {kind}" in done.stderr
    done = ontap(daemon, "-t", "macvlan", "-n", "nic0", parent="br0", prog=show)
    assert json.loads(done.stdout)[0]["linkinfo"]["info_kind"] == "macvlan", "that works as ever"


def test_what_only_a_link_of_ones_own_can_have_is_refused_for_a_tap(bridge, daemon, ontap):
    needs_tap(bridge)
    for option in "--addr=10.9.0.9/24", "--gateway=10.9.0.1", "--wait=10.0.0.0/8", "--dhcp":
        done = ontap(daemon, "-t", "tap", option, parent="br0", prog=["true"])
        assert done.returncode == 100 and "configures itself" in done.stderr
        done = ontap(daemon, "-t", "auto", "-m", "1", option, parent="br0", prog=["true"])
        assert done.returncode == 1 and "configures itself" in done.stderr


@pytest.mark.parametrize("mtu", [1400, 9000])
def test_no_device_changes_the_mtu_of_the_bridge(bridge, daemon, ontap, mtu):
    needs_tap(bridge)
    bridge.ip(f"link set lan0 mtu {mtu}")
    bridge.lan.ip(f"link set eth0 mtu {mtu}")
    assert links(bridge)["br0"]["mtu"] == mtu
    for kind, options, expected in ("veth", [], mtu), ("veth", ["--mtu=1300"], 1300), ("tap", [], mtu):
        done = ontap(daemon, "-t", kind, "-n", "nic0", *options, parent="br0", prog=[
            "sh", "-c", "ip -j link show nic0; ip -j link show br0; env"])
        nic, br0 = (json.loads(line)[0] for line in done.stdout.splitlines()[:2])
        assert nic["mtu"] == expected == int(told(done.stdout)["ONTAP_MTU"]) and br0["mtu"] == mtu
        wait_for_no_link(bridge, "nic0")
    done = ontap(daemon, "-t", "veth", f"--mtu={mtu + 1}", parent="br0", prog=["true"])
    assert done.returncode == 1 and f"the MTU of br0 is {mtu}" in done.stderr
    done = ontap(daemon, "-t", "tap", "--mtu=1300", parent="br0", prog=["true"])
    assert done.returncode == 1 and "is that of the bridge" in done.stderr


def test_a_bridge_with_vlans_keeps_its_pvid_at_the_new_port(bridge, daemon, ontap):
    if bridge.run("ip link set br0 type bridge vlan_filtering 1 vlan_default_pvid 7", check=False).returncode:
        pytest.skip("this kernel's bridges have no VLANs")
    before = ports(bridge)
    done = ontap(daemon, "-t", "veth", "-n", "nic0", "--netns", "--addr=10.9.0.9/24", "--mac=02:00:00:00:0a:0b",
                 parent="br0", start=True, prog=["/usr/bin/python3", "-c", REACH + "print(reaches('10.9.0.2'), flush=True); input()"])
    assert done.stdout.readline() == "True\n"
    port = new_port(bridge, before)
    assert json.loads(bridge.run(f"bridge -j vlan show dev {port}").stdout)[0]["vlans"] == [
        {"vlan": 7, "flags": ["PVID", "Egress Untagged"]}]
    fdb = json.loads(bridge.run(f"bridge -j fdb show brport {port}").stdout)
    assert [e["vlan"] for e in fdb if e["mac"] == "02:00:00:00:0a:0b" and "vlan" in e] == [7]
    done.stdin.close()


# --- what passes --------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("mode", MODES)
def test_which_frames_pass(bridge, daemon, topo, kind, mode):
    """All of them are sent in one turn, and a last one that always passes: then the others have come, or never will."""
    needs_tap(bridge)
    guest = topo.namespace("guest")
    mine, other, router = hwaddr("02:00:00:00:00:aa"), hwaddr("02:00:00:00:00:bb"), hwaddr("02:00:00:00:00:cc")
    lan_hwaddr = hwaddr(links(bridge.lan)["eth0"]["address"])
    lan = raw(bridge.lan, "eth0")
    with created(daemon, guest, (proto.TYPE, kind), (proto.MODE, mode), (proto.IFNAME, "nic0"),
                 (proto.HWADDR, mine), *([(proto.QUEUES, 1)] if kind == "tap" else [])) as (reply, fds), lan:
        assert reply[proto.STATUS] == proto.OK and reply[proto.HWADDR] == mine
        if kind == "tap":
            end, header = fds[0], VNET_HDR
            os.set_blocking(end, False)
        else:
            end, header = raw(guest, "nic0"), b""
            end = end.detach()
        numbers = itertools.count(1)

        def passes(write, read, data, always):
            number = next(numbers)
            write(data(number))
            seen = set()

            def has_come():
                write(always(0x8000 + number))
                with contextlib.suppress(BlockingIOError):
                    while True:
                        got = read()
                        at = got.find(TEST_TYPE)
                        if at >= 0:
                            seen.add(struct.unpack("!H", got[at + 2:at + 4])[0])
                return 0x8000 + number in seen
            wait_until(has_come, what="the last frame")
            return number in seen

        def out(data):
            os.write(end, header + data)

        def sent(source):
            return passes(out, lambda: lan.recv(2000), lambda n: frame(lan_hwaddr, source, b"", n),
                          lambda n: frame(lan_hwaddr, mine, b"", n))

        def came(destination):
            return passes(lan.send, lambda: os.read(end, 2000), lambda n: frame(destination, router, b"", n),
                          lambda n: frame(mine, lan_hwaddr, b"", n))
        wait_until(lambda: sent(mine), what="the carrier of the port")
        assert came(mine)
        assert sent(other) == (mode == "open"), "a frame with another's source address"
        assert came(b"\xff" * 6) and came(hwaddr("33:33:ff:12:34:56")), "to groups"
        assert came(hwaddr("02:00:00:00:00:dd")) == (mode == "open"), "to an address that is nowhere known"
        if kind == "veth":
            os.close(end)


def test_private_ports_do_not_reach_each_other_but_the_lan(bridge, daemon, ontap):
    def start(name, mode, address):
        done = ontap(daemon, "-t", "veth", "--mode=" + mode, "-n", name, "--netns", f"--addr={address}/24", parent="br0",
                     start=True, prog=["/usr/bin/python3", "-c", REACH + "print('up', flush=True)\n"
                                       "for line in sys.stdin: print(reaches(line.strip()), flush=True)"])
        assert done.stdout.readline() == "up\n"
        return done

    def reaches(done, address):
        done.stdin.write(address + "\n")
        done.stdin.flush()
        return done.stdout.readline() == "True\n"
    one, two, three = (start(f"nic{i}", mode, f"10.9.0.1{i}") for i, mode in enumerate(["private", "private", "bridge"]))
    wait_until(lambda: reaches(one, "10.9.0.2"), what="the lan")
    wait_until(lambda: reaches(one, "10.9.0.12"), what="the port that is not private")
    wait_until(lambda: reaches(three, "10.9.0.11"), what="a private port")
    assert not reaches(one, "10.9.0.11") and not reaches(two, "10.9.0.10")


@pytest.mark.parametrize("mode", ["bridge", "private"])
def test_two_devices_joined_by_their_user_make_no_loop(bridge, daemon, topo, mode):
    """A bridge of the user's own between two of his devices: what comes in at one goes out at the other."""
    guest = topo.namespace("guest")
    with created(daemon, guest, (proto.TYPE, "veth"), (proto.MODE, mode), (proto.IFNAME, "one")) as (one, _), \
            created(daemon, guest, (proto.TYPE, "veth"), (proto.MODE, mode), (proto.IFNAME, "two")) as (two, _):
        assert one[proto.STATUS] == two[proto.STATUS] == proto.OK
        topo.bridge(guest, "mine")
        guest.ip("link set one master mine")
        guest.ip("link set two master mine")
        with raw(bridge.lan, "eth0") as lan:
            marker = frame(b"\xff" * 6, hwaddr(links(bridge.lan)["eth0"]["address"]), b"around", 1)
            for _ in range(50):
                lan.send(marker)
            for _ in range(3):  # what would come back, would come before these answers
                assert bridge.lan.run(["/usr/bin/python3", "-c", REACH + "assert reaches('10.9.0.1')"])
            with pytest.raises(BlockingIOError):
                assert not lan.recv(2000), "it came back"


def test_who_holds_a_tap_cannot_give_its_port_another_hardware_address(bridge, daemon, ontap, topo):
    """The bridge would take the frames of whoever has that address."""
    needs_tap(bridge)
    needs_second_user()
    script = ("import fcntl, os, struct\n"
              "ifreq = struct.pack('16sH6s8x', b'', 1, bytes.fromhex('020000000001'))\n"
              f"fcntl.ioctl(int(os.environ['ONTAP_FD0']), {SIOCSIFHWADDR}, ifreq)\n"
              "print('changed', flush=True)\n"
              "input()\n")
    done = ontap(daemon, "-t", "tap", "-n", "vm0", parent="br0", ns=topo.namespace("guest"), user=NOBODY, start=True,
                 prog=["/usr/bin/python3", "-c", script])
    if done.stdout.readline() != "changed\n":
        pytest.skip("this kernel does not let him")
    wait_for_no_link(bridge, "vm0")
    assert "its holder has changed its hardware address" in daemon.log()


# --- how long -----------------------------------------------------------------------------------


def start(ontap, daemon, *options, user=None, ns=None):
    """A device nic0 with a program that holds it; returns it, and the device's variables."""
    done = ontap(daemon, *options, "-n", "nic0", parent="br0", user=user, ns=ns, start=True,
                 prog=["sh", "-c", "env; echo END; read line"])
    return done, told("".join(iter(done.stdout.readline, "END\n")))


def listed(daemon, program):
    done = daemon.ns.run([program("ontap"), "--list", "-j", daemon.port("br0")])
    return json.loads(done.stdout)


@all_users
@both
def test_a_restart_takes_over_a_port_and_its_end_is_noticed(bridge, ontapd, ontap, topo, program, kind, user):
    needs_tap(bridge)
    daemon, before = ontapd(bridge, parents=("br0",)), ports(bridge)
    guest = topo.namespace("guest")
    holder, env = start(ontap, daemon, "-t", kind, "-a", "web", "--mode=private", "--mac=00:16:3e:00:00:07", user=user, ns=guest)
    port = new_port(bridge, before)
    was = listed(daemon, program)
    daemon.stop()
    daemon.start("br0")
    os.chmod(daemon.port("br0"), 0o666)
    assert listed(daemon, program) == was and [e["mode"] for e in was] == ["private"]
    assert was[0]["hwaddr"] == env["ONTAP_HWADDR"] == "00:16:3e:00:00:07"
    assert was[0]["alias"] == "web" and was[0]["type"] == kind and ports(bridge) == before | {port}
    assert ("nsid" in was[0]) == (kind == "veth"), "a tap is where the bridge is"
    holder.stdin.close()
    wait_until(lambda: ports(bridge) == before, what="the end of the port")
    assert listed(daemon, program) == []
    assert os.listdir(daemon.grants) == []


@both
def test_what_ended_meanwhile_is_deleted_at_the_next_start(bridge, ontapd, ontap, kind):
    needs_tap(bridge)
    daemon, before = ontapd(bridge, parents=("br0",)), ports(bridge)
    holder, _ = start(ontap, daemon, "-t", kind, "--netns")
    new_port(bridge, before)
    daemon.stop()
    holder.stdin.close()
    holder.wait()
    daemon.start("br0")
    wait_until(lambda: ports(bridge) == before, what="the end of the port")


@all_users
@both
def test_a_kept_port_stays_until_it_is_removed_by_its_user(bridge, daemon, ontap, program, topo, kind, user):
    needs_tap(bridge)
    before, guest = ports(bridge), topo.namespace("guest")
    done = ontap(daemon, "-t", kind, "-n", "nic0", "--keep", parent="br0", user=user, ns=guest)
    assert done.returncode == 0, done.stderr
    port = new_port(bridge, before)
    assert [(e["link"], e["kept"]) for e in listed(daemon, program)] == [("nic0", True)]
    if not user:
        needs_second_user()
        done = ontap(daemon, "--remove=nic0", parent="br0", user=NOBODY, ns=guest)
        assert done.returncode == 1 and "another user's" in done.stderr
    assert ports(bridge) == before | {port}
    done = ontap(daemon, "--remove=nic0", parent="br0", user=user, ns=guest)
    assert done.returncode == 0, done.stderr
    assert ports(bridge) == before


@all_users
@pytest.mark.parametrize("queues", [0, 2])
def test_a_kept_tap_is_opened_later(bridge, daemon, ontap, topo, user, queues):
    """With no queue it has one, which any program may open by its name, as firecracker does."""
    needs_tap(bridge)
    guest = topo.namespace("guest")
    done = ontap(daemon, "-t", "tap", "-n", "vm0", "-m", str(queues), "--keep", parent="br0", user=user, ns=guest,
                 prog=["true"] if queues else [])
    assert done.returncode == 0, done.stderr
    done = ontap(daemon, "--open=vm0", "-m", str(queues or 1), parent="br0", user=user, ns=guest, prog=["env"])
    assert done.returncode == 0, done.stderr
    assert told(done.stdout)["ONTAP_IFNAME"] == "vm0" and told(done.stdout)["ONTAP_NFDS"] == str(queues or 1)
    assert told(done.stdout)["ONTAP_HWADDR"][2:] == links(bridge)["vm0"]["address"][2:]
    owner = links(bridge)["vm0"]["linkinfo"]["info_data"].get("user")
    assert owner in ((user, "nobody") if user else (0, "root", None))
    if not queues:
        attach = "import fcntl, struct; fcntl.ioctl(0, 0x400454ca, struct.pack('16sH22x', b'vm0', 0x5002))"
        with bridge.call(open, "/dev/net/tun", "rb+", 0) as tun:
            done = bridge.run([*as_user(user), "/usr/bin/python3", "-c", attach], stdin=tun)
    if user:
        done = ontap(daemon, "--open=vm0", parent="br0", user=user + 1, ns=guest, prog=["true"])
        assert done.returncode == 1 and "another user's" in done.stderr


@both
def test_a_bridge_that_returns_has_its_ports_again(bridge, daemon, ontap, topo, kind):
    needs_tap(bridge)
    before = ports(bridge)
    holder, env = start(ontap, daemon, "-t", kind, "--mode=private", ns=topo.namespace("guest"))
    port = new_port(bridge, before)
    bridge.ip("link del br0")
    wait_until(lambda: "parent gone: parent=br0 devices=1" in daemon.log(), what="the word of it")
    topo.bridge(bridge, "br0")
    data = wait_until(lambda: links(bridge)[port].get("master") == "br0" and port_data(bridge, port), what="the port")
    wait_until(lambda: port_data(bridge, port)["isolated"] and port_data(bridge, port)["locked"], what="its mode")
    fdb = wait_until(lambda: json.loads(bridge.run(f"bridge -j fdb show brport {port}").stdout), what="its address")
    assert data and env["ONTAP_HWADDR"] in [e["mac"] for e in fdb]
    holder.stdin.close()
    wait_until(lambda: port not in links(bridge), what="its end")


def test_a_bridge_that_was_replaced_while_ontapd_was_away_has_its_ports_again(bridge, daemon, ontap, topo):
    before = ports(bridge)
    holder, _ = start(ontap, daemon, "-t", "veth", ns=topo.namespace("guest"))
    port = new_port(bridge, before)
    daemon.stop()
    bridge.ip("link del br0")
    topo.bridge(bridge, "br0")
    daemon.start("br0")
    assert links(bridge)[port]["master"] == "br0" and port_data(bridge, port)["locked"]
    holder.stdin.close()
    wait_until(lambda: port not in links(bridge), what="its end")


def test_a_port_that_the_administrator_has_moved_stays_where_it_is(bridge, daemon, ontap, topo):
    before = ports(bridge)
    holder, _ = start(ontap, daemon, "-t", "veth", ns=topo.namespace("guest"))
    port = new_port(bridge, before)
    topo.bridge(bridge, "br1")
    bridge.ip(f"link set {port} master br1")
    daemon.stop()
    daemon.start("br0")
    bridge.ip("link set br0 alias news")
    assert links(bridge)[port]["master"] == "br1"
    holder.stdin.close()
    wait_until(lambda: port not in links(bridge), what="its end")


def test_an_inner_end_cannot_escape_its_end(bridge, daemon, ontap, topo, program):
    """It is moved to a namespace of which ontapd hears nothing, and renamed: the outer end stays."""
    before, guest, hideout = ports(bridge), topo.namespace("guest"), topo.namespace("hideout")
    holder, _ = start(ontap, daemon, "-t", "veth", ns=guest)
    new_port(bridge, before)
    guest.ip(f"link set nic0 netns {hideout.name}")
    hideout.ip("link set nic0 name other")
    wait_until(lambda: "device moved" in daemon.log() or "device found" in daemon.log(), what="the word of it")
    holder.stdin.close()
    wait_until(lambda: ports(bridge) == before, what="the end of the port")
    assert "other" not in links(hideout)
    assert listed(daemon, program) == []


@both
def test_the_name_is_granted_to_the_link_that_has_it(bridge, daemon, ontap, topo, kind):
    needs_tap(bridge)
    needs_second_user()
    guest = topo.namespace("guest")
    holder, env = start(ontap, daemon, "-t", kind, "-a", "web", user=NOBODY, ns=guest)
    names = os.listdir(daemon.grants)
    assert [os.readlink(os.path.join(daemon.grants, name)) for name in names] == ["web"]
    where = bridge if kind == "tap" else guest
    cookie = struct.unpack("Q", where.socket().getsockopt(socket.SOL_SOCKET, 71, 8))[0]
    assert names[0].split("-")[:2] == [str(cookie), str(where.ifindex("nic0"))]
    assert names[0].split("-")[1] == env["ONTAP_IFINDEX"]
    done = ontap(daemon, "-t", kind, "-a", "web", parent="br0", user=NOBODY + 1, ns=guest, prog=["true"])
    assert done.returncode == 1 and "another user's" in done.stderr
    holder.stdin.close()
    wait_until(lambda: os.listdir(daemon.grants) == [], what="the end of the grant")


def test_rules_know_the_types_and_their_modes(bridge, ontapd, ontap, topo, tmp_path):
    needs_tap(bridge)
    needs_second_user()
    rules = tmp_path / "rules"
    rules.write_text("deny * * open *\nallow * veth * br0\nallow * tap private br0\n")
    daemon, guest = ontapd(bridge, f"--rules={rules}", parents=("br0",)), topo.namespace("guest")
    for kind, mode, is_allowed in [(kind, mode, (kind, mode) in [("veth", "bridge"), ("veth", "private"), ("tap", "private")])
                                   for kind in ("veth", "tap") for mode in MODES]:
        done = ontap(daemon, "-t", kind, "--mode=" + mode, parent="br0", user=NOBODY, ns=guest, prog=["true"])
        assert (done.returncode == 0) == is_allowed, (kind, mode, done.stderr)
