# SPDX-License-Identifier: ISC
"""Asking the running daemon: names, status, explain, watch, graph, each for people and with -j."""
import contextlib
import datetime
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time
import xml.etree.ElementTree

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import ask, has_addresses  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST4, HOST6 = "10.7.0.1", "fd07::1"


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", f"{HOST4}/24", f"{HOST6}/64")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.7.0.2/24", "fd07::2/64", "2001:db8:7::2/64",
                         alias="web")


@pytest.fixture
def daemon(host, web, topo, serve):
    topo.workload("bad", host, "br0", "10.7.0.9/24", alias="not_a_name")
    return serve(host, "--domain=vanya", "--ns=ns.example.", "--no-mdns", "--lan=203.0.113.0/24")


def test_names_is_a_table_and_json(daemon, web):
    text = daemon.ask("names")
    assert re.search(rf"^web +lan +10\.7\.0\.2 +{web.name} +eth0 *$", text, re.MULTILINE)
    assert re.search(r"^not_a_name .* has a byte that is no letter", text, re.MULTILINE)
    line, = [line for line in daemon.lines("names") if line.get("name") == "web"]
    assert {"10.7.0.2", "fd07::2", "2001:db8:7::2"} <= {a["address"] for a in line["addresses"]}
    first = line["addresses"][0]
    assert first["netns"] == web.name and first["link"] == "eth0" and first["nsid"] >= 0
    assert all(key == key.lower() for key in [*line, *first])


def test_names_can_be_brief_some_or_all(daemon, topo, host):
    topo.workload("svc10", host, "br0", "10.7.0.10/24", alias="svc10")
    topo.workload("svc2", host, "br0", "10.7.0.12/24", alias="svc2")
    topo.workload("netns-27b4a5e8-1c2d-3e4f-5061-728394a5b6c7", host, "br0", "10.7.0.13/24", alias="svc3")
    wait_until(lambda: {"svc2", "svc3", "svc10"} <= set(daemon.names()[0]), what="the names")
    assert [line.split()[0] for line in daemon.ask("names", "-br").splitlines()] == \
        ["not_a_name", "svc2", "svc3", "svc10", "web"]
    some = daemon.ask("names", "-br", "svc*", "w?b")
    assert [line.split()[0] for line in some.splitlines()] == ["svc2", "svc3", "svc10", "web"]
    assert re.search(r"^svc10 +served +10\.7\.0\.10( |$)", some, re.MULTILINE)
    assert {line["name"] for line in daemon.lines("names", "svc?")} == {"svc2", "svc3"}
    head, *rows = daemon.ask("names").splitlines()
    starts = {row.index("eth0") for row in rows if "eth0" in row}
    assert starts == {head.index("LINK")}, "a long name of a namespace moves no column"


def test_link_local_addresses_of_ports_are_shown_on_demand(host, web, serve):
    port = next(line["link"] for ns in serve(host, "--domain=vanya").lines("graph")
                for line in ns["links"] if line.get("master"))
    daemon = serve(host, "--domain=vanya", "--listen=127.0.0.1:5300")
    host.ip(f"link set {port} alias outside")
    wait_until(lambda: any(line.get("name") == "outside" for line in daemon.lines("names")))
    wait_until(lambda: "fe80" in daemon.ask("names", "-a", "outside"))
    assert "fe80" not in daemon.ask("names", "outside")
    assert "port of a bridge" in daemon.ask("names", "--all", "outside")


def test_names_tell_the_state_of_name_local(host, web, serve):
    daemon = serve(host, "--domain=vanya")
    wait_until(lambda: re.search(r"^web .* announced br0", daemon.ask("names"), re.MULTILINE))
    line, = daemon.lines("names", "web")
    local, = line["local"]
    assert (local["name"], local["link"], local["state"]) == ("web.local.", "br0", "established")
    assert re.search(r"^web +announced +10\.7\.0\.2 ", daemon.ask("names", "-br"), re.MULTILINE)


