# SPDX-License-Identifier: ISC
"""`ontap-zone export` and --export, read by the programs for which the formats are made."""
import ipaddress
import json
import os
import signal
import subprocess

import pytest

from lib.daemon import hermetic_options
from lib.wait import wait_until

WAN4, WAN6 = "198.51.100.7", "2001:db8:7::7"
LAN4, LAN6 = "10.9.0.7", "fd09::7"

ZONE_FILE = """\
$ORIGIN vanya.
$TTL 300
ns     A     192.0.2.53
@      MX    10 web
@      TXT   "v=spf1 mx -all" "semi;colon: \\"quoted\\" \\200"
www    CNAME web
_x._tcp SRV  5 0 5222 web
dot\\.ted A  192.0.2.77
*.apps A     192.0.2.9
c      CAA   0 issue "ca.example"
u      TYPE731 \\# 2 abcd
h      TYPE65 \\# 3 000100
deep.er.than A 192.0.2.10
"""


@pytest.fixture
def host(topo):
    """A host with a bridge and one workload, "web", that has an address of each kind."""
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.9.0.1/24", "fd09::1/64")
    topo.workload("web", ns, "br0", f"{LAN4}/24", f"{LAN6}/64", f"{WAN4}/24", f"{WAN6}/64",
                  alias="web")
    return ns


@pytest.fixture
def zone_file(tmp_path):
    path = tmp_path / "vanya.zone"
    path.write_text(ZONE_FILE)
    return str(path)


@pytest.fixture
def export(program, host, zone_file):
    """export("--format=json", …) -> the output of `ontap-zone export` for domain vanya."""
    def run(*options):
        return host.run([program("ontap-zone"), "export", *hermetic_options(program("ontap-zone"), "export"),
                         "--domain=vanya", "--ns=ns.vanya", f"--zone-file={zone_file}",
                         *options]).stdout
    return run


def unspaced(text):
    """Lines with single spaces, sorted, without comments."""
    return sorted(" ".join(line.split()) for line in text.splitlines() if not line.startswith(";"))


