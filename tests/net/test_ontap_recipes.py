# SPDX-License-Identifier: ISC
"""The purpose of ontapd, ontap and ontap-waitif: a device with one command, and a name for it without a
further step, among real routers, DHCP servers and web servers."""
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile

import dns.message
import dns.rcode
import pytest

from lib.query import addresses, ask
from lib.wait import wait_until
from test_ontapd import (  # noqa: F401 (fixtures)
    NOBODY, as_user, execline, needs_root_of_the_machine, needs_second_user, ontap, ontapd)

# The default of ontap-zone, which the fixtures turn off: find out who owns a namespace.
OWNERS = ["--hostnames-by=auto", "--names=alias"]


@pytest.fixture
def lab(topo):
    """A host whose eth0 is on a wire with a neighbour's lan0."""
    needs_root_of_the_machine()
    host, lan = topo.namespace("host"), topo.namespace("lan")
    topo.veth(host, "eth0", lan, "lan0")
    host.add_addr("eth0", "10.6.0.1/24", "fd06::1/64")
    lan.add_addr("lan0", "10.6.0.2/24", "fd06::2/64", "2001:db8:6::2/64")
    host.lan = lan
    return host


@pytest.fixture
def background():
    """background(ns, command) -> a process that is ended after the test."""
    running = []

    def start(ns, command, **options):
        process = ns.popen(command, stdin=subprocess.DEVNULL, **options)
        running.append(process)
        return process

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def resolve(lab, name, rdtype):
    return wait_until(lambda: addresses(ask(lab.lan, "10.6.0.1", name, rdtype)), what=f"{name} {rdtype}")


def at(lab, label, branch="lan"):
    return addresses(ask(lab.lan, "10.6.0.1", f"{label}.{branch}.vanya", "A"))


def resolve_mdns(lab, name, rdtype):
    """By a one-shot query (RFC 6762 section 5.1) to the multicast group."""
    def multicast():
        with lab.lan.socket(socket.AF_INET) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack(
                "=4s4si", b"\0" * 4, b"\0" * 4, lab.lan.ifindex("lan0")))
            sock.settimeout(1)
            sock.sendto(dns.message.make_query(name, rdtype).to_wire(), ("224.0.0.251", 5353))
            try:
                return addresses(dns.message.from_wire(sock.recv(9000)))
            except socket.timeout:
                return None

    return wait_until(multicast, timeout=10, what=f"{name} {rdtype} by mDNS")


