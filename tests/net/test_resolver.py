# SPDX-License-Identifier: ISC
"""The output of `ontap-zone resolver`, read by the programs that it is for: they find our names and the
names of addresses, and ask for all other names where they did before."""
import os
import re
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.rcode  # noqa: E402
import dns.reversename  # noqa: E402

from lib.peers import resolved_stack, unpacked  # noqa: E402
from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402
from test_ontapd import needs_root_of_the_machine  # noqa: E402

# Public addresses: dnsmasq counts the addresses for examples as private.
UPLINK, OTHER = "198.18.9.2", "93.184.215.14"
MARK = "# Made by ontap-zone resolver"
PROGRAMS = ("resolved", "dnsmasq", "unbound", "networkmanager", "openwrt")
# The trust anchor of validating resolvers; it signs nothing in these tests.
ROOT_KEY = "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"


class Lab:
    """A host with a workload, and a name server on its uplink: a real one, which logs questions."""

    def __init__(self, topo, serve, directory, need):
        self.directory = directory
        self.host, self.uplink = topo.namespace("host"), topo.namespace("uplink")
        topo.bridge(self.host, "br0", "10.7.0.1/24", "fd07::1/64")
        topo.veth(self.host, "eth0", self.uplink, "eth0")
        self.host.add_addr("eth0", "198.18.9.1/24")
        self.uplink.add_addr("eth0", f"{UPLINK}/24")
        topo.workload("web", self.host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
        self.router = topo.workload("router", self.host, "br0", "10.7.0.3/24")
        self.router.ip("route add default via 10.7.0.1")
        self.uplink.ip("route add 10.7.0.0/24 via 198.18.9.1")
        self.host.write_sysctl("net/ipv4/ip_forward", 1)
        self.daemon = serve(self.host, "--domain=home.arpa", "--no-mdns", "--listen=127.0.0.56", "--listen=10.7.0.1")
        self.upstream = self.start_upstream(need("dnsmasq"))

    def start_upstream(self, dnsmasq):
        with open(self.directory / "upstream.log", "wb") as log:
            process = self.uplink.popen(
                [dnsmasq, "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--log-queries",
                 "--log-facility=-", "--user=root", "--pid-file=", f"--host-record=www.example.com,{OTHER}",
                 "--local=/#/"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: answers(self.uplink, UPLINK, "www.example.com") == [OTHER], what="the server upstream")
        return process

    def asked_upstream(self):
        """The names that others than this test have asked for there."""
        log = (self.directory / "upstream.log").read_text()
        return {name for name, who in re.findall(r"query\[\S+\] (\S+) from (\S+)", log) if who != UPLINK}

    def recipe(self, program, *options):
        return self.daemon.ask("resolver", program, *options)


def answers(ns, server, name, rdtype="A"):
    try:
        return addresses(ask(ns, server, name, rdtype, timeout=2))
    except Exception:  # nobody is ready yet
        return None


def names(ns, server, addr):
    reply = ask(ns, server, dns.reversename.from_address(addr), "PTR")
    return sorted(str(record) for rrset in reply.answer for record in rrset)


@pytest.fixture(scope="module")
def lab(module_topo, module_serve, need, tmp_path_factory):
    made = Lab(module_topo, module_serve, tmp_path_factory.mktemp("lab"), need)
    yield made
    made.upstream.kill()
    made.upstream.wait()


# --- the programs: each starter returns the namespace and the address to ask -------------------------------

def settle(stack, text, suffix=".conf"):
    """The output, in its own directory."""
    os.makedirs(f"{stack.work}/d", exist_ok=True)
    stack.put(f"d/ontap{suffix}", text)
    return f"{stack.work}/d"


def start_resolved(lab, stack, need, builddir):
    text = lab.recipe("resolved")
    path = re.search(r"^# (/etc/\S+);", text, re.M).group(1).replace("/etc/", "/run/")
    stack.run("mkdir", "-p", os.path.dirname(path))
    stack.run("cp", stack.put("recipe", text), path)
    resolvectl = resolved_stack(stack, need, builddir, "LLMNR=no\nFallbackDNS=\n")
    stack.run(resolvectl, "dns", "eth0", UPLINK)
    return lab.host, "127.0.0.53"


def start_dnsmasq(lab, stack, need, text, ns=None):
    """With its suspicious options: no private answers from upstream, no questions about private addresses."""
    directory = settle(stack, text)
    main = stack.put("main.conf", f"no-resolv\nno-hosts\nserver={UPLINK}\nstop-dns-rebind\nbogus-priv\ndomain-needed\n"
                     f"user=root\npid-file=\nlog-queries\nlog-facility=-\nconf-dir={directory},*.conf\n")
    assert ns or "bind-dynamic" in text
    stack.start(need("dnsmasq"), "--keep-in-foreground", f"--conf-file={main}")


def start_plain_dnsmasq(lab, stack, need, _):
    start_dnsmasq(lab, stack, need, lab.recipe("dnsmasq"))
    return lab.host, "127.0.0.1"


def start_unbound(lab, stack, need, _):
    """One that validates, and rejects private addresses."""
    directory = settle(stack, lab.recipe("unbound"))
    main = stack.put("main.conf", f"""
server:
    username: ""
    chroot: ""
    directory: "{stack.work}"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    interface: 127.0.0.1
    trust-anchor: ". DS {ROOT_KEY}"
    domain-insecure: "com."
    private-address: 10.0.0.0/8
    private-address: fd00::/8
include: "{directory}/*.conf"
forward-zone:
    name: "."
    forward-addr: {UPLINK}
remote-control:
    control-enable: no
""")
    stack.run(need("unbound-checkconf"), main)
    stack.start(need("unbound"), "-d", "-c", main)
    return lab.host, "127.0.0.1"


MANAGER_CONF = """\
[main]
plugins=keyfile
dns=dnsmasq
no-auto-default=*
auth-polkit=false
[keyfile]
path={work}/connections
unmanaged-devices=*,except:interface-name:eth0
"""
MANAGER_UPLINK = """\
[connection]
id=uplink
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1=198.18.9.1/24
dns={uplink};
[ipv6]
method=disabled
"""
# What it writes is written to memory. It finds links without udev where /sys is read-only.
MANAGER_ROOT = """
mkdir -p /run/over/up /run/over/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/over/up,workdir=/run/over/work overlay /etc
mount -t tmpfs tmpfs /var/lib
mount -t sysfs -o ro sysfs /sys
mkdir -p /etc/NetworkManager/dnsmasq.d /var/lib/NetworkManager
cp $1 /etc/NetworkManager/dnsmasq.d/ontap.conf
rm -f /etc/resolv.conf
"""


def start_networkmanager(lab, stack, need, builddir):
    """From an unpacked package. It starts dnsmasq, writes resolv.conf, and has the uplink's server as it has that of
    any network."""
    program = unpacked(builddir, "usr/sbin/NetworkManager")
    if not program:
        pytest.skip("NetworkManager is not unpacked below build/tools (./check does)")
    need("dnsmasq")
    library, nmcli = unpacked(builddir, "usr/lib/*/libnm.so.0"), unpacked(builddir, "usr/bin/nmcli")
    stack.environ["LD_LIBRARY_PATH"] = os.path.dirname(library or "")
    libraries = stack.run("ldd", program, nmcli).stdout
    if "not found" in libraries:
        pytest.skip(f"NetworkManager lacks libraries: {libraries}")
    text = lab.recipe("networkmanager")
    assert "/etc/NetworkManager/dnsmasq.d/ontap.conf" in text
    stack.run("sh", "-ec", MANAGER_ROOT, "sh", stack.put("recipe", text))
    os.makedirs(f"{stack.work}/connections")
    os.chmod(stack.put("connections/uplink.nmconnection", MANAGER_UPLINK.format(uplink=UPLINK)), 0o600)
    stack.start_bus(need)
    stack.start(program, "--debug", f"--config={stack.put('nm.conf', MANAGER_CONF.format(work=stack.work))}",
                f"--config-dir={stack.work}/none", f"--system-config-dir={stack.work}/none")
    connect = [nmcli, "connection", "up", "uplink"]
    wait_until(lambda: stack.run(*connect, check=False, timeout=60).returncode == 0, 30, "NetworkManager")
    assert "\nnameserver 127.0.0.1\n" in stack.run("cat", "/etc/resolv.conf").stdout
    return lab.host, "127.0.0.1"


def start_openwrt(lab, stack, need, _):
    """The dnsmasq of a router, with the configuration that its start script makes of such commands. A shell
    reads the commands; uci prints its arguments there."""
    commands = lab.recipe("openwrt")
    shell = subprocess.run(["sh", "-euc", "uci() { echo \"$@\"; }\n" + commands.replace("/etc/init.d/", "echo ")],
                           capture_output=True, text=True, check=True).stdout
    options = re.findall(r"^add_list dhcp\.@dnsmasq\[0\]\.(\w+)=(.*)$", shell, re.M)
    assert shell.count("add_list") == len(options) >= 3 and "commit dhcp\n" in shell and "dnsmasq restart\n" in shell
    key = {"server": "server", "rebind_domain": "rebind-domain-ok"}
    start_dnsmasq(lab, stack, need, "".join(f"{key[name]}={value}\n" for name, value in options), lab.router)
    return lab.router, "127.0.0.1"


STARTERS = dict(zip(PROGRAMS, (start_resolved, start_plain_dnsmasq, start_unbound, start_networkmanager,
                               start_openwrt)))


class Resolver:
    def __init__(self, stack, ns, server, asks_once):
        """`asks_once`: it never asks two servers at once; resolved does, up to version 257."""
        self.stack, self.ns, self.server, self.asks_once = stack, ns, server, asks_once

    def answers(self, name, rdtype="A"):
        return answers(self.ns, self.server, name, rdtype)

    def getent(self, *arguments):
        """With this resolver as the only one of a program's machine."""
        return self.stack.run("getent", *arguments, check=False).stdout.split()


@pytest.fixture(scope="module", params=PROGRAMS)
def resolver(request, lab, module_stacks, need, builddir):
    needs_root_of_the_machine()  # they become other users
    ns = lab.router if request.param == "openwrt" else lab.host
    stack = module_stacks(ns, "host")
    ns, server = STARTERS[request.param](lab, stack, need, builddir)
    stack.cover("/etc/nsswitch.conf", "hosts: dns\n")
    if request.param != "networkmanager":  # it has written the file
        stack.cover("/etc/resolv.conf", f"nameserver {server}\noptions edns0 trust-ad\n")
    try:
        wait_until(lambda: answers(ns, server, "www.example.com") == [OTHER], 20, request.param)
        yield Resolver(stack, ns, server, "[Resolve]" not in lab.recipe(request.param))
    finally:
        for name in os.listdir(stack.work):
            if name.endswith(".log"):
                print(f"--- {name}\n{stack.log(name[:-4])}")
        if request.param == "networkmanager":  # it ends its dnsmasq
            stack.daemons[-1].terminate()
            stack.daemons[-1].wait(20)
        stack.close()


def test_names_of_workloads_are_found(lab, resolver):
    assert resolver.answers("web.home.arpa") == ["10.7.0.2"]
    assert resolver.answers("web.home.arpa", "AAAA") == ["fd07::2"]
    assert resolver.answers("web.lan.home.arpa") == ["10.7.0.2"]
    assert ask(resolver.ns, resolver.server, "nobody.home.arpa").rcode() == dns.rcode.NXDOMAIN
    assert resolver.getent("ahostsv4", "web.home.arpa")[:1] == ["10.7.0.2"]


def test_addresses_of_workloads_have_names(resolver):
    for addr in ("10.7.0.2", "fd07::2"):
        assert names(resolver.ns, resolver.server, addr) == ["web.lan.home.arpa."], addr
        assert resolver.getent("hosts", addr) == [addr, "web.lan.home.arpa"]


def test_all_other_names_are_asked_upstream_and_none_of_ours(lab, resolver):
    asked = f"x{resolver.stack.holder.pid}.example.com"
    before = lab.daemon.status()["dns"]
    for _ in range(5):
        assert resolver.answers("www.example.com") == [OTHER]
    assert ask(resolver.ns, resolver.server, asked).rcode() == dns.rcode.NXDOMAIN
    assert resolver.getent("ahostsv4", "www.example.com")[:1] == [OTHER]
    assert asked in lab.asked_upstream()
    assert not [name for name in lab.asked_upstream() if re.search(r"home\.arpa$|web|7\.0\.d\.f|10\.in-addr", name)]
    if resolver.asks_once:
        assert lab.daemon.status()["dns"]["refused"] == before["refused"], "it was asked what is none of its names"


def test_other_names_are_found_while_the_daemon_is_gone(lab, resolver):
    lab.daemon.stop()
    try:
        for _ in range(3):
            assert resolver.answers("www.example.com") == [OTHER]
        missing = f"y{resolver.stack.holder.pid}.example.com"
        assert ask(resolver.ns, resolver.server, missing, timeout=20).rcode() == dns.rcode.NXDOMAIN
    finally:
        lab.daemon.start()
    fresh = f"none{resolver.stack.holder.pid}.home.arpa"
    wait_until(lambda: ask(resolver.ns, resolver.server, fresh, timeout=20).rcode() == dns.rcode.NXDOMAIN, 60,
               "the daemon is asked again")
    assert resolver.answers("web.home.arpa") == ["10.7.0.2"]


# --- output, and its place ----------------------------------------------------------------------------------

def run(ns, program, *arguments, **environ):
    return ns.run([program("ontap-zone"), "resolver", *arguments], check=False, env=dict(os.environ, **environ))


def test_a_recipe_is_for_the_daemon_that_runs(lab):
    text = lab.recipe("resolved")
    assert "DNS=127.0.0.56\n" in text
    assert text.endswith("Domains=~home.arpa ~0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa ~10.in-addr.arpa\n")
    assert "server='/home.arpa/10.7.0.1'" in lab.recipe("openwrt"), "the router cannot ask at a loopback address"


def test_a_recipe_is_for_the_version_that_is_installed(lab, program, tmp_path):
    for version, section in ((257, "[Resolve]"), (258, "[Delegate]")):
        fake = tmp_path / "resolvectl"
        fake.write_text(f"#!/bin/sh\necho 'systemd {version} ({version}.1-1)'\n")
        fake.chmod(0o755)
        done = run(lab.host, program, "resolved", f"--socket={lab.daemon.socket}",
                   PATH=f"{tmp_path}:{os.environ['PATH']}")
        assert section in done.stdout, done.stderr


def test_a_recipe_that_would_not_work_is_refused(lab, topo, stacks, need, builddir, program):
    """Up to version 257, resolved has one list of servers of its own, and asks one of them for all names."""
    stack = stacks(topo.namespace("bare"), "bare")
    resolvectl = resolved_stack(stack, need, builddir, "DNS=192.0.2.53\n")
    stack.environ["PATH"] = f"{os.path.dirname(resolvectl)}:{os.environ['PATH']}"
    command = [program("ontap-zone"), "resolver", "resolved", f"--socket={lab.daemon.socket}"]
    done = stack.run(*command, check=False)
    if "[Delegate]" in done.stdout:
        pytest.skip("this version of resolved has delegates")
    assert (done.returncode, done.stdout) == (1, "") and "resolved has other servers for all names" in done.stderr
    stack.run("rm", "/run/systemd/resolved.conf.d/t.conf")
    done = stack.run(*command, check=False)
    assert done.returncode == 1, "as long as resolved has not read it anew"


def test_without_a_daemon_the_configuration_counts(lab, program, tmp_path):
    socket = f"--socket={tmp_path}/none"
    done = run(lab.host, program, "unbound", socket, "--domain=vanya", "--listen=127.0.0.56:5300", "--listen=10.0.0.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'name: "vanya."\n    stub-addr: 127.0.0.56@5300\n' in done.stdout and "in-addr" not in done.stdout
    done = run(lab.host, program, "dnsmasq", socket, "--config=/dev/null")
    assert done.returncode == 0 and "no daemon runs" in done.stderr and "server=/home.arpa/127.0.0.56\n" in done.stdout
    done = run(lab.host, program, "openwrt", socket, "--listen=127.0.0.56")
    assert (done.returncode, done.stdout) == (1, "") and "none that other machines reach" in done.stderr


def test_a_daemon_that_listens_nowhere_is_no_server(lab, serve, topo, program):
    daemon = serve(topo.namespace("bare"), "--no-mdns", "--listen=127.0.0.56:5300")
    assert "127.0.0.56#5300" in daemon.ask("resolver", "dnsmasq")
    done = run(daemon.ns, program, "openwrt", f"--socket={daemon.socket}")
    assert (done.returncode, done.stdout) == (1, "") and "no address to ask" in done.stderr


def test_a_file_of_somebody_else_is_never_replaced(lab, program, tmp_path):
    path = tmp_path / "new" / "ontap.conf"
    options = ["unbound", f"--socket={lab.daemon.socket}", f"--write={path}"]
    assert run(lab.host, program, *options).returncode == 0
    assert path.read_text() == lab.recipe("unbound") and path.read_text().startswith(MARK)
    assert path.stat().st_mode & 0o777 == 0o644
    path.write_text(path.read_text() + "# older\n")
    assert run(lab.host, program, *options).returncode == 0
    assert path.read_text() == lab.recipe("unbound")
    for other in ("server:\n", "", "\n" + MARK):
        path.write_text(other)
        done = run(lab.host, program, *options)
        assert done.returncode == 1 and "somebody else's file" in done.stderr and path.read_text() == other
    assert os.listdir(path.parent) == ["ontap.conf"]


def test_what_is_for_another_machine_is_in_no_file_by_default(lab, program, tmp_path):
    socket = f"--socket={lab.daemon.socket}"
    done = run(lab.host, program, "openwrt", socket, "--write")
    assert done.returncode == 100 and "--write=FILE" in done.stderr
    assert run(lab.host, program, "openwrt", socket, f"--write={tmp_path}/commands").returncode == 0
    assert run(lab.host, program, "bind", socket).returncode == 100
    assert run(lab.host, program, socket).returncode == 100
