# SPDX-License-Identifier: ISC
"""mDNS on real wires: with VLANs, ipvlans and macvlans across namespaces, and with links that appear and
disappear, each name is announced where it should be and nowhere else; after a suspend it is announced
again."""
import time
from socket import AF_INET

import pytest

from lib.mdns import A, PORT
from lib.wait import wait_until
from vm import VIRTIO_NET, VLAN

# A wire and a VLAN on it, and the host's network there.
LAN, LAN10, DMZ, DMZ10 = (0, 0), (0, 10), (1, 0), (1, 10)
NETS = {LAN: "10.1.0", LAN10: "10.10.0", DMZ: "10.2.0", DMZ10: "10.20.0"}
HOST = """
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
for wire in 0 1; do
	echo 0 >/proc/sys/net/ipv6/conf/eth$wire/accept_dad
	ip2 link set eth$wire up
	ip2 addr add 10.$((wire + 1)).0.1/24 dev eth$wire
done
ontap-zone serve --domain=vanya --no-self --names=alias --hostnames-by=none --socket=/run/zone.sock \\
	--state=/run --user=root 2>/run/log &
until [ -S /run/zone.sock ]; do sleep 0.1; done
"""
# workload NAME ADDR/LEN LOWER TYPE...: a namespace with a link, and its name.
WORKLOAD = """
workload()
{
	name=$1 addr=$2 lower=$3
	shift 3
	ip2 netns add $name
	ip2 link add link $lower name nic0 netns $name type "$@" || return
	printf 'link set nic0 alias %s up\\naddr add %s dev nic0\\n' $name $addr | ip2 -n $name -batch -
}
vlan()
{
	printf 'link add link eth%s name eth%s.10 type vlan id 10\\nlink set eth%s.10 up\\n' $1 $1 $1 | ip2 -batch -
	ip2 addr add $2 dev eth$1.10
}
"""


@pytest.fixture(scope="module")
def vm(machine, built):
    """A running machine with two wires, and ontap-zone on both."""
    made = machine("macvlan", "ipvlan", *VLAN, *VIRTIO_NET)
    made.add(built("src/ontap-zone/ontap-zone"))
    made.add("/sbin/ip", "/bin/ip2")
    with made.start(wires=2) as running:
        running.sh(HOST)
        running.sh(WORKLOAD)
        yield running
        print(running.sh("cat /run/log", check=False))


def answers(vm, names):
    """{name: {place: address}} as a neighbour on each gets it by asking for each name."""
    begin = [len(wire.said) for wire in vm.wires]
    for place, net in NETS.items():
        for port, name in enumerate(names, start=10000):
            vm.wires[place[0]].ask(place[1], f"{net}.9", port, name + ".local", A)
    time.sleep(0.2)
    found = {name: {} for name in names}
    for number, wire in enumerate(vm.wires):
        for _, vlan, port, message in wire.said[begin[number]:]:
            name = names[port - 10000] if 10000 <= port < 10000 + len(names) else None
            for address in message.addresses(name + ".local.") if name else ():
                found[name][number, vlan] = address
    return found


def places_said(vm, name):
    """The places where the machine said anything about a name: probed, announced, answered, or said goodbye."""
    return {(number, said.vlan) for number, wire in enumerate(vm.wires) for said in list(wire.said)
            if said.message.of(name + ".local.", A)}


def multicasts(vm, place, name):
    """The order in which a name was probed for and announced there, over IPv4: "PPPAA"."""
    return "".join("A" if message.is_response else "P"
                   for family, vlan, port, message in list(vm.wires[place[0]].said)
                   if (family, vlan, port) == (AF_INET, place[1], PORT) and message.of(name + ".local.", A))


class Steps:
    """The changes in their order, and the places of each name afterwards."""

    def __init__(self, vm):
        self.vm, self.places = vm, {}

    def then(self, script, **places):
        """Makes the change, and waits until each name is answered for in its places and in no other.
        Meanwhile, nothing may be said about a name except where it was and will be."""
        before = dict(self.places)
        self.places.update({name: {place: addr for place in where} for name, (addr, *where) in places.items()})
        for wire in self.vm.wires:
            wire.said.clear()
        self.vm.sh(script)

        deadline = time.monotonic() + 20
        while (found := answers(self.vm, list(self.places))) != self.places:
            assert time.monotonic() < deadline, f"{found}, but should be {self.places}, after {script}"
        for name, where in self.places.items():
            assert places_said(self.vm, name) <= {*where, *before.get(name, {})}, f"{name} after {script}"