def test_status_counts(daemon, host):
    before = daemon.status()["dns"]
    for name, key in (("web.vanya", "noerror"), ("nope.vanya", "nxdomain"), ("vanya", "nodata"),
                      ("example.com", "refused")):
        ask(host, "127.0.0.1", name)
        assert daemon.status()["dns"][key] == before[key] + 1, key
    ask(host, "127.0.0.1", "web.vanya", tcp=True)
    after = daemon.status()["dns"]
    assert after["queries_udp"] == before["queries_udp"] + 4
    assert after["queries_tcp"] == before["queries_tcp"] + 1
    text = daemon.ask("status")
    for line in ("domain +vanya\\.", "served +1", "rejected +1", "queries_tcp +1"):
        assert re.search(rf"^ *{line}$", text, re.MULTILINE), line


def data(explained):
    return [(answer["type"], answer["data"]) for answer in explained["answers"]]


def test_explain_tells_what_each_client_gets_and_why(daemon):
    near = daemon.lines("explain", "web", f"--client={HOST4}")[0]
    assert (near["view"], data(near)) == ("lan", [("A", "10.7.0.2"), ("AAAA", "fd07::2")])
    assert near["name"] == "web.vanya."
    far = daemon.lines("explain", "web.vanya", "--client=192.0.2.7")[0]
    assert (far["view"], data(far)) == ("wan", [("AAAA", "2001:db8:7::2")])
    by_option = daemon.lines("explain", "web", "--client=203.0.113.7")[0]
    assert by_option["view"] == "lan" and by_option["rule"]["prefix"] == "203.0.113.0/24"
    by_link = daemon.lines("explain", "web", "--client=2001:db8:7::99")[0]
    assert by_link["view"] == "lan" and by_link["rule"]["prefix"] == "2001:db8:7::/64"
    for client in (HOST4, "192.0.2.7"):
        text = daemon.ask("explain", "web", f"--client={client}")
        assert f"client  {client} is " in text and "2001:db8:7::2" in text


def test_explain_tells_why_an_address_is_left_out(daemon, web):
    web.ip("addr add fd07::66/64 dev eth0")
    wait_until(lambda: "tentative" in daemon.ask("explain", "web"), what="the tentative address")
    web.ip("link set eth0 down")
    wait_until(lambda: "link is down" in daemon.ask("explain", "web", check=False))


def test_explain_and_the_log_tell_of_an_alias_that_gave_way(host, web, serve, tmp_path):
    zone = tmp_path / "zone"
    zone.write_text("web CNAME mail\nlater CNAME mail\nmail A 192.0.2.1\n"
                    "$ORIGIN local.\nweb CNAME mail\nlater CNAME mail\n")
    daemon = serve(host, "--domain=vanya", f"--zone-file={zone}")
    for name, target in (("web", "mail.vanya."), ("web.local", "mail.local.")):
        explained = daemon.lines("explain", name)[0]
        assert explained["hidden"]["data"] == target, name
        assert f"hidden  CNAME {target}" in daemon.ask("explain", name, check=False)
        assert "hidden" not in daemon.lines("explain", name.replace("web", "later"))[0]
    assert "name=web.vanya. target=mail.vanya." in daemon.log()
    assert "name=web.local. target=mail.local." in daemon.log()
    assert "later" not in daemon.log()
    web.ip("link set eth0 alias other")
    wait_until(lambda: "hidden" not in daemon.lines("explain", "web")[0], what="the alias")
    web.ip("link set eth0 alias later")
    wait_until(lambda: "name=later.vanya." in daemon.log(), what="the other one in the log")


class Explained:
    """What `explain` says, and how it ended."""

    def __init__(self, daemon, *arguments):
        done = daemon.ns.run([daemon.program, "explain", *arguments, f"--socket={daemon.socket}"],
                             check=False)
        self.text, self.status = done.stdout, done.returncode


