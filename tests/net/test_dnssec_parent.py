# SPDX-License-Identifier: ISC
"""A signed parent that follows CDS (RFC 7344), and keys that follow the parent: Knot or BIND serves it, BIND's dnssec-cds carries
the DS over, unbound validates all the while, and nobody types a command but to begin a roll."""
import os
import tempfile
import threading

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402
import dns.flags  # noqa: E402
import dns.rcode  # noqa: E402

from lib.daemon import Daemon  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.secondary import Server, write  # noqa: E402
from lib.validate import unbound  # noqa: E402
from lib.wait import wait_until  # noqa: E402

PARENT, ZONE = "example.org", "wan.example.org"
HOST, SERVER, RESOLVER = "10.9.0.1", "10.9.0.2", "10.9.0.3"
TOOLS = ("unbound", "dig", "dnssec-cds", "dnssec-dsfromkey", "nsupdate")
WAIT_S = 90


class ParentAnchor:
    """The DS of the parent, as lib.validate.unbound() wants it."""

    def __init__(self, line):
        self.line = line


PARENT_FILE = f"""$ORIGIN {PARENT}.
$TTL 1
@ SOA ns hostmaster 1 3600 600 604800 1
@ NS ns
ns A {SERVER}
wan NS ns.wan
ns.wan A {HOST}
"""


def knot_parent(program, ns, work):
    conf = write(work, "knot.conf", f"""
server:
    listen: {SERVER}@53
    rundir: {work}
database:
    storage: {work}
acl:
  - id: own
    address: {SERVER}
    action: update
policy:
  - id: quick
    dnskey-ttl: 1
    zone-max-ttl: 1
zone:
  - domain: {PARENT}
    storage: {work}
    file: parent.zone
    acl: own
    zonefile-load: difference
    dnssec-signing: on
    dnssec-policy: quick
""")
    return Server(ns, SERVER, work, "knot", [program, "-c", conf])


def bind_parent(program, ns, work):
    conf = write(work, "named.conf", f"""
options {{
    directory "{work}";
    listen-on {{ {SERVER}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    pid-file none;
    session-keyfile none;
    managed-keys-directory "{work}";
    dnssec-validation no;
    notify no;
}};
controls {{ }};
dnssec-policy "quick" {{
    keys {{ csk lifetime unlimited algorithm ecdsap256sha256; }};
    dnskey-ttl 1;
    max-zone-ttl 1;
}};
zone "{PARENT}" {{
    type primary;
    file "parent.zone";
    allow-update {{ {SERVER}; }};
    dnssec-policy "quick";
    inline-signing no;
}};
""")
    return Server(ns, SERVER, work, "named", [program, "-g", "-n", "1", "-c", conf])


PARENTS = {"knotd": knot_parent, "named": bind_parent}


class World:
    def __init__(self, topo, need, program, work, parent):
        for tool in TOOLS:
            need(tool)
        topo.has_dad = False
        self.work, self.running = work, []
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/24")
        self.parent = topo.workload("parent", self.host, "br0", f"{SERVER}/24", alias="parent")
        self.resolver = topo.workload("resolver", self.host, "br0", f"{RESOLVER}/24", alias="resolver")
        write(work, "parent.zone", PARENT_FILE)
        self.add(PARENTS[parent](need(parent), self.parent, work))
        wait_until(lambda: "RRSIG" in self.dig(SERVER, PARENT, "DNSKEY", "+dnssec"), 30, "the parent is signed")
        key = self.dig(SERVER, PARENT, "DNSKEY")
        ds = self.parent.run(["dnssec-dsfromkey", "-2", "-f", write(work, "parent.key", key), PARENT]).stdout.splitlines()[0]
        self.add(unbound(need("unbound"), self.resolver, RESOLVER, work, {PARENT: ParentAnchor(ds)}, SERVER))
        resolv = write(work, "resolv.conf", f"nameserver {RESOLVER}\noptions timeout:2 attempts:2\n")
        prefix = [need("unshare"), "-m", "sh", "-c", f'mount --bind {resolv} /etc/resolv.conf && exec "$@"', "sh"]
        self.daemon = Daemon(program("ontap-zone"), self.host, work, [
            f"--domain={ZONE}", "--no-mdns", f"--ns=ns.{ZONE}", f"--address-names={write(work, 'names', f'{HOST} ns')}",
            "--dnssec", "--parent-check", "--dnssec-ttl=1", "--dnssec-ds-ttl=1", "--dnssec-propagation=2", "--ttl=1"],
            prefix=prefix)
        self.add(self.daemon)
        self.daemon.start()

    def add(self, server):
        self.running.append(server)

    def dig(self, server, name, kind, *options):
        return self.parent.run(["dig", "+norec", "+noall", "+answer", f"@{server}", name, kind, *options], check=False).stdout

    def update(self, script):
        self.parent.run(["nsupdate", write(self.work, "update", f"server {SERVER}\nzone {PARENT}\n{script}\nsend\n")])

    def parent_ds(self):
        return sorted(int(line.split()[0]) for line in self.dig(SERVER, ZONE, "DS", "+short").splitlines())

    def carry(self):
        """What a registry does: it reads CDS, and believes it if it is signed by a key that its DS is of."""
        child = "".join(self.dig(HOST, ZONE, kind, "+dnssec") for kind in ("CDS", "CDNSKEY", "DNSKEY"))
        parent = self.dig(SERVER, ZONE, "DS")
        if self.dig(HOST, ZONE, "CDS", "+short").split() == ["0", "0", "0", "00"] and is_secure(self, "CDS"):
            self.update(f"update delete {ZONE}. DS")  # RFC 8078: BIND's program does not do that
            return
        done = self.parent.run(["dnssec-cds", "-u", "-s", "-86400", "-T", "1", "-f", write(self.work, "child", child), "-d",
                                write(self.work, "dsset", parent), ZONE], check=False)
        if done.returncode == 0 and "update" in done.stdout:
            self.update(done.stdout.replace("send\n", ""))

    def zone(self):
        zone, = self.daemon.lines("keys", "show", ZONE)
        return zone

    def states(self):
        return [key["state"] for key in self.zone()["keys"]]

    def change(self, *words):
        return self.host.run([self.daemon.program, "keys", *words, f"--state={self.work}/state"]).stdout

    def stop(self):
        for server in reversed(self.running):
            server.kill() if isinstance(server, Daemon) else server.stop()
        print(self.daemon.log())


