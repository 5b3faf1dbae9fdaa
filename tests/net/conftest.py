# SPDX-License-Identifier: ISC
"""Fixtures of the network tests. Run by ./check, `make check-net`, or directly, as root or as a user who may
make user namespaces:  /usr/bin/python3 -m pytest tests/net --builddir=build/gcc
"""
import contextlib
import os
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from lib.daemon import Daemon  # noqa: E402
from lib.isolate import isolate  # noqa: E402
from lib.netns import Topology  # noqa: E402
from lib.peers import Stack  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def pytest_addoption(parser):
    parser.addoption("--builddir", default=os.path.join(TOP, "build", "gcc"),
                     help="where the programs under test were built (default: build/gcc)")
    parser.addoption("--responder", default="ontap-zone", choices=["ontap-zone", "avahi-daemon"],
                     help="whom test_mdns_conformance.py asks (default: ontap-zone)")


def pytest_configure(config):
    # Relative paths are the caller's; they are resolved before the directory changes.
    config.option.builddir = os.path.abspath(config.option.builddir)
    config.no_namespaces = isolate()


def pytest_collection_modifyitems(config, items):
    if config.no_namespaces:
        reason = "no namespaces to test in: " + config.no_namespaces
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def passable(tmp_path_factory):
    """Daemons that give up root must reach their state: pytest's own directory is accessible only to its
    user."""
    above = tmp_path_factory.getbasetemp().parent
    if above.name.startswith("pytest-of-"):
        above.chmod(0o711)
    tmp_path_factory.getbasetemp().chmod(0o711)


@pytest.fixture(scope="session")
def builddir(request):
    return request.config.option.builddir


@pytest.fixture(scope="session")
def program(builddir):
    """program("ontap-zone") -> path of that program as built; program("tests/net/x") too."""
    def path_of(name):
        path = os.path.join(builddir, name if "/" in name else f"src/{name}/{name}")
        if not os.path.exists(path):
            pytest.skip(f"{path} is not built")
        return path
    return path_of


def path_of_tool(tool):
    path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        pytest.skip(f"{tool} is not installed")
    return path


@pytest.fixture(scope="session")
def need():
    """need("tinydns") -> its path; the test is skipped if that tool is not installed."""
    return path_of_tool


@contextlib.contextmanager
def topology():
    made = Topology()
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def daemons(program, directory):
    """The starter of daemons; at the end, each running one is stopped and must end well. They are nobody's user
    (--user), who may write in this directory."""
    started = []
    directory.chmod(0o777)

    def start(ns, *options, **how):
        work = directory / f"daemon{len(started)}"
        work.mkdir()
        daemon = Daemon(program("ontap-zone"), ns, str(work), options, **how)
        started.append(daemon)
        return daemon.start()

    try:
        yield start
        for daemon in started:
            daemon.stop()
    finally:
        for daemon in started:
            daemon.kill()
            print(f"--- {daemon.log_path}\n{daemon.log()}")


@pytest.fixture
def topo():
    """A Topology; everything that it made is removed after the test."""
    with topology() as made:
        yield made


@pytest.fixture
def serve(program, topo, tmp_path):
    """serve(ns, "--domain=vanya", …) -> a running, ready Daemon. After the test each running one is stopped
    and must end well; its log is shown if the test failed."""
    with daemons(program, tmp_path) as start:
        yield start


@pytest.fixture
def nobody(tmp_path):
    """A user for --user. The daemon's files are in a directory that this user can reach."""
    if os.geteuid() != 0 or "0 0" not in " ".join(open("/proc/self/uid_map").read().split()):
        pytest.skip("needs to be root of the machine to become somebody else")
    for path in (tmp_path, tmp_path.parent):
        os.chmod(path, 0o755)
    return "nobody"


@pytest.fixture(scope="module")
def module_topo():
    """The same for all tests of a module that change nothing."""
    with topology() as made:
        yield made


@pytest.fixture(scope="module")
def module_serve(program, module_topo, tmp_path_factory):
    with daemons(program, tmp_path_factory.mktemp("daemons")) as start:
        yield start


@contextlib.contextmanager
def peers(directory):
    made = []

    def make(ns, host_name):
        made.append(Stack(ns, directory / f"stack{len(made)}", host_name))
        return made[-1]
    try:
        yield make
    finally:
        for stack in made:
            stack.close()


@pytest.fixture
def stacks(tmp_path):
    """stacks(ns, "name") -> a Stack on that namespace: for another mDNS implementation."""
    with peers(tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def module_stacks(tmp_path_factory):
    with peers(tmp_path_factory.mktemp("stacks")) as make:
        yield make


class SmallDisk:
    """A file system with little room."""

    def __init__(self, path):
        self.path, self.filler = path, path / "filler"

    def fill(self):
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def make_room(self):
        self.filler.unlink()


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", disk], check=True)
    yield SmallDisk(disk)
    subprocess.run(["umount", "-l", disk], check=True)