def test_explain_of_what_is_not_there_is_a_negative_answer(daemon):
    nothing = Explained(daemon, "nope")
    assert nothing.status == 1 and "NXDOMAIN" in nothing.text
    assert Explained(daemon, "web").status == 0
    foreign = Explained(daemon, "example.com")
    assert foreign.status == 1 and "REFUSED" in foreign.text
    for wrong in (["x" * 64], ["a..b"], [""], [], ["web", "more"], ["web", "--client=10.7"]):
        assert Explained(daemon, *wrong).status == 100, wrong
    assert "NOERROR" in Explained(daemon, "2.0.7.10.in-addr.arpa").text
    done = daemon.ns.run([daemon.program, "explain", "web", "--socket=/nowhere/x"], check=False)
    assert done.returncode == 111 and "is it running?" in done.stderr


def test_explain_tells_what_is_withheld_from_this_client(daemon):
    far = daemon.lines("explain", "web", "--client=192.0.2.7")[0]
    told = {addr["address"]: addr["withheld"] for addr in far["addresses"]}
    assert told["2001:db8:7::2"] == ""
    assert "the client is wan" in told["10.7.0.2"] and "the client is wan" in told["fd07::2"]
    near = daemon.lines("explain", "web")[0]
    told = {addr["address"]: addr["told"] for addr in near["addresses"]}
    assert told["10.7.0.2"] and told["fd07::2"] and not told["2001:db8:7::2"]
    assert re.search(r"10\.7\.0\.2 .* withheld: a lan address, and the client is wan",
                     Explained(daemon, "web", "--client=192.0.2.7").text)


def test_explain_tells_why_a_client_gets_the_addresses_near_to_it(host, web, topo, serve):
    topo.bridge(host, "br1", "10.8.0.1/24")
    topo.veth(web, "eth1", host, "p99")
    host.ip("link set p99 master br1")
    host.ip("link set p99 up")
    web.ip("link set eth1 alias web")
    web.ip("link set eth1 up")
    web.ip("addr add 10.8.0.2/24 dev eth1")
    daemon = serve(host, "--domain=vanya", "--no-mdns")

    def withheld(client):
        line, = daemon.lines("explain", "web", f"--client={client}")
        return {addr["address"]: addr["withheld"] for addr in line["addresses"]}
    near = wait_until(lambda: "10.8.0.2" in (told := withheld("10.8.0.7")) and told)
    assert near["10.8.0.2"] == "" and near["10.7.0.2"] == "another address is on the client's own link"
    near = withheld("10.7.0.7")
    assert near["10.7.0.2"] == "" and near["10.8.0.2"] == "another address is on the client's own link"
    elsewhere = withheld("10.99.0.7")
    assert elsewhere["10.7.0.2"] == "" == elsewhere["10.8.0.2"]


def test_explain_without_an_answer_for_a_wan_client_is_negative(daemon, host, topo):
    topo.workload("inner", host, "br0", "10.7.0.20/24", alias="inner")
    wait_until(lambda: Explained(daemon, "inner").status == 0, what="the name")
    far = Explained(daemon, "inner", "--client=8.8.8.8")
    assert far.status == 1 and "NODATA" in far.text and "the client is wan" in far.text


def test_explain_of_an_address_looks_back(daemon, web, topo, host):
    known = Explained(daemon, "10.7.0.2")
    assert known.status == 0 and "PTR web.lan.vanya." in known.text
    assert f"address {web.name} eth0" in known.text
    nameless = topo.workload("nameless", host, "br0", "10.7.0.30/24")
    unknown = wait_until(lambda: next(iter(
        [e for e in [Explained(daemon, "10.7.0.30")] if nameless.name in e.text]), None))
    assert unknown.status == 1 and "NXDOMAIN" in unknown.text


