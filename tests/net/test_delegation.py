# SPDX-License-Identifier: ISC
"""`ontap-zone check --delegation`: Knot has the parent zone, and unbound is the resolver of the machine."""
import shlex

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.secondary import Server, write  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST, PARENT, RESOLVER = "198.51.100.1", "198.51.100.2", "198.51.100.3"
DOMAIN = "wan.up.example"

APEX = f"$ORIGIN up.example.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 604800 60\n@ NS ns\nns A {PARENT}\n"


class Lab:
    def __init__(self, topo, need, directory):
        self.directory, self.servers = directory, []
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/24")
        self.parent = topo.workload("parent", self.host, "br0", f"{PARENT}/24")
        self.resolver = topo.workload("resolver", self.host, "br0", f"{RESOLVER}/24")
        self.knotd, self.unbound = need("knotd"), need("unbound")
        self.knot = None
        self.have("")
        work = self.work("unbound")
        self.servers.append(Server(self.resolver, RESOLVER, work, "unbound", [self.unbound, "-d", "-c", write(
            work, "unbound.conf", f"""
server:
    interface: {RESOLVER}
    access-control: 198.51.100.0/24 allow
    directory: "{work}"
    chroot: ""
    username: ""
    pidfile: ""
    module-config: "iterator"
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    do-ip6: no
    num-threads: 1
    local-zone: "example." nodefault
stub-zone:
    name: "up.example"
    stub-addr: {PARENT}
""")]))
        wait_until(lambda: self.is_there(RESOLVER), 30, "the resolver")

    def work(self, name):
        path = self.directory / name
        path.mkdir(exist_ok=True)
        return str(path)

    def is_there(self, server):
        try:
            return ask(self.host, server, "up.example", "SOA").answer
        except (OSError, dns.exception.DNSException):
            return False

    def have(self, records):
        """The parent has these, besides its own."""
        if self.knot:
            self.knot.stop()
        work = self.work("knot")
        write(work, "zone", APEX + records)
        conf = write(work, "knot.conf", f"""
server:
    listen: {PARENT}@53
    rundir: {work}
log:
  - target: stderr
    any: info
database:
    storage: {work}
zone:
  - domain: up.example
    storage: {work}
    file: zone
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
""")
        self.knot = Server(self.parent, PARENT, work, "knot", [self.knotd, "-c", conf])
        wait_until(lambda: self.is_there(PARENT), 30, "the parent")

    def check(self, daemon):
        (self.directory / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
        words = [daemon.program, "check", "--delegation", f"--domain={DOMAIN}", f"--socket={daemon.socket}"]
        script = f"mount --bind {self.directory}/resolv.conf /etc/resolv.conf && exec {shlex.join(words)}"
        return self.host.run(["unshare", "-m", "sh", "-c", script], check=False)

    def stop(self):
        for server in [*self.servers, self.knot]:
            server.stop()
            print(f"--- {server.log_path}\n{server.log()[-4000:]}")


@pytest.fixture
def lab(topo, need, tmp_path):
    made = Lab(topo, need, tmp_path)
    yield made
    made.stop()


def pasted(done):
    """The lines that it asks for."""
    return done.stdout.split("lines for the zone up.example.\n", 1)[1]


def test_the_lines_that_it_prints_make_the_delegation(lab, serve):
    zone = write(lab.work("files"), "zone", f"$TTL 1\n@ NS ns1\n@ NS ns.elsewhere.example.\nns1 A {HOST}\n")
    daemon = serve(lab.host, f"--domain={DOMAIN}", "--no-mdns", "--dnssec", "--dnssec-ttl=1", "--dnssec-ds-ttl=1", "--ttl=1",
                   "--dnssec-propagation=1", "--user=root", f"--zone-file={zone}")
    wait_until(lambda: "CDS" in str(ask(lab.host, HOST, DOMAIN, "CDS").answer), timeout=30, what="the keys")
    done = lab.check(daemon)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{DOMAIN}. in up.example., as {PARENT} has it" in done.stdout
    lines = pasted(done).splitlines()
    assert len(lines) == 4 and f"ns1.{DOMAIN}. 3600 IN A {HOST}" in lines
    assert not any("elsewhere" in line and " A " in line for line in lines)
    assert sum(" DS " in line for line in lines) == 1
    lab.have(pasted(done))
    done = lab.check(daemon)
    assert done.returncode == 0 and done.stdout.count("is there") == 4, done.stdout + done.stderr


def test_what_is_wrong_at_the_parent_is_told(lab, serve):
    daemon = serve(lab.host, f"--domain={DOMAIN}", "--no-mdns", f"--ns=ns1.{DOMAIN}")
    lab.have(f"{DOMAIN}. NS old.{DOMAIN}.\nold.{DOMAIN}. A 192.0.2.1\n{DOMAIN}. DS 1 13 2 {'00' * 32}\n")
    done = lab.check(daemon)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"wrong     {DOMAIN}. NS old.{DOMAIN}." in done.stdout
    assert f"wrong     {DOMAIN}. DS 1 13 2 " in done.stdout
    assert f"wrong     ns1.{DOMAIN}. has no global address here" in done.stdout
    assert "is not signed" in done.stdout
    assert pasted(done) == f"{DOMAIN}. 3600 IN NS ns1.{DOMAIN}.\n"


def test_without_a_daemon_or_a_resolver_it_says_so(lab, serve):
    daemon = serve(lab.host, f"--domain={DOMAIN}", "--no-mdns")
    lab.servers[0].stop()
    done = lab.check(daemon)
    assert done.returncode == 111 and "does not find the zone above" in done.stderr
    daemon.stop()
    done = lab.check(daemon)
    assert done.returncode == 111 and "cannot ask the daemon" in done.stderr