def test_named_takes_the_zone_as_it_is(export, need, tmp_path):
    path = tmp_path / "zone"
    path.write_text(export("--format=zone"))
    done = subprocess.run([need("named-checkzone"), "-k", "ignore", "vanya", str(path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + path.read_text()
    assert "OK" in done.stdout


def test_named_takes_each_reverse_zone(export, need, tmp_path):
    records = json.loads(export("--format=json"))["records"]
    apexes = [r["name"] for r in records if r["type"] == "SOA" and r["name"].endswith(".arpa.")]
    assert apexes
    for apex in apexes:
        path = tmp_path / "reverse"
        path.write_text(export("--format=zone", f"--zone={apex}"))
        done = subprocess.run([need("named-checkzone"), apex, str(path)], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stdout + path.read_text()


def test_ldns_reads_the_same_records_from_the_zone(export, need, tmp_path):
    path = tmp_path / "zone"
    path.write_text(export("--format=zone"))
    done = subprocess.run([need("ldns-read-zone"), str(path)], capture_output=True, text=True,
                          check=True)
    wanted = [line for line in path.read_text().splitlines() if not line.startswith("$")]
    assert len(unspaced(done.stdout)) == len(wanted)
    dnszone = pytest.importorskip("dns.zone", reason="python3-dnspython is not installed")
    ours = dnszone.from_text(path.read_text(), "vanya.", relativize=False)
    theirs = dnszone.from_text(done.stdout, "vanya.", relativize=False)
    assert ours == theirs


def test_the_zone_has_no_private_address_at_a_bare_name_unless_asked(export):
    wan = export("--format=zone").splitlines()
    lan = export("--format=zone", "--view=lan").splitlines()

    def of(lines, owner):
        return sorted(line.split()[-1] for line in lines if line.split()[0] == owner
                      and line.split()[3] in ("A", "AAAA"))
    assert of(wan, "web") == [WAN4, WAN6]
    assert of(lan, "web") == [LAN4, LAN6]
    assert of(wan, "web.lan") == of(lan, "web.lan") == [LAN4, LAN6]


def test_the_same_state_gives_the_same_bytes(export):
    for output in ("tinydns", "hosts", "json", "zone"):
        first, second = export(f"--format={output}"), export(f"--format={output}")
        # The serial is the time at which the state was read.
        drop = [line for line in first.splitlines() if "SOA" not in line and line[0] != "Z"]
        same = [line for line in second.splitlines() if "SOA" not in line and line[0] != "Z"]
        assert drop == same


def test_hosts_has_each_address_once_with_its_names(export):
    lines = dict(line.split("\t") for line in export("--format=hosts").splitlines())
    assert set(lines[LAN4].split()) == {"web.vanya", "web.lan.vanya"}
    assert lines[WAN6].split()[0].startswith("web.")
    assert "fe80" not in "".join(lines)


def test_json_names_the_view_of_each_record(export):
    records = json.loads(export("--format=json"))["records"]
    views = {r["data"]: r["view"] for r in records if r["name"] == "web.vanya."}
    assert views == {LAN4: "lan", LAN6: "lan", WAN4: "wan", WAN6: "wan"}
    assert set(records[0]) == {"name", "type", "view", "ttl", "data"}


# --- tinydns ---------------------------------------------------------------------------------------

class Tinydns:
    """A real tinydns that answers at 10.9.0.1, and at an address for other clients."""

    def __init__(self, ns, need, root):
        self.ns, self.root = ns, root
        self.compiler, self.program = need("tinydns-data"), need("tinydns")
        self.processes = []

    def compile(self, data):
        (self.root / "data").write_text(data)
        done = subprocess.run([self.compiler], cwd=self.root, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr + data

    def start(self, address):
        environ = {"ROOT": str(self.root), "IP": address, "UID": "65534", "GID": "65534"}
        self.processes.append(self.ns.popen([self.program], env=environ,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def tinydns(host, need, tmp_path):
    root = tmp_path / "tinydns"
    root.mkdir()
    for path in (tmp_path, root):
        os.chmod(path, 0o755)
    server = Tinydns(host, need, root)
    yield server
    server.stop()


@pytest.fixture
def ask():
    pytest.importorskip("dns", reason="python3-dnspython is not installed")
    from lib import query
    return query


def asker(ask, client, server):
    """Asks until an answer arrives: tinydns does not report when it is ready."""
    def run(name, rdtype):
        def attempt():
            try:
                return ask.ask(client, server, name, rdtype, timeout=1)
            except OSError:
                return None
            except ask.dns.exception.Timeout:
                return None
        return wait_until(attempt, what="an answer of tinydns")
    return run


def rdata(reply):
    return sorted(item.to_text() for rrset in reply.answer for item in rrset)


@pytest.fixture
def outside(topo, host):
    """A client elsewhere: on another link, with an address that is not private, and is on-link nowhere that
    we watch as a workload. The host answers it at 203.0.113.1."""
    ns = topo.namespace("outside")
    topo.veth(host, "up0", ns, "eth0")
    # A /31 each way, with peer addresses only on the far side: for the host it is not a named link.
    ns.add_addr("eth0", "203.0.113.2/32")
    ns.ip("route add 203.0.113.1/32 dev eth0")
    host.add_addr("up0", "203.0.113.1/32")
    host.ip("route add 203.0.113.2/32 dev up0")
    return ns


def test_tinydns_answers_each_client_as_its_view_is(host, outside, export, tinydns, ask):
    tinydns.compile(export("--format=tinydns"))
    tinydns.start("10.9.0.1")
    tinydns.start("203.0.113.1")
    lan, wan = asker(ask, host, "10.9.0.1"), asker(ask, outside, "203.0.113.1")
    assert rdata(lan("web.vanya.", "A")) == [LAN4]
    assert rdata(lan("web.vanya.", "AAAA")) == [LAN6]
    assert rdata(wan("web.vanya.", "A")) == [WAN4]
    assert rdata(wan("web.vanya.", "AAAA")) == [WAN6]
    for who in (lan, wan):
        assert rdata(who("web.lan.vanya.", "A")) == [LAN4]
        assert rdata(who("web.wan.vanya.", "AAAA")) == [WAN6]
        assert who("web.wan.vanya.", "A").flags & ask.dns.flags.AA


def test_tinydns_has_every_type_of_a_zone_file(host, export, tinydns, ask):
    tinydns.compile(export("--format=tinydns"))
    tinydns.start("10.9.0.1")
    lan = asker(ask, host, "10.9.0.1")
    assert rdata(lan("vanya.", "MX")) == ["10 web.vanya."]
    assert rdata(lan("vanya.", "TXT")) == ['"v=spf1 mx -all" "semi;colon: \\"quoted\\" \\200"']
    assert rdata(lan("www.vanya.", "CNAME")) == ["web.vanya."]
    assert rdata(lan("_x._tcp.vanya.", "SRV")) == ["5 0 5222 web.vanya."]
    assert rdata(lan("dot\\.ted.vanya.", "A")) == ["192.0.2.77"]
    assert rdata(lan("any.apps.vanya.", "A")) == ["192.0.2.9"]
    assert rdata(lan("c.vanya.", "CAA")) == ['0 issue "ca.example"']
    assert rdata(lan("u.vanya.", "TYPE731")) == ["\\# 2 abcd"]
    soa = lan("vanya.", "SOA").answer[0][0]
    assert soa.serial > 0 and soa.rname.to_text() == "hostmaster.vanya."
    for address in (LAN4, WAN4, LAN6, WAN6):
        name = ipaddress.ip_address(address).reverse_pointer + "."
        assert rdata(lan(name, "PTR")), f"no PTR at {name}"


# --- following -------------------------------------------------------------------------------------

def read(path):
    return path.read_text() if path.exists() else ""


def test_watch_writes_the_file_and_runs_the_command_after_each_change(host, program, topo, tmp_path):
    output, ran = tmp_path / "hosts", tmp_path / "ran"
    process = host.popen([program("ontap-zone"), "export", *hermetic_options(program("ontap-zone"), "export"),
                          "--format=hosts", "--watch",
                          f"--output={output}", f"--exec=cat {output} >> {ran}"],
                         stderr=subprocess.PIPE)
    try:
        wait_until(lambda: f"{LAN4}\t" in read(ran), what="the first file")
        topo.namespaces[1].add_addr("eth0", "10.9.0.99/24")
        wait_until(lambda: "10.9.0.99\t" in read(ran), what="the address in the file")
        assert "10.9.0.99\t" in read(output)
        topo.namespaces[1].ip("addr del 10.9.0.99/24 dev eth0")
        wait_until(lambda: "10.9.0.99" not in read(output), what="the address gone")
        assert not [name for name in os.listdir(tmp_path) if name.startswith("hosts.")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0, process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_watch_tells_where_clients_stand_too(host, program, topo, tmp_path):
    """An address without a name changes no record, but its prefix is lan from now on."""
    output = tmp_path / "data"
    process = host.popen([program("ontap-zone"), "export", *hermetic_options(program("ontap-zone"), "export"),
                          "--format=tinydns", "--watch", f"--output={output}"])
    try:
        wait_until(lambda: f":{LAN4}:" in read(output), what="the first file")
        topo.namespace("silent").ip("addr add 203.0.113.1/24 dev lo")
        wait_until(lambda: "%la:203.0.113\n" in read(output), what="the location")
    finally:
        process.terminate()
        process.wait()


def test_serve_keeps_its_exports_up_to_date(host, serve, topo, tmp_path):
    hosts, data, ran = tmp_path / "hosts", tmp_path / "data", tmp_path / "ran"
    os.chmod(tmp_path, 0o777)
    ran.touch()
    os.chmod(ran, 0o666)
    serve(host, "--domain=vanya", "--no-mdns", f"--export=hosts:{hosts}", f"--export=tinydns:{data}",
          f"--on-export=echo done >> {ran}", "--listen=127.0.0.1:5300")
    wait_until(lambda: f"{LAN4}\t" in read(hosts) and read(ran), what="the first files")
    topo.namespaces[1].ip(f"addr del {LAN4}/24 dev eth0")
    wait_until(lambda: LAN4 not in read(hosts), what="the address gone from hosts")
    wait_until(lambda: LAN4 not in read(data), what="the address gone from tinydns' data")
    wait_until(lambda: read(ran).count("done") >= 2, what="the command after the change")


def test_large_exports_are_whole_whatever_happens_while_they_are_made(host, serve, topo, tmp_path):
    """A thread makes them, and they are sent to the keeper in pieces. A reload exchanges the files meanwhile."""
    many = 5000
    zone, conf, first, second = (tmp_path / name for name in ("large.zone", "conf", "first", "second"))
    os.chmod(tmp_path, 0o777)
    zone.write_text(f"$GENERATE 1-{many} h$ TXT host$\n")
    exports = [f"export = json:{first}\nexport = zone:{second}\n", f"export = zone:{first}\nexport = json:{second}\n"]

    def is_whole(path, is_json, addr):
        text = read(path)
        return (text.startswith("{") == is_json and text.endswith("\n") and text.count("TXT") == many
                and (addr in text or not is_json))

    conf.write_text(exports[0])
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zone}", f"--config={conf}", "--listen=127.0.0.1:5300")
    wait_until(lambda: is_whole(first, True, LAN4) and is_whole(second, False, ""), what="the first files")
    for turn in range(1, 4):
        topo.namespaces[1].ip(f"addr add 10.9.0.{100 + turn}/24 dev eth0")
        conf.write_text(exports[turn % 2])
        daemon.ask("reload")
        wait_until(lambda: is_whole(first, turn % 2 == 0, f"10.9.0.{100 + turn}")
                   and is_whole(second, turn % 2 == 1, f"10.9.0.{100 + turn}"), what=f"the files of turn {turn}")


# --- bad input --------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, message", [
    (["serve", "--domian=x"], "--domian=x: unknown option; did you mean --domain?"),
    (["serve", "--lan=10.0.0.1/8"], "--lan: "),
    (["export", "--format=bind"], "--format: 'bind' is not tinydns, zone, hosts or json"),
    (["frobnicate"], "frobnicate: unknown command"),
    ([], "no command"),
])
def test_wrong_usage_is_named_with_exit_100(host, program, arguments, message):
    done = host.run([program("ontap-zone"), *arguments], check=False)
    assert done.returncode == 100
    assert message in done.stderr


@pytest.mark.parametrize("command", ["check", "export", "serve"])
def test_a_bad_line_of_a_file_is_named_with_exit_100(host, program, tmp_path, command):
    conf, zone = tmp_path / "zone.conf", tmp_path / "bad.zone"
    conf.write_text("ttl = 60\n\ntttl = 60\n")
    done = host.run([program("ontap-zone"), command, f"--config={conf}"], check=False)
    assert done.returncode == 100
    assert f"{conf}:3: tttl: unknown key; did you mean ttl?" in done.stderr
    zone.write_text("a A 192.0.2.1\nb A 192.0.2\n")
    done = host.run([program("ontap-zone"), command, f"--zone-file={zone}"], check=False)
    assert done.returncode == 100
    assert f"{zone}:2: " in done.stderr


def test_the_samples_work_as_they_are(host, program):
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = host.run([program("ontap-zone"), "check", f"--config={top}/zones/zone.conf",
                     f"--zone-file={top}/zones/home.arpa.zone",
                     f"--zone-file={top}/zones/local.zone"], check=False)
    assert done.returncode == 0, done.stderr


def test_a_configuration_file_that_is_named_must_exist(host, program):
    done = host.run([program("ontap-zone"), "check", "--config=/nowhere/zone.conf"], check=False)
    assert done.returncode == 100
    assert "/nowhere/zone.conf" in done.stderr


def test_a_configuration_file_that_is_too_large_is_called_so(host, program, tmp_path):
    conf = tmp_path / "zone.conf"
    conf.write_text("#" * ((1 << 20) + 1))
    done = host.run([program("ontap-zone"), "check", f"--config={conf}"], check=False)
    assert done.returncode == 100
    assert f"file=\"{conf}\" error=\"is larger than a configuration file may be\"" in done.stderr


def test_help_is_the_option_table(host, program):
    done = host.run([program("ontap-zone"), "--help"])
    assert "--domain=NAME" in done.stdout and "--client=ADDR" in done.stdout
    done = host.run([program("ontap-zone"), "explain", "--help"])
    assert "--client=ADDR" in done.stdout and "--domain=NAME" not in done.stdout
