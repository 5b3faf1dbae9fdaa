# SPDX-License-Identifier: ISC
"""Updates that ontap-zone receives (RFC 2136): from nsupdate and as bytes; what becomes of them on the disk."""
import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402
import dns.tsig  # noqa: E402
import dns.update  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.transfer import KEYS, SECRET, axfr, rows, tsig_option  # noqa: E402
from lib.wait import wait_until  # noqa: E402

RIGHTS = ("--allow-update=key:one:*:ANY", "--allow-update=key:one:@:TXT", "--allow-update=key:two:web.wan",
          "--allow-update=key:two:h.wan:A,AAAA")


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.8.0.2/24", "2001:db8:8::2/64", alias="web")


def start(serve, host, *options):
    return serve(host, "--domain=vanya", "--no-mdns", tsig_option("one"), tsig_option("two"), *RIGHTS, *options)


@pytest.fixture
def daemon(serve, host, web):
    return start(serve, host)


def message(*changes, key="one", zone="vanya"):
    update = dns.update.Update(zone, keyring=KEYS, keyname=key, keyalgorithm="hmac-sha256") if key else \
        dns.update.Update(zone)
    for verb, *words in changes:
        getattr(update, verb)(*words)
    return update


def send(ns, *changes, key="one", zone="vanya", server="127.0.0.1", tcp=False):
    """The rcode as text."""
    query = dns.query.tcp if tcp else dns.query.udp
    reply = ns.call(lambda: query(message(*changes, key=key, zone=zone), server, timeout=10))
    assert reply.had_tsig or not key
    return dns.rcode.to_text(reply.rcode())


def texts(ns, name, rdtype="TXT"):
    reply = ask(ns, "127.0.0.1", name, rdtype)
    return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)


def serial(ns, zone="vanya"):
    return ask(ns, "127.0.0.1", zone, "SOA").answer[0][0].serial


def state_file(daemon):
    return os.path.join(os.path.dirname(daemon.socket), "state", "updates")


# --- clients --------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", [[], ["-v"]], ids=["UDP", "TCP"])
def test_nsupdate_adds_and_removes(daemon, host, options, need):
    need("nsupdate")
    before = serial(host)

    def nsupdate(*lines):
        done = host.run(["nsupdate", *options, "-y", f"hmac-sha256:one:{SECRET}"], check=False,
                        input="\n".join(["server 127.0.0.1", *lines, "send", ""]))
        assert done.returncode == 0, done.stderr
    nsupdate("update add n.vanya. 60 TXT hello", "update add n.vanya. 60 A 192.0.2.7")
    assert texts(host, "n.vanya") == ['"hello"'] and texts(host, "n.vanya", "A") == ["192.0.2.7"]
    assert serial(host) > before
    nsupdate("prereq yxrrset n.vanya. A 192.0.2.7", "prereq nxdomain m.vanya.", "update delete n.vanya. TXT",
             "update add m.vanya. 60 CNAME n.vanya.")
    assert texts(host, "n.vanya") == [] and texts(host, "m.vanya", "CNAME") == ["n.vanya."]


@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
def test_two_challenges_at_one_name(daemon, host, tcp):
    """As certbot does for a wildcard and its domain; lego deletes the set first."""
    name = "_acme-challenge.web.wan"
    assert send(host, ("delete", name, "TXT"), ("add", name, 120, "TXT", "one"), key="two", tcp=tcp) == "NOERROR"
    assert send(host, ("add", name, 120, "TXT", "two"), key="two", tcp=tcp) == "NOERROR"
    assert texts(host, name + ".vanya") == ['"one"', '"two"']
    assert send(host, ("delete", name, "TXT", "one"), key="two", tcp=tcp) == "NOERROR"
    assert texts(host, name + ".vanya") == ['"two"']


def test_ontap_zone_is_a_client_too(daemon, topo, host, serve):
    other = topo.workload("other", host, "br0", "10.8.0.3/24")
    topo.bridge(other, "br1", "10.9.0.1/24")
    topo.workload("db", other, "br1", "10.9.0.2/24", alias="db")
    serve(other, "--domain=vanya", "--no-mdns", tsig_option("one"), "--update=10.8.0.1,key:one")
    wait_until(lambda: texts(host, "db.lan.vanya", "A") == ["10.9.0.2"], what="the name of the other host")


