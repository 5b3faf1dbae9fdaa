# Run inside of the machine: devices of ontapd on a kernel that has ipvlan. Each step prints "== STEP" and
# then what test_ipvlan.py looks at.
# SPDX-License-Identifier: ISC
cd /run
ip2 link set lo up
for parent in dummy0 wlp3s0 eth0; do
	ip2 link add $parent type dummy 2>/dev/null # the module comes with dummy0
	ip2 link set $parent up
done
ontapd --group=kvm --state=/run/state dummy0 wlp3s0 eth0 2>/run/log &
daemon=$!
until [ -S /run/ontap/port.eth0 ]; do
	kill -0 $daemon || { cat /run/log; exit 1; }
	sleep 0.1
done

for type in ipvlan ipvtap; do
	for mode in l2 l3 l3s; do
		for flag in bridge private vepa; do
			echo "== mode $type $mode,$flag"
			ontap -t $type -m 0 -n nic0 --mode=$mode,$flag /run/ontap/port.dummy0 -- ip2 -d link show nic0
		done
	done
done

echo "== lines"
ontap -t macvtap --name=nic0 /run/ontap/port.eth0 --
ip2 -br link show nic0
ontap -t ipvtap -n nic1 /run/ontap/port.dummy0 -- sh -c 'echo $ONTAP_IFNAME; ls -l /proc/self/fd/$ONTAP_FD0'
setpriv2 --reuid=1000 --regid=1000 --groups=108 \
	ontap -t ipvtap -m 1 /run/ontap/port.wlp3s0 --verbosity=debug -- \
	sh -c 'id -u; echo $ONTAP_IFNAME $ONTAP_NFDS; ls -l /proc/self/fd/$ONTAP_FD0' 2>&1
setpriv2 --reuid=1001 --regid=1001 --clear-groups ontap -t ipvlan /run/ontap/port.wlp3s0 -- true 2>&1
echo "exit $?"

echo "== sharing"
ontap -t ipvlan -n held --mode=l3s /run/ontap/port.dummy0 -- sh -c '
	ontap -t ipvlan -n other --mode=l2 /run/ontap/port.dummy0 -- true 2>&1
	ontap -t macvlan -n other /run/ontap/port.dummy0 -- true 2>&1
	ontap -t ipvtap -n other --mode=l3s /run/ontap/port.dummy0 -- echo the same mode is fine
	ip2 -d link show held'

address='ip2 -6 -o addr show dev $ONTAP_IFNAME scope link'
for step in first again; do
	echo "== stable $step"
	ontap -t ipvlan --netns -a www /run/ontap/port.wlp3s0 -- sh -c "ontap-waitif --addr-in-net=fe80::/10 \$ONTAP_IFNAME; echo \$ONTAP_HWADDR"
	ontap -t ipvlan --netns -a db /run/ontap/port.wlp3s0 -- sh -c "ontap-waitif --addr-in-net=fe80::/10 \$ONTAP_IFNAME; echo \$ONTAP_HWADDR"
done

echo "== others"
# An unprivileged user with a descriptor of a namespace that is not his, on a kernel without SO_PEERPIDFD.
ip2 netns add other
setpriv2 --reuid=1000 --regid=1000 --groups=108 device-ask /run/ontap/port.wlp3s0 /run/netns/other evil 2>&1
ip2 -n other -br link
setpriv2 --reuid=1000 --regid=1000 --groups=108 device-ask /run/ontap/port.wlp3s0 /proc/self/ns/net mine 2>&1

echo "== taps"
# The same ifindex in two namespaces: each gets its own queue, whatever /dev/tapN is.
for ns in a b; do
	ip2 netns add $ns
	nsenter --net=/run/netns/$ns ontap -t macvtap -m 2 -n tap0 /run/ontap/port.eth0 -- sh -c '
		ls -l /proc/self/fd/$ONTAP_FD0 /proc/self/fd/$ONTAP_FD1 | grep -c /tap; echo $ONTAP_IFINDEX; sleep 1' &
done
wait %2 %3 2>/dev/null
sleep 2

echo "== end"
ontap --remove=nic0 /run/ontap/port.eth0 --
sleep 1
ip2 -br link
kill $daemon
wait $daemon
echo "ontapd $?"
cat /run/log