def router(lab, background, directory):
    """Router advertisements for a global and a unique local prefix."""
    config = directory / "radvd.conf"
    config.write_text("interface lan0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;\n"
                      "prefix 2001:db8:6::/64 { }; prefix fd06::/64 { }; };\n")
    config.chmod(0o644)
    lab.lan.write_sysctl("net/ipv6/conf/all/forwarding", 1)
    background(lab.lan, ["radvd", "-n", "-m", "stderr", "-C", str(config), "-p", str(directory / "radvd.pid")],
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_service_is_resolved_and_fetched_by_name(lab, ontapd, ontap, serve, need, tmp_path):
    busybox = need("busybox")
    (tmp_path / "index.html").write_text("hello from www\n")
    daemon = ontapd(lab)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    process = ontap(daemon, "-t", "macvlan", "--netns", "--hostname=www", "-a", "www",
                    "--addr=10.6.0.80/24", "--addr=2001:db8:6::80/64", start=True,
                    prog=[busybox, "httpd", "-f", "-p", "80", "-h", str(tmp_path)])
    assert resolve(lab, "www.lan.vanya", "A") == ["10.6.0.80"]
    assert resolve(lab, "www.wan.vanya", "AAAA") == ["2001:db8:6::80"]
    assert resolve_mdns(lab, "www.local", "A") == ["10.6.0.80"]
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 10.6.0.1\n")
    script = f"mount --bind {resolver} /etc/resolv.conf && exec {busybox} wget -q -O - http://www.vanya/"
    fetched = wait_until(lambda: lab.lan.run(["unshare", "-m", "sh", "-c", script], check=False).stdout,
                         what="the page")
    assert fetched == "hello from www\n"
    process.kill()
    wait_until(lambda: not addresses(ask(lab.lan, "10.6.0.1", "www.lan.vanya", "A")), what="the end of the name")


# --- without privileges -------------------------------------------------------------------------


MAY_CHANGE_ALL = ("--netns", "--hostname=mine", "--caps=+net_admin")  # in the caller's own namespace


def test_an_unprivileged_user_gets_a_device_and_a_name_with_one_command(lab, ontapd, ontap, serve, need):
    busybox = need("busybox")
    needs_second_user()
    daemon = ontapd(lab)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", f"--grants={daemon.grants}", *OWNERS)
    pages = os.path.dirname(daemon.sockets)  # where other users can enter
    with open(f"{pages}/index.html", "w", encoding="ascii") as page:
        page.write("hello from a user\n")
    process = ontap(daemon, "-t", "macvlan", "--netns", "--hostname=www", "-a", "www", "--caps=+net_bind_service",
                    "--addr=10.6.0.80/24", "--addr=2001:db8:6::80/64", user=NOBODY, start=True,
                    prog=[busybox, "httpd", "-f", "-p", "80", "-h", pages])
    assert resolve(lab, "www.lan.vanya", "A") == ["10.6.0.80"]
    assert resolve(lab, "www.wan.vanya", "AAAA") == ["2001:db8:6::80"]
    assert resolve_mdns(lab, "www.local", "A") == ["10.6.0.80"]
    page = wait_until(lambda: lab.lan.run([busybox, "wget", "-q", "-O", "-", "http://10.6.0.80/"], check=False).stdout,
                      what="the page")
    assert page == "hello from a user\n"
    process.kill()
    wait_until(lambda: at(lab, "www") == [], what="the end of the name")
    wait_until(lambda: os.listdir(daemon.grants) == [], what="the end of the grant")


def test_he_has_that_name_and_no_other(lab, ontapd, ontap, serve):
    """Everything that the user does to links and aliases in that namespace."""
    needs_second_user()
    daemon = ontapd(lab)
    zone = serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--no-mdns", f"--grants={daemon.grants}", *OWNERS)
    process = ontap(daemon, "-t", "macvlan", "-n", "nic0", "-a", "www", *MAY_CHANGE_ALL, "--addr=10.6.0.80/24",
                    user=NOBODY, start=True, prog=["sh", "-s"])

    def does(*commands):
        for command in commands:
            process.stdin.write(f"ip {command} || echo failed >&2\n")
        process.stdin.write("echo done\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    wait_until(lambda: at(lab, "www") == ["10.6.0.80"], what="the name")
    does("link set nic0 alias router")
    wait_until(lambda: "10.6.0.80" in zone.names()[1].get("router", {}), what="the other name, refused")
    assert at(lab, "router") == [] and at(lab, "www") == []
    does("link set nic0 alias www")
    wait_until(lambda: at(lab, "www") == ["10.6.0.80"], what="the name again")
    # The user's own links, the alias on another one, and copies of the marks of ontapd and the grant's name.
    does("link add link nic0 name evil type macvlan", "link set evil alias router up",
         "addr add 10.6.0.81/24 dev evil", "link property add dev evil altname ontapd-0-k-0-0-0-00000000-1-eth0",
         "link add plain type bridge", "link set plain alias www up", "addr add 10.6.0.82/24 dev plain",
         "addr add 10.6.0.1/32 dev nic0", "addr add 9.9.9.9/32 dev nic0")
    wait_until(lambda: at(lab, "www", "wan") == ["9.9.9.9"], what="the last address")
    assert at(lab, "www") == ["10.6.0.1", "10.6.0.80"], "the links that have the name have it alone"
    assert at(lab, "router") == []
    assert ask(lab.lan, "10.6.0.1", "9.9.9.9.in-addr.arpa", "PTR").rcode() == dns.rcode.REFUSED, "no zone of his"
    # The host's own namespaces have priority, and do not share.
    lab.set_alias("eth0", "www")
    wait_until(lambda: at(lab, "www") == ["10.6.0.1"], what="the host's own")
    assert "host's own" in zone.names()[1]["www"]["10.6.0.80"]
    lab.set_alias("eth0", "hub")
    wait_until(lambda: "10.6.0.80" in at(lab, "www"), what="the name again")
    found = {rdata.to_text() for rdata in ask(lab.lan, "10.6.0.1", "1.0.6.10.in-addr.arpa", "PTR").answer[0]}
    assert "hub.lan.vanya." in found and "www.lan.vanya." not in found, "the host's own address is the host's"
    process.stdin.close()


def test_his_device_in_the_hosts_own_namespace_gets_no_name_of_the_host(lab, ontapd, ontap, serve):
    needs_second_user()
    daemon = ontapd(lab)
    zone = serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--no-mdns", f"--grants={daemon.grants}", *OWNERS)
    lab.set_alias("eth0", "www")
    wait_until(lambda: at(lab, "www") == ["10.6.0.1"], what="the host's name")
    process = ontap(daemon, "-t", "macvlan", "-n", "nic0", "-a", "www", user=NOBODY, start=True, prog=["cat"])
    wait_until(lambda: lab.run(["ip", "link", "show", "dev", "nic0"], check=False).returncode == 0, what="a device")
    lab.run(["ip", "addr", "add", "10.6.0.80/24", "dev", "nic0"])
    wait_until(lambda: "10.6.0.80" in zone.names()[1]["www"], what="the address, refused")
    assert at(lab, "www") == ["10.6.0.1"]
    lab.set_alias("eth0", "hub")
    wait_until(lambda: at(lab, "www") == ["10.6.0.80"], what="a name that is free")
    process.stdin.close()


def test_a_name_is_granted_across_restarts_of_both(lab, ontapd, ontap, serve):
    needs_second_user()
    daemon = ontapd(lab)
    options = ["--domain=vanya", "--listen=10.6.0.1:53", "--no-mdns", f"--grants={daemon.grants}", *OWNERS]
    process = ontap(daemon, "-t", "macvlan", "-a", "www", "--netns", "--addr=10.6.0.80/24", user=NOBODY, start=True,
                    prog=["sh", "-c", "echo up; exec cat"])
    assert process.stdout.readline() == "up\n"
    zone = serve(lab, *options)  # later than the device
    assert at(lab, "www") == ["10.6.0.80"]
    gone = ontap(daemon, "-t", "macvlan", "-a", "gone", "--netns", user=NOBODY, start=True, prog=["cat"])
    wait_until(lambda: len(os.listdir(daemon.grants)) == 2, what="two grants")
    daemon.kill()
    gone.kill()
    gone.wait(5)
    daemon.start("eth0")
    assert len(os.listdir(daemon.grants)) == 1, "what is gone meanwhile has no grant"
    assert at(lab, "www") == ["10.6.0.80"]
    zone.stop()
    zone.start()
    assert at(lab, "www") == ["10.6.0.80"]
    process.stdin.close()
    wait_until(lambda: os.listdir(daemon.grants) == [], what="no grant")
    wait_until(lambda: at(lab, "www") == [], what="the end of the name")


def test_a_directory_that_others_may_write_to_grants_nothing(lab, ontapd, ontap, serve):
    needs_second_user()
    daemon = ontapd(lab)
    os.chmod(daemon.grants, 0o777)
    zone = serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--no-mdns", f"--grants={daemon.grants}", *OWNERS)
    assert "others may write to it" in zone.log()
    process = ontap(daemon, "-t", "macvlan", "-a", "www", "--netns", "--addr=10.6.0.80/24", user=NOBODY, start=True,
                    prog=["cat"])
    wait_until(lambda: "10.6.0.80" in zone.names()[1].get("www", {}), what="the name, refused")
    process.stdin.close()


def test_rules_say_who_may_have_which_name(lab, ontapd, ontap, tmp_path):
    needs_second_user()
    rules = tmp_path / "rules"
    rules.write_text("deny * macvlan * * router\nallow user nobody macvlan bridge eth0 nobody-* host\n"
                     "allow user root * * *\n")
    daemon = ontapd(lab, f"--rules={rules}", "--rate=0")

    def refusal(alias, user=NOBODY):
        done = ontap(daemon, "-t", "macvlan", "-a", alias, prog=["true"], user=user)
        return done.stderr if done.returncode else ""

    assert refusal("nobody-1") == "" and refusal("www", user=None) == "" and refusal("") == ""
    assert f"none in {rules} allows it" in refusal("www")
    assert f"{rules}:1 denies it" in refusal("nobody-1,router")
    holder = ontap(daemon, "-t", "macvlan", "-a", "nobody-2", prog=["sh", "-c", "echo up; cat"], start=True)
    assert holder.stdout.readline() == "up\n"
    assert "the name Nobody-2 is another user's" in refusal("nobody-1 Nobody-2")
    holder.stdin.close()


def test_slaac_gives_a_stable_address_and_a_name(lab, ontapd, ontap, serve, need, background, tmp_path, program):
    need("radvd")
    daemon = ontapd(lab)
    router(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    found = []
    for _ in range(2):
        process = ontap(daemon, "-t", "macvlan", "-n", "web0", "--netns", "--alias=arroyocc", start=True,
                        prog=["sh", "-c", f"{program('ontap-waitif')} --addr-in-net=2000::/3 "
                              "--addr-in-net=fc00::/7 --has-route=::/0 web0; cat"])
        wan, lan, gateway = (process.stdout.readline().strip() for _ in range(3))
        assert wan.startswith("2001:db8:6:0:") and lan.startswith("fd06::")
        assert gateway.startswith("fe80::")
        assert resolve(lab, "arroyocc.wan.vanya", "AAAA") == [wan]
        assert resolve(lab, "arroyocc.lan.vanya", "AAAA") == [lan]
        assert wan in resolve_mdns(lab, "arroyocc.local", "AAAA")
        found.append((wan, lan))
        process.stdin.close()
        process.wait(5)
    assert found[0] == found[1]


def dhcp_server(lab, background, directory):
    background(lab.lan, ["dnsmasq", "--no-daemon", "--port=0", "--no-ping", "--conf-file=/dev/null",
                         "--dhcp-range=10.6.0.100,10.6.0.150,2m", "--dhcp-option=3,10.6.0.2", "--user=root",
                         f"--dhcp-leasefile={directory}/leases", "--interface=lan0", "--bind-interfaces",
                         "--pid-file="], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def alone(client):
    """A directory for PATH with that program, and the words before a command that use it."""
    path = tempfile.mkdtemp(dir="/run")
    os.chmod(path, 0o755)
    os.symlink(client, f"{path}/{os.path.basename(client)}")
    return ["env", f"PATH={path}"]


@pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])
@pytest.mark.parametrize("client", ["busybox", "dhcpcd"])
def test_dhcp_gives_an_address_each(lab, ontapd, ontap, serve, need, background, tmp_path, program, client, user):
    with_client = [*as_user(user), *alone(need(client))]  # the others have priority
    back = f"PATH={os.environ['PATH']}; exec cat"
    daemon = ontapd(lab)
    dhcp_server(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", f"--grants={daemon.grants}", *OWNERS)
    found = {}
    running = []
    for name in ("one", "two"):
        # Both at once, and with the same name in separate namespaces.
        process = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--netns", "-a", name, "--dhcp",
                        "--wait=10.6.0.0/24", "--timeout=20", start=True, prefix=with_client, prog=[
                            "/bin/sh", "-c", f"{program('ontap-waitif')} --has-route=0.0.0.0/0 nic0; {back}"])
        running.append(process)
    for name, process in zip(("one", "two"), running):
        assert process.stdout.readline() == "10.6.0.2\n"
        found[name] = resolve(lab, f"{name}.lan.vanya", "A")
    assert found["one"] != found["two"]
    with open(f"{tmp_path}/leases", encoding="ascii") as leases:
        identifiers = [line.split()[4] for line in leases if line.strip()]
    assert len(set(identifiers)) == 2 and all(text.startswith("ff:") for text in identifiers)
    for process in running:
        process.stdin.close()
        process.wait(5)
    # The same workload has the same identifier, hence the same address.
    process = ontap(daemon, "-t", "macvlan", "--netns", "-a", "one", "--dhcp", "--wait=10.6.0.0/24",
                    "--timeout=20", start=True, prefix=with_client, prog=["/bin/sh", "-c", f"echo up; {back}"])
    assert process.stdout.readline() == "up\n"
    assert resolve(lab, "one.lan.vanya", "A") == found["one"]


@pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])
def test_the_command_of_the_readme_is_a_web_server_with_a_leased_address(
        lab, ontapd, ontap, serve, need, background, tmp_path, user):
    busybox = need("busybox")
    daemon = ontapd(lab)
    dhcp_server(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", f"--grants={daemon.grants}", *OWNERS)
    pages = os.path.dirname(daemon.sockets)
    with open(f"{pages}/index.html", "w", encoding="ascii") as page:
        page.write("hello\n")
    ontap(daemon, "-t", "macvlan", "--netns", "--hostname=www", "-a", "www", "--dhcp", start=True,
          prefix=["env", "--chdir=" + pages, *as_user(user)], prog=[busybox, "httpd", "-f"])
    addr = resolve(lab, "www.lan.vanya", "A")[0]
    assert addr.startswith("10.6.0.1")
    assert lab.lan.run([busybox, "wget", "-q", "-O", "-", f"http://{addr}/"]).stdout == "hello\n"


def leases_of(directory):
    with open(f"{directory}/leases", encoding="ascii") as leases:
        return [line.split()[2] for line in leases if line.strip()]


def clients_of(keeper_of):
    """The ids of the DHCP clients below that process: its child's children."""
    done = subprocess.run(["pgrep", "-P", str(keeper_of)], capture_output=True, text=True, check=False)
    return [int(client) for keeper in done.stdout.split() for client in subprocess.run(
        ["pgrep", "-P", keeper], capture_output=True, text=True, check=False).stdout.split()]


def test_a_dhcp_client_that_dies_is_started_again_and_a_lease_is_released(
        lab, ontapd, ontap, need, background, tmp_path):
    daemon = ontapd(lab)
    dhcp_server(lab, background, tmp_path)
    log = ["sh", "-c", f'exec "$@" 2>{tmp_path}/said', "sh"]
    process = ontap(daemon, "-t", "macvlan", "--netns", "-a", "one", "--dhcp", "--wait=10.6.0.0/24", "--timeout=20",
                    start=True, prefix=[*log, *alone(need("busybox"))],
                    prog=["/bin/sh", "-c", f"PATH={os.environ['PATH']}; echo $$; exec cat"])
    pid = int(process.stdout.readline())
    first = wait_until(lambda: clients_of(pid), what="the client")
    assert len(first) == 1 and len(leases_of(tmp_path)) == 1
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: set(clients_of(pid)) - set(first), what="the next client")
    # It asks for the same address, and gives it back at the end: the device is there until then.
    wait_until(lambda: (tmp_path / "said").read_text().count(" obtained") == 2, timeout=20, what="the next lease")
    process.stdin.close()
    process.wait(5)
    wait_until(lambda: not leases_of(tmp_path), what="the release")
    said = (tmp_path / "said").read_text()
    assert 'error="the client has ended" note="it is started again"' in said and said.count("has ended") == 1, said


