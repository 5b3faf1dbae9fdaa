# SPDX-License-Identifier: ISC
"""./start does what it promises: a demonstration in which every line works, and which leaves no trace."""
import contextlib
import os
import re
import shlex
import signal
import subprocess

import pytest

from lib.isolate import die_with_parent
from lib.wait import wait_until

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START = os.path.join(TOP, "start")


@contextlib.contextmanager
def demonstrating(program, tmp_path, *arguments, timeout):
    """./start as a person runs it, ready for commands; its output so far in .text."""
    environ = dict(os.environ, ONTAP_ZONE=program("ontap-zone"))
    output = tmp_path / "output"
    with open(output, "wb") as file:
        process = subprocess.Popen([START, *arguments], env=environ, stdin=subprocess.DEVNULL, stdout=file,
                                   stderr=file, start_new_session=True, preexec_fn=die_with_parent)

    def is_ready():
        assert process.poll() is None, output.read_text()
        return "Ctrl-C ends" in output.read_text()

    wait_until(is_ready, timeout=timeout, what="the demonstration")
    process.text = output.read_text()
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture
def demonstration(program, need, tmp_path):
    need("dig")
    with demonstrating(program, tmp_path, timeout=30) as process:
        yield process


def run_shown(line):
    return subprocess.run(shlex.split(line), capture_output=True, text=True, timeout=10, check=True)


def assert_leaves_nothing(process, number):
    os.killpg(process.pid, number)
    assert process.wait(20) == 0
    assert os.listdir("/run/netns") == []
    assert [name for name in os.listdir("/run") if name.startswith("ontap-demo.")] == \
        ["ontap-demo.lock"]


def test_every_line_that_it_shows_works(demonstration):
    shown = re.findall(r"^  ((?:ip|nsenter) .*)$", demonstration.text, re.MULTILINE)
    assert len(shown) >= 8
    for line in shown:
        if " dig " in line:
            wait_until(lambda line=line: run_shown(line).stdout, what=line)
        else:
            run_shown(line)


def test_it_lists_its_workloads(demonstration):
    for word in ("alpha", "beta", "delta", "10.77.0.4", "10.77.0.2", "2001:db8:77::3"):
        assert word in demonstration.text


def test_its_table_has_addresses_that_can_be_used(demonstration):
    table = demonstration.text.partition("NAME ")[2].partition("Try,")[0]
    assert "10.77.0.2" in table and "tentative" not in table and "probing" not in table


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_leaves_nothing_behind(demonstration, number):
    assert_leaves_nothing(demonstration, number)


def test_names_outlive_their_machines(program, need, tmp_path):
    """The play of hosts and a collector: each step ends with an answer that delv has validated at a secondary."""
    need("delv")
    need("knotd")
    with demonstrating(program, tmp_path, "collect", timeout=400) as play:
        steps = re.split(r"^\x1b\[1m\d\. ", play.text, flags=re.MULTILINE)[1:]
        expected = ["192.168.7.11", "192.168.7.10", "203.0.113.10", "192.168.7.11", "192.168.7.99"]
        assert len(steps) == len(expected)
        for step, address in zip(steps, expected):
            assert "fully validated" in step and re.search(rf"\bIN\tA\t{address}$", step, re.MULTILINE), step
        for state in ("here", "away", "moved"):
            assert re.search(rf"^  laptop .* {state} ", play.text, re.MULTILINE), state
        for line in re.findall(r"^  (?:try|.*\"away\"): (.*)$", play.text, re.MULTILINE):
            assert run_shown(line).stdout
        assert_leaves_nothing(play, signal.SIGINT)


def test_a_second_one_is_refused_in_one_line(demonstration, program):
    environ = dict(os.environ, ONTAP_ZONE=program("ontap-zone"))
    done = subprocess.run([START], env=environ, capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 1
    assert done.stderr == "start: another demonstration is running\n"


class Running:
    """./start with arguments, inside a namespace."""

    def __init__(self, ns, program, directory, *arguments):
        self.path = directory / "output"
        self.socket = directory / "zone.sock"
        with open(self.path, "wb") as file:
            self.process = ns.popen(
                [START, "--domain=vanya", f"--socket={self.socket}", f"--state={directory}/state",
                 *arguments], env=dict(os.environ, ONTAP_ZONE=program("ontap-zone")),
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)

    def text(self):
        return self.path.read_text()


@pytest.fixture
def start(program, tmp_path):
    started = []

    def run(ns, *arguments):
        started.append(Running(ns, program, tmp_path, *arguments))
        return started[-1]
    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(20)


@pytest.mark.parametrize("listen, at", [
    ("127.0.0.1:5300", "@127.0.0.1 -p 5300"), ("0.0.0.0", "@127.0.0.1"), ("[::1]:53", "@::1"),
    ("10.9.0.1", "@10.9.0.1"), ("::1", "@::1")])
def test_with_arguments_it_serves_the_links_that_are_there(topo, start, need, listen, at):
    need("dig")
    host = topo.namespace("host")
    topo.bridge(host, "br0", "10.9.0.1/24")
    topo.workload("web", host, "br0", "10.9.0.2/24", alias="a-web")
    running = start(host, "--no-mdns", f"--listen={listen}")
    wait_until(lambda: "Ctrl-C ends" in running.text(), what="what to try")
    assert re.search(r"^(a-web)? +lan +10\.9\.0\.2 ", running.text(), re.MULTILINE)
    line, = re.findall(r"^  (dig .* A)$", running.text(), re.MULTILINE)
    assert at in line and "a-web.vanya." in line
    assert "10.9.0.2" in host.run(line).stdout
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait(20) == 0
    assert not [name for name in os.listdir("/run") if name.startswith("ontap-start.")]
    assert not os.path.exists(running.socket)


def test_with_arguments_that_are_wrong_it_ends_as_the_server_does(topo, start):
    running = start(topo.namespace("host"), "--frob")
    assert running.process.wait(20) == 100
    assert "--frob: unknown option" in running.text()


def test_who_is_not_root_is_told_so_in_one_line(need):
    done = subprocess.run([need("setpriv"), "--reuid=65534", "--clear-groups", START],
                          capture_output=True, text=True, timeout=20, check=False)
    if "setpriv:" in done.stderr or "ermission denied" in done.stderr:
        pytest.skip("no second user in this user namespace")
    assert done.returncode == 1
    assert re.fullmatch(r"start: not root: .*\n", done.stderr)
