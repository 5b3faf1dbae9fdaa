# SPDX-License-Identifier: ISC
"""ontap-zone and the other DNS servers of a machine both serve, in each order of their starts. Each server has the
options of its own software. And listening follows links: doc/neighbours.md has the table."""
import contextlib
import os
import resource
import socket
import subprocess
import tempfile

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.message  # noqa: E402

from lib.peers import resolved_stack, unpacked  # noqa: E402
from lib.query import addresses, ask, send_raw  # noqa: E402
from lib.wait import wait_until  # noqa: E402
from test_hostnames import cgroup, rootfs  # noqa: E402, F401 (fixtures)

HOST, LAN, OTHER = "192.168.1.2", "192.168.1.1", "93.184.215.14"
RESOLVER = "127.0.0.56"
WEB = "192.168.1.80"
LIBVIRT, LXC, PODMAN = "192.168.122.1", "10.0.3.1", "10.89.0.1"
QUESTION = dns.message.make_query("web.home.arpa", "A", id=4711).to_wire()
QUIET = ("--no-hosts", "--no-resolv", "--keep-in-foreground", "--pid-file=", "--log-facility=-")


def answers(ns, server, name, tcp=False, port=53):
    """The addresses, or None if nobody answers."""
    try:
        return addresses(ask(ns, server, name, "A", timeout=1, tcp=tcp, port=port))
    except Exception:  # nobody there, or not ready yet
        return None


def is_served(ns, server, tcp=None, port=53):
    """True if ontap-zone answers there, over UDP and TCP."""
    return all(WEB in (answers(ns, server, "web.home.arpa", kind, port) or ())
               for kind in ((False, True) if tcp is None else (tcp,)))


class Machine:
    """A host with an uplink, where there is a client and a name server, and bridges for guests."""

    def __init__(self, topo, serve, stacks, need, directory):
        self.topo, self.need, self.directory, self.start = topo, need, directory, serve
        topo.has_dad = False
        self.host, self.lan = topo.namespace("host"), topo.namespace("lan")
        topo.veth(self.host, "eth0", self.lan, "eth0")
        self.host.add_addr("eth0", f"{HOST}/24")
        self.lan.add_addr("eth0", f"{LAN}/24", f"{WEB}/24")
        topo.bridge(self.host, "virbr0", f"{LIBVIRT}/24")
        topo.bridge(self.host, "lxcbr0", f"{LXC}/24")
        topo.bridge(self.host, "podman1", f"{PODMAN}/24")
        self.container = topo.workload("container", self.host, "podman1", "10.89.0.2/24")
        self.lan.set_alias("eth0", "web")
        self.stack = stacks(self.host, "machine")
        stacks(self.lan, "lan").start(
            need("dnsmasq"), "--conf-file=/dev/null", *QUIET, "--user=root", "--bind-interfaces", f"--listen-address={LAN}",
            f"--host-record=www.example.com,{OTHER}")
        wait_until(lambda: answers(self.lan, LAN, "www.example.com") == [OTHER], 15, "the name server upstream")

    def serve(self, *options):
        return self.start(self.host, "--domain=home.arpa", "--no-mdns", *(options or ("--listen=auto",)))


@pytest.fixture
def machine(topo, serve, stacks, need, tmp_path):
    return Machine(topo, serve, stacks, need, tmp_path)


# --- the neighbours ---------------------------------------------------------------------------------
# Each function starts one, and returns a check that it serves.

def resolved(machine, builddir):
    resolved_stack(machine.stack, machine.need, builddir, f"DNS={LAN}\nFallbackDNS=\nLLMNR=no\nMulticastDNS=no\n")
    return lambda: answers(machine.host, "127.0.0.53", "www.example.com") == [OTHER] and \
        answers(machine.host, "127.0.0.54", "www.example.com") == [OTHER]


