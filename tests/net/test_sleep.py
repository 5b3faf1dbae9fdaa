# SPDX-License-Identifier: ISC
"""Before the machine sleeps, peers are told that its names go; and they are back when it is awake. Who tells it is a process of
its own (src/ontap-zone/sleeper.h)."""
import os
import pathlib
import signal

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")
for package in ("dbus", "gi"):
    pytest.importorskip(package, reason=f"python3-{package} is not installed")

from lib.mdns import A, Socket, android_resolve, query, question, wait_established  # noqa: E402
from lib.sleep import Bus  # noqa: E402
from lib.started import is_sanitized  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def bus(topo, tmp_path, need):
    made = Bus(topo.namespace("system"), str(tmp_path), need)
    yield made
    made.stop()


@pytest.fixture
def host(topo):
    topo.has_dad = False
    made = topo.namespace("host")
    for number in (7, 8):
        topo.bridge(made, f"br{number}", f"10.{number}.0.1/24")
        topo.workload(f"web{number}", made, f"br{number}", f"10.{number}.0.2/24", alias=f"web{number}")
    return made


@pytest.fixture
def clients(topo, host):
    return [topo.workload(f"client{number}", host, f"br{number}", f"10.{number}.0.9/24") for number in (7, 8)]


@pytest.fixture
def serve_with(serve, host, bus):
    def start(*options):
        daemon = serve(host, "--domain=vanya", "--sleep-goodbye", *options, environ=bus.environ)
        wait_established(daemon, "web7", "web8")
        return daemon
    return start


def child(daemon):
    """(pid, state) of the process that hears of sleep, or None."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, (state, parent, *_) = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()
        if name == "ontap-sleeper" and int(parent) == daemon.process.pid:
            return int(entry.name), state
    return None


def goodbyes(sock):
    """The names that have gone, by what has come so far."""
    gone = set()
    while (message := sock.receive(0)) is not None:
        for record in message.records:
            if message.is_response and record.type == A:
                (gone.add if record.ttl == 0 else gone.discard)(record.name)
    return gone


def wait_held(bus):
    wait_until(lambda: bus.tell("holders") == "ontap-zone", what="the inhibitor")


def test_the_machine_sleeps_when_all_links_have_heard_the_goodbye(bus, serve_with, clients):
    bus.start_logind()
    daemon = serve_with()
    for _ in range(2):
        wait_held(bus)
        heard = [Socket(client) for client in clients]
        assert bus.tell("sleep") == "asleep"
        assert [goodbyes(sock) for sock in heard] == [{"web7.local."}, {"web8.local."}]
        assert bus.tell("holders") == ""

        heard[0].send(query(question("web7.local", A)))
        assert android_resolve(clients[0], "web7.local", A, timeout=0.5) is None, "it sleeps"
        assert heard[0].receive(0) is not None, "the question"
        assert goodbyes(heard[0]) == set()

        assert bus.tell("wake") == "awake"
        wait_until(lambda: android_resolve(clients[0], "web7.local", A, timeout=0.4) == ["10.7.0.2"])
        wait_until(lambda: android_resolve(clients[1], "web8.local", A, timeout=0.4) == ["10.8.0.2"])
        for sock in heard:
            sock.sock.close()
    assert "renamed" not in daemon.log()


def test_what_changes_during_the_sleep_is_said_after_it(topo, bus, serve_with, host, clients):
    bus.start_logind()
    serve_with()
    wait_held(bus)
    assert bus.tell("sleep") == "asleep"
    with Socket(clients[0]) as sock:
        topo.workload("late", host, "br7", "10.7.0.3/24", alias="late")
        host.ip("link set br8 down")
        host.ip("link set br8 up")
        assert android_resolve(clients[0], "late.local", A, timeout=1) is None
        said = []
        while (message := sock.receive(0)) is not None:
            said += message.records
        assert said == []
        bus.tell("wake")
        wait_until(lambda: android_resolve(clients[0], "late.local", A, timeout=0.4) == ["10.7.0.3"])
        wait_until(lambda: android_resolve(clients[1], "web8.local", A, timeout=0.4) == ["10.8.0.2"])


def test_nobody_but_logind_makes_it_say_goodbye(bus, serve_with, clients):
    bus.start_logind()
    daemon = serve_with()
    wait_held(bus)
    with Socket(clients[0]) as sock:
        for _ in range(3):
            bus.send_signal("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "b", "true")
        # It has heard them: what comes after them is handled after them.
        assert bus.tell("sleep") == "asleep"
        assert daemon.log().count("goodbye before the machine sleeps") == 1
        assert goodbyes(sock) == {"web7.local."}


def test_it_can_do_little(bus, serve_with, program):
    bus.start_logind()
    daemon = serve_with()
    found = wait_until(lambda: daemon.status()["processes"].get("sleeper"))
    assert found["capabilities"] == "none" and found["no_new_privs"], found
    if not is_sanitized(program("ontap-zone")):
        assert found["seccomp"], found


def test_without_logind_there_is_no_such_process(bus, serve_with):
    daemon = serve_with()
    wait_until(lambda: 'no goodbye before sleep: error="there is no logind"' in daemon.log())
    wait_until(lambda: child(daemon) is None, what="its end, with nothing left of it")
    assert "sleeper" not in daemon.status()["processes"]


def test_who_does_not_want_it_has_no_such_process(bus, serve, host):
    bus.start_logind()
    for option in ("--no-sleep-goodbye", "--no-mdns"):
        daemon = serve(host, "--domain=vanya", "--sleep-goodbye", option, environ=bus.environ)
        assert child(daemon) is None
        daemon.stop()


def test_when_the_bus_is_lost_and_comes_again_it_hears_it_again(bus, serve_with, clients):
    bus.start_logind()
    daemon = serve_with()
    wait_held(bus)
    bus.stop()
    wait_until(lambda: "the system bus is tried again" in daemon.log())
    assert android_resolve(clients[0], "web7.local", A) == ["10.7.0.2"]
    bus.start()
    bus.start_logind()
    wait_until(lambda: bus.tell("holders") == "ontap-zone", timeout=25, what="the inhibitor")
    assert bus.tell("sleep") == "asleep"
    bus.tell("wake")


def test_when_the_sleeper_is_killed_the_names_stay(bus, serve_with, clients):
    bus.start_logind()
    daemon = serve_with()
    wait_held(bus)
    os.kill(child(daemon)[0], signal.SIGKILL)
    wait_until(lambda: child(daemon) is None)
    assert bus.tell("sleep") == "asleep", "nobody delays it"
    assert android_resolve(clients[0], "web7.local", A) == ["10.7.0.2"]
