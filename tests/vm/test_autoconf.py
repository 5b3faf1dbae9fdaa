# SPDX-License-Identifier: ISC
"""ontap --autoconf on ipvtaps, which all have the parent's hardware address: unmodified clients with their defaults, all at
once on one parent, with DHCP, SLAAC and DHCPv6 on the wire. A guest is the kernel of a namespace, whose frames
tests/net/guest-shuttle carries to and from the queue. tests/net/test_autoconf.py has macvtaps."""
import json
import os
import re

import pytest

from guest import addrs, furnish, inside, start_guest, wait_for, wait_for_ping
from odd_network import BROADCAST_FLAG, OddNetwork
from vm import VIRTIO_NET, Missing, need

PARENT = "02:00:00:00:00:50"
RADVD = """interface lan0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvManagedFlag on;
prefix 2001:db8:6::/64 { AdvOnLink on; AdvAutonomous on; }; };
"""
DHCLIENT = """#!/bin/sh
[ -n "$new_ip_address" ] && ip2 addr replace $new_ip_address/24 dev $interface
[ -n "$new_ip6_address" ] && ip2 addr replace $new_ip6_address/128 dev $interface
exit 0
"""
# A parent whose other end is in a bridge with the wire of this machine.
ADD_ODD = """ip2 link add odd0 address 02:00:00:00:00:60 type veth peer name oddport
printf 'link set oddport master oddbr up\\nlink set odd0 up\\n' | ip2 -batch -"""
ONTAPD = "ontapd --group=user --state=/run/state --rate=0 eth0 odd0 2>>/run/log & echo $! >/run/ontapd.pid"
START = f"""
mkdir -p /dev/net /var/lib/dhcpcd /var/run /var/tmp
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip2 link set lo up
ip2 netns add lan
printf 'link set eth0 name wire0\\nlink add oddbr type bridge\\nlink set wire0 master oddbr up\\nlink set oddbr up\\n' | ip2 -batch -
printf 'link add eth0 address {PARENT} type veth peer name lan0 netns lan\\nlink set eth0 up\\n' | ip2 -batch -
printf 'addr add 10.6.0.1/24 dev eth0\\naddr add 2001:db8:6::1/64 dev eth0 nodad\\n' | ip2 -batch -
printf 'addr add 10.6.0.2/24 dev lan0\\naddr add 2001:db8:6::2/64 dev lan0 nodad\\nlink set lan0 up\\n' | ip2 -n lan -batch -
printf 'addr add 10.6.0.140/24 dev lan0\\naddr add 2001:db8:6::77/64 dev lan0 nodad\\n' | ip2 -n lan -batch -
{ADD_ODD}
in_lan() {{ nsenter --net=/run/netns/lan "$@"; }}
in_lan sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
in_lan dnsmasq --no-daemon --port=0 --no-ping --conf-file=/dev/null --user=root \\
	--dhcp-range=10.6.0.100,10.6.0.150,5m --dhcp-range=2001:db8:6::1000,2001:db8:6::1fff,64,5m \\
	--dhcp-option=3,10.6.0.2 --dhcp-leasefile=/run/leases \\
	--interface=lan0 --bind-interfaces --pid-file= --log-dhcp >/run/log.dnsmasq 2>&1 &
in_lan radvd -n -m stderr -C /etc/radvd.conf -p /run/radvd.pid >/run/log.radvd 2>&1 &
in_lan tcpdump -Z root -i lan0 -e -n -p -l --immediate-mode not ether host {PARENT} >/run/foreign 2>/run/log.tcpdump &
chmod 1777 /run
{ONTAPD}
until [ -S /run/ontap/port.eth0 ]; do sleep 0.1; done
"""
CLIENTS = {
    "udhcpc": "busybox udhcpc -i eth0 -f -s /etc/udhcpc.sh",
    "dhcpcd": "unshare -m sh -c 'mount -t tmpfs t /var/lib/dhcpcd; exec /clients/dhcpcd -B eth0'",
    "networkd": "unshare -m sh -c 'mount -o ro -t sysfs s /sys; mkdir -p /run/systemd; "
                "mount -t tmpfs -o mode=755,uid=998,gid=998 t /run/systemd; exec /lib/systemd/systemd-networkd'",
    "dhclient": "dhclient -4 -d -sf /etc/dhclient.sh -lf /run/dhclient.leases -pf /run/dhclient.pid eth0",
}


