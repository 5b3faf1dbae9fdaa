# SPDX-License-Identifier: ISC
"""A guest of a host on Wi-Fi: two simulated radios (mac80211_hwsim), an access point with WPA2 (hostapd) and the host
(wpa_supplicant). Behind the access point is a network with DHCP and SLAAC, and another machine. No address is typed:
the host has its own by DHCP, too."""
import re

import pytest

from guest import addrs, furnish, inside, start_guest, wait_for, wait_for_ping
from lib.mdns import A
from lib.wait import wait_until
from vm import FULL, VIRTIO_NET, Missing

MODULES = (*VIRTIO_NET, "llc", "stp", "bridge", "veth", "tap", "ipvlan", "ipvtap", "tun", "macvlan", "macvtap", "sch_ingress", "cls_bpf",
           "libarc4", "ctr", "ccm", "rfkill", "cfg80211", "mac80211", "mac80211_hwsim")
HOSTAPD = """interface=wlan0
bridge=br0
driver=nl80211
ssid=vanya
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=correct horse
"""
SUPPLICANT = """network={
	ssid="vanya"
	psk="correct horse"
}
"""
RADVD = """interface lan0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
prefix 2001:db8:6::/64 { AdvOnLink on; AdvAutonomous on; }; };
"""
START = """
mkdir -p /dev/net /var/run
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip2 link set lo up
ip2 netns add ap; ip2 netns add lan
iw phy phy0 set netns name ap
ip2 link set eth0 netns ap
ip2 -n ap link add br0 type bridge
ip2 link add lan0 netns lan type veth peer name port0 netns ap
printf 'link set eth0 master br0 up\\nlink set port0 master br0 up\\nlink set br0 up\\n' | ip2 -n ap -batch -
printf 'addr add 10.6.0.2/24 dev lan0\\naddr add 2001:db8:6::2/64 dev lan0 nodad\\nlink set lan0 up\\n' | ip2 -n lan -batch -
nsenter --net=/run/netns/ap hostapd /etc/hostapd.conf >/run/log.hostapd 2>&1 &
echo $! >/run/hostapd.pid
in_lan() { nsenter --net=/run/netns/lan "$@"; }
in_lan sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
in_lan dnsmasq --no-daemon --port=0 --no-ping --conf-file=/dev/null --user=root --dhcp-range=10.6.0.100,10.6.0.150,5m \\
	--dhcp-option=3,10.6.0.2 --dhcp-leasefile=/run/leases --interface=lan0 --bind-interfaces --pid-file= >/run/log.dnsmasq 2>&1 &
in_lan radvd -n -m stderr -C /etc/radvd.conf -p /run/radvd.pid >/run/log.radvd 2>&1 &
wpa_supplicant -i wlan1 -c /etc/wpa_supplicant.conf >/run/log.supplicant 2>&1 &
n=0; until grep -q CTRL-EVENT-CONNECTED /run/log.supplicant || [ $n = 300 ]; do sleep 0.1; n=$((n + 1)); done
udhcpc -i wlan1 -s /etc/udhcpc.sh -q -n -t 10 -T 1 >/run/log.udhcpc 2>&1
ontapd --state=/run/state --rate=0 wlan1 2>/run/log &
echo $! >/run/ontapd.pid
ontap-zone serve --domain=vanya --no-self --socket=/run/zone.sock --state=/run --user=root >/run/log.zone 2>&1 &
until [ -S /run/ontap/port.wlan1 ] && [ -S /run/zone.sock ]; do sleep 0.1; done
ip2 -4 -o addr show dev wlan1
"""


@pytest.fixture(scope="module")
def vm(machine, built):
    made = machine(*MODULES, flavour=FULL)
    try:
        furnish(made, built)
        for path in ("usr/sbin/hostapd", "sbin/wpa_supplicant", "sbin/iw"):
            made.add_unpacked(path)
    except Missing as missing:
        pytest.skip(str(missing))
    made.write("etc/hostapd.conf", HOSTAPD)
    made.write("etc/wpa_supplicant.conf", SUPPLICANT)
    made.write("etc/radvd.conf", RADVD)
    with made.start(wires=1) as running:
        assert "inet 10.6.0.1" in running.sh(START), running.sh("tail -n 30 /run/log*")
        yield running
        print(running.sh("for f in /run/log*; do echo == $f; tail -n 40 $f; done", check=False))


@pytest.fixture(scope="module")
def den(vm):
    """A guest with its addresses: {its own ones}."""
    start_guest(vm, "den", "-t auto", "wlan1")
    vm.sh(inside("den", "udhcpc -i eth0 -f -s /etc/udhcpc.sh") + " >/run/log.client 2>&1 &")
    wait_for(vm, inside("den", "ip2 -4 addr show dev eth0") + " | grep -q 'inet 10'", 60)
    wait_for(vm, inside("den", "ip2 -6 addr show dev eth0 -tentative") + " | grep -q 'inet6 2001'", 60)
    return [addr for addr in addrs(vm, "den") if not addr.startswith("fe80")]


def test_auto_is_an_ipvtap_on_wifi(vm, den):
    assert re.search(r"create: parent=wlan1 type=ipvtap .*alias=\"den\"", vm.sh("cat /run/log"))
    refused = vm.sh("ontap -t macvtap -a no --autoconf /run/ontap/port.wlan1 -- true", check=False)
    assert "its access point drops the frames of a macvtap" in refused


def test_the_guest_is_reached_from_behind_the_access_point(vm, den):
    assert len(den) == 2
    for addr in den:
        wait_for_ping(vm, "lan", addr)


def test_it_has_its_name_there(vm, den):
    """By unicast, from the server on this host; and by mDNS, to a machine on a wire of the access point."""
    server = re.search(r"inet (10[0-9.]+)", vm.sh("ip2 -4 -o addr show dev wlan1"))[1]
    found = vm.sh(inside("lan", f"dig +short @{server} den.lan.vanya A den.wan.vanya AAAA")).split()
    assert found == den

    def ask():
        vm.wires[0].ask(0, "10.6.0.9", 10000, "den.local", A)
        return [addr for said in vm.wires[0].said if said.to_port == 10000
                for addr in said.message.addresses("den.local.")]
    wait_until(lambda: den[0] in ask(), what="an answer by mDNS", timeout=20)


def test_the_access_point_goes_and_comes(vm, den):
    vm.sh("kill $(cat /run/hostapd.pid)")
    wait_for(vm, "[ $(cat /sys/class/net/wlan1/carrier) = 0 ]")
    vm.sh("nsenter --net=/run/netns/ap hostapd /etc/hostapd.conf >/run/log.hostapd2 2>&1 &")
    for addr in den:
        wait_for_ping(vm, "lan", addr, 30)
    assert "guest has no longer" not in vm.sh("cat /run/log")