FAILS = "#!/bin/sh\nexit 3\n"


@pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])
def test_a_dhcp_client_that_fails_is_an_error(lab, ontapd, ontap, user):
    daemon = ontapd(lab)
    with_client = alone("/nowhere/udhcpc")
    path = with_client[1].removeprefix("PATH=") + "/udhcpc"
    os.unlink(path)
    with open(path, "w", encoding="ascii") as script:
        script.write(FAILS)
    os.chmod(path, 0o755)
    with_client = [*as_user(user), *with_client]
    done = ontap(daemon, "-t", "macvlan", "--netns", "--dhcp", "--wait=10.0.0.0/8", prefix=with_client, prog=["/bin/true"])
    assert done.returncode == 111 and "dhcp: client=udhcpc status=3" in done.stderr, done.stderr
    # Without --wait, PROG runs already.
    done = ontap(daemon, "-t", "macvlan", "--netns", "--dhcp", prefix=with_client, prog=["/bin/sleep", "2"])
    assert done.returncode == 0 and "dhcp: client=udhcpc status=3" in done.stderr, done.stderr
    os.unlink(path)
    with open(path, "w", encoding="ascii") as script:
        script.write("#!/no/such/shell\n")
    os.chmod(path, 0o755)
    done = ontap(daemon, "-t", "macvlan", "--netns", "--dhcp", prefix=with_client, prog=["/bin/true"])
    assert done.returncode == 111 and "No such file or directory" in done.stderr, done.stderr


