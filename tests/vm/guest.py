# SPDX-License-Identifier: ISC
"""Guests that configure themselves, in a virtual machine: each is the kernel of a namespace, whose frames
tests/net/guest-shuttle carries to and from the queue of an ipvtap."""
import re

from vm import need

UDHCPC = """#!/bin/sh
[ $1 = deconfig ] && ip2 -4 addr flush dev $interface
[ -n "$ip" ] && ip2 addr replace $ip/$mask dev $interface
exit 0
"""
# {name} has a card, made with {options} on {parent}; {user} comes before ontap, {enter} before the shuttle.
GUEST = """
rm -f /run/{name}.up
ip2 netns add {name}
nsenter --net=/run/netns/{name} sh -c 'echo 2 >/proc/sys/net/ipv6/conf/default/accept_ra'
ontap -a {name} --autoconf {options} /run/ontap/port.{parent} -- sh -c \\
	'echo $ONTAP_HWADDR >/run/{name}.hwaddr; exec nsenter --net=/run/netns/{name} guest-shuttle eth0' \\
	>/run/{name}.up 2>/run/log.{name} &
echo $! >/run/{name}.pid
n=0; until grep -q up /run/{name}.up || [ $n = 300 ]; do sleep 0.1; n=$((n + 1)); done
cat /run/{name}.up /run/log.{name}
"""


def furnish(machine, built, *programs):
    """The programs of ontap, and those that every such test needs."""
    for program in ("src/ontapd/ontapd", "src/ontap/ontap", "src/ontap-zone/ontap-zone", "tests/net/guest-shuttle"):
        machine.add(built(program))
    machine.add("/sbin/ip", "/bin/ip2")
    for program in ("dnsmasq", "radvd", "tcpdump", "dig", *programs):
        machine.add(need(program))
    machine.add_library("libbpf.so.1")
    machine.write("etc/udhcpc.sh", UDHCPC, 0o755)
    machine.write("etc/nsswitch.conf", "passwd: files\n")


def inside(name, command):
    return f"nsenter --net=/run/netns/{name} {command}"


def start_guest(vm, name, options="-t ipvtap", parent="eth0"):
    printed = vm.sh(GUEST.format(name=name, options=options, parent=parent))
    assert "up" in printed, printed + vm.sh("cat /run/log", check=False)


def addrs(vm, name, link="eth0"):
    printed = vm.sh(inside(name, f"ip2 -o addr show dev {link}"))
    return re.findall(r"inet6? ([0-9a-f.:]+)/", printed)


def wait_for(vm, command, seconds=30):
    vm.sh(f"end=$(($(date +%s) + {seconds})); until {command} || [ $(date +%s) -gt $end ]; do sleep 0.2; done; "
          f"[ $(date +%s) -le $end ]", timeout=4 * seconds)


def wait_for_ping(vm, where, addr, seconds=10):
    wait_for(vm, inside(where, f"ping -c 1 -W 1 {addr}") + " >/dev/null", seconds)