@pytest.fixture(scope="module")
def vm(machine, built):
    made = machine("veth", "tap", "ipvlan", "ipvtap", "tun", "sch_ingress", "cls_bpf", "cls_flower", "act_gact",
                   "llc", "stp", "bridge", *VIRTIO_NET)
    try:
        furnish(made, built, "dhclient", "tc")
        made.add(need("dhcpcd"), "/clients/dhcpcd")
        made.add("/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd")
    except Missing as missing:
        pytest.skip(str(missing))
    made.add("/usr/lib/dhcpcd/dhcpcd-run-hooks", "/usr/lib/dhcpcd/dhcpcd-run-hooks")
    made.write("etc/radvd.conf", RADVD)
    os.makedirs(made.root + "/etc/systemd/network")
    made.write("etc/systemd/network/eth0.network", "[Match]\nName=eth0\n[Network]\nDHCP=yes\n")
    made.write("etc/machine-id", "6f6e746170000000000000000000abcd\n")
    made.write("etc/passwd", "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\nsystemd-network:x:998:998::/:/bin/sh\n")
    made.write("etc/dhclient.sh", DHCLIENT, 0o755)
    for name, seconds in (("short.conf", 10), ("plain.conf", 90)):
        made.write("etc/" + name, f'timeout {seconds};\nsend dhcp-client-identifier "plain";\n')
    with made.start(wires=1) as running:
        running.sh(START)
        yield running
        print(running.sh("for f in /run/log*; do echo == $f; tail -n 40 $f; done; cat /run/foreign", check=False))


# A plain ipvlan, and a client that cannot set the broadcast flag.
PLAIN = """
ontap -t ipvlan -n nic0 --netns -a plain /run/ontap/port.eth0 -- sh -c \\
	'dhclient -4 -1 -cf /etc/{conf} -sf /etc/dhclient.sh -lf /run/plain.leases -pf /run/plain.pid nic0
	ip2 -o -4 addr show dev nic0' 2>/run/log.plain
"""


def test_a_plain_ipvlan_needs_no_broadcast_flag_beside_a_guest(vm):
    assert "10.6.0.1" not in vm.sh(PLAIN.format(conf="short.conf"), timeout=200)
    start_guest(vm, "beside")
    assert "10.6.0.1" in vm.sh(PLAIN.format(conf="plain.conf"), timeout=200)
    vm.sh("kill $(cat /run/beside.pid)")


@pytest.fixture(scope="module")
def clients(vm):
    """One guest for each client, each with a lease."""
    for name, command in CLIENTS.items():
        start_guest(vm, name)
        vm.sh(inside(name, command) + f" >/run/log.client.{name} 2>&1 &")
    for name in CLIENTS:
        wait_for(vm, inside(name, "ip2 -4 addr show dev eth0") + " | grep -q 'inet 10'", 60)
        wait_for(vm, inside(name, "ip2 -6 addr show dev eth0 -tentative") + " | grep -q 'inet6 2001'", 60)
    return list(CLIENTS)


def check_list(vm, clients):
    """Each guest has a hardware address of its own, and the list of devices has it."""
    listed = {each["alias"]: each["hwaddr"] for each in json.loads(vm.sh("ontap --list -j /run/ontap/port.eth0"))}
    own = {name: vm.sh(f"cat /run/{name}.hwaddr").strip() for name in clients}
    assert own == {name: listed[name] for name in clients}
    assert len({*own.values(), PARENT}) == len(clients) + 1


def test_each_guest_has_a_lease_and_an_address_of_its_own(vm, clients):
    seen = []
    for name in clients:
        has = [addr for addr in addrs(vm, name) if not addr.startswith("169.254")]
        assert any(addr.startswith("10.6.0.1") for addr in has) and any(addr.startswith("2001:") for addr in has), has
        seen += has
    assert len(set(seen)) == len(seen), "no two guests have the same"


def test_each_is_reached_from_the_wire_and_by_its_siblings(vm, clients):
    all_addrs = {name: [addr for addr in addrs(vm, name) if not addr.startswith(("fe80", "169.254"))] for name in clients}
    for name, own in all_addrs.items():
        for addr in own:
            for where in ["lan"] + [other for other in clients if other != name]:
                wait_for_ping(vm, where, addr)


def test_the_wire_sees_only_the_address_of_the_parent(vm, clients):
    lan = re.search(r"link/ether (\S+)", vm.sh("ip2 -n lan link show lan0"))[1]
    foreign = [line for line in vm.sh("cat /run/foreign").splitlines() if f"{lan} >" not in line]
    assert not foreign, foreign
    check_list(vm, clients)