def test_dhcp_without_the_privilege_is_refused_at_once(lab, ontapd, ontap):
    needs_second_user()
    done = ontap(ontapd(lab), "-t", "macvlan", "--dhcp", user=NOBODY, prog=["true"])
    assert done.returncode == 111 and "CAP_NET_ADMIN" in done.stderr


@pytest.mark.parametrize("event", ["deconfig", "nak"])
@pytest.mark.parametrize("seconds", [120, 0xffffffff, None])
def test_an_address_that_is_no_longer_leased_goes_at_once(topo, program, event, seconds):
    """RFC 2131 section 4.4.5; but not an address of --addr, or of another link."""
    ns, peer = topo.namespace("host"), topo.namespace("lan")
    topo.veth(ns, "nic0", peer, "lan0")
    ns.ip("link add nic1 type bridge")
    ns.add_addr("nic0", "10.6.0.90/24", "fd06::90/64")
    ns.ip("addr add 10.7.0.1/24 dev nic1 valid_lft 100 preferred_lft 100")
    before = addrs_of(ns)

    def tell(what, **lease):
        lease = {name: str(value) for name, value in lease.items() if value is not None}
        ns.run([program("ontap"), what], env={**os.environ, "ONTAP_DHCP_SCRIPT": "1", "interface": "nic0", **lease})

    tell(event)
    assert addrs_of(ns) == before
    tell("bound", ip="10.6.0.100", mask="24", router="10.6.0.2", lease=seconds)
    assert addrs_of(ns) == before | {("nic0", "10.6.0.100")}
    assert "default via 10.6.0.2" in ns.ip("route")
    tell(event)
    assert addrs_of(ns) == before
    assert "default" not in ns.ip("route")