def test_explain_of_a_foreign_name_tells_the_zones_that_are_ours(daemon):
    line, = daemon.lines("explain", "example.com")
    assert {"vanya.", "10.in-addr.arpa."} <= set(line["zones"])
    assert "vanya." in Explained(daemon, "example.com").text


@pytest.mark.parametrize("asked, meant", [("wbe", "web"), ("webb", "web"), ("wbe.lan.vanya", "web.lan.vanya"),
                                          ("web.lan", "web.lan.vanya")])
def test_explain_asks_whether_another_name_was_meant(daemon, asked, meant):
    assert daemon.lines("explain", asked)[0]["nearest"][0] == meant
    assert f"did you mean {meant}" in Explained(daemon, asked).text
    assert Explained(daemon, meant).status == 0


def test_explain_of_local_tells_links_and_states(host, web, serve):
    daemon = serve(host, "--domain=vanya")
    wait_until(lambda: Explained(daemon, "web.local").status == 0, what="web.local")
    line, = daemon.lines("explain", "web.local")
    assert [(local["link"], local["state"]) for local in line["local"]] == [("br0", "established")] or \
        line["local"][0]["state"] == "announcing"
    assert all(addr["told"] for addr in line["addresses"] if addr["address"] == "10.7.0.2")
    assert re.search(r"^ +br0 announc", Explained(daemon, "web.local").text, re.MULTILINE)
    other = Explained(daemon, "wbe.local")
    assert other.status == 1 and "did you mean web.local" in other.text


