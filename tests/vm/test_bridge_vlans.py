# SPDX-License-Identifier: ISC
"""mDNS on a bridge that keeps VLANs apart, as Proxmox and LXD make them: a port belongs to the wire of its
PVID, and br0.20 speaks for VLAN 20. On a real wire, with a neighbour in each VLAN."""
import time

import pytest

from lib.mdns import A
from vm import VIRTIO_NET, VLAN

HOST = """
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip2 link add br0 type bridge vlan_filtering 1 forward_delay 0
ip2 link set eth0 master br0
bridge2 vlan add dev eth0 vid 20
bridge2 vlan add dev br0 vid 20 self
ip2 link add link br0 name br0.20 type vlan id 20
for link in eth0 br0 br0.20; do ip2 link set $link up; done
ip2 addr add 10.1.0.1/24 dev br0
ip2 addr add 10.20.0.1/24 dev br0.20
ontap-zone serve --domain=vanya --no-self --names=alias --hostnames-by=none --socket=/run/zone.sock \\
	--state=/run --user=root 2>/run/log &
until [ -S /run/zone.sock ]; do sleep 0.1; done
"""
# workload NAME ADDR/LEN: a namespace with a veth on the bridge, and its name.
WORKLOAD = """
workload()
{
	ip2 netns add $1
	ip2 link add port-$1 type veth peer name nic0 netns $1
	printf 'link set nic0 alias %s up\\naddr add %s dev nic0\\n' $1 $2 | ip2 -n $1 -batch -
	ip2 link set port-$1 master br0 up
}
pvid()
{
	bridge2 vlan del dev port-$1 vid 1
	bridge2 vlan add dev port-$1 vid $2 pvid untagged
}
"""
UNTAGGED, VLAN20 = 0, 20
NETS = {UNTAGGED: "10.1.0", VLAN20: "10.20.0"}


@pytest.fixture(scope="module")
def vm(machine, built):
    made = machine("veth", *VLAN, "bridge", *VIRTIO_NET)
    made.add(built("src/ontap-zone/ontap-zone"))
    made.add("/sbin/ip", "/bin/ip2")
    made.add("/sbin/bridge", "/bin/bridge2")
    with made.start(wires=1) as running:
        running.sh(HOST)
        running.sh(WORKLOAD)
        yield running
        print(running.sh("cat /run/log", check=False))


def answers(vm, name):
    """{VLAN: address} as a neighbour in each gets it."""
    wire, begin = vm.wires[0], len(vm.wires[0].said)
    for vlan, net in NETS.items():
        wire.ask(vlan, f"{net}.9", 10000, name + ".local", A)
    time.sleep(0.2)
    return {vlan: address for _, vlan, port, message in wire.said[begin:] if port == 10000
            for address in message.addresses(name + ".local.")}


def wait_for(vm, name, wanted):
    deadline = time.monotonic() + 60
    while (found := answers(vm, name)) != wanted:
        assert time.monotonic() < deadline, f"{name}: {found}, but should be {wanted}"


def places_said(vm, name):
    """The VLANs in which the machine said anything about the name."""
    return {said.vlan for said in list(vm.wires[0].said) if said.message.of(name + ".local.", A)}


@pytest.fixture(scope="module")
def ports(vm):
    """`plain` and `tagged` are there."""
    vm.sh("workload plain 10.1.0.11/24")
    vm.sh("workload tagged 10.20.0.12/24 && pvid tagged 20")


@pytest.mark.usefixtures("ports")
def test_a_port_speaks_in_the_vlan_of_its_pvid_and_nowhere_else(vm):
    wait_for(vm, "plain", {UNTAGGED: "10.1.0.11"})
    assert places_said(vm, "plain") == {UNTAGGED}
    wait_for(vm, "tagged", {VLAN20: "10.20.0.12"})


def test_a_port_that_changes_its_pvid_moves(vm):
    vm.sh("workload moving 10.1.0.13/24")
    wait_for(vm, "moving", {UNTAGGED: "10.1.0.13"})
    vm.sh("pvid moving 20; ip2 -n moving addr add 10.20.0.13/24 dev nic0; ip2 -n moving addr del 10.1.0.13/24 dev nic0")
    vm.wires[0].said.clear()
    wait_for(vm, "moving", {VLAN20: "10.20.0.13"})


@pytest.mark.usefixtures("ports")
def test_ports_are_found_by_the_dump_of_the_start(vm):
    vm.sh("""ontap-zone stop --socket=/run/zone.sock
          ontap-zone serve --domain=vanya --no-self --names=alias --hostnames-by=none --socket=/run/zone.sock \\
              --state=/run --user=root 2>>/run/log &
          until [ -S /run/zone.sock ]; do sleep 0.1; done""")
    vm.wires[0].said.clear()
    wait_for(vm, "tagged", {VLAN20: "10.20.0.12"})
    wait_for(vm, "plain", {UNTAGGED: "10.1.0.11"})
    assert places_said(vm, "tagged") == {VLAN20}


@pytest.mark.usefixtures("ports")
def test_without_filtering_all_ports_are_on_one_wire(vm):
    vm.sh("ip2 link set br0 type bridge vlan_filtering 0")
    try:
        wait_for(vm, "tagged", {UNTAGGED: "10.20.0.12"})
    finally:
        vm.sh("ip2 link set br0 type bridge vlan_filtering 1")