def test_who_may_not_is_refused(daemon, host):
    assert send(host, ("add", "web.wan", 60, "TXT", "x"), key="two") == "REFUSED"
    assert send(host, ("add", "_acme-challenge.db.wan", 60, "TXT", "x"), key="two") == "REFUSED"
    assert send(host, ("add", "h.wan", 60, "A", "192.0.2.1"), key="two") == "NOERROR"
    assert send(host, ("add", "@", 60, "NS", "n.vanya."), key="one") == "REFUSED"
    assert send(host, ("add", "n", 60, "TXT", "x"), key=None) == "REFUSED"
    assert send(host, ("add", "n", 60, "TXT", "x"), zone="example") == "NOTAUTH"
    assert daemon.status()["receiver"]["refused"] == 4  # not the one without a signature


def test_a_wrong_signature_is_no_update(daemon, host):
    update = message(("add", "n", 60, "TXT", "x"))
    wire = bytearray(update.to_wire())
    wire[-30] ^= 1
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.sendto(wire, ("127.0.0.1", 53))
        assert sock.recv(4096)[3] & 15 == dns.rcode.NOTAUTH
    assert texts(host, "n.vanya") == []


def test_one_that_comes_twice_is_done_once(daemon, host):
    update = message(("absent", "n"), ("add", "n", 60, "TXT", "x"))
    wire = update.to_wire()
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        for _ in range(2):
            sock.sendto(wire, ("127.0.0.1", 53))
            assert sock.recv(4096)[3] & 15 == dns.rcode.NOERROR
        assert send(host, ("delete", "n")) == "NOERROR"
        sock.sendto(wire, ("127.0.0.1", 53))
        assert sock.recv(4096)[3] & 15 == dns.rcode.NOERROR
    assert texts(host, "n.vanya") == []
    assert daemon.status()["receiver"]["repeated"] == 2