def addrs_of(ns):
    return {(link["ifname"], addr["local"]) for link in json.loads(ns.ip("-j addr show"))
            for addr in link["addr_info"] if addr["scope"] == "global"}


def test_a_zone_in_another_namespace_may_watch(lab, ontapd, ontap, topo, program, background):
    """`ontap --watch` gives the callers' namespaces ids in the zone's, before their first address."""
    daemon, zone_ns = ontapd(lab), topo.namespace("zone")
    topo.veth(zone_ns, "ext0", lab.lan, "lan9")
    zone_ns.add_addr("ext0", "10.9.0.1/24")
    lab.lan.add_addr("lan9", "10.9.0.2/24")
    work = tempfile.mkdtemp(dir="/run")
    background(zone_ns, [program("ontap"), "--watch", daemon.port("eth0"), "--", program("ontap-zone"), "serve",
                         "--domain=vanya", "--listen=10.9.0.1:53", "--no-mdns", f"--socket={work}/sock",
                         f"--state={work}", "--user=root"], stderr=subprocess.DEVNULL)

    def is_up():
        with contextlib.suppress(Exception):
            return ask(lab.lan, "10.9.0.1", "vanya", "SOA", timeout=0.5)
        return None

    wait_until(is_up, timeout=10, what="the zone")
    process = ontap(daemon, "-t", "macvlan", "--netns", "-a", "seen", "--addr=10.6.0.90/24", start=True,
                    prog=["cat"])
    wait_until(lambda: addresses(ask(lab.lan, "10.9.0.1", "seen.lan.vanya", "A")) == ["10.6.0.90"],
               what="the name")
    process.stdin.close()