@pytest.fixture(scope="module")
def zone(vm):
    """ontap-zone runs, on 127.0.0.1."""
    vm.sh("ontap-zone serve --domain=vanya --no-mdns --no-self --listen=127.0.0.1:53 --socket=/run/zone.sock --state=/run "
          "--user=root >/run/log.zone 2>&1 &")
    wait_for(vm, "dig +time=1 +tries=1 @127.0.0.1 vanya SOA | grep -q NOERROR", 30)


@pytest.fixture(scope="module")
def thief(vm):
    start_guest(vm, "thief")
    return "thief"


@pytest.fixture(scope="module")
def odd(vm):
    """A guest on the odd network, and that: with a lease."""
    network = OddNetwork(vm.wires[0])
    lease_odd(vm)
    return network


def lease_odd(vm):
    start_guest(vm, "odd", parent="odd0")
    vm.sh(inside("odd", "udhcpc -i eth0 -s /etc/udhcpc.sh -n -q -t 10 -T 1"))


@pytest.mark.usefixtures("zone")
def test_the_names_are_served(vm, clients):
    wait_for(vm, "dig +short +time=1 +tries=1 @127.0.0.1 udhcpc.lan.vanya | grep -q '^10'", 30)
    for name in clients:
        own = next(addr for addr in addrs(vm, name) if addr.startswith("10."))
        assert vm.sh(f"dig +short @127.0.0.1 {name}.lan.vanya").split() == [own]


def test_nobody_takes_the_address_of_another(vm, clients, thief):
    assert "a guest needs one of its own" in vm.sh(f"ontap -t ipvtap --autoconf --mac={PARENT} /run/ontap/port.eth0 -- true",
                                                   check=False)
    victim = next(addr for addr in addrs(vm, clients[0]) if addr.startswith("10."))
    for stolen in ("10.6.0.1", victim):
        printed = vm.sh(inside(thief, f"sh -c 'ip2 addr add {stolen}/24 dev eth0; arping -U -c 2 -I eth0 {stolen}; "
                               f"ping -c 2 -W 1 10.6.0.2; ip2 addr del {stolen}/24 dev eth0'"), check=False)
        assert "2 packets transmitted, 0 packets received" in printed
    assert not re.search(r"guest has: .*by=arp", vm.sh("cat /run/log"))
    wait_for_ping(vm, "lan", victim)


def test_conflicts_are_noticed(vm, clients, thief):
    """A neighbour has it, or a sibling does: by ARP probes (RFC 5227), and by DAD (RFC 4862)."""
    log = len(vm.sh("cat /run/log"))
    sibling = {addr.split(":")[0][:4]: addr for addr in addrs(vm, clients[0])}
    for taken in ("10.6.0.140", sibling["10.6"]):
        assert "Received 1 re" in vm.sh(inside(thief, f"arping -D -c 1 -w 2 -I eth0 {taken}"), check=False), taken
    assert "Received 0 re" in vm.sh(inside(thief, "arping -D -c 1 -w 2 -I eth0 10.6.0.77"))
    for taken in ("2001:db8:6::77", sibling["2001"]):
        vm.sh(inside(thief, f"ip2 addr add {taken}/64 dev eth0"))
        wait_for(vm, inside(thief, f"ip2 addr show dev eth0 to {taken}") + " | grep -q dadfailed")
    assert "addr=2001:db8:6::77" not in vm.sh("cat /run/log")[log:]


@pytest.mark.usefixtures("clients")
def test_a_lease_that_is_declined_is_no_longer_there(vm, thief):
    """The server does not look before it gives an address, but the client does."""
    vm.sh(inside(thief, "udhcpc -i eth0 -s /etc/udhcpc.sh -a -A 1 -r 10.6.0.140 -n -q -t 10"))
    assert not any(addr == "10.6.0.140" for addr in addrs(vm, thief))
    said = "tr '\\n' ' ' </run/log | grep -q 'guest has: .*=10.6.0.140 .*guest has no longer: .*=10.6.0.140 .*guest has: '"
    wait_for(vm, said)


def test_a_spoofed_source_is_dropped(vm):
    start_guest(vm, "spoofer")
    vm.sh(inside("spoofer", "sh -c 'ip2 link set eth0 down; ip2 link set eth0 address 02:66:66:66:66:66; ip2 link set eth0 up; "
                 "sleep 1; ip2 addr add 10.6.0.66/24 dev eth0; arping -U -c 1 -I eth0 10.6.0.66'"), check=False)
    assert "02:66:66" not in vm.sh("cat /run/foreign")