def test_one_of_before_the_start_is_not_done_again(daemon, host, monkeypatch):
    """What was done before is not remembered then (RFC 8945 §5.2.3). Nor can a client say that it is valid for hours."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 60)
    wire = message(("add", "n", 60, "TXT", "x")).to_wire()
    monkeypatch.setattr(time, "time", lambda: now - 400)
    update = dns.update.Update("vanya")
    update.use_tsig(KEYS, "one", fudge=65535, algorithm="hmac-sha256")
    update.add("m", 60, "TXT", "x")
    old = update.to_wire()
    monkeypatch.undo()

    def rcode(wire):
        with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.sendto(wire, ("127.0.0.1", 53))
            return sock.recv(4096)[3] & 15
    assert rcode(old) == dns.rcode.NOTAUTH
    # Signed a minute before the daemon was there.
    assert rcode(wire) == dns.rcode.NOTAUTH and texts(host, "n.vanya") == []
    assert send(host, ("add", "n", 60, "TXT", "y")) == "NOERROR"


def test_a_large_one_over_tcp(daemon, host):
    changes = [("add", f"n{i}", 60, "TXT", "x" * 200) for i in range(200)]
    assert len(message(*changes).to_wire()) > 40000
    assert send(host, *changes, tcp=True) == "NOERROR"
    assert texts(host, "n199.vanya") == [f'"{"x" * 200}"']


def test_many_on_one_connection(daemon, host):
    """Each is answered, in order, with a query between them."""
    def exchange():
        found = []
        with socket.create_connection(("127.0.0.1", 53), 10) as stream:
            wires = [message(("add", f"n{i}", 60, "TXT", "x")).to_wire() for i in range(20)]
            wires.insert(10, dns.message.make_query("web.wan.vanya", "AAAA").to_wire())
            stream.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in wires))
            with stream.makefile("rb") as file:
                for wire in wires:
                    reply = file.read(struct.unpack("!H", file.read(2))[0])
                    found.append((reply[:2] == wire[:2], reply[3] & 15))
        return found
    assert host.call(exchange) == [(True, 0)] * 21
    assert texts(host, "n19.vanya") == ['"x"']


# --- the zone -------------------------------------------------------------------------------------

def test_what_the_kernel_has_stays(daemon, host, web):
    assert send(host, ("delete", "web.wan"), ("delete", "web.wan", "AAAA")) == "NOERROR"
    assert texts(host, "web.wan.vanya", "AAAA") == ["2001:db8:8::2"]
    assert send(host, ("add", "web.wan", 30, "AAAA", "2001:db8:8::99")) == "NOERROR"
    assert texts(host, "web.wan.vanya", "AAAA") == ["2001:db8:8::2", "2001:db8:8::99"]
    web.ip("addr del 2001:db8:8::2/64 dev eth0")
    wait_until(lambda: texts(host, "web.wan.vanya", "AAAA") == ["2001:db8:8::99"], what="the end of the address")


def test_secondaries_get_the_difference(serve, host, web):
    start(serve, host, "--allow-transfer=127.0.0.0/8")
    # Steps that are longer than the zone are not sent.
    assert send(host, *[("add", f"m{i}", 60, "TXT", "x") for i in range(40)]) == "NOERROR"
    assert ("m39.vanya.", "TXT", '"x"') in rows(axfr(host, "vanya", server="127.0.0.1"))
    before = serial(host)
    assert send(host, ("add", "n", 60, "TXT", "x")) == "NOERROR"
    query = dns.message.make_query("vanya", "IXFR")
    query.find_rrset(query.authority, dns.name.from_text("vanya"), dns.rdataclass.IN, dns.rdatatype.SOA,
                     create=True).add(dns.rdata.from_text("IN", "SOA", f". . {before} 0 0 0 0"))
    reply = host.call(lambda: dns.query.tcp(query, "127.0.0.1", timeout=10))
    found = [(rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype)) for rrset in reply.answer]
    assert ("n.vanya.", "TXT") in found and ("web.wan.vanya.", "AAAA") not in found


def test_a_reverse_zone_brings_its_records_back(serve, host, web):
    serve(host, "--domain=vanya", "--no-mdns", tsig_option("one"), "--allow-update=key:one:*.in-addr.arpa.:PTR")
    zone = "100.51.198.in-addr.arpa"
    web.add_addr("eth0", "198.51.100.7/32")
    wait_until(lambda: ask(host, "127.0.0.1", zone, "SOA").answer, what="the zone")
    assert send(host, ("add", "9", 60, "PTR", "x.vanya."), zone=zone) == "NOERROR"
    web.ip("addr del 198.51.100.7/32 dev eth0")
    wait_until(lambda: not ask(host, "127.0.0.1", zone, "SOA").answer, what="the end of the zone")
    web.add_addr("eth0", "198.51.100.7/32")
    wait_until(lambda: texts(host, "9." + zone, "PTR") == ["x.vanya."], what="its record")


# --- reports --------------------------------------------------------------------------------------

def test_what_was_added_is_shown_and_forgotten(daemon, host, need):
    assert send(host, ("add", "h.wan", 60, "A", "192.0.2.1"), ("add", "h.wan", 60, "AAAA", "::1"), key="two") == \
        "NOERROR"
    assert send(host, ("add", "h.wan", 60, "TXT", "x")) == "NOERROR"
    line = next(line for line in daemon.lines("names") if "updated" in line)
    assert line["updated"] == "h.wan.vanya." and line["served"]
    found = {record["type"]: record for record in line["updates"]}
    assert found["A"]["key"] == "two." and found["TXT"]["key"] == "one." and found["A"]["data"] == "192.0.2.1"
    assert 0 <= found["A"]["seconds"] < 60
    assert "192.0.2.1" in daemon.ask("names") and "key two." in daemon.ask("names")
    assert "update  A 60 192.0.2.1 by key two." in daemon.ask("explain", "h.wan.vanya")
    assert daemon.lines("forget", "h.wan", "TXT") == [{"forgotten": True}]
    assert texts(host, "h.wan.vanya") == [] and texts(host, "h.wan.vanya", "A") == ["192.0.2.1"]
    daemon.ask("forget", "h.wan.vanya.")
    assert texts(host, "h.wan.vanya", "A") == []
    for words in (("h.wan",), ("web.wan",), ("h.wan", "NOTYPE"), ("a..b",)):
        done = host.run([daemon.program, "forget", *words, "--socket=" + daemon.socket], check=False)
        assert done.returncode == 1 and done.stderr
    need("setpriv")
    done = host.run(["setpriv", "--reuid=1234", "--clear-groups", daemon.program, "forget", "x",
                     "--socket=" + daemon.socket], check=False)
    assert done.returncode == 1


# --- the disk -------------------------------------------------------------------------------------

@pytest.mark.parametrize("is_killed", [False, True])
def test_what_was_added_outlives_a_restart(daemon, host, is_killed):
    assert send(host, ("add", "n", 60, "TXT", "x"), ("add", "a b", 60, "TXT", "y")) == "NOERROR"
    assert send(host, ("delete", "a b")) == "NOERROR"
    if is_killed:
        daemon.kill()
    else:
        daemon.stop()
    daemon.start()
    assert texts(host, "n.vanya") == ['"x"'] and texts(host, "a\\032b.vanya") == []
    # It is there without the option, too.
    daemon.stop()
    daemon.options = [option for option in daemon.options if not option.startswith("--allow-update")]
    daemon.start()
    assert texts(host, "n.vanya") == ['"x"']
    assert send(host, ("add", "n", 60, "TXT", "z")) == "NOTIMP"


ANSWERED = 20


def test_a_kill_leaves_all_of_an_update_or_nothing(daemon, host):
    """Many are on the way; each adds two names, and what was answered is there."""
    for round_number in range(4):
        with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.settimeout(10)
            for i in range(40):
                name = f"k{round_number}x{i}"
                update = message(("add", "a." + name, 60, "TXT", "x"), ("add", "b." + name, 60, "TXT", "x"))
                sock.sendto(update.to_wire(), ("127.0.0.1", 53))
                if i < ANSWERED:
                    assert sock.recv(4096)[3] & 15 == dns.rcode.NOERROR
                if i == ANSWERED + 2 * round_number:
                    daemon.process.send_signal(signal.SIGKILL)
        daemon.kill()
        daemon.start()
        have = [[bool(texts(host, f"{letter}.k{round_number}x{i}.vanya")) for letter in "ab"] for i in range(40)]
        assert all(a == b for a, b in have), have
        assert all(a for a, _ in have[:ANSWERED]), have


def test_an_interrupted_write_is_told_and_forgotten(daemon, host):
    assert send(host, ("add", "n", 60, "TXT", "x")) == "NOERROR"
    daemon.stop()
    path = state_file(daemon)
    with open(path, "a", encoding="ascii") as file:
        file.write("N m.vanya.\nS TXT 60 17")
    size = os.stat(path).st_size
    daemon.start()
    assert "what was not written whole is forgotten" in daemon.log()
    assert os.stat(path).st_size < size
    assert texts(host, "n.vanya") == ['"x"'] and texts(host, "m.vanya") == []
    assert send(host, ("add", "m", 60, "TXT", "y")) == "NOERROR"
    daemon.kill()
    daemon.start()
    assert texts(host, "m.vanya") == ['"y"']


def test_a_file_that_is_something_else_is_left_alone(daemon, host):
    daemon.stop()
    with open(state_file(daemon), "w", encoding="ascii") as file:
        file.write("my notes\n")
    done = host.run([daemon.program, "serve", *daemon.options], check=False)
    assert done.returncode == 111 and "has another form than such a file" in done.stderr
    with open(state_file(daemon), encoding="ascii") as file:
        assert file.read() == "my notes\n"
    os.unlink(state_file(daemon))
    daemon.start()


def test_without_a_directory_it_does_not_start(program, host, tmp_path):
    (tmp_path / "file").write_text("")
    done = host.run([program("ontap-zone"), "serve", "--domain=vanya", "--no-mdns", tsig_option("one"),
                     "--allow-update=key:one", f"--state={tmp_path}/file", f"--socket={tmp_path}/sock",
                     "--resolve-socket=no", "--hostnames-by=none", "--assign-nsid=/run/netns"], check=False)
    assert done.returncode == 111 and "cannot be kept: what=\"updates\"" in done.stderr


def test_a_key_that_is_not_there_is_told(program, host):
    done = host.run([program("ontap-zone"), "check", "--domain=vanya", tsig_option("one"),
                     "--allow-update=key:oen"], check=False)
    assert done.returncode == 100 and "allow-update: there is no key oen." in done.stderr


def test_a_full_disk_changes_nothing(serve, host, web, small_disk):
    daemon = start(serve, host, f"--state={small_disk.path}/state", "--user=root")
    assert send(host, ("add", "n", 60, "TXT", "x")) == "NOERROR"
    small_disk.fill()
    changes = [("add", f"m{i}", 60, "TXT", "y" * 200) for i in range(50)]
    assert send(host, *changes, tcp=True) == "SERVFAIL"
    assert texts(host, "m0.vanya") == [] and texts(host, "n.vanya") == ['"x"']
    assert "cannot write updates" in daemon.log() and daemon.status()["receiver"]["failing"]
    small_disk.make_room()
    wait_until(lambda: send(host, *changes, tcp=True) == "NOERROR", what="an update that is written")
    daemon.kill()
    daemon.start()
    assert texts(host, "m49.vanya") == [f'"{"y" * 200}"'] and texts(host, "n.vanya") == ['"x"']


def test_the_file_is_made_anew_when_it_is_long(daemon, host):
    path = state_file(daemon)
    for _ in range(60):
        for text in ("a", "b"):
            changes = [("replace", f"n{i}", 60, "TXT", text * 250) for i in range(50)]
            assert send(host, *changes, tcp=True) == "NOERROR"
    assert os.stat(path).st_size < 3 << 20, "it had 120 times 26 kB of entries"
    daemon.kill()
    daemon.start()
    assert texts(host, "n49.vanya") == [f'"{"b" * 250}"']


def test_a_new_directory_is_ready_for_the_first_update(serve, host, web, tmp_path):
    conf, other = tmp_path / "zone.conf", tmp_path / "other"
    other.mkdir()
    other.chmod(0o777)
    text = f"domain = vanya\nmdns = no\nlisten = any\ntsig = one:hmac-sha256:{SECRET}\nallow-update = key:one:*:ANY\n"
    conf.write_text(text)
    daemon = serve(host, f"--config={conf}")
    daemon.stop()
    first = next(option for option in daemon.options if option.startswith("--state=")).split("=", 1)[1]
    daemon.options = [option for option in daemon.options if not option.startswith("--state=")]
    conf.write_text(text + f"state = {first}\n")
    daemon.start()
    conf.write_text(text + f"state = {other}\n")
    daemon.ask("reload")
    wait_until(lambda: (other / "updates").exists() and (other / "updates").stat().st_size > 0, what="the file")
    assert send(host, ("add", "n", 60, "TXT", "y")) == "NOERROR"


def test_a_reload_changes_rights_and_directory(serve, host, web, tmp_path):
    conf, other = tmp_path / "zone.conf", tmp_path / "other"
    other.mkdir()
    other.chmod(0o777)
    text = f"domain = vanya\nmdns = no\nlisten = any\ntsig = one:hmac-sha256:{SECRET}\n"
    conf.write_text(text)
    daemon = serve(host, f"--config={conf}")
    daemon.stop()
    first = next(option for option in daemon.options if option.startswith("--state=")).split("=", 1)[1]
    daemon.options = [option for option in daemon.options if not option.startswith("--state=")]
    conf.write_text(text + f"state = {first}\n")
    daemon.start()
    assert send(host, ("add", "n", 60, "TXT", "x")) == "NOTIMP"
    conf.write_text(text + f"state = {first}\nallow-update = key:one:*:ANY\n")
    daemon.ask("reload")
    assert send(host, ("add", "n", 60, "TXT", "x")) == "NOERROR"
    conf.write_text(text + f"state = {other}\nallow-update = key:one:n:ANY\n")
    daemon.ask("reload")
    wait_until((other / "updates").exists, what="the file in the new directory")
    assert send(host, ("add", "n", 60, "TXT", "y")) == "NOERROR"
    assert send(host, ("add", "m", 60, "TXT", "y")) == "REFUSED"
    daemon.kill()
    daemon.start()
    assert texts(host, "n.vanya") == ['"x"', '"y"']


# --- signed zones ---------------------------------------------------------------------------------

def test_in_a_signed_zone_the_answer_waits_for_signatures(serve, host, web):
    daemon = start(serve, host, "--dnssec", "--user=root")

    def signed(name, rdtype="TXT"):
        query = dns.message.make_query(name, rdtype, want_dnssec=True)
        reply = host.call(lambda: dns.query.udp(query, "127.0.0.1", timeout=10))
        return sorted(dns.rdatatype.to_text(rrset.rdtype) for rrset in reply.answer)
    wait_until(lambda: "RRSIG" in signed("vanya", "SOA"), what="a signed zone")
    for i in range(20):
        assert send(host, ("add", f"n{i}", 60, "TXT", "x")) == "NOERROR"
        assert signed(f"n{i}.vanya") == ["RRSIG", "TXT"]
        assert send(host, ("absent", f"n{i}"), ("add", f"n{i}", 60, "TXT", "y")) == "YXDOMAIN"
        assert send(host, ("delete", f"n{i}")) == "NOERROR"
        assert signed(f"n{i}.vanya") == []
    assert send(host, ("add", "@", 60, "TXT", "x")) == "NOERROR"
    wait_until(lambda: signed("vanya") == ["RRSIG", "TXT"], what="the record of the domain itself")
    assert daemon.status()["receiver"]["done"] == 41


def test_what_an_apex_cannot_have_is_left_out(serve, host, web, tmp_path):
    """The name was no apex when it was updated. The signer refuses DS there, and the others would wait for it."""
    daemon = start(serve, host, "--user=root")
    assert send(host, ("add", "sub", 60, "DS", "1 13 2 " + 64 * "0"), ("add", "sub", 60, "NS", "ns.sub"),
                ("add", "sub", 60, "TXT", "x")) == "NOERROR"
    daemon.stop()
    daemon.options = [option.replace("--domain=vanya", "--domain=sub.vanya") for option in daemon.options]
    daemon.options.append("--dnssec")
    daemon.start()
    wait_until(lambda: texts(host, "sub.vanya", "DNSKEY"), what="a signed zone")
    wait_until(lambda: texts(host, "sub.vanya") == ['"x"'], what="the record that may be there")
    assert texts(host, "sub.vanya", "DS") == []
    assert send(host, ("add", "n", 60, "TXT", "y"), zone="sub.vanya") == "NOERROR"
    assert texts(host, "n.sub.vanya") == ['"y"']
    assert "sub.vanya. type=DS" in daemon.log()


# --- key pairs (SIG(0)) ---------------------------------------------------------------------------

def make_key_files(need, directory, name, algorithm):
    """Returns the file of the secret, and that of the KEY."""
    need("dnssec-keygen")
    done = subprocess.run(["dnssec-keygen", "-q", "-K", directory, "-T", "KEY", "-n", "HOST", "-a", algorithm, name],
                          capture_output=True, text=True, check=True)
    base = os.path.join(directory, done.stdout.strip())
    return base + ".private", base + ".key"


def make_key_pair(need, directory, name, algorithm):
    """Returns the file of the secret, and the KEY as a line of a zone file."""
    secret, public = make_key_files(need, directory, name, algorithm)
    with open(public, encoding="ascii") as file:
        line = next(line for line in file if not line.startswith(";"))
    return secret, line


@pytest.fixture
def pairs(serve, host, web, need, tmp_path):
    """Two hosts with a key pair each; the KEY of one is in a zone file, the other's is put by an update."""
    need("nsupdate")
    laptop, line = make_key_pair(need, tmp_path, "laptop.wan.vanya", "ECDSAP256SHA256")
    phone, phone_line = make_key_pair(need, tmp_path, "phone.wan.vanya", "ED25519")
    zone = tmp_path / "zone"
    zone.write_text(line)
    daemon = start(serve, host, f"--zone-file={zone}", "--allow-update=sig0:laptop.wan.vanya:laptop.wan:A,AAAA",
                   "--allow-update=sig0:phone.wan.vanya")
    return daemon, laptop, phone, phone_line.split(" KEY ", 1)[1].strip()