class Watcher:
    """Runs `ontap-zone watch`; yields its lines as they arrive."""

    def __init__(self, daemon, *options, command=("watch",)):
        self.process = daemon.ns.popen([daemon.program, *command, f"--socket={daemon.socket}",
                                        *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = ""

    def wait_for(self, pattern, timeout=5):
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.text, re.MULTILINE):
            left = deadline - time.monotonic()
            assert left > 0, f"{pattern} is not in: {self.text}"
            if select.select([self.process.stdout], [], [], left)[0]:
                part = os.read(self.process.stdout.fileno(), 65536)
                assert part, f"watch ended: {self.text}"
                self.text += part.decode()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def watch(daemon):
    watchers = []

    def start(*options, **how):
        watchers.append(Watcher(daemon, *options, **how))
        return watchers[-1]
    yield start
    for watcher in watchers:
        watcher.close()


def change_until(watcher, web, pattern):
    """`watch` does not report when it listens: changes something until the change is seen."""
    for i in range(50):
        web.ip(f"addr {'del' if i % 2 else 'add'} 10.7.0.200/24 dev eth0")
        with contextlib.suppress(AssertionError):
            watcher.wait_for(pattern, 0.2)
            return
    raise AssertionError(watcher.text)


TIME = r"^\d\d:\d\d:\d\d\.\d\d\d "


def test_watch_shows_each_change(daemon, web, watch):
    watcher = watch()
    change_until(watcher, web, r"10\.7\.0\.200")
    web.add_addr("eth0", "10.7.0.3/24", "2001:db8:7::3/64")
    watcher.wait_for(TIME + r"\+ web\.lan\.vanya\. 60 A 10\.7\.0\.3 \(web-\S+ eth0\)$")
    watcher.wait_for(TIME + r"\+ web\.wan\.vanya\. 60 AAAA 2001:db8:7::3")
    watcher.wait_for(TIME + r"\+ web\.vanya\. 60 A 10\.7\.0\.3 ; lan clients \(web-\S+ eth0\)$")
    watcher.wait_for(TIME + r"\+ 3\.0\.7\.10\.in-addr\.arpa\. 60 PTR web\.lan\.vanya\. \(web-\S+ eth0\)$")
    web.ip("addr del 10.7.0.3/24 dev eth0")
    watcher.wait_for(TIME + r"- web\.lan\.vanya\. 60 A 10\.7\.0\.3 \(web-\S+ eth0\)$")


def test_watch_is_one_object_a_line_with_j(daemon, web, watch):
    watcher = watch("-j")
    change_until(watcher, web, r"10\.7\.0\.200")
    web.add_addr("eth0", "10.7.0.3/24")
    watcher.wait_for(r'"10\.7\.0\.3".*\n')
    lines = [json.loads(line) for line in watcher.text.rpartition("\n")[0].splitlines()]
    line = next(line for line in lines if line["data"] == "10.7.0.3")
    assert line["event"] == "added" and line["type"] == "A" and line["name"].endswith("vanya.")
    assert (line["netns"], line["link"]) == (web.name, "eth0")
    assert abs(time.time() - datetime.datetime.fromisoformat(line["time"]).timestamp()) < 600


@pytest.mark.parametrize("how", ["link del eth0", "link set eth0 down", "addr flush dev eth0"])
def test_watch_tells_whose_a_record_was(daemon, web, watch, how):
    watcher = watch("-j")
    change_until(watcher, web, r"10\.7\.0\.200")
    web.ip(how)
    watcher.wait_for(r'"removed".*"web\.lan\.vanya\.".*"10\.7\.0\.2".*\n')
    lines = [json.loads(line) for line in watcher.text.rpartition("\n")[0].splitlines()]
    line = next(line for line in lines if line["event"] == "removed" and line["data"] == "10.7.0.2")
    assert (line["netns"], line["link"]) == (web.name, "eth0")


def test_names_live_shows_the_state_after_each_change(daemon, web, watch):
    live = watch(command=("names", "--watch"))
    live.wait_for(r"^web .*10\.7\.0\.2 ")
    web.add_addr("eth0", "10.7.0.77/24")
    live.wait_for(r"10\.7\.0\.77 ")
    web.set_alias("eth0", "other")
    live.wait_for(r"^other .*10\.7\.0\.2 ")
    assert "\x1b" not in live.text


def test_names_live_leaves_the_terminal_as_it_was(daemon, web, tmp_path):
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = daemon.ns.popen([daemon.program, "names", "--watch", f"--socket={daemon.socket}"],
                              stdin=slave, stdout=slave, stderr=slave)
    text = b""

    def read_until(wanted):
        nonlocal text
        deadline = time.monotonic() + 10
        while wanted not in text:
            left = deadline - time.monotonic()
            assert left > 0, text
            if select.select([master], [], [], left)[0]:
                text += os.read(master, 65536)
    try:
        read_until(b"10.7.0.2")
        web.add_addr("eth0", "10.7.0.77/24")
        read_until(b"10.7.0.77")
        process.send_signal(signal.SIGINT)
        read_until(b"\x1b[?1049l")
        assert process.wait(10) == 0
        assert termios.tcgetattr(slave) == before
        assert text.startswith(b"\x1b[?1049h") and text.count(b"\x1b[?25l") == text.count(b"\x1b[?25h")
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_names_live_ends_with_the_daemon(daemon, watch):
    live = watch(command=("names", "--watch"))
    live.wait_for("^web ")
    daemon.stop()
    live.wait_for("the daemon has ended")
    assert live.process.wait(10) == 111


def test_a_watcher_that_does_not_read_costs_only_itself(daemon, web, host):
    with socket.socket(socket.AF_UNIX) as lazy:
        lazy.connect(daemon.socket)
        lazy.sendall(b"watch\n")
        for _ in range(8):
            web.batch([f"addr add 10.7.2.{i}/24 dev eth0" for i in range(1, 250)])
            web.batch(["addr flush dev eth0 to 10.7.2.0/24"])
        wait_until(lambda: has_addresses(host, "web.lan.vanya", "10.7.0.2"), what="the end of it")
        assert daemon.status()["ready"] is True


def test_graph_is_drawn_by_dot(daemon, web, need):
    dot = need("dot")
    text = daemon.ask("graph")
    done = subprocess.run([dot, "-Tsvg"], input=text, capture_output=True, text=True, check=True)
    root = xml.etree.ElementTree.fromstring(done.stdout)
    drawn = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"web", web.name, "10.7.0.2", "eth0 (veth)", "br0"} <= drawn


