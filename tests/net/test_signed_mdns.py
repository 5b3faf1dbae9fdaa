# SPDX-License-Identifier: ISC
"""Public names (--publish) on the wire: which packets are signed, that a verifier of others' believes them, and that stacks
that know nothing of it resolve as before."""
import base64
import os
import re
import signal
import socket
import struct
import subprocess
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib import mdns  # noqa: E402
from lib.mdns import A, AAAA, IN, OPT, QU, SRV, TXT, Socket, android_resolve, wait_established  # noqa: E402
from lib.peers import resolved_stack  # noqa: E402
from lib.wait import wait_until  # noqa: E402

SIG, KEY, PTR = 24, 25, 12
DO = struct.pack("!BHHIH", 0, OPT, 1440, 0x8000, 0)
NO_DO = struct.pack("!BHHIH", 0, OPT, 1440, 0, 0)

# Each line of input is a packet in hexadecimal; each of output says whether it is signed by the key.
VERIFY = """
use Net::DNS; use Net::DNS::SEC;
my $key = Net::DNS::RR->new(shift);
while (<STDIN>) {
    chomp;
    my $wire = pack 'H*', $_;
    my $packet = eval { Net::DNS::Packet->decode(\\$wire) };
    print(($packet && $packet->sigrr && eval { $packet->verify($key) }) ? "yes\\n" : "no\\n");
}
"""