def nsupdate_with(host, key, *lines, options=()):
    done = host.run(["nsupdate", *options, "-k", key], check=False,
                    input="\n".join(["server 127.0.0.1", "zone vanya", *lines, "send", ""]))
    return done.stderr.strip()


def test_a_key_pair_updates_what_it_may(pairs, host):
    daemon, laptop, phone, key = pairs
    for options in ([], ["-v"]):
        assert nsupdate_with(host, laptop, "update add laptop.wan.vanya. 60 A 192.0.2.7", options=options) == ""
        assert texts(host, "laptop.wan.vanya", "A") == ["192.0.2.7"]
        assert nsupdate_with(host, laptop, "update delete laptop.wan.vanya. A", options=options) == ""
        assert texts(host, "laptop.wan.vanya", "A") == []
    assert "REFUSED" in nsupdate_with(host, laptop, "update add web.wan.vanya. 60 A 192.0.2.7")
    assert "NOTAUTH" in nsupdate_with(host, phone, "update add _acme-challenge.phone.wan.vanya. 60 TXT x")
    assert "no file and no zone of ours has such a key" in daemon.log()
    # dnspython has no KEY.
    host.run(["nsupdate", "-y", f"hmac-sha256:one:{SECRET}"],
             input=f"server 127.0.0.1\nzone vanya\nupdate add phone.wan.vanya. 60 KEY {key}\nsend\n")
    assert nsupdate_with(host, phone, "update add _acme-challenge.phone.wan.vanya. 60 TXT x") == ""
    assert texts(host, "_acme-challenge.phone.wan.vanya") == ['"x"']
    line = next(line for line in daemon.lines("names") if line.get("updated", "").startswith("_acme"))
    assert line["updates"][0]["key"] == "phone.wan.vanya."