def test_a_guest_may_drop_arp_from_its_own_hardware_address(vm, clients):
    """As 9front does, which would not hear its siblings if all guests had the parent's address."""
    pair = {name: next(addr for addr in addrs(vm, name) if addr.startswith("10.6")) for name in clients[:2]}
    for name in pair:
        vm.sh(inside(name, "tc qdisc add dev eth0 clsact; ") + inside(name, "tc filter add dev eth0 ingress protocol arp "
              f"flower arp_sha $(cat /run/{name}.hwaddr) action drop; ") + inside(name, "ip2 neigh flush dev eth0"))
    wait_for_ping(vm, clients[0], pair[clients[1]])
    wait_for_ping(vm, clients[1], pair[clients[0]])


def test_a_server_may_ignore_the_broadcast_flag(vm, odd):
    assert "10.7.0.50" in addrs(vm, "odd")
    assert {source.hex(":") for source, _ in odd.asked} == {"02:00:00:00:00:60"}
    assert all(flags & BROADCAST_FLAG for _, flags in odd.asked)
    assert "addr=10.7.0.50 by=dhcp" in vm.sh("cat /run/log")


def test_a_server_may_answer_to_the_client_where_the_card_takes_it(vm, odd):
    """This parent takes all frames."""
    odd.is_to_client = True
    try:
        vm.sh(inside("odd", "udhcpc -i eth0 -s /etc/udhcpc.sh -n -q -t 10 -T 1"))
    finally:
        odd.is_to_client = False


@pytest.mark.usefixtures("odd")
def test_an_access_point_that_answers_for_its_stations_is_no_conflict(vm):
    """Others are."""
    assert "Received 0 re" in vm.sh(inside("odd", "arping -D -c 1 -w 2 -I eth0 10.7.0.60"), check=False)
    assert "Received 1 re" in vm.sh(inside("odd", "arping -D -c 1 -w 2 -I eth0 10.7.0.9"), check=False)


@pytest.mark.usefixtures("zone")
def test_the_parent_goes_and_comes(vm, odd):
    """With it go its guests, their addresses and names; a guest that is started anew is the same again."""
    first = vm.sh("cat /run/odd.hwaddr")
    wait_for(vm, "dig +short @127.0.0.1 odd.lan.vanya | grep -q 10.7.0.50")
    vm.sh("ip2 link del odd0")
    wait_for(vm, "grep -q 'parent gone: parent=odd0 devices=1 ' /run/log")
    wait_for(vm, "[ -z \"$(dig +short @127.0.0.1 odd.lan.vanya)\" ]")
    vm.sh(ADD_ODD + "\nkill $(cat /run/odd.pid); wait $(cat /run/odd.pid)", check=False)
    assert json.loads(vm.sh("ontap --list -j /run/ontap/port.odd0")) == []
    odd.asked.clear()
    lease_odd(vm)
    assert odd.asked and vm.sh("cat /run/odd.hwaddr") == first
    wait_for(vm, "dig +short @127.0.0.1 odd.lan.vanya | grep -q 10.7.0.50")


def test_the_parent_gets_another_hardware_address(vm, clients):
    for hwaddr in ("02:00:00:00:00:51", PARENT):
        vm.sh(f"ip2 link set eth0 down; ip2 link set eth0 address {hwaddr}; ip2 link set eth0 up; ip2 -n lan neigh flush all")
        for name in clients:
            for addr in addrs(vm, name):
                if addr.startswith(("10.", "2001")):
                    wait_for_ping(vm, "lan", addr, 20)


def test_a_restart_of_ontapd_does_no_harm(vm, clients):
    own = {name: [a for a in addrs(vm, name) if a.startswith(("10.", "2001"))] for name in clients}
    before = len(vm.sh("cat /run/log"))
    vm.sh("kill $(cat /run/ontapd.pid); wait $(cat /run/ontapd.pid)")
    for addr in sum(own.values(), []):
        wait_for_ping(vm, "lan", addr, 30)
    vm.sh(f"{ONTAPD}\nuntil [ $(grep -c 'ready: ' /run/log) -gt 1 ]; do sleep 0.1; done")
    printed = vm.sh("cat /run/log")[before:]
    count = int(re.search(r"guests followed: count=(\d+)", printed)[1])
    assert count >= len(clients), printed
    check_list(vm, clients)
    for addr in sum(own.values(), []):
        wait_for_ping(vm, "lan", addr, 30)


def test_the_device_goes_with_its_guest(vm):
    start_guest(vm, "leaver")
    index = re.search(r"ifindex=(\d+) .*alias=\"leaver\"", vm.sh("cat /run/log"))[1]
    vm.sh("kill $(cat /run/leaver.pid)")
    wait_for(vm, f"grep -q 'device gone: .*ifindex={index} ' /run/log", 60)