@pytest.fixture(scope="module")
def steps(vm):
    return Steps(vm)


@pytest.fixture(scope="module")
def ipvlan(steps):
    """The only one on its wire, since all devices of a link have the same mode."""
    steps.then("workload ipv 10.99.0.12/24 eth1 ipvlan mode l2", ipv=("10.99.0.12", DMZ))


@pytest.mark.usefixtures("ipvlan")
def test_links_that_come_are_on_the_wire_of_what_they_are_on(steps):
    steps.then("workload mac 10.1.0.11/24 eth0 macvlan mode bridge", mac=("10.1.0.11", LAN))


def test_a_vlan_is_a_wire_of_its_own(steps):
    steps.then("""vlan 0 10.10.0.1/24; vlan 1 10.20.0.1/24
               workload tagged 10.10.0.13/24 eth0.10 macvlan mode bridge
               workload other 10.20.0.14/24 eth1.10 ipvlan mode l2""",
               tagged=("10.10.0.13", LAN10), other=("10.20.0.14", DMZ10))


def test_a_vlan_in_another_namespace_is_the_one_of_its_id_on_the_same_wire(steps):
    # On a macvlan, since a lower device cannot have two of one id. Its address is in none of our prefixes.
    steps.then("""ip2 netns add inner
               ip2 link add link eth0 name nic0 netns inner type macvlan mode bridge
               ip2 -n inner link set nic0 up
               ip2 -n inner link add link nic0 name v10 type vlan id 10
               ip2 -n inner link set v10 alias inner up
               ip2 -n inner addr add 10.99.1.15/24 dev v10""",
               inner=("10.99.1.15", LAN10))


def test_a_vlan_that_goes_down_and_up_says_its_names_again(steps):
    steps.then("ip2 link set eth0.10 down", tagged=("10.10.0.13",), inner=("10.99.1.15",))
    steps.then("ip2 link set eth0.10 up", tagged=("10.10.0.13", LAN10), inner=("10.99.1.15", LAN10))


def test_a_vlan_that_is_deleted_and_made_again_is_the_same_wire(steps):
    steps.then("ip2 link del eth0.10", tagged=("10.10.0.13",), inner=("10.99.1.15",))
    steps.then("vlan 0 10.10.0.1/24", inner=("10.99.1.15", LAN10))


def test_a_link_that_is_moved_to_another_wire_says_goodbye_on_the_first(steps, vm):
    steps.then("ip2 netns del mac; workload mac 10.1.0.11/24 eth1.10 ipvlan mode l2",
               mac=("10.1.0.11", DMZ10))
    assert 0 in [record.ttl for said in vm.wires[0].said for record in said.message.of("mac.local.", A)]


@pytest.mark.usefixtures("ipvlan")
def test_an_ipvlan_that_is_made_one_of_layer_3_has_no_wire(steps):
    steps.then("ip2 -n ipv link set nic0 type ipvlan mode l3", ipv=("10.99.0.12",))
    steps.then("ip2 -n ipv addr add 10.1.0.12/32 dev nic0", ipv=("10.1.0.12", LAN))
    steps.then("ip2 -n ipv addr del 10.1.0.12/32 dev nic0; ip2 -n ipv link set nic0 type ipvlan mode l2",
               ipv=("10.99.0.12", DMZ))


@pytest.mark.usefixtures("ipvlan")
def test_after_a_suspend_each_name_is_probed_and_announced_again(steps, vm):
    wait_until(lambda: multicasts(vm, DMZ, "ipv").endswith("AA"), what="the end of what was before")
    time.sleep(1.2)
    # Suspended to memory (S3), and woken by the clock, whose alarm is set by the second.
    steps.then("echo +3 >/sys/class/rtc/rtc0/wakealarm && echo mem >/sys/power/state")
    for name, where in steps.places.items():
        for place in where:
            wait_until(lambda: multicasts(vm, place, name).startswith("PPPAA"),
                       what=f"{name} at {place}, probed and announced")
    assert "resumed: slept_s=" in vm.sh("cat /run/log")
