# SPDX-License-Identifier: ISC
"""Fixtures of the network tests. Run by ./check, `make check-net`, or by hand as root or as anyone
who may make user namespaces:  /usr/bin/python3 -m pytest tests/net --builddir=build/gcc
"""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from lib.daemon import Daemon  # noqa: E402
from lib.isolate import isolate  # noqa: E402
from lib.netns import Topology  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def pytest_addoption(parser):
    parser.addoption("--builddir", default=os.path.join(TOP, "build", "gcc"),
                     help="where the programs under test were built (default: build/gcc)")


def pytest_configure(config):
    # Relative paths are the caller's; they are resolved before anything changes.
    config.option.builddir = os.path.abspath(config.option.builddir)
    config.no_namespaces = isolate()


def pytest_collection_modifyitems(config, items):
    if config.no_namespaces:
        reason = "no namespaces to test in: " + config.no_namespaces
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


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


@pytest.fixture
def need():
    """need("tinydns") -> its path; the test is skipped where that tool is not installed."""
    def path_of(tool):
        path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if not path:
            pytest.skip(f"{tool} is not installed")
        return path
    return path_of


@pytest.fixture
def topo():
    """A Topology; what it made is removed after the test."""
    topology = Topology()
    yield topology
    topology.close()


@pytest.fixture
def serve(program, topo, tmp_path):
    """serve(ns, "--domain=vanya", …) -> a running, ready Daemon. After the test each one that
    still runs is stopped and must end well; its log is shown if the test failed."""
    daemons = []

    def start(ns, *options):
        work = tmp_path / f"daemon{len(daemons)}"
        work.mkdir()
        daemon = Daemon(program("ontap-zone"), ns, str(work), options)
        daemons.append(daemon)
        return daemon.start()

    yield start
    try:
        for daemon in daemons:
            daemon.stop()
    finally:
        for daemon in daemons:
            daemon.kill()
            print(f"--- {daemon.log_path}\n{daemon.log()}")
