# SPDX-License-Identifier: ISC
"""Fixtures of the tests in a virtual machine. Run by ./check, or directly: /usr/bin/python3 -m pytest
tests/vm --builddir=build/gcc --tools=build/tools"""
import os
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.dirname(__file__), os.path.join(TOP, "tests", "net")]

from vm import Machine, Missing  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--builddir", default=os.path.join(TOP, "build", "gcc"),
                     help="where the programs under test were built (default: build/gcc)")
    parser.addoption("--tools", default=os.path.join(TOP, "build", "tools"),
                     help="where the kernel's package was unpacked (default: build/tools)")


@pytest.fixture(scope="module")
def machine(request, tmp_path_factory):
    """machine("dummy", …) -> a Machine with these modules; the test is skipped if there can be none."""
    def make(*modules, **options):
        try:
            return Machine(request.config.option.tools, str(tmp_path_factory.mktemp("vm")), *modules, **options)
        except Missing as missing:
            return pytest.skip(str(missing))
    return make


@pytest.fixture(scope="module")
def built(request):
    """built("tests/net/x") -> path of that program as built."""
    def path_of(name):
        path = os.path.join(os.path.abspath(request.config.option.builddir), name)
        if not os.path.exists(path):
            pytest.skip(f"{path} is not built")
        return path
    return path_of