def test_the_keys_of_files_are_read_again_by_a_reload(serve, host, web, need, tmp_path):
    """nsupdate signs with the name as it is written, in capitals. A faulty file changes nothing."""
    need("nsupdate")
    laptop, laptop_key = make_key_files(need, tmp_path, "LapTop.Elsewhere.example", "ECDSAP256SHA256")
    phone, phone_key = make_key_files(need, tmp_path, "phone.elsewhere.example", "ED25519")
    keys, conf = tmp_path / "keys", tmp_path / "zone.conf"
    text = f"domain = vanya\nmdns = no\nlisten = any\nsig0-file = {keys}\n"
    text += "".join(f"allow-update = sig0:{name}.elsewhere.example:{name}.wan:ANY\n" for name in ("laptop", "phone"))
    conf.write_text(text)
    shutil.copy(laptop_key, keys)
    daemon = serve(host, f"--config={conf}")
    def update(key, name, data):
        return nsupdate_with(host, key, f"update add {name}.wan.vanya. 60 TXT {data}")
    assert update(laptop, "laptop", "one") == ""
    assert "NOTAUTH" in update(phone, "phone", "one")
    with open(phone_key, encoding="ascii") as file:
        keys.write_text(keys.read_text() + file.read())
    daemon.ask("reload")
    assert update(laptop, "laptop", "two") == "" and update(phone, "phone", "two") == ""
    keys.write_text("; a comment\na. KEY 512 3 8 AwEAAQ==\n")
    daemon.ask("reload", check=False)
    assert f"{keys}:2: the algorithm is not 13" in daemon.log()
    keys.write_text("\na. A 192.0.2.1\n")
    daemon.ask("reload", check=False)
    assert f"{keys}:2: is no KEY and no DNSKEY" in daemon.log()
    assert update(laptop, "laptop", "three") == "" and update(phone, "phone", "three") == ""
    shutil.copy(phone_key, keys)
    daemon.ask("reload")
    assert "NOTAUTH" in update(laptop, "laptop", "four")
    assert update(phone, "phone", "four") == ""
    assert texts(host, "laptop.wan.vanya") == ['"one"', '"three"', '"two"']