def libvirt(machine, _):
    """As libvirt runs it for its default network, by a file of settings."""
    conf = machine.stack.put("default.conf", "\n".join([
        "strict-order", "except-interface=lo", "bind-dynamic", "interface=virbr0",
        "dhcp-range=192.168.122.2,192.168.122.254,255.255.255.0", "dhcp-no-override", "dhcp-authoritative",
        "dhcp-lease-max=253", "host-record=guest.test,192.168.122.9", ""]))
    machine.stack.start(machine.need("dnsmasq"), f"--conf-file={conf}", "--leasefile-ro", "--user=root", *QUIET)
    return lambda: answers(machine.host, LIBVIRT, "guest.test") == ["192.168.122.9"]


def lxc(machine, _):
    """As lxc-net runs it, by options alone."""
    machine.stack.start(
        machine.need("dnsmasq"), "--conf-file=/dev/null", "-s", "lxc", "-S", "/lxc/", "--strict-order",
        "--bind-interfaces", "--listen-address", LXC, "--dhcp-range", "10.0.3.2,10.0.3.254", "--dhcp-lease-max=253",
        "--dhcp-no-override", "--except-interface=lo", "--interface=lxcbr0", "--leasefile-ro", "--dhcp-authoritative",
        "--host-record=c1.lxc,10.0.3.9", "-u", "root", *QUIET)
    return lambda: answers(machine.host, LXC, "c1.lxc") == ["10.0.3.9"]


def podman(machine, builddir):
    """aardvark-dns with the directory that netavark writes for a network."""
    program = unpacked(builddir, "usr/lib/podman/aardvark-dns")
    if not program:
        pytest.skip("aardvark-dns is not unpacked below build/tools (./check does)")
    directory = machine.directory / "aardvark-dns"
    directory.mkdir()
    (directory / "podman1").write_text(f"{PODMAN}\n{'0a' * 32} 10.89.0.2  c1,{'0a' * 6}\n")
    machine.stack.cover("/etc/resolv.conf", f"nameserver {LAN}\n")
    machine.stack.start(program, "--config", str(directory), "-p", "53", "run")
    return lambda: answers(machine.container, PODMAN, "c1") == ["10.89.0.2"]


NEIGHBOURS = [resolved, libvirt, lxc, podman]


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=lambda n: n.__name__)
def test_both_serve_whoever_is_first(machine, builddir, neighbour, order):
    if order == "before":
        is_there = neighbour(machine, builddir)
        wait_until(is_there, 15, "the neighbour")
    daemon = machine.serve()
    if order == "after":
        is_there = neighbour(machine, builddir)
    wait_until(is_there, 15, "the neighbour")
    assert is_served(machine.host, RESOLVER) and is_served(machine.lan, HOST)
    assert is_there()
    status = daemon.status()
    assert status["degraded"] is False and status["dns"]["degraded"] == status["dns"]["unserved"] == []
    assert not {f"{addr}:53" for addr in (LIBVIRT, LXC, PODMAN)} & set(status["dns"]["addresses"])


