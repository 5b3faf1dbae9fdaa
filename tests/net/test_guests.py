# SPDX-License-Identifier: ISC
"""Guests that configure themselves (--guests): addresses and names that the host's kernel does not know. And the hook of
libvirt that names their links."""
import fcntl
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time

import pytest

from lib.mdns import A, Socket, query, question
from lib.peers import unpacked
from lib.query import addresses, ask, has_addresses
from lib.wait import wait_until
from raw_guest import ACK, NAK, RELEASE, REQUEST, RawGuest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "vm"))

from vm import VIRTIO_NET, Machine, Missing  # noqa: E402

HOST4, HOST6 = "10.7.0.1", "2001:db8:7::1"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
SLOW = 60  # seconds that a condition may take on a slow machine


class Vm:
    """A tap of the host, as libvirt makes it, and the guest at its queue."""

    def __init__(self, host, ifname, alias=None, bridge="br0", hwaddr=None):
        self.host, self.ifname = host, ifname
        self.fd = host.call(self._open)
        if bridge:
            host.ip(f"link set {ifname} master {bridge}")
        if alias:
            host.set_alias(ifname, alias)
        host.ip(f"link set {ifname} up")
        self.guest = RawGuest.on_tap(self.fd, hwaddr)

    def _open(self):
        try:
            fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as failure:
            pytest.skip(f"no taps here: {failure}")
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22s", self.ifname.encode(), IFF_TAP | IFF_NO_PI, b""))
        return fd

    def unplug(self):
        """As when the process of the virtual machine ends: the tap goes with its queue."""
        if self.fd >= 0:
            self.guest.close()
            os.close(self.fd)
        self.fd = -1


class Macvtap(Vm):
    """A macvtap of the host on one end of a cable whose other end is a port of the bridge. What the guest sends is
    what the link receives: the other way round than on a tap."""

    def __init__(self, topo, host, ifname, alias, directory):
        topo.veth(host, "up0", host, "port0")
        host.ip("link set port0 master br0")
        if host.run(["ip", "link", "add", ifname, "link", "up0", "type", "macvtap", "mode", "bridge"],
                    check=False).returncode:
            pytest.skip("this kernel has no macvtap")
        numbers = host.run(["unshare", "-m", "sh", "-c",
                            f"mount -t sysfs sysfs /sys && cat /sys/class/net/{ifname}/macvtap/*/dev"]).stdout
        self.node = os.path.join(directory, ifname)
        os.mknod(self.node, stat.S_IFCHR | 0o600, os.makedev(*map(int, numbers.split(":"))))
        hwaddr = host.run(["ip", "-o", "link", "show", ifname]).stdout.split("link/ether ")[1].split()[0]
        super().__init__(host, ifname, alias, bridge=None, hwaddr=hwaddr)

    def _open(self):
        try:
            fd = os.open(self.node, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as failure:
            pytest.skip(f"no macvtaps here: {failure}")
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22s", b"", IFF_TAP | IFF_NO_PI, b""))
        return fd


class Lan:
    """A host with a bridge, as virbr0 is, and dnsmasq as the DHCP server on it."""

    def __init__(self, topo, daemon_of, dnsmasq, stacks, leases):
        topo.has_dad = False
        self.topo, self.daemon_of = topo, daemon_of
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST4}/24", f"{HOST6}/64")
        self.vms = []
        leases.touch()
        stacks(self.host, "dhcp").start(
            dnsmasq, "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", "--no-ping", "--user=root",
            "--pid-file=", "--interface=br0", "--bind-dynamic", f"--dhcp-leasefile={leases}", "--log-facility=-",
            "--dhcp-range=10.7.0.100,10.7.0.150,2m", "--dhcp-range=2001:db8:7::100,2001:db8:7::1ff,64,5m",
            f"--dhcp-option=6,{HOST4}",
            "--enable-ra", "--dhcp-authoritative", "--dhcp-mac=set:mute,02:00:00:00:00:*", "--dhcp-ignore=tag:mute")

    def serve(self, *options, ns=None):
        self.daemon = self.daemon_of(ns or self.host, *options)
        return self.daemon

    def vm(self, ifname="vnet0", alias=None, is_heard=True, **how):
        vm = Vm(self.host, ifname, alias, **how)
        self.vms.append(vm)
        if is_heard:
            self.wait_heard(ifname)
        return vm

    def guest_of(self, ifname):
        """What `status` says of that link, or {}."""
        return next((guest for guest in self.daemon.status()["guests"] if guest["link"] == ifname), {})

    def wait_heard(self, ifname):
        wait_until(lambda: self.guest_of(ifname).get("heard"), SLOW, f"a socket for {ifname}")

    def wait_has(self, name, *expected):
        wait_until(lambda: self.has(name, *expected), SLOW, f"{name} at {expected}")

    def has(self, name, *expected):
        return has_addresses(self.host, name, *expected)

    def wait_refused(self, ifname, address):
        wait_until(lambda: address in [refused["address"] for refused in self.guest_of(ifname)["refused"]], SLOW,
                   f"{address} refused")

    def close(self):
        for vm in self.vms:
            vm.unplug()