@pytest.fixture(params=PARENTS)
def world(request, topo, need, program):
    with tempfile.TemporaryDirectory(prefix="p") as work:
        os.chmod(work, 0o777)
        made = World(topo, need, program, work, request.param)
        try:
            yield made
        finally:
            made.stop()


class Stream:
    """Questions all the time, through a resolver that validates."""

    def __init__(self, world):
        self.world, self.bad, self.count, self.secure = world, [], 0, 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.is_over.wait(0.02):
            for name, rcode in ((f"parent.{ZONE}", dns.rcode.NOERROR), (f"no{self.count % 50}.{ZONE}", dns.rcode.NXDOMAIN)):
                try:
                    reply = ask(self.world.resolver, RESOLVER, name, "A", want_dnssec=True, timeout=20)
                except dns.exception.Timeout:
                    self.bad.append((self.count, name, "timeout"))
                    continue
                self.count += 1
                self.secure += bool(reply.flags & dns.flags.AD)
                if reply.rcode() != rcode:
                    self.bad.append((self.count, name, dns.rcode.to_text(reply.rcode()), self.world.states()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()


def is_secure(world, kind="A"):
    name = f"parent.{ZONE}" if kind == "A" else ZONE
    return bool(ask(world.resolver, RESOLVER, name, kind, want_dnssec=True, timeout=20).flags & dns.flags.AD)


def test_rolls_follow_the_parent_and_no_question_fails(world):
    """The first DS, a roll to each algorithm, and the end of the DS by CDS: each by itself, after it was begun."""
    wait_until(lambda: world.zone()["asks_parent"], WAIT_S, "the parent is asked")
    first, = (line for line in world.daemon.ask("keys", "ds", ZONE).splitlines() if " IN DS " in line and line[0] != ";")
    with Stream(world) as stream:
        world.update(f"update add {ZONE}. 1 {first.split(' ', 1)[1]}")
        wait_until(lambda: world.states() == ["active"], WAIT_S, "the first DS is seen")
        wait_until(lambda: is_secure(world), WAIT_S, "it is secure")
        before = stream.secure
        for algorithm in ("15", "13", "13"):
            old, = world.parent_ds()
            world.change("roll", ZONE, f"--algorithm={algorithm}")
            wait_until(lambda: world.carry() or world.parent_ds() != [old], WAIT_S, "the parent has followed")
            wait_until(lambda: world.states() == ["active"], WAIT_S, "the old key has gone")
            new, = world.zone()["keys"]
            assert world.parent_ds() == [new["tag"]] and str(new["algorithm"]) == algorithm
            assert is_secure(world)
        assert stream.secure > before
        world.change("unsign", ZONE)
        wait_until(lambda: world.carry() or not world.parent_ds(), WAIT_S, "the parent has no DS")
        wait_until(lambda: world.zone()["mode"] == "ds-gone", WAIT_S, "that is seen")
    assert not stream.bad, (len(stream.bad), stream.count, stream.bad[:10])
    assert stream.count > 100
    log = world.daemon.log()
    assert log.count('parent="has the DS"') == 4 and log.count('parent="has no DS"') == 1, log