def test_a_shared_key_of_the_same_name_has_no_right_of_the_pair(serve, host, web, need, tmp_path):
    secret, line = make_key_pair(need, tmp_path, "one", "ECDSAP256SHA256")
    zone = tmp_path / "zone"
    zone.write_text(line.replace("one.", "one.vanya."))
    serve(host, "--domain=vanya", "--no-mdns", tsig_option("one"), f"--zone-file={zone}", "--allow-update=sig0:one:*:ANY")
    assert send(host, ("add", "n", 60, "TXT", "x")) == "REFUSED"
    assert "NOTAUTH" in nsupdate_with(host, secret, "update add n.vanya. 60 TXT x")


def test_a_flood_of_signatures_is_verified_in_part(pairs, host):
    """Each has another wrong signature; over UDP what is over the limit has no answer."""
    daemon, _, _, _ = pairs
    update = message(("add", "laptop.wan", 60, "A", "192.0.2.9"), key=None).to_wire()
    signer = dns.name.from_text("laptop.wan.vanya").to_wire()
    head = struct.pack("!HBBIIIH", 0, 13, 0, 0, 0x7fffffff, 0, 1) + signer
    record = b"\0" + struct.pack("!HHIH", 24, 255, 0, len(head) + 64) + head + os.urandom(64)
    wire = update[:10] + b"\0\1" + update[12:] + record
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in range(600):
            sock.sendto(wire, ("127.0.0.1", 53))
    wait_until(lambda: daemon.status()["receiver"]["refused"] >= 50, what="the first of them")
    assert daemon.status()["receiver"]["refused"] < 600
    assert send(host, ("add", "n", 60, "TXT", "x")) == "NOERROR"
