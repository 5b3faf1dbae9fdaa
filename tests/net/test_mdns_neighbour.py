# SPDX-License-Identifier: ISC
"""Beside another mDNS responder on the same host: it answers for the host, and we for all else."""
import contextlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.mdns import (A, FLUSH, IN, PTR, Socket, mdns_names, query, question, wait_established,  # noqa: E402
                      wire_name)
from lib.peers import resolved_stack  # noqa: E402
from lib.wait import wait_until  # noqa: E402

RESOLVED = "MulticastDNS=yes\nLLMNR=no\nDNSStubListener=no\nDNS=\nFallbackDNS=\n"
OPTIONS = ("--domain=vanya", "--self", "--hostnames-by=auto", "--mdns=auto")


@pytest.fixture
def host(topo, stacks):
    """A host "box" with two networks, and in each a workload and a client."""
    topo.has_dad = False
    made = topo.namespace("host")
    for i in (0, 1):
        topo.bridge(made, f"br{i}", f"10.{7 + i}.0.1/24", f"fd0{7 + i}::1/64")
        topo.workload(f"web{i}", made, f"br{i}", f"10.{7 + i}.0.2/24", alias=f"web{i}")
    made.client = topo.workload("client", made, "br0", "10.7.0.9/24", "fd07::9/64")
    made.stack = stacks(made, "box")
    return made


class Beside:
    """What the tests need of the two."""

    def __init__(self, host, serve, need):
        self.host, self.serve, self.need = host, serve, need
        self.stack, self.daemon, self.avahi = host.stack, None, None

    def start_ours(self, *options):
        inside = ["nsenter", f"--target={self.stack.holder.pid}", "--uts", "--"]
        self.daemon = self.serve(self.host, *OPTIONS, *options, prefix=inside)

    def start_avahi(self):
        """With the configuration that the package brings."""
        if not self.stack.daemons:
            self.stack.start_bus(self.need)
        before = self.avahi_log().count("Server startup complete")
        self.avahi = self.stack.start(self.need("avahi-daemon"), "--no-drop-root", "--no-chroot",
                                      "--no-rlimits", "--debug")
        wait_until(lambda: self.avahi_log().count("Server startup complete") > before, 10, "avahi's start")

    def stop_avahi(self):
        self.avahi.terminate()
        self.avahi.wait(10)

    def kill_avahi(self):
        """Without a goodbye."""
        self.avahi.send_signal(signal.SIGKILL)
        self.avahi.wait(10)
        self.stack.run("rm", "-f", "/run/avahi-daemon/pid", "/run/avahi-daemon/socket")

    @contextlib.contextmanager
    def second_host_name(self, name):
        """A program in the host's network namespace that has a host name of its own."""
        command = ["unshare", "--uts", "sh", "-c", f"hostname {name} && exec sleep infinity"]
        with self.host.popen(command, stdout=subprocess.DEVNULL) as process:
            yield
            process.kill()

    def check_answers(self):
        """What a client is told about the host, and who says it: one answer, which is Avahi's."""
        with Socket(self.host.client) as heard:
            found, end = {}, 0
            for _ in range(2):  # of what was multicast a second ago there is no answer (§6)
                heard.send(query(question("box.local", A), question("1.0.7.10.in-addr.arpa", PTR)))
                end = time.monotonic() + 1.2
                while time.monotonic() < end:
                    self.note_records(heard.receive(end - time.monotonic()), found)
        assert found["1.0.7.10.in-addr.arpa."] == {"box.local."}, found
        assert found["box.local."] <= {f"10.7.0.{i}" for i in range(1, 200)}, found

    @staticmethod
    def note_records(message, found):
        for record in message.records if message and message.is_response else []:
            if record.type in (A, PTR) and record.name.startswith(("box.", "1.0.7.10.")):
                found.setdefault(record.name, set()).add(record.data)

    def avahi_log(self):
        try:
            return self.stack.log("avahi-daemon")
        except FileNotFoundError:
            return ""

    def state(self, name="box.local."):
        return mdns_names(self.daemon).get(name, {}).get("state")

    def states_on(self, link):
        return [line["state"] for line in self.daemon.status()["mdns"]["names"]
                if line["name"] == "box.local." and line["link"] == link]

    def wait_state(self, state, name="box.local.", timeout=10):
        wait_until(lambda: self.state(name) == state, timeout, f"{name} to be {state}")

    def check_peace(self):
        print(self.avahi_log())
        assert "conflict" not in self.avahi_log().lower()
        assert "box-2" not in self.avahi_log()
        assert self.daemon.status()["mdns"]["renames"] == 0


@pytest.fixture
def beside(host, serve, need):
    return Beside(host, serve, need)


