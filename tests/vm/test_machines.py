# SPDX-License-Identifier: ISC
"""Real machines behind ipvtaps: QEMU with a kernel that takes its addresses by DHCP and SLAAC, and with iPXE, which has its
address and name before it has booted anything. In an emulation within the emulation, neither had a lease after four
minutes. So they run beside the virtual machine with the ipvtaps, and their frames go over a wire of that, and a bridge
there, to the queue. tests/net/test_ontap_vm.py has macvtaps, of this kernel."""
import subprocess

import pytest

from guest import furnish, inside, start_guest, wait_for, wait_for_ping
from lib.isolate import die_with_parent
from vm import VIRTIO_NET, Machine, Missing
from wire import Wire

PARENT = "02:00:00:00:00:50"
RADVD = """interface lan0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
prefix 2001:db8:6::/64 { AdvOnLink on; AdvAutonomous on; }; };
"""
START = f"""
mkdir -p /var/run /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip2 link set lo up
ip2 netns add lan
printf 'link set eth0 name wire0\\nlink set eth1 name wire1\\n' | ip2 -batch -
printf 'link add eth0 address {PARENT} type veth peer name lan0 netns lan\\nlink set eth0 up\\n' | ip2 -batch -
ip2 addr add 10.6.0.1/24 dev eth0
printf 'addr add 10.6.0.2/24 dev lan0\\naddr add 2001:db8:6::2/64 dev lan0 nodad\\nlink set lan0 up\\n' | ip2 -n lan -batch -
in_lan() {{ nsenter --net=/run/netns/lan "$@"; }}
in_lan sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
in_lan dnsmasq --no-daemon --port=0 --no-ping --conf-file=/dev/null --user=root \\
	--dhcp-range=10.6.0.100,10.6.0.150,1h --dhcp-leasefile=/run/leases \\
	--interface=lan0 --bind-interfaces --pid-file= --log-dhcp >/run/log.dnsmasq 2>&1 &
in_lan radvd -n -m stderr -C /etc/radvd.conf -p /run/radvd.pid >/run/log.radvd 2>&1 &
in_lan tcpdump -Z root -i lan0 -e -n -p -l --immediate-mode not ether src {PARENT} >/run/foreign 2>/run/log.tcpdump &
ontapd --state=/run/state --rate=0 eth0 2>/run/log &
ontap-zone serve --domain=vanya --no-mdns --no-self --listen=127.0.0.1:53 --socket=/run/zone.sock --state=/run \\
	--user=root >/run/log.zone 2>&1 &
until [ -S /run/ontap/port.eth0 ]; do sleep 0.1; done
"""
# The tap of guest-shuttle and the wire are ports; nothing in that namespace says a word of its own.
BRIDGE = """for each in all default; do echo 1 >/proc/sys/net/ipv6/conf/$each/disable_ipv6; done
printf "link set eth0 down\\nlink set eth0 address 02:00:00:00:00:ee\\nlink add br0 type bridge mcast_snooping 0\\n" | ip2 -batch -
printf "link set eth0 master br0 up\\nlink set {wire} master br0 up\\nlink set br0 up\\n" | ip2 -batch -"""
CONFIGURE = "ip link set eth0 up; udhcpc -i eth0 -q -n -t 60 -T 3 -s /etc/udhcpc.sh && echo GUEST-IS-UP && sleep 3600"
LEASED = """#!/bin/sh
[ -z "$ip" ] || ip addr add $ip/$mask dev $interface
"""
SECONDS = 120


@pytest.fixture(scope="module")
def vm(machine, built):
    made = machine("veth", "tap", "ipvlan", "ipvtap", "tun", "sch_ingress", "cls_bpf", "llc", "stp", "bridge", *VIRTIO_NET)
    try:
        furnish(made, built)
    except Missing as missing:
        pytest.skip(str(missing))
    made.write("etc/radvd.conf", RADVD)
    with made.start(wires=2) as running:
        running.qemu = made.qemu
        running.sh(START)
        yield running
        print(running.sh("for f in /run/log*; do echo == $f; tail -n 40 $f; done", check=False))


@pytest.fixture
def run_machine(vm, tmp_path):
    """run_machine("boot", number, command): its card is that of an ipvtap, by the wire of that number."""
    processes, ends = [], []

    def run(name, number, command):
        start_guest(vm, name)
        vm.sh(f"ip2 link set wire{number} netns {name}")
        vm.sh(inside(name, f"sh -c '{BRIDGE.format(wire=f'wire{number}')}'"))
        hwaddr = vm.sh(f"cat /run/{name}.hwaddr").strip()
        here, there = vm.wires[number], Wire(str(tmp_path), number)
        here.on_frame = lambda frame: there.sock.sendto(frame, there.there)
        there.on_frame = lambda frame: here.sock.sendto(frame, here.there)
        ends.append(there)
        netdev, options, device, _ = there.options()
        processes.append(subprocess.Popen([*command, netdev, options, device, f"virtio-net-pci,netdev=n{number},mac={hwaddr}"],
                                          stdin=subprocess.DEVNULL, preexec_fn=die_with_parent))
    yield run
    for process in processes:
        process.kill()
        process.wait()
    for number, end in enumerate(ends):
        vm.wires[number].on_frame = lambda frame: None
        end.close()


def name_of(vm, name):
    wait_for(vm, f"dig +short +time=1 +tries=1 @127.0.0.1 {name}.lan.vanya | grep -q '^10.6.0.1..$'", SECONDS)
    return vm.sh(f"dig +short @127.0.0.1 {name}.lan.vanya A").strip()


def test_ipxe_has_its_address_and_name(vm, run_machine):
    run_machine("boot", 0, [vm.qemu, "-accel", "tcg", "-m", "64", "-nodefaults", "-display", "none", "-boot", "n"])
    assert f"addr={name_of(vm, 'boot')} by=dhcp" in vm.sh("cat /run/log")


def test_a_kernel_has_its_addresses_and_name_and_is_reached(vm, run_machine, request, tmp_path):
    inner = Machine(request.config.option.tools, str(tmp_path), *VIRTIO_NET)
    inner.write("etc/udhcpc.sh", LEASED, 0o755)
    run_machine("guest", 1, inner.command(CONFIGURE))
    wait_for_ping(vm, "lan", name_of(vm, "guest"), SECONDS)
    wait_for(vm, "[ -n \"$(dig +short @127.0.0.1 guest.wan.vanya AAAA)\" ]", SECONDS)
    wait_for_ping(vm, "lan", vm.sh("dig +short @127.0.0.1 guest.wan.vanya AAAA").strip(), SECONDS)
    foreign = [line for line in vm.sh("cat /run/foreign").splitlines() if vm.sh("cat /run/guest.hwaddr").strip() in line]
    assert not foreign