def test_the_device_is_created_waited_for_and_opened(lab, ontapd, ontap, need, background, tmp_path, program):
    """Without a process that holds it, as in scripts: create, wait, open."""
    need("radvd")
    daemon = ontapd(lab)
    router(lab, background, tmp_path)
    assert ontap(daemon, "-t", "macvtap", "--name=nic0").returncode == 0
    waitif = program("ontap-waitif")
    addr = lab.run([waitif, "--addr-in-net=fc00::/7,2000::/3", "--timeout=20", "nic0"]).stdout
    assert addr.startswith(("fd06::", "2001:db8:6:0:")) and addr.count("\n") == 1
    assert lab.run([waitif, "--has-route=::/0", "--timeout=20", "nic0"]).stdout.startswith("fe80::")
    done = ontap(daemon, "--open=nic0", "-m", "1", prog=["sh", "-c", "ls -l /proc/self/fd/$ONTAP_FD0"])
    assert done.stdout.strip().endswith("/tap (deleted)"), done.stderr
    assert ontap(daemon, "--remove=nic0").returncode == 0


SCRIPT = """
unshare --net --uts --mount --user --map-current-user --keep-caps
if {{ ontap -t macvtap --name=nic0 {port} -- }}
backtick -E laddr {{ ontap-waitif --addr-in-net=fe80::/10 nic0 }}
backtick -E raddr {{ ontap-waitif --addr-in-net=fc00::/7,2000::/3 nic0 }}
backtick -E gw {{ ontap-waitif --has-route=::/0 nic0 }}
ontap --open=nic0 -m 1 {port} --
importas -ui ONTAP_HWADDR ONTAP_HWADDR
importas -ui ONTAP_FD0 ONTAP_FD0
fdreserve 1
importas FD0 FD0
fdmove $FD0 0
heredoc 0 "laddr=${{laddr}}
raddr=${{raddr}}
gateway=${{gw}}
"
if {{ cat }}
foreground {{ echo hwaddr=${{ONTAP_HWADDR}} }}
foreground {{ ls -l /proc/self/fd/${{ONTAP_FD0}} }}
ip -j link show nic0
"""