@pytest.mark.parametrize("is_avahi_first", [True, False], ids=["avahi-first", "we-first"])
def test_the_host_s_own_name_is_avahi_s_where_it_is_there(beside, is_avahi_first):
    if is_avahi_first:
        beside.start_avahi()
    beside.start_ours()
    wait_established(beside.daemon, "web0", "web1")
    if not is_avahi_first:
        beside.wait_state("established")
        beside.start_avahi()
    beside.wait_state("deferred")
    # Workloads are answered for by us, the host by Avahi: its address leads back to it alone.
    beside.check_answers()
    beside.check_peace()
    where = {line["link"]: line for line in beside.daemon.status()["mdns"]["neighbours"]}
    assert set(where) == {"br0", "br1"}
    assert {(line["program"], line["pid"]) for line in where.values()} == {("avahi-daemon", beside.avahi.pid)}
    text = beside.daemon.ask("status")
    assert re.search(rf"br0 +avahi-daemon \(pid {beside.avahi.pid}\) answers for this host", text), text


@contextlib.contextmanager
def asking(client):
    """Meanwhile somebody asks for the host all the time, so that whoever may answer does."""
    stop = threading.Event()

    def ask():
        with Socket(client) as sock:
            while not stop.wait(0.02):
                sock.send(query(question("box.local", A), question("1.0.7.10.in-addr.arpa", PTR)))
    thread = threading.Thread(target=ask)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.parametrize("delay", [0, 0.2, 0.4, 0.6, 0.8, 1.0, 3.0])
def test_avahi_may_start_while_we_probe_for_the_host_s_name(beside, delay):
    """As at boot. The two would propose different records, and the loser would take another name."""
    beside.stack.start_bus(beside.need)
    beside.start_ours()
    time.sleep(delay)
    with asking(beside.host.client):
        beside.start_avahi()
    beside.wait_state("deferred")
    time.sleep(2)
    beside.check_peace()


def test_two_minutes_beside_avahi_pass_in_peace(beside):
    """With a second host name at the host's addresses, addresses that come and go, and both of them
    started again."""
    beside.start_ours()
    beside.start_avahi()
    end = time.monotonic() + 120
    with beside.second_host_name("homeassistant"):
        beside.wait_state("established", "homeassistant.local.")
        for i in range(4):
            beside.host.add_addr("br0", f"10.7.0.{100 + i}/24", f"fd07::1:{i}/64")
            time.sleep(3)
            if i % 2:
                beside.host.ip(f"addr del 10.7.0.{100 + i}/24 dev br0")
        beside.daemon.stop()
        beside.start_ours()
        beside.wait_state("deferred", timeout=20)
        beside.stop_avahi()
        beside.start_avahi()
        time.sleep(10)
        beside.kill_avahi()
        beside.start_avahi()
        time.sleep(max(0, end - time.monotonic()))
    beside.check_peace()
    assert beside.state() == "deferred"


def test_a_second_host_name_is_said_and_its_address_leads_back_to_the_host(beside):
    beside.start_avahi()
    beside.start_ours()
    with beside.second_host_name("homeassistant"):
        beside.wait_state("established", "homeassistant.local.")
        time.sleep(3)
        with Socket(beside.host.client) as heard:
            heard.send(query(question("homeassistant.local", A)))
            reply = heard.wait_for(lambda m: m.addresses("homeassistant.local."), what="the second name")
        assert reply.addresses("homeassistant.local.") == ["10.7.0.1"]
        beside.check_answers()
    beside.check_peace()


def test_nothing_is_said_of_the_host_s_addresses_without_the_host_s_name_either(beside):
    """--no-self: the second name alone would have the address lead back to it."""
    beside.start_avahi()
    beside.start_ours("--no-self")
    with beside.second_host_name("homeassistant"):
        beside.wait_state("established", "homeassistant.local.")
        time.sleep(3)
        beside.check_answers()
    beside.check_peace()


@pytest.mark.parametrize("ending", ["stop_avahi", "kill_avahi"])
def test_where_avahi_ends_the_host_s_name_is_ours(beside, ending):
    beside.start_avahi()
    beside.start_ours()
    beside.wait_state("deferred")
    getattr(beside, ending)()
    beside.wait_state("established", timeout=20)
    assert beside.daemon.status()["mdns"]["neighbours"] == []
    with Socket(beside.host.client) as heard:
        heard.send(query(question("box.local", A)))
        heard.wait_for(lambda m: "10.7.0.1" in m.addresses("box.local."), what="the host's name from us")
    beside.check_peace()