@pytest.fixture
def lan(topo, need, serve, stacks, tmp_path):
    lan = Lan(topo, serve, need("dnsmasq"), stacks, tmp_path / "leases")
    yield lan
    lan.close()


def family(pid):
    """The process and its descendants."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [pid, *(each for child in children.read().split() for each in family(int(child)))]


def is_absent(ns, name):
    return not addresses(ask(ns, "127.0.0.1", name))


def test_a_guest_has_its_name_from_the_lease_until_it_is_given_back(lan):
    lan.serve()
    client = lan.topo.workload("client", lan.host, "br0", "10.7.0.9/24")
    vm = lan.vm(alias="fox")
    with Socket(client) as mdns:
        lease = vm.guest.dhcp(name="other")
        lan.wait_has("fox.home.arpa", lease.address)
        assert is_absent(lan.host, "other.home.arpa")  # the alias comes first
        assert addresses(ask(client, HOST4, "fox.home.arpa")) == [lease.address]
        reverse = ".".join(reversed(lease.address.split("."))) + ".in-addr.arpa"
        assert "fox.lan.home.arpa" in str(ask(lan.host, "127.0.0.1", reverse, "PTR"))
        mdns.send(query(question("fox.local", A)))
        mdns.wait_for(lambda m: lease.address in m.addresses("fox.local."), SLOW, "fox.local on its wire")
    shown = next(line for line in lan.daemon.lines("names") if line["name"] == "fox")
    assert [(a["origin"], a["source"]) for a in shown["addresses"] if a["served"]] == [("guest", "alias")]
    with Socket(client) as mdns:
        vm.guest.release(lease)
        mdns.wait_for(lambda m: [r for r in m.of("fox.local.", A, "answer") if r.ttl == 0 and r.data == lease.address],
                      SLOW, "a goodbye")
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the end of the lease")


def test_a_lease_ends_in_all_ways(lan):
    """At its time, by NAK and by DECLINE; by RELEASE above. dnsmasq gives no lease of less than two minutes, so this
    one is of another server, and dnsmasq is silent to this guest: its NAK would come first, and end the request."""
    lan.serve()
    server, short, owl, elk = (lan.vm("vnet9", hwaddr="02:00:00:00:00:09"),
                               lan.vm("vnet0", alias="fox", hwaddr="02:00:00:00:00:01"),
                               lan.vm("vnet1", alias="owl"), lan.vm("vnet2", alias="elk"))

    def assign(xid, answer_to, seconds):
        short.guest.send_dhcp(REQUEST, xid, (50, bytes([10, 7, 0, 60])))
        server.guest.send_dhcp_reply(ACK, answer_to, short.guest.hwaddr, "10.7.0.60", "10.7.0.3", seconds)
    assign(1, 2, 3600)  # no answer to that request
    assign(3, 3, 10)
    ends = time.monotonic() + 10
    lan.wait_has("fox.home.arpa", "10.7.0.60")
    leases = [vm.guest.dhcp() for vm in (owl, elk)]
    for name, lease in zip(("owl", "elk"), leases):
        lan.wait_has(f"{name}.home.arpa", lease.address)
    owl.guest.decline(leases[0])
    elk.guest.send_dhcp(REQUEST, 4, ciaddr=leases[1].address, dest="10.7.0.3")  # to no server: nobody else answers
    server.guest.send_dhcp_reply(NAK, 4, elk.guest.hwaddr, "0.0.0.0", "10.7.0.3", 0)
    for name in ("owl", "elk"):
        wait_until(lambda: is_absent(lan.host, f"{name}.home.arpa"), SLOW, f"the end of the lease of {name}")
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the end of the lease of fox")
    assert time.monotonic() > ends - 1  # not before its last second
    assert lan.guest_of("vnet0")["addresses"] == []


@pytest.mark.parametrize("are_news_lost", [False, True])
def test_a_link_that_leaves_and_returns_at_once_is_heard_again(lan, are_news_lost):
    """Its socket does not come back with it. The news of both are read together, or not at all."""
    storm = "addr add 10.9.9.9/32 dev lo\naddr del 10.9.9.9/32 dev lo\n" * 4000
    lan.serve()
    vm = lan.vm(alias="fox", bridge=None)
    vm.guest.send_dhcp(REQUEST, 5, (50, bytes([10, 7, 0, 60])))
    aside = lan.topo.namespace("aside")
    before = lan.host.ifindex("vnet0")
    pids = family(lan.daemon.process.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        if are_news_lost:
            lan.host.run(["ip", "-batch", "-"], input=storm)
        lan.host.ip(f"link set vnet0 netns {aside.name}")
        aside.ip(f"link set vnet0 netns {lan.host.name} up")
        if are_news_lost:
            lan.host.run(["ip", "-batch", "-"], input=storm)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    lan.host.ip("link set vnet0 up")
    assert lan.host.ifindex("vnet0") == before
    wait_until(lambda: vm.guest.announce("10.7.0.77") or lan.has("fox.home.arpa", "10.7.0.77"), SLOW, "what it says now")


def test_a_guest_on_a_macvtap(lan, tmp_path):
    lan.serve()
    client = lan.topo.workload("client", lan.host, "br0", "10.7.0.9/24")
    vm = Macvtap(lan.topo, lan.host, "mvt0", "fox", str(tmp_path))
    lan.vms.append(vm)
    lan.wait_heard("mvt0")
    with Socket(client) as mdns:
        lease = vm.guest.dhcp(name="other")
        lan.wait_has("fox.home.arpa", lease.address)
        mdns.send(query(question("fox.local", A)))
        mdns.wait_for(lambda m: lease.address in m.addresses("fox.local."), SLOW, "fox.local on its wire")
    vm.guest.announce(HOST4)
    lan.wait_refused("mvt0", HOST4)
    vm.guest.release(lease)
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the end of the lease")


def test_the_name_that_a_guest_says_is_served_where_nobody_has_it(lan, tmp_path):
    web = lan.topo.workload("web", lan.host, "br0", "10.7.0.8/24", alias="web")
    zone = tmp_path / "zone"
    zone.write_text("free A 10.7.0.1\n")
    lan.serve(f"--zone-file={zone}")
    first, second = lan.vm("vnet0"), lan.vm("vnet1")
    lease = first.guest.dhcp(name="db")
    lan.wait_has("db.home.arpa", lease.address)
    assert lan.guest_of("vnet0")["says"] == "db"
    shown = next(line for line in lan.daemon.lines("names") if line["name"] == "db")
    assert [(a["origin"], a["source"]) for a in shown["addresses"] if a["served"]] == [("guest", "dhcp")]

    other = second.guest.dhcp(name="db")  # a second one that says the same
    wait_until(lambda: other.address in lan.guest_of("vnet1")["addresses"], SLOW, "the second address")
    assert lan.has("db.home.arpa", lease.address)
    second.guest.renew(other, name="web")  # the name of a container
    wait_until(lambda: lan.guest_of("vnet1")["says"] == "web", SLOW, "the name of the container")
    assert lan.has("web.home.arpa", "10.7.0.8")
    assert "guest" in lan.daemon.ask("explain", "web")
    web.ip("link set eth0 alias ''")
    lan.wait_has("web.home.arpa", other.address)
    second.guest.renew(other, name="free.example.com")
    wait_until(lambda: lan.guest_of("vnet1")["says"] == "free", SLOW, "a name that the zone file has")
    assert "guest" in lan.daemon.ask("explain", "free")
    assert lan.has("free.home.arpa", HOST4)
    zone.write_text("other A 10.7.0.1\n")
    lan.daemon.reload()
    lan.wait_has("free.home.arpa", other.address)
    assert f"{other.address} (guest)" in lan.daemon.ask("graph", "--format=text")


def test_names_can_be_without_what_guests_say(lan):
    lan.serve("--names=alias")
    vm = lan.vm("vnet0", alias="fox")
    nameless = lan.vm("vnet1", is_heard=False)
    lease = vm.guest.dhcp(name="other")
    lan.wait_has("fox.home.arpa", lease.address)
    nameless.guest.dhcp(name="other")
    assert is_absent(lan.host, "other.home.arpa") and not lan.guest_of("vnet1")


def test_slaac_and_dhcp6(lan):
    lan.serve()
    vm = lan.vm(alias="fox")
    made = vm.guest.slaac()
    wait_until(lambda: set(made) <= set(lan.guest_of("vnet0")["addresses"]), SLOW, "the addresses of SLAAC")
    lease = vm.guest.dhcp6()
    wait_until(lambda: lease.address in lan.guest_of("vnet0")["addresses"], SLOW, "that of DHCPv6")
    assert set(addresses(ask(lan.host, "127.0.0.1", "fox.home.arpa", "AAAA"))) == {made[1], lease.address}
    vm.guest.release6(lease)
    wait_until(lambda: lease.address not in lan.guest_of("vnet0")["addresses"], SLOW, "its end")


def test_a_static_address_is_one_of_the_network(lan):
    lan.serve()
    vm = lan.vm(alias="fox")
    vm.guest.announce("203.0.113.7")  # no network here, and no server gave it
    lan.wait_refused("vnet0", "203.0.113.7")
    vm.guest.announce("10.7.0.77")
    lan.wait_has("fox.home.arpa", "10.7.0.77")


def test_what_others_have_cannot_be_taken(lan):
    web = lan.topo.workload("web", lan.host, "br0", "10.7.0.8/24", "2001:db8:7::8/64", alias="web")
    lan.host.add_addr("lo", "10.7.0.200/32")
    beside = lan.topo.namespace("beside")
    lan.host.ip(f"link add link br0 name mv0 netns {beside.name} type macvlan mode bridge")
    beside.ip("link set mv0 up")
    beside.add_addr("mv0", "10.7.0.201/24")
    lan.serve()
    vm = lan.vm("vnet0", alias="fox", hwaddr="02:00:00:00:00:01")  # dnsmasq is silent
    sibling = lan.vm("vnet1", alias="sibling")
    router = lan.topo.namespace("router")  # it is not ours, and its RAs and DHCP say what it has
    lan.topo.veth(lan.host, "port0", router, "eth0")
    lan.host.ip("link set port0 master br0")
    router.hide()
    with RawGuest.on_link(router, "eth0") as raw:
        raw.send_ra("fe80::99")
        vm.guest.send_dhcp(REQUEST, 5, (50, bytes([10, 7, 0, 99])))
        raw.send_dhcp_reply(ACK, 5, vm.guest.hwaddr, "10.7.0.99", "10.7.0.98", 600, [(3, bytes([10, 7, 0, 97]))])
    lan.wait_has("fox.home.arpa", "10.7.0.99")
    for stolen in ("10.7.0.97", "10.7.0.98"):
        vm.guest.announce(stolen)
        lan.wait_refused("vnet0", stolen)
    vm.guest.send_na("fe80::99")
    lan.wait_refused("vnet0", "fe80::99")
    vm.guest.send_dhcp(RELEASE, 6, ciaddr="10.7.0.99")
    sibling.guest.announce("10.7.0.60")
    lan.wait_has("sibling.home.arpa", "10.7.0.60")
    for stolen in (HOST4, "10.7.0.8", "10.7.0.200", "10.7.0.201", "10.7.0.60"):
        vm.guest.announce(stolen)
        lan.wait_refused("vnet0", stolen)
    for stolen in (HOST6, "2001:db8:7::8"):
        vm.guest.send_na(stolen)
        lan.wait_refused("vnet0", stolen)
    assert is_absent(lan.host, "fox.home.arpa")
    assert lan.has("sibling.home.arpa", "10.7.0.60") and lan.has("web.home.arpa", "10.7.0.8")

    web.ip("addr del 10.7.0.8/24 dev eth0")  # now it is free
    lan.wait_has("fox.home.arpa", "10.7.0.8")
    web.add_addr("eth0", "10.7.0.8/24")  # and now it is not
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the address of the container")
    lan.wait_has("web.home.arpa", "10.7.0.8")


def test_what_a_stranger_has_somewhere_takes_nothing(lan):
    """Anybody may give any address to a namespace of his own."""
    lan.serve()
    vm = lan.vm(alias="fox")

    def served():
        return addresses(ask(lan.host, "127.0.0.1", "fox.home.arpa", "AAAA"))
    vm.guest.send_na("2001:db8:7::60")
    wait_until(lambda: served() == ["2001:db8:7::60"], SLOW, "its address")
    name = f"stranger-{os.getpid()}"
    script = "ip link set lo up; ip addr add 2001:db8:7::60/128 dev lo; ip addr add 2001:db8:7::61/128 dev lo; echo; cat"
    stranger = subprocess.Popen(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urn",
                                 "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        stranger.stdout.readline()
        subprocess.run(["ip", "netns", "attach", name, str(stranger.pid)], check=True)
        wait_until(lambda: any(ns["netns"] == name for ns in lan.daemon.lines("graph")), what="his namespace")
        vm.guest.send_na("2001:db8:7::61")
        wait_until(lambda: served() == ["2001:db8:7::60", "2001:db8:7::61"], SLOW, "both addresses")
    finally:
        stranger.stdin.close()
        stranger.wait(20)
        subprocess.run(["ip", "netns", "del", name], check=False)


def test_what_a_sibling_gives_up_is_judged_again(lan):
    lan.serve()
    vm, sibling, third = lan.vm("vnet0", alias="fox"), lan.vm("vnet1", alias="sibling"), lan.vm("vnet2", alias="hen")
    lease = sibling.guest.dhcp()
    lan.wait_has("sibling.home.arpa", lease.address)
    vm.guest.announce(lease.address)
    lan.wait_refused("vnet0", lease.address)
    sibling.guest.release(lease)
    lan.wait_has("fox.home.arpa", lease.address)
    assert "guest alias" in lan.daemon.ask("names")
    third.guest.announce(lease.address)
    lan.wait_refused("vnet2", lease.address)
    vm.unplug()
    lan.wait_has("hen.home.arpa", lease.address)


def test_an_address_in_conflict_is_not_served(lan):
    lan.topo.workload("far", lan.host, "br0", "2001:db8:7::8/64").hide()
    lan.serve()
    vm = lan.vm(alias="fox")
    assert vm.guest.dad("2001:db8:7::66")
    vm.guest.send_na("2001:db8:7::66")
    wait_until(lambda: lan.guest_of("vnet0")["addresses"] == ["2001:db8:7::66"], SLOW, "the address")
    assert not vm.guest.dad("2001:db8:7::8", seconds=10)
    time.sleep(1.5)  # longer than it would be tentative
    assert addresses(ask(lan.host, "127.0.0.1", "fox.home.arpa", "AAAA")) == ["2001:db8:7::66"]


def test_what_a_guest_only_hears_wakes_nobody(lan):
    lan.serve()
    vm, other = lan.vm("vnet0", alias="fox"), lan.vm("vnet1", alias="owl")
    vm.guest.announce("10.7.0.77")
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    before = lan.guest_of("vnet0")["frames"]
    with lan.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for number in range(20):  # the host asks who has them, and the other guest does
            sock.sendto(b"", (f"10.7.0.{number + 200}", 9))
            other.guest.send_arp(1, "10.7.0.78", f"10.7.0.{number + 200}")
            other.guest.send_ns(f"2001:db8:7::{number + 1}", other.guest.link_local)
    lan.wait_has("owl.home.arpa", "10.7.0.78")
    assert other.guest.ping(HOST4, "10.7.0.78")
    assert lan.guest_of("vnet1")["frames"] >= 40
    assert lan.guest_of("vnet0")["frames"] - before < 10  # RAs


def test_the_addresses_go_with_the_link_and_come_with_it(lan):
    lan.serve()
    vm = lan.vm(alias="fox")
    vm.guest.announce("10.7.0.77")
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    lan.host.ip("addr add 10.9.0.1/24 dev vnet0")  # an address of its own: no guest, says auto
    lan.wait_has("fox.home.arpa", "10.9.0.1")
    lan.host.ip("addr del 10.9.0.1/24 dev vnet0")
    lan.wait_heard("vnet0")
    vm.guest.announce("10.7.0.77")
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    lan.host.ip("link set vnet0 down")
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the link that is down")
    lan.host.ip("link set vnet0 up")
    lan.wait_heard("vnet0")
    vm.guest.announce("10.7.0.77")
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    vm.unplug()
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the link that is gone")
    assert not lan.guest_of("vnet0")


def test_a_guest_that_runs_already_is_found_among_the_neighbours(lan):
    vm = lan.vm(alias="fox", is_heard=False)
    vm.guest.announce("10.7.0.77")
    vm.guest.addresses.add("2001:db8:7::77")
    for address in ("10.7.0.77", "2001:db8:7::77"):
        wait_until(lambda: lan.host.run(["busybox", "ping", "-c1", "-W1", address], check=False).returncode == 0, SLOW,
                   f"{address} among the neighbours")
    vm.guest.close()  # it says nothing any more
    vm.guest = RawGuest.on_tap(vm.fd)
    lan.serve()
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    wait_until(lambda: "2001:db8:7::77" in lan.guest_of("vnet0")["addresses"], SLOW, "its other address")


def test_who_does_not_answer_is_absent_until_it_is_heard(lan):
    """A machine that sleeps: the kernel asks for it in vain. Others may say what they want: their tables do not count."""
    client = lan.topo.workload("client", lan.host, "br0", "10.7.0.9/24")
    lan.serve()
    vm, owl = lan.vm(alias="fox"), lan.vm("vnet1", alias="owl")
    lease = vm.guest.dhcp()
    owl.guest.announce("10.7.0.78")
    lan.wait_has("fox.home.arpa", lease.address)
    lan.wait_has("owl.home.arpa", "10.7.0.78")
    vm.guest.close()
    owl.guest.addresses.discard("10.7.0.78")
    client.run(["busybox", "ping", "-c1", "-W5", "10.7.0.78"], check=False)
    wait_until(lambda: "FAILED" in client.ip("neigh show 10.7.0.78"), SLOW, "no answer for the other namespace")
    lan.host.run(["busybox", "ping", "-c1", "-W1", lease.address], check=False)
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the machine that sleeps")
    assert lan.has("owl.home.arpa", "10.7.0.78")
    assert {"address": lease.address, "reason": "it does not answer"} in lan.guest_of("vnet0")["refused"]
    vm.guest = RawGuest.on_tap(vm.fd, vm.guest.hwaddr)
    vm.guest.send_arp(1, lease.address, HOST4)  # it wakes, and says a word
    lan.wait_has("fox.home.arpa", lease.address)
    assert lan.guest_of("vnet0")["refused"] == []
    owl.unplug()


def test_a_machine_that_moves_to_another_host(lan):
    """Its hardware address is behind the uplink then. What another guest or a container sends with it is its own word."""
    box = lan.topo.namespace("box")
    lan.topo.veth(lan.host, "port0", box, "eth0")
    lan.host.ip("link set port0 master br0")
    uplink = lan.vm("up0", is_heard=False)
    lan.host.add_addr("up0", "192.0.2.1/32")  # no link of a guest
    lan.serve()
    vm, hen, thief = lan.vm(alias="fox"), lan.vm("vnet1", alias="hen"), lan.vm("vnet2", alias="thief")
    vm.guest.announce("10.7.0.77")
    hen.guest.announce("10.7.0.78")
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    lan.wait_has("hen.home.arpa", "10.7.0.78")
    thief.guest.send(0x0801, b"x", source=hen.guest.hwaddr)
    with RawGuest.on_link(box, "eth0") as container:
        container.send(0x0801, b"x", source=hen.guest.hwaddr)
    uplink.guest.send(0x0801, b"x", source=vm.guest.hwaddr)
    started = time.monotonic()
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the machine that moved")
    assert time.monotonic() > started + 4  # an echo would be nothing
    assert lan.has("hen.home.arpa", "10.7.0.78")
    vm.guest.send(0x0801, b"x")
    lan.wait_has("fox.home.arpa", "10.7.0.77")


def test_only_the_links_that_are_listed(lan):
    lan.topo.veth(lan.host, "port0", lan.topo.namespace("inside"), "eth0")
    lan.host.ip("link set port0 master br0 alias box")
    lan.serve("--guests=port0")
    lan.vm("vnet0", alias="fox", is_heard=False)
    inside = lan.topo.namespaces[-1]
    with RawGuest.on_link(inside, "eth0") as guest:
        lan.wait_heard("port0")
        guest.announce("203.0.113.7")  # any address, for the administrator has named the link
        lan.wait_has("box.home.arpa", "203.0.113.7")
    lan.vms[0].guest.announce("10.7.0.77")
    assert [guest["link"] for guest in lan.daemon.status()["guests"]] == ["port0"]


def test_no_guests_and_a_reload(lan, tmp_path):
    config = tmp_path / "zone.conf"
    config.write_text("guests = no\n")
    lan.serve(f"--config={config}", "--listen=any")
    vm = lan.vm(alias="fox", is_heard=False)
    vm.guest.announce("10.7.0.77")
    assert lan.daemon.status()["guests"] == [] and is_absent(lan.host, "fox.home.arpa")
    config.write_text("guests = auto\n")
    lan.daemon.reload()
    lan.wait_heard("vnet0")
    vm.guest.announce("10.7.0.77")
    lan.wait_has("fox.home.arpa", "10.7.0.77")
    config.write_text("guests = eth9\n")
    lan.daemon.reload()
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "no guest any more")


def test_a_guest_that_floods_keeps_nobody_waiting(lan):
    lan.serve()
    noisy, quiet = lan.vm("vnet0", alias="noisy"), lan.vm("vnet1", alias="quiet")
    def flood():
        for number in range(20000):
            noisy.guest.send_arp(1, f"10.7.0.{number % 240 + 2}", HOST4)
        return lan.guest_of("vnet0")["pauses"]
    wait_until(flood, SLOW, "a pause")

    def is_heard():  # it shares the wire, so it hears the flood, too
        quiet.guest.announce("10.7.0.254")
        return lan.has("quiet.home.arpa", "10.7.0.254")
    wait_until(is_heard, SLOW, "the other guest")
    assert len(lan.guest_of("vnet0")["addresses"]) <= 16 and len(lan.guest_of("vnet0")["refused"]) <= 8


def test_guests_of_another_namespace(lan):
    lan.serve()
    other = lan.topo.namespace("other")
    lan.topo.bridge(other, "br0", "10.8.0.1/24")
    vm = Vm(other, "tap0", "far")
    lan.vms.append(vm)
    lan.wait_heard("tap0")
    vm.guest.announce("10.8.0.7")
    lan.wait_has("far.home.arpa", "10.8.0.7")
    vm.guest.addresses.discard("10.8.0.7")
    other.run(["busybox", "ping", "-c1", "-W1", "10.8.0.7"], check=False)  # it is that namespace's neighbour
    wait_until(lambda: is_absent(lan.host, "far.home.arpa"), SLOW, "the guest that does not answer")


DOMAIN = """<domain type='kvm' id='3'><name>{name}</name><description>{description}</description><devices>
<emulator>/usr/bin/qemu-system-x86_64</emulator>
<interface type='network'><mac address='52:54:00:12:34:56'/><source network='default' bridge='br0'/>
<target dev='vnet0'/><model type='virtio'/><alias name='net0'/></interface>
<interface type='bridge'><target dev='no/link'/></interface></devices></domain>"""


@pytest.mark.parametrize("name, description, alias", [
    ("web", "", "web"), ("my_web 2", "", "my-web-2"), ("web", "a\nontap.name=shop\nb", "shop"), ("___", "", None)])
def test_the_hook_of_libvirt(topo, name, description, alias):
    host = topo.namespace("host")
    host.ip("link add vnet0 type veth peer name peer0")
    hook = os.path.join(os.path.dirname(__file__), "../../contrib/libvirt/qemu")
    for operation, sub in (("prepare", "begin"), ("start", "begin"), ("started", "begin")):
        assert "alias" not in host.ip("link show vnet0")
        done = host.run([hook, name, operation, sub, "-"], input=DOMAIN.format(name=name, description=description))
        assert done.stdout == ""
    shown = host.ip("link show vnet0")
    assert (f"alias {alias}\n" in shown) if alias else ("alias" not in shown and "no host name" in done.stderr)
    assert host.run([hook, name, "started", "begin", "-"], input="no XML").returncode == 0


# The guest of libvirt: it takes its address by DHCP, and calls itself something else.
CONFIGURE = ("ip link set eth0 up; udhcpc -i eth0 -q -n -t 30 -T 2 -x hostname:other -s /etc/udhcpc.sh; "
             "httpd -h /; sleep 600")
LEASED = "#!/bin/sh\n[ -z \"$ip\" ] || ip addr add $ip/$mask dev $interface\n"
# Another machine of the network: its address and its resolver are those of DHCP.
CLIENT = """#!/bin/sh
[ -z "$ip" ] || ip addr add $ip/$mask dev $interface
[ -z "$dns" ] || echo "nameserver $dns" >{resolv}
"""


@pytest.fixture
def machine(builddir, tmp_path):
    image = unpacked(builddir, "boot/vmlinuz-*")
    if not image:
        pytest.skip("no kernel is unpacked below build/tools (./check does)")
    try:
        return Machine(os.path.dirname(os.path.dirname(image)), str(tmp_path), *VIRTIO_NET)
    except Missing as missing:
        return pytest.skip(str(missing))


def test_a_machine_of_libvirt_is_reached_by_its_name(lan, machine, need, tmp_path):
    """A real one, as libvirt starts it: a tap on a bridge with DHCP, the hook, and no address that anybody types."""
    busybox, resolv = need("busybox"), tmp_path / "resolv.conf"
    lan.serve()
    vm = Vm(lan.host, "vnet0")
    machine.write("etc/udhcpc.sh", LEASED, 0o755)
    process = lan.host.popen([*machine.command(CONFIGURE), "-nic", f"tap,fd={vm.fd},model=virtio-net-pci"],
                             pass_fds=[vm.fd], stdin=subprocess.DEVNULL)
    vm.guest.close()
    os.close(vm.fd)
    try:
        hook = os.path.join(os.path.dirname(__file__), "../../contrib/libvirt/qemu")
        lan.host.run([hook, "fox", "started", "begin", "-"], input=DOMAIN.format(name="fox", description=""))
        client = lan.topo.workload("client", lan.host, "br0")
        script = tmp_path / "client.sh"
        script.write_text(CLIENT.format(resolv=resolv))
        script.chmod(0o755)
        client.run([busybox, "udhcpc", "-i", "eth0", "-q", "-n", "-t", "30", "-s", str(script)])
        enter = ["unshare", "-m", "sh", "-c", f'mount --bind {resolv} /etc/resolv.conf; exec "$@"', "sh"]

        fetch = ("import sys, urllib.request as r; print(r.build_opener("
             "r.ProxyHandler({})).open(sys.argv[1], timeout=5).read().decode())")

        def reaches(name):
            return client.run([*enter, sys.executable, "-c", fetch, f"http://{name}/init"],
                              check=False).stdout.startswith("#!/bin/busybox")
        wait_until(lambda: reaches("fox.home.arpa"), 240, "the web server of the machine by its name")
        found = lan.guest_of("vnet0")
        assert found["says"] == "other" and addresses(ask(client, HOST4, "fox.home.arpa")) == [
            address for address in found["addresses"] if address.startswith("10.")]
        with Socket(client) as mdns:
            mdns.send(query(question("fox.local", A)))
            mdns.wait_for(lambda m: m.addresses("fox.local."), SLOW, "fox.local")
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: is_absent(lan.host, "fox.home.arpa"), SLOW, "the end of the machine")
