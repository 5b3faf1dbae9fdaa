# SPDX-License-Identifier: ISC
"""DHCP on ipvlans, which all have the same hardware address, by each client that `ontap --dhcp` can run."""
import re

import pytest

from vm import Missing, need

CLIENTS = {"busybox": (), "dhcpcd": ("/usr/lib/dhcpcd/dhcpcd-run-hooks",)}
START = """
ip2 netns add lan
printf 'link add eth0 type veth peer name lan0 netns lan\\nlink set eth0 up\\n' | ip2 -batch -
printf 'addr add 10.6.0.2/24 dev lan0\\nlink set lan0 up\\n' | ip2 -n lan -batch -
mkdir -p /var/lib/dhcpcd
nsenter --net=/run/netns/lan dnsmasq --no-daemon --port=0 --no-ping --conf-file=/dev/null --user=root \\
	--dhcp-range=10.6.0.100,10.6.0.150,2m --dhcp-option=3,10.6.0.2 --dhcp-leasefile=/run/leases \\
	--interface=lan0 --bind-interfaces --pid-file= >/run/log.dnsmasq 2>&1 &
chmod 1777 /run
ontapd --group=user --state=/run/state eth0 2>/run/log &
until [ -S /run/ontap/port.eth0 ]; do sleep 0.1; done
"""
USERS = {"root": "", "user": "setpriv2 --reuid=1000 --regid=1000 --clear-groups"}
# Two at once: each prints its address and its route. The server reports both before they end.
BOTH = """
for name in one two; do
	BY env PATH=/clients/CLIENT /bin/ontap -t ipvlan -n nic0 --netns -a $name --dhcp --wait=10.6.0.0/24 --timeout=20 \\
		/run/ontap/port.eth0 -- /bin/sh -c "PATH=$PATH
			ontap-waitif --timeout=20 --addr-in-net=10.6.0.0/24 --has-route=0.0.0.0/0 nic0
			touch /run/has.$name
			until [ -e /run/end ]; do sleep 0.1; done" >/run/$name 2>/run/log.$name &
	eval $name=$!
done
while kill -0 $one && kill -0 $two && ! [ -e /run/has.one -a -e /run/has.two ]; do sleep 0.1; done
cat /run/one /run/two /run/leases
touch /run/end
wait $one $two
rm /run/end /run/has.*
"""


@pytest.fixture(scope="module")
def vm(machine, built):
    """A parent eth0 with ontapd, and a DHCP server behind it."""
    made = machine("veth", "ipvlan")
    for program in ("src/ontapd/ontapd", "src/ontap/ontap", "src/ontap-waitif/ontap-waitif"):
        made.add(built(program))
    made.add("/sbin/ip", "/bin/ip2")
    made.add("/usr/bin/setpriv", "/bin/setpriv2")
    try:
        made.add(need("dnsmasq"))
        for client, files in CLIENTS.items():
            made.add(need(client), f"/clients/{client}/{client}")
            for file in files:
                made.add(file, file)
    except Missing as missing:
        pytest.skip(str(missing))
    with made.start() as running:
        running.sh(START)
        yield running
        print(running.sh("tail -n 30 /run/log*", check=False))


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("client", CLIENTS)
def test_each_ipvlan_has_a_lease_of_its_own(vm, client, user):
    printed = vm.sh(BOTH.replace("CLIENT", client).replace("BY", USERS[user]), timeout=200)
    addresses = re.findall(r"^(10\.6\.0\.1\d\d)$", printed, re.M)
    assert len(set(addresses)) == 2 and len(re.findall(r"^10\.6\.0\.2$", printed, re.M)) == 2, printed
    leases = re.findall(r"^\d+ (\S+) (\S+) \S+ (ff:\S+)$", printed, re.M)
    held = [(hwaddr, identifier) for hwaddr, address, identifier in leases if address in addresses]
    assert len({hwaddr for hwaddr, _ in held}) == 1, "the parent's"
    assert len({identifier for _, identifier in held}) == 2, printed