def test_graph_has_every_name_whatever_its_source(host, web, topo, serve, tmp_path):
    zone = tmp_path / "zone"
    zone.write_text("mail A 10.7.0.2\nshop.mail A 10.7.0.2\n")
    topo.workload("other", host, "br0", "10.7.0.3/24", alias="one,two")
    daemon = serve(host, "--domain=vanya", "--names=alias,netns", f"--zone-file={zone}")
    text = daemon.ask("graph", "--format=text")
    assert re.search(r"web, mail, shop\.mail\.vanya\.", text) and "one, two" in text
    names = {name["name"]: name["source"] for ns in daemon.lines("graph")
             for link in ns["links"] for name in link["names"]}
    assert names["web"] == "alias" and names["mail"] == "zone-file"


def test_graph_as_svg_needs_no_other_program(daemon, web):
    root = xml.etree.ElementTree.fromstring(daemon.ask("graph", "--format=svg"))
    assert int(root.get("width")) <= 800
    drawn = " ".join("".join(element.itertext())
                     for element in root.iter("{http://www.w3.org/2000/svg}text"))
    for text in ("web", web.name, "10.7.0.2", "br0"):
        assert text in drawn, text


def test_graph_of_thirty_namespaces_fits_on_a_page(host, topo, serve):
    for i in range(30):
        topo.workload(f"w{i}", host, "br0", f"10.7.1.{i + 1}/16", f"fd07::1:{i + 1}/64", alias=f"w{i}")
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    root = xml.etree.ElementTree.fromstring(daemon.ask("graph", "--format=svg"))
    assert int(root.get("width")) <= 800 and int(root.get("height")) <= 1200


def test_graph_survives_any_alias(daemon, web, need):
    web.set_alias("eth0", 'a"b\\c\n<&> \x1b[31m {|} \u00fc')
    wait_until(lambda: daemon.names()[0] == {} or "web" not in daemon.names()[0])
    done = subprocess.run([need("dot"), "-Tsvg"], input=daemon.ask("graph"), capture_output=True,
                          text=True, check=True)
    xml.etree.ElementTree.fromstring(done.stdout)
    assert "\x1b" not in daemon.ask("graph") and "\x1b" not in daemon.ask("names")


def test_graph_is_one_namespace_a_line_with_j(daemon, web):
    lines = {line["netns"]: line for line in daemon.lines("graph")}
    link, = [link for link in lines[web.name]["links"] if link["link"] == "eth0"]
    assert link["alias"] == "web" and link["kind"] == "veth" and link["up"] is True
    assert "10.7.0.2" in link["addresses"]
    bridge, = [link for line in lines.values() for link in line["links"] if link["link"] == "br0"]
    assert bridge["segment"] == link["segment"]


def test_colour_is_for_terminals_and_not_for_no_color(daemon, need):
    script = need("script")

    def on_terminal(**environ):
        done = daemon.ns.run([script, "-qec", f"{daemon.program} names --socket={daemon.socket}",
                              "/dev/null"], env=dict(os.environ, **environ))
        return done.stdout
    assert "\x1b[" in on_terminal()
    assert "\x1b[" not in on_terminal(NO_COLOR="1")
    assert "\x1b[" not in daemon.ask("names")


def test_tables_fit_the_terminal(daemon, web, need):
    script = need("script")

    def widest(columns):
        done = daemon.ns.run([script, "-qec", f"{daemon.program} names --socket={daemon.socket}",
                              "/dev/null"], env=dict(os.environ, COLUMNS=str(columns), NO_COLOR="1"))
        return max(len(line.rstrip()) for line in done.stdout.splitlines())
    whole = max(len(line) for line in daemon.ask("names").splitlines())
    assert widest(80) <= 80 < whole == widest(200)