@pytest.mark.parametrize("user", [None, NOBODY], ids=["root", "user"])
def test_a_script_of_execline_makes_waits_opens_and_tells(
        lab, ontapd, need, background, tmp_path, program, execline, user):
    """In a namespace of the user's own. The addresses that the kernel has chosen are the guest's."""
    need("radvd")
    if user:
        needs_second_user()
    daemon = ontapd(lab)
    router(lab, background, tmp_path)
    script = SCRIPT.format(port=daemon.port("eth0"))
    done = lab.run([*as_user(user), *execline(program, script)], check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    assert told["laddr"].startswith("fe80::") and told["gateway"].startswith("fe80::")
    assert told["raddr"].startswith("fd06::"), "the network that is named first"
    assert told["hwaddr"] == json.loads(lines[-1])[0]["address"]
    assert any(line.endswith(" -> /tap (deleted)") for line in lines)


# --- ontap-waitif -------------------------------------------------------------------------------


def test_waitif_waits_for_a_link_that_is_not_there(topo, program):
    ns = topo.namespace("wait")
    process = ns.popen([program("ontap-waitif"), "--addr-in-net=10.0.0.0/8", "--addr-in-net=fd00::/8",
                        "--has-route=0.0.0.0/0", "--has-route=10.1.0.0/24", "late0"], stdout=subprocess.PIPE, text=True)
    ns.ip("link add early type bridge")
    ns.ip("addr add 10.1.0.5/24 dev early")
    ns.ip("link set early up")
    ns.ip("route add default via 10.1.0.9")
    ns.add_addr("early", "fd00::7/64")
    assert process.poll() is None
    ns.ip("link set early down")
    ns.ip("link set early name late0")
    ns.ip("link set late0 up")
    assert process.poll() is None
    ns.ip("route add default via 10.1.0.9")
    ns.ip("addr replace fd00::7/64 dev late0 nodad")
    assert process.communicate(timeout=5)[0] == "10.1.0.5\nfd00::7\n10.1.0.9\n10.1.0.0\n"
    assert process.returncode == 0


def test_waitif_prints_no_address_before_it_is_usable(topo, program):
    ns, peer = topo.namespace("wait"), topo.namespace("peer")
    topo.veth(ns, "eth0", peer, "eth0")
    peer.add_addr("eth0", "fd00::5/64")
    ns.ip("addr add fd00::5/64 dev eth0")  # another host has it: duplicate address detection fails
    done = ns.run([program("ontap-waitif"), "--addr-in-net=fd00::/8", "--timeout=3", "eth0"], check=False)
    assert done.returncode == 99 and done.stdout == ""
    assert "no address in fd00::/8, fd00::5 is used by another host" in done.stderr
    ns.ip("addr add fd00::6/64 dev eth0")
    done = ns.run([program("ontap-waitif"), "--addr-in-net=fd00::/8", "--timeout=9", "eth0"])
    assert done.stdout == "fd00::6\n"


def test_waitif_prints_the_address_of_the_network_that_is_named_first(lab, topo, program, need, background, tmp_path):
    """Also while the kernel does not report it: it reports addresses of SLAAC only when their DAD has ended."""
    need("radvd")
    ns = topo.namespace("wait")
    topo.veth(ns, "nic0", lab.lan, "lan0x")
    lab.lan.ip("link add br0 type bridge")
    lab.lan.ip("link set lan0x master br0")
    lab.lan.ip("link set br0 up")
    ns.write_sysctl("net/ipv6/conf/nic0/dad_transmits", 4)
    config = tmp_path / "radvd.conf"
    config.write_text("interface br0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;\n"
                      "prefix fd06::/64 { }; };\n")
    config.chmod(0o644)
    lab.lan.write_sysctl("net/ipv6/conf/all/forwarding", 1)
    process = ns.popen([program("ontap-waitif"), "--addr-in-net=fc00::/7,2000::/3", "--timeout=60", "nic0"],
                       stdout=subprocess.PIPE, text=True)
    background(lab.lan, ["radvd", "-n", "-m", "stderr", "-C", str(config), "-p", str(tmp_path / "radvd.pid")],
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: "fd06:" in ns.ip("-6 addr show dev nic0 tentative"), timeout=30, what="the tentative address")
    ns.ip("addr add 2001:db8:6::7/64 dev nic0 nodad")
    assert process.communicate(timeout=60)[0].startswith("fd06:")
    assert process.returncode == 0


def test_waitif_that_timed_out_says_what_was_missing(topo, program):
    ns = topo.namespace("wait")

    def missing():
        done = ns.run([program("ontap-waitif"), "--addr-in-net=10.0.0.0/8", "--has-route=0.0.0.0/0", "--timeout=0.1",
                       "eth0"], check=False)
        assert done.returncode == 99 and done.stdout == ""
        return done.stderr
    assert "there is no such interface" in missing()
    ns.ip("link add eth0 type bridge")
    assert "the interface is down" in missing()
    ns.ip("link set eth0 up")
    assert "no address in 10.0.0.0/8; no route to 0.0.0.0/0" in missing()
    ns.ip("addr add 10.1.0.5/24 dev eth0")
    assert 'error="no route to 0.0.0.0/0"' in missing()


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--addr-in-net=10.0.0.1/8", "a"], ["--has-route=x", "a"],
                                       ["--timeout=-1", "a"], ["name-that-is-too-long"], ["--nonsense", "a"]])
def test_waitif_says_what_is_wrong_with_its_command_line(topo, program, arguments):
    done = topo.namespace("wait").run([program("ontap-waitif"), *arguments], check=False)
    assert done.returncode == 100 and done.stderr


def test_waitif_polls_nothing(topo, program, need):
    strace = need("strace")
    ns = topo.namespace("wait")
    done = ns.run([strace, "-f", "-c", "-S", "calls", program("ontap-waitif"), "--timeout=2", "never"], check=False,
                  env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))  # which does not work with ptrace(2)
    assert done.returncode == 99
    calls = {line.split()[-1]: int(line.split()[3]) for line in done.stderr.splitlines() if "poll" in line}
    assert sum(calls.values()) <= 2