class Lab:
    def __init__(self, topo, serve):
        topo.has_dad = False
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", "10.7.0.1/24", "fd07::1/64")
        topo.workload("web", self.host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")
        topo.workload("db", self.host, "br0", "10.7.0.4/24", alias="db")
        self.client = topo.workload("client", self.host, "br0", "10.7.0.9/24", "fd07::9/64")
        self.topo, self.serve = topo, serve

    def start(self, *options):
        """The daemon of a host with the name "box", whatever this machine is called."""
        return self.serve(self.host, "--domain=example.org", "--publish=web*,new", "--self", *options,
                          prefix=("unshare", "--uts", "sh", "-c", 'hostname box && exec "$@"', "sh"))


@pytest.fixture
def lab(topo, serve):
    return Lab(topo, serve)


def signatures(message):
    return [record for record in message.records if record.type == SIG]


def is_signed(message):
    """True: by one record, the last one, as a signature of a message is."""
    found = signatures(message)
    if not found:
        return False
    last = message.records[-1]
    assert found == [last] and last.section == "additional", message.records
    assert last.name == "box.local." and last.class_ == IN and last.ttl == 0, last
    covered, _, labels, ttl = struct.unpack("!HBBI", last.rdata[:8])
    assert (covered, labels, ttl) == (0, 0, 0)
    end, begin = struct.unpack("!II", last.rdata[8:16])
    assert begin <= time.time() + 2 and end - begin == 180, (begin, end)
    return True


def is_public(message):
    return message.is_response and any("web" in r.name or r.name == "_ontap._udp.local." for r in message.records
                                       if r.type in (A, AAAA, SRV, TXT, PTR) and "arpa" not in r.name)


def verdicts(key, wires):
    if subprocess.run(["perl", "-MNet::DNS::SEC", "-e1"], check=False, capture_output=True).returncode:
        pytest.skip("libnet-dns-sec-perl is not installed")
    done = subprocess.run(["perl", "-e", VERIFY, key], input="".join(wire.hex() + "\n" for wire in wires), text=True,
                          capture_output=True, check=True)
    return [line == "yes" for line in done.stdout.split()]


def host_key(daemon):
    return daemon.ask("keys", "show", "--host").splitlines()[0]


def ask(sock, name, rdtype, class_=IN, additional=()):
    sock.send(mdns.query(mdns.question(name, rdtype, class_), additional=additional))


def has(name, rdtype):
    return lambda message: message.is_response and message.of(name, rdtype, "answer")


def test_packets_with_public_names_are_signed_and_no_others(lab, topo):
    daemon = lab.start()
    seen = []

    def listen(sock, seconds):
        end = time.monotonic() + seconds
        while message := sock.receive(end - time.monotonic()):
            seen.append(message)
    with Socket(lab.client) as sock:
        wait_established(daemon, "web", "db", "box")
        topo.workload("new", lab.host, "br0", "10.7.0.6/24", alias="web-2")
        for name, rdtype in (("web.local", A), ("db.local", A), ("db.local", 15), ("_ontap._udp.local", PTR), ("box.local", A)):
            ask(sock, name, rdtype)
            time.sleep(0.2)
        listen(sock, 4)
        ask(sock, "db.local", A)
        listen(sock, 1)
        daemon.stop()
        listen(sock, 1)
    wrong = [m.records for m in seen if is_signed(m) != is_public(m)]
    assert not wrong, wrong
    signed = [m for m in seen if is_signed(m)]
    assert any(m.of("web-2.local.", A) for m in signed) and any(not m.is_response for m in seen)
    assert any(m.of("db.local.", A, "answer") and not is_signed(m) for m in seen if m.is_response)
    gone = [m for m in signed if any(r.ttl == 0 and r.name == "web.local." for r in m.records)]
    assert gone, "no signed goodbye"


@pytest.mark.parametrize("algorithm", [13, 15])
def test_a_public_tool_verifies_them(lab, algorithm):
    daemon = lab.start(f"--dnssec-algorithm={algorithm}")
    wait_established(daemon, "web")
    key = host_key(daemon)
    with Socket(lab.client) as sock:
        wires = []
        for name, rdtype in (("web.local", A), ("_ontap._udp.local", PTR), ("web._ontap._udp.local", TXT)):
            ask(sock, name, rdtype)
            wires.append(sock.wait_for(has(name + ".", rdtype)).wire)
        instance = mdns.Message(wires[2])
    assert instance.of("web._ontap._udp.local.", TXT)[0].rdata == b"\x05d=web"
    changed = []
    for at in range(2, len(wires[0]) - 1, 3):
        wire = bytearray(wires[0])
        wire[at] ^= 1
        changed.append(bytes(wire))
    assert verdicts(key, wires) == [True] * 3
    # Of the record itself, owner, class and TTL are not signed (RFC 2931).
    last = len(wires[0]) - len(mdns.Message(wires[0]).records[-1].rdata)
    free = range(last - 10 - len(mdns.wire_name("box.local")), last)
    got = verdicts(key, changed)
    assert not any(good for at, good in zip(range(2, len(wires[0]) - 1, 3), got) if at not in free), got


def test_unicast_is_signed_for_who_asks_with_do(lab):
    daemon = lab.start()
    wait_established(daemon, "web", "db")
    wait_until(lambda: mdns.mdns_names(daemon)["web.local."]["state"] == "established", 10, "web is announced")
    with Socket(lab.client) as group, Socket(lab.client, port=0) as legacy:
        def unicast(name, additional):
            """A reply to this address alone: the query goes to the daemon's, so that it is one."""
            group.sock.sendto(mdns.query(mdns.question(name, A, IN | QU), additional=additional), ("10.7.0.1", 5353))
            return group.wait_for(has(name + ".", A))
        assert is_signed(unicast("web.local", [DO]))
        assert not is_signed(unicast("web.local", [NO_DO]))
        assert not is_signed(unicast("web.local", []))
        assert not is_signed(unicast("db.local", [DO]))
        legacy.send(mdns.query(mdns.question("web.local", A), id_=7, additional=[DO]))
        assert not signatures(legacy.wait_for(lambda m: m.id == 7))
    assert android_resolve(lab.client, "web.local", A, has_opt=True) == ["10.7.0.2"]


def test_who_does_not_know_the_key_asks_for_it(lab):
    daemon = lab.start()
    wait_established(daemon, "box")
    with Socket(lab.client) as sock:
        ask(sock, "box.local", KEY)
        said = sock.wait_for(has("box.local.", KEY))
        assert is_signed(said)
        ask(sock, "box.local", 15)
        denial = sock.wait_for(has("box.local.", 47))
        assert KEY in denial.of("box.local.", 47)[0].data
    rdata = said.of("box.local.", KEY)[0].rdata
    assert struct.unpack("!HBB", rdata[:4]) == (512, 3, 13)
    assert base64.b64encode(rdata[4:]).decode() == host_key(daemon).split()[-1]


def test_without_the_signer_it_goes_on_unsigned(lab):
    daemon = lab.start()
    wait_established(daemon, "web")
    children = subprocess.run(["ps", "--ppid", str(daemon.process.pid), "-o", "pid=,comm="], text=True, capture_output=True,
                              check=True).stdout.split("\n")
    signer = next(int(line.split()[0]) for line in children if "ontap-signer" in line)
    with Socket(lab.client) as sock:
        os.kill(signer, signal.SIGSTOP)
        for _ in range(3):
            ask(sock, "web.local", A)
            assert not is_signed(sock.wait_for(has("web.local.", A)))
            time.sleep(1.1)
        assert daemon.log().count("the signer is late") == 1
        os.kill(signer, signal.SIGCONT)

        def is_signed_again():
            ask(sock, "web.local", A)
            return is_signed(sock.wait_for(has("web.local.", A)))
        wait_until(is_signed_again, 20, "signatures again")
        os.kill(signer, signal.SIGKILL)
        wait_until(lambda: "nothing is signed any more" in daemon.log(), 10, "the signer's end in the log")
        time.sleep(1.1)
        ask(sock, "web.local", A)
        assert not is_signed(sock.wait_for(has("web.local.", A)))
    shown = daemon.status()["public"]
    assert shown["key"] == "box.example.org." and not shown["signing"] and shown["signed"] > 0 and shown["unsigned_late"] > 0


def test_the_domain_stays_and_a_host_without_a_name_signs_nothing(lab, tmp_path):
    conf = tmp_path / "zone.conf"
    conf.write_text("domain = example.org\npublish = web\nlisten = any\n")
    daemon = lab.serve(lab.host, f"--config={conf}", prefix=("unshare", "--uts", "sh", "-c", 'hostname box && exec "$@"', "sh"))
    conf.write_text("domain = example.net\npublish = web\nlisten = any\n")
    daemon.ask("reload", check=False)
    assert "not reloaded: key=domain" in daemon.log()
    daemon.stop()
    daemon = lab.serve(lab.host, "--domain=example.org", "--publish=web",
                       prefix=("unshare", "--uts", "sh", "-c", 'hostname localhost && exec "$@"', "sh"))
    wait_established(daemon, "web")
    assert "nothing is signed by this host" in daemon.log() and "public" not in daemon.status()
    with Socket(lab.client) as sock:
        ask(sock, "web.local", A)
        assert not signatures(sock.wait_for(has("web.local.", A)))
        assert "web._ontap._udp.local." not in mdns.mdns_names(daemon)


# --- stacks that know nothing of it ----------------------------------------------------------------

def test_avahi_resolves_and_keeps_no_signature(lab, topo, stacks, need):
    daemon = lab.start()
    wait_established(daemon, "web", "db", "box")
    desktop = topo.workload("desktop", lab.host, "br0", "10.7.0.10/24", "fd07::a/64")
    stack = stacks(desktop, "desktop")
    avahi = stack.start_avahi(need)
    resolve = need("avahi-resolve")

    def cache():
        """The records of others that it has by now, without their TTLs."""
        before = len(stack.log("avahi-daemon"))
        stack.run("kill", "-USR1", str(avahi.pid))
        wait_until(lambda: stack.log("avahi-daemon")[before:].count("CACHE DUMP") == 2, 5, "the dump of both families")
        time.sleep(0.5)
        text = stack.log("avahi-daemon")[before:].split("CACHE DUMP", 1)[1]
        return {line.split(";")[0] for line in text.splitlines() if "\tIN\t" in line and "desktop" not in line}
    for name, address in (("web", "10.7.0.2"), ("db", "10.7.0.4"), ("box", "10.7.0.1")):
        assert stack.run(resolve, "-4", "-n", f"{name}.local").stdout.split()[1] == address
    found = stack.run(need("avahi-browse"), "-rptk", "_ontap._udp").stdout
    assert re.search(r"=;eth0;IPv[46];web;.*;web\.local;", found) and '"d=web"' in found
    kept = cache()
    assert "web.local\tIN\tA 10.7.0.2 " in kept, kept
    with Socket(lab.client) as sock:
        for _ in range(4):
            ask(sock, "web.local", A)
            assert is_signed(sock.wait_for(has("web.local.", A)))
            time.sleep(1.1)
    assert cache() == kept
    assert {line.split("\t")[2].split()[0] for line in kept} == {"A", "AAAA", "PTR", "SRV", "TXT"}


def test_zeroconf_finds_the_instance(lab):
    pytest.importorskip("zeroconf", reason="python3-zeroconf is not installed")
    daemon = lab.start()
    wait_established(daemon, "web")
    program = """
from zeroconf import IPVersion, Zeroconf
z = Zeroconf(interfaces=["10.7.0.9"], ip_version=IPVersion.V4Only)
info = z.get_service_info("_ontap._udp.local.", "web._ontap._udp.local.", 5000)
print(info.server, sorted(info.parsed_addresses(IPVersion.V4Only)), info.properties[b"d"])
z.close()
"""
    said = lab.client.run(["/usr/bin/python3", "-c", program], timeout=30).stdout
    assert said == "web.local. ['10.7.0.2'] b'web'\n"


def test_systemd_resolved_resolves(lab, topo, stacks, need, builddir):
    desktop = topo.workload("desktop", lab.host, "br0", "10.7.0.10/24", "fd07::a/64")
    stack = stacks(desktop, "desktop")
    resolvectl = resolved_stack(stack, need, builddir, "MulticastDNS=yes\nLLMNR=no\nFallbackDNS=\n")
    stack.run(resolvectl, "mdns", "eth0", "yes")
    daemon = lab.start()
    wait_established(daemon, "web")
    assert "10.7.0.2" in stack.run(resolvectl, "query", "--legend=no", "-4", "web.local").stdout