@pytest.mark.parametrize("is_resolved_first", [True, False], ids=["resolved-first", "we-first"])
def test_the_host_s_own_name_is_resolved_s_where_it_speaks_mdns(beside, builddir, is_resolved_first):
    """It drops what comes from its own host, and says nothing unasked after its start: so if it is there first,
    it is heard when somebody asks for the host."""
    if not is_resolved_first:
        beside.start_ours()
        beside.wait_state("established")
    resolvectl = resolved_stack(beside.stack, beside.need, builddir, RESOLVED)
    for link in ("br0", "br1"):
        beside.stack.run(resolvectl, "mdns", link, "yes")
    resolved = beside.stack.daemons[-1]
    if is_resolved_first:
        time.sleep(5)  # what it says at its start is said
        beside.start_ours()
        beside.wait_state("established", timeout=20)
        with Socket(beside.host.client) as asker, Socket(beside.host.client, family=socket.AF_INET6) as asker6:
            asker.send(query(question("box.local", A)))
            asker6.send(query(question("box.local", A)))
            wait_until(lambda: "br0" in {line["link"] for line in beside.daemon.status()["mdns"]["neighbours"]})
        beside.host.ip("link set br1 down")  # nobody has asked there
    wait_until(lambda: beside.states_on("br0") == ["deferred"], 10, "silence")
    wait_until(lambda: {line["program"] for line in beside.daemon.status()["mdns"]["neighbours"]} ==
               {"systemd-resolve"}, what="who it is")
    wait_established(beside.daemon, "web0")
    beside.check_answers()
    resolved.terminate()
    resolved.wait(10)
    wait_until(lambda: beside.daemon.status()["mdns"]["neighbours"] == [], 20, "the end of resolved")
    wait_until(lambda: beside.states_on("br0") == ["established"], 20, "the host's own name")
    with Socket(beside.host.client) as heard:
        heard.send(query(question("box.local", A)))
        heard.wait_for(lambda m: "10.7.0.1" in m.addresses("box.local."), what="the host's name from us")
    assert beside.daemon.status()["mdns"]["renames"] == 0


@pytest.mark.parametrize("ending", ["stop_avahi", "kill_avahi"])
def test_beside_avahi_and_a_resolved_that_only_asks_avahi_s_end_is_seen(beside, builddir, ending):
    """The second one has the port and the group as if it answered."""
    resolvectl = resolved_stack(beside.stack, beside.need, builddir, RESOLVED.replace("=yes", "=resolve"))
    for link in ("br0", "br1"):
        beside.stack.run(resolvectl, "mdns", link, "resolve")
    beside.start_ours()
    beside.wait_state("established", timeout=20)
    beside.start_avahi()
    beside.wait_state("deferred")
    beside.check_answers()
    getattr(beside, ending)()
    beside.wait_state("established", timeout=30)
    wait_until(lambda: beside.daemon.status()["mdns"]["neighbours"] == [], 20, "no neighbour")
    beside.check_peace()


def test_a_stranger_on_the_link_with_our_address_is_no_neighbour(beside):
    """Linux drops such packets for IPv4, and not for IPv6."""
    host, client = beside.host, beside.host.client
    beside.start_ours()
    wait_until(lambda: beside.states_on("br0") == ["established"], 20, "the host's own name")
    ours = re.search(r"inet6 (fe80::[0-9a-f:]+)/", host.ip("addr show dev br0")).group(1)
    records = wire_name("box.local") + struct.pack("!HHIH", A, IN | FLUSH, 120, 4) + socket.inet_aton("10.7.0.66")
    claim = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + records
    before = beside.daemon.status()["mdns"]["packets_in"]
    client.add_addr("eth0", f"{ours}/64")
    with client.socket(socket.AF_INET6) as stranger, Socket(client, socket.AF_INET6, port=0) as asker:
        stranger.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        stranger.bind((ours, 5353, 0, client.ifindex("eth0")))
        for _ in range(3):
            stranger.sendto(claim, ("ff02::fb", 5353, 0, client.ifindex("eth0")))
        client.ip(f"addr del {ours}/64 dev eth0")
        asker.send(query(question("web0.local", A)))  # comes after them, and is heard
        wait_until(lambda: beside.daemon.status()["mdns"]["packets_in"] > before, what="the question")
    assert beside.daemon.status()["mdns"]["neighbours"] == []
    assert beside.states_on("br0") == ["established"]
    with Socket(host, socket.AF_INET6, ifname="br0") as neighbour:
        neighbour.send(claim)  # the same from here
        wait_until(lambda: beside.states_on("br0") == ["deferred"], what="silence")


def test_a_program_that_only_asks_is_no_reason_for_silence(beside):
    """Browsers and media players join the group and answer nothing."""
    with Socket(beside.host, ifname="br0") as browser:
        beside.start_ours()
        beside.wait_state("established", timeout=20)
        browser.send(query(question("web0.local", A)))
        assert beside.daemon.status()["mdns"]["neighbours"] == []
