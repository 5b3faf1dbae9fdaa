# SPDX-License-Identifier: ISC
"""The raw-frame guest of the other tests against real servers and a real kernel: what it says is understood. And the
automaton for guests hears both through a packet socket with its filter."""
import contextlib
import os
import struct
import subprocess

import pytest

from lib.wait import wait_until
from raw_guest import RawGuest

HOST4, HOST6 = "10.7.0.1", "2001:db8:7::1"


class Lan:
    def __init__(self, ns, leases):
        self.ns, self.leases = ns, leases

    def has(self, *words):
        return any(all(word in line.split() for word in words) for line in self.leases.read_text().splitlines())


@pytest.fixture
def lan(topo, need, stacks, tmp_path):
    """A namespace with dnsmasq for DHCP, DHCPv6 and RAs on `lan0`, the other end of the guest's `vm0`."""
    topo.has_dad = False
    host, inside = topo.namespace("host"), topo.namespace("guest")
    topo.veth(host, "lan0", inside, "vm0")
    host.add_addr("lan0", f"{HOST4}/24", f"{HOST6}/64")
    leases = tmp_path / "leases"
    leases.touch()
    stacks(host, "host").start(
        need("dnsmasq"), "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", "--no-ping", "--user=root",
        "--pid-file=", "--interface=lan0", "--bind-interfaces", f"--dhcp-leasefile={leases}", "--log-facility=-",
        "--dhcp-range=10.7.0.100,10.7.0.150,5m", "--dhcp-range=2001:db8:7::100,2001:db8:7::1ff,64,5m", "--enable-ra",
        "--dhcp-authoritative", "--log-dhcp")
    yield Lan(host, leases), inside


def test_a_lease_and_what_follows(lan):
    lan, inside = lan
    with RawGuest.on_link(inside, "vm0") as guest:
        lease = guest.dhcp(name="vm")
        assert lease.address.startswith("10.7.0.1") and lease.server == HOST4 and lease.seconds == 300
        wait_until(lambda: lan.has(lease.address, "vm", guest.hwaddr_text), 15, "the lease")
        assert guest.ping(HOST4)
        assert lan.ns.run(["busybox", "ping", "-c1", "-W5", lease.address]).returncode == 0
        assert guest.renew(lease, name="vm2").address == lease.address
        wait_until(lambda: lan.has(lease.address, "vm2"), 15, "the other name")
        guest.release(lease)
        wait_until(lambda: not lan.has(lease.address), 15, "the end of the lease")
        again = guest.dhcp(fqdn="web.example", is_wire=True)
        wait_until(lambda: lan.has(again.address, "web"), 15, "the name in wire format")
        guest.decline(again)
        assert guest.dhcp(fqdn="web.example").address != again.address


def test_autoconfiguration_and_dhcp6(lan):
    lan, inside = lan
    with RawGuest.on_link(inside, "vm0") as guest:
        own = guest.slaac()
        assert own[0] == guest.link_local and own[1].startswith("2001:db8:7:")
        assert all(lan.ns.run(["busybox", "ping", "-c1", "-W5", "-I", "lan0", address]).returncode == 0 for address in own)
        lease = guest.dhcp6(name="vm.example")
        assert lease.address.startswith("2001:db8:7::1") and lease.seconds == 300
        wait_until(lambda: lan.has(lease.address, "vm"), 15, "the lease")
        assert guest.ping(HOST6, lease.address)
        assert lan.ns.run(["busybox", "ping", "-c1", "-W5", lease.address]).returncode == 0
        assert guest.renew6(lease).address == lease.address
        guest.release6(lease)
        wait_until(lambda: not lan.has(lease.address), 15, "the end of the lease")


def test_conflicts(lan):
    lan, inside = lan
    with RawGuest.on_link(inside, "vm0") as guest:
        host = next(line for line in lan.ns.ip("-o link show lan0").split("link/ether ")[1].split())
        assert guest.probe(HOST4, 30).hex(":") == host
        assert guest.probe("10.7.0.9") is None
        assert not guest.dad(HOST6, 30)
        guest.announce("10.7.0.9")
        assert guest.ping(HOST4, "10.7.0.9")
        assert lan.ns.run(["busybox", "ping", "-c1", "-W5", "10.7.0.9"]).returncode == 0


def test_a_tap(topo):
    import fcntl
    import struct
    host = topo.namespace("host")

    def make():
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"tap0", 0x1002))  # TUNSETIFF, IFF_TAP | IFF_NO_PI
        return fd
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("no /dev/net/tun")
    fd = host.call(make)
    try:
        host.add_addr("tap0", "10.7.1.1/24")
        host.ip("link set tap0 up")
        with RawGuest.on_tap(fd) as guest:
            guest.announce("10.7.1.2")
            assert guest.ping("10.7.1.1", timeout=30)
    finally:
        os.close(fd)


class Heard:
    """The lines of guest-hear."""

    def __init__(self, process):
        self.process, self.lines = process, []

    def expect(self, *lines):
        """These come next."""
        for line in lines:
            self.lines.append(self.process.stdout.readline().rstrip("\n"))
            assert self.lines[-1] == line, self.lines

    def end(self):
        """The number of frames that passed the filter."""
        rest = self.process.communicate()[0].splitlines()
        assert len(rest) == 1, rest
        return int(rest[0].split()[1])


@contextlib.contextmanager
def hearing(program, ns, policy):
    process = ns.popen([program("tests/net/guest-hear"), "lan0", policy], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                       text=True)
    try:
        heard = Heard(process)
        heard.expect("ready")
        yield heard
    finally:
        process.kill()
        process.communicate()


def test_the_automaton_hears_a_lease(lan, program):
    lan, inside = lan
    with RawGuest.on_link(inside, "vm0") as guest, hearing(program, lan.ns, "dhcp,slaac") as heard:
        lease = guest.dhcp(name="vm")
        heard.expect("name vm", f"+{lease.address} dhcp")
        guest.renew(lease, name="web")
        heard.expect("name web", f"+{lease.address} dhcp")
        guest.release(lease)
        heard.expect(f"-{lease.address}", "name ")
        own = guest.slaac()
        heard.expect(*(f"+{address} nd" for address in own))
        lease = guest.dhcp6(name="vm.example")
        heard.expect("name vm.example", f"+{lease.address} dhcpv6")
        guest.release6(lease)
        heard.expect(f"-{lease.address}", "name ")


def test_a_tagged_frame_is_nobodys(topo, program):
    host, inside = topo.namespace("host"), topo.namespace("guest")
    topo.veth(host, "lan0", inside, "vm0")
    host.write_sysctl("net/ipv6/conf/lan0/disable_ipv6", 1)
    with RawGuest.on_link(inside, "vm0") as guest, hearing(program, host, "any") as heard:
        arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + guest.hwaddr + bytes([10, 0, 0, 6]) + bytes(10)
        guest.send(0x8100, struct.pack("!HH", 5, 0x0806) + arp)
        guest.send(0x0800, b"\x45" + bytes(40))  # not of interest
        guest.announce("10.0.0.7")
        heard.expect("+10.0.0.7 arp")
        assert heard.end() == 1
