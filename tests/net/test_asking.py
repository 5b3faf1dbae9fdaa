# SPDX-License-Identifier: ISC
"""Asking the running daemon: names, status, explain, watch, graph, each for people and with -j."""
import contextlib
import json
import os
import re
import select
import socket
import subprocess
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
    assert re.search(r"^not_a_name +not served: ", text, re.MULTILINE)
    line, = [line for line in daemon.lines("names") if line.get("name") == "web"]
    assert {"10.7.0.2", "fd07::2", "2001:db8:7::2"} <= {a["address"] for a in line["addresses"]}
    first = line["addresses"][0]
    assert first["netns"] == web.name and first["link"] == "eth0" and first["nsid"] >= 0
    assert all(key == key.lower() for key in [*line, *first])


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
        assert f"hidden  CNAME {target}" in daemon.ask("explain", name)
        assert "hidden" not in daemon.lines("explain", name.replace("web", "later"))[0]
    assert "name=web.vanya. target=mail.vanya." in daemon.log()
    assert "name=web.local. target=mail.local." in daemon.log()
    assert "later" not in daemon.log()
    web.ip("link set eth0 alias other")
    wait_until(lambda: "hidden" not in daemon.lines("explain", "web")[0], what="the alias")
    web.ip("link set eth0 alias later")
    wait_until(lambda: "name=later.vanya." in daemon.log(), what="the other one in the log")


def test_explain_of_what_is_not_there_is_a_negative_answer(daemon, host, program):
    def explain(*arguments):
        return host.run([program("ontap-zone"), "explain", *arguments,
                         f"--socket={daemon.socket}"], check=False)
    assert explain("nope").returncode == 1
    assert "NXDOMAIN" in explain("nope").stdout
    assert explain("web").returncode == 0
    assert "REFUSED" in explain("example.com").stdout
    assert explain("x" * 64).returncode in (1, 100)
    assert "NOERROR" in explain("2.0.7.10.in-addr.arpa").stdout


class Watcher:
    """`ontap-zone watch`; its lines as they come."""

    def __init__(self, daemon, *options):
        self.process = daemon.ns.popen([daemon.program, "watch", f"--socket={daemon.socket}",
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

    def start(*options):
        watchers.append(Watcher(daemon, *options))
        return watchers[-1]
    yield start
    for watcher in watchers:
        watcher.close()


def change_until(watcher, web, pattern):
    """`watch` does not say when it listens: changes something until it is seen."""
    for i in range(50):
        web.ip(f"addr {'del' if i % 2 else 'add'} 10.7.0.200/24 dev eth0")
        with contextlib.suppress(AssertionError):
            watcher.wait_for(pattern, 0.2)
            return
    raise AssertionError(watcher.text)


def test_watch_shows_each_change(daemon, web, watch):
    watcher = watch()
    change_until(watcher, web, r"10\.7\.0\.200")
    web.add_addr("eth0", "10.7.0.3/24", "2001:db8:7::3/64")
    watcher.wait_for(r"^\+ web\.lan\.vanya\. 60 A 10\.7\.0\.3")
    watcher.wait_for(r"^\+ web\.wan\.vanya\. 60 AAAA 2001:db8:7::3")
    watcher.wait_for(r"^\+ web\.vanya\. 60 A 10\.7\.0\.3 ; lan clients")
    watcher.wait_for(r"^\+ 3\.0\.7\.10\.in-addr\.arpa\. 60 PTR web\.lan\.vanya\.")
    web.ip("addr del 10.7.0.3/24 dev eth0")
    watcher.wait_for(r"^- web\.lan\.vanya\. 60 A 10\.7\.0\.3")


def test_watch_is_one_object_a_line_with_j(daemon, web, watch):
    watcher = watch("-j")
    change_until(watcher, web, r"10\.7\.0\.200")
    web.add_addr("eth0", "10.7.0.3/24")
    watcher.wait_for(r'"10\.7\.0\.3".*\n')
    lines = [json.loads(line) for line in watcher.text.rpartition("\n")[0].splitlines()]
    line = next(line for line in lines if line["data"] == "10.7.0.3")
    assert line["event"] == "added" and line["type"] == "A" and line["name"].endswith("vanya.")


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
    assert {"web", web.name, "10.7.0.2", "eth0 (veth)", "br0 (bridge)"} <= drawn


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