class Podman:
    """podman itself, with a network of its own."""

    def __init__(self, machine, builddir, rootfs, cgroup):  # noqa: F811
        for name in ("netavark", "aardvark-dns"):
            if not unpacked(builddir, f"usr/lib/podman/{name}"):
                pytest.skip(f"{name} is not unpacked below build/tools (./check does)")
        machine.need("iptables")
        helpers = os.path.dirname(unpacked(builddir, "usr/lib/podman/netavark"))
        conf = machine.stack.put("containers.conf", f'[engine]\nhelper_binaries_dir=["{helpers}"]\n'
                                 '[network]\nnetwork_backend="netavark"\n')
        machine.stack.cover("/etc/resolv.conf", f"nameserver {LAN}\n")
        self.stack = machine.stack
        self.engine = [
            "env", f"CONTAINERS_CONF={conf}", *cgroup.contain, machine.need("podman"),
            f"--root={machine.directory}/storage", f"--runroot={tempfile.mkdtemp(dir='/run')}",
            f"--network-config-dir={machine.directory}/networks", "--storage-driver=vfs", "--events-backend=none",
            "--cgroup-manager=cgroupfs", "--runtime=crun"]
        os.symlink("busybox", f"{rootfs}/bin/nslookup")
        tar = subprocess.run(["tar", "-C", rootfs, "-c", "."], capture_output=True, check=True).stdout
        self.run("import", "--quiet", "-", "box", given=tar)
        self.run("network", "create", "--subnet=10.90.0.0/24", "mine")

    def run(self, *arguments, given=b""):
        """What it prints; it must succeed, but a machine may have no support for it."""
        process = self.stack.ns.popen(self.stack.command([*self.engine, *arguments]), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = process.communicate(given, timeout=60)[0].decode()
        if process.returncode and arguments[0] in ("import", "network"):
            pytest.skip(f"podman does not run here: {text}")
        assert process.returncode == 0, text
        return text

    def start(self, name):
        self.run("run", "--detach", "--rm", f"--name={name}", "--network=mine", "--cgroups=disabled",
                 "--log-driver=none", "--pull=never", "box", "/bin/sleep", "600")

    def look_up(self, name):
        return self.run("run", "--rm", "--network=mine", "--cgroups=disabled", "--pull=never", "box",
                        "/bin/nslookup", name)

    def stop(self):
        self.run("stop", "--all", "--time=0")


@pytest.mark.parametrize("order", ["before", "after"])
def test_containers_of_podman_find_each_other(machine, builddir, rootfs, cgroup, order):  # noqa: F811
    podman_itself = Podman(machine, builddir, rootfs, cgroup)
    try:
        if order == "before":
            podman_itself.start("c1")
        machine.serve()
        if order == "after":
            podman_itself.start("c1")
        found = podman_itself.look_up("c1")
        assert "10.90.0.2" in found, found
        assert is_served(machine.host, RESOLVER) and is_served(machine.lan, HOST)
    finally:
        podman_itself.stop()


def test_all_of_them_are_on_one_machine(machine, builddir):
    checks = [neighbour(machine, builddir) for neighbour in NEIGHBOURS[:2]]
    daemon = machine.serve()
    checks += [neighbour(machine, builddir) for neighbour in NEIGHBOURS[2:]]
    for check in checks:
        wait_until(check, 15, "a neighbour")
    assert is_served(machine.host, RESOLVER) and is_served(machine.lan, HOST)
    assert daemon.status()["degraded"] is False


def lan_dnsmasq(machine, *options):
    """A server for the LAN itself, which gives up root."""
    process = machine.stack.start(
        machine.need("dnsmasq"), "--conf-file=/dev/null", *QUIET, "--user=nobody", f"--host-record=printer.test,{OTHER}", *options)
    return process, lambda: answers(machine.lan, HOST, "printer.test") == [OTHER]


@pytest.mark.parametrize("how", ["address", "wildcard"])
def test_an_address_that_another_server_has_is_told_with_it_and_served_after_it(machine, how):
    process, is_there = lan_dnsmasq(machine, *(["--bind-interfaces", f"--listen-address={HOST}"] if how == "address" else []))
    wait_until(is_there, 15, "dnsmasq")
    daemon = machine.serve()
    line, = [line for line in daemon.log().splitlines() if f"cannot listen: address={HOST}:53" in line]
    assert 'program="dnsmasq"' in line and f"pid={process.pid} " in line and "in use" in line
    status = daemon.status()
    assert status["degraded"] is True and status["dns"]["unserved"] == (["ipv4"] if how == "address" else ["ipv4", "ipv6"])
    assert any(text.startswith(f"{HOST}:53: ") and f'"dnsmasq", pid {process.pid}' in text
               for text in status["dns"]["degraded"])
    assert is_there()
    assert is_served(machine.host, RESOLVER) == (how == "address")
    process.terminate()
    process.wait()
    wait_until(lambda: is_served(machine.lan, HOST), 20, "the address")
    assert is_served(machine.host, RESOLVER) and daemon.status()["degraded"] is False
    assert sum(f"cannot listen: address={HOST}:53" in line for line in daemon.log().splitlines()) == 1


def test_who_is_restarted_finds_its_address_free(machine):
    options = ["--bind-interfaces", f"--listen-address={HOST}"]
    process, is_there = lan_dnsmasq(machine, *options)
    wait_until(is_there, 15, "dnsmasq")
    daemon = machine.serve()
    process.terminate()
    process.wait()
    again, is_there = lan_dnsmasq(machine, *options)
    wait_until(is_there, 15, "dnsmasq again")
    wait_until(lambda: f"pid={again.pid} " in daemon.log(), 20, "the new owner to be told")
    assert is_there() and is_served(machine.host, RESOLVER)


def test_a_server_for_both_families_is_told_where_it_has_an_address_of_ipv4(machine):
    with contextlib.closing(machine.host.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        other.bind(("::", 53))
        log = machine.serve().log()
        line, = [line for line in log.splitlines() if f"cannot listen: address={HOST}:53" in line]
        assert f"pid={os.getpid()} " in line


def test_who_makes_an_address_can_have_a_server_there(machine):
    """As NetworkManager does for a shared connection: first the address, then dnsmasq."""
    daemon = machine.serve()
    machine.host.add_addr("eth0", "10.42.0.1/24")
    with contextlib.closing(machine.host.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("10.42.0.1", 53))
        wait_until(lambda: "cannot listen: address=10.42.0.1:53" in daemon.log(), 15, "the owner to be told")
    assert is_served(machine.lan, HOST)


def test_what_lacked_descriptors_is_served_later(machine):
    daemon = machine.start(machine.host, "--domain=home.arpa", "--mdns=eth1", "--listen=auto", "--user=root")
    soft, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
    assert soft == hard
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (8, hard))  # fewer than it has
    machine.topo.veth(machine.host, "eth1", machine.lan, "eth1")
    machine.host.add_addr("eth1", "192.168.3.2/24")
    machine.lan.add_addr("eth1", "192.168.3.1/24")
    wait_until(lambda: "cannot listen: address=192.168.3.2:53" in daemon.log(), 15, "the lack to be told")
    wait_until(lambda: 'mdns socket: link="eth1" family=ipv4' in daemon.log(), 15, "the lack to be told")
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    wait_until(lambda: is_served(machine.lan, "192.168.3.2"), 60, "the new address")
    wait_until(lambda: "224.0.0.251" in machine.host.run("ip maddr show dev eth1").stdout, 60, "the multicast socket")


# --- links and addresses come and go ----------------------------------------------------------------

def served_at(daemon):
    return daemon.status()["dns"]["addresses"]


def test_addresses_of_links_are_served_as_they_come_and_go(machine):
    daemon = machine.serve()
    assert set(served_at(daemon)) >= {f"{RESOLVER}:53", f"{HOST}:53"}
    machine.host.add_addr("eth0", "192.168.1.3/24", "fd01::3/64")
    machine.lan.add_addr("eth0", "fd01::1/64")
    wait_until(lambda: is_served(machine.lan, "192.168.1.3") and is_served(machine.lan, "fd01::3"), 15, "the new addresses")
    machine.host.ip("addr del 192.168.1.3/24 dev eth0")
    wait_until(lambda: "192.168.1.3:53" not in served_at(daemon), 15, "the end of the address")
    assert is_served(machine.lan, HOST) and is_served(machine.lan, "fd01::3")
    assert daemon.status()["dns"]["queries_udp"] >= 3  # counters of sockets that are closed are kept
    machine.host.add_addr("eth0", "192.168.1.3/24")
    wait_until(lambda: is_served(machine.lan, "192.168.1.3"), 15, "the address again")


def test_a_link_local_address_is_served_on_its_link(machine):
    daemon = machine.serve()
    text, = [text for text in served_at(daemon) if text.startswith("[fe80:")]
    addr = text[1:].partition("%")[0]
    assert is_served(machine.lan, f"{addr}%eth0", tcp=True)
    assert send_raw(machine.lan, f"{addr}%eth0", QUESTION, timeout=5)[:2] == QUESTION[:2]


def test_clients_of_other_addresses_notice_nothing_when_one_goes(machine):
    machine.host.add_addr("eth0", "192.168.1.3/24")
    daemon = machine.serve()
    with contextlib.closing(machine.lan.socket(socket.AF_INET, socket.SOCK_STREAM)) as client:
        client.settimeout(5)
        client.connect((HOST, 53))
        machine.host.ip("addr del 192.168.1.3/24 dev eth0")
        wait_until(lambda: "192.168.1.3:53" not in served_at(daemon), 15, "the end of the address")
        client.sendall(len(QUESTION).to_bytes(2, "big") + QUESTION)
        assert client.recv(4)[2:] == QUESTION[:2]


def test_a_bridge_is_served_from_its_first_port_that_leads_out(machine):
    """Until then it is the network of a container engine, whose address is not touched."""
    daemon = machine.serve()
    assert f"{PODMAN}:53" not in served_at(daemon)
    machine.host.ip("link add out0 link eth0 type macvlan mode bridge")
    machine.host.ip("link set out0 up")
    machine.host.ip("link set out0 master podman1")
    wait_until(lambda: f"{PODMAN}:53" in served_at(daemon), 15, "the bridge")
    assert is_served(machine.container, PODMAN)
    machine.host.ip("link set out0 nomaster")
    wait_until(lambda: f"{PODMAN}:53" not in served_at(daemon), 15, "its end")


def test_a_link_is_served_by_its_name_whatever_it_is(machine):
    daemon = machine.serve("--listen=podman1:5300", "--listen=dmz0", f"--listen={RESOLVER}")
    assert f"{PODMAN}:5300" in served_at(daemon) and f"{HOST}:53" not in served_at(daemon)
    assert is_served(machine.container, PODMAN, port=5300)
    assert 'no such link: option=listen link="dmz0"' in daemon.log()
    status = daemon.status()
    assert status["degraded"] is True and any(text.startswith("dmz0: ") for text in status["dns"]["degraded"])
    machine.topo.bridge(machine.host, "dmz0", "192.168.7.1/24")
    wait_until(lambda: is_served(machine.host, "192.168.7.1"), 15, "the new link")
    wait_until(lambda: daemon.status()["degraded"] is False, 15, "nothing to be missing")
    machine.host.ip("link del dmz0")
    wait_until(lambda: "192.168.7.1:53" not in served_at(daemon), 15, "the end of the link")
    assert daemon.status()["degraded"] is True


def test_any_is_every_address(machine):
    daemon = machine.serve("--listen=any")
    assert served_at(daemon) == ["0.0.0.0:53", "[::]:53"]
    for server in ("127.0.0.1", RESOLVER, HOST, PODMAN, "::1"):
        assert is_served(machine.host, server), server


def test_a_link_of_mdns_that_does_not_exist_is_told(machine):
    daemon = machine.start(machine.host, "--domain=home.arpa", "--mdns=eth9", "--mdns=eth0", "--listen=auto")
    assert 'no such link: option=mdns link="eth9"' in daemon.log() and 'link="eth0" note' not in daemon.log()


def test_addresses_are_served_by_who_has_given_up_root(machine, nobody):
    os.chmod(machine.directory, 0o755)
    daemon = machine.serve("--listen=auto", f"--user={nobody}")
    machine.host.add_addr("eth0", "192.168.1.3/24")
    wait_until(lambda: is_served(machine.lan, "192.168.1.3"), 15, "the new address")
    process, _ = lan_dnsmasq(machine, "--bind-interfaces", "--listen-address=192.168.122.1")
    wait_until(lambda: answers(machine.host, LIBVIRT, "printer.test") == [OTHER], 15, "dnsmasq")
    machine.host.ip("link add out0 link eth0 type macvlan mode bridge")
    machine.host.ip("link set out0 up")
    machine.host.ip("link set out0 master virbr0")
    wait_until(lambda: f"pid={process.pid} " in daemon.log(), 15, "the owner to be told")


def test_a_machine_with_very_many_addresses_is_served_as_far_as_the_limit_goes(machine):
    machine.host.batch([f"addr add 10.70.0.{i}/32 dev eth0" for i in range(1, 81)])
    daemon = machine.serve("--listen=auto", "--threads=64")
    assert len(os.listdir(f"/proc/{daemon.process.pid}/task")) < 512 + 64 + 16  # workers, one more for each address
    status = daemon.status()
    assert status["dns"]["listening"] == 64 and status["degraded"] is True
    assert any("limit is 64" in text for text in status["dns"]["degraded"])
    assert is_served(machine.host, RESOLVER)
