# SPDX-License-Identifier: ISC
"""Allocations that fail, in the real processes: what is served afterwards is what the kernel has. The simulation
(tests/sim/sim_shortage.c) lets each allocation of the pipeline fail; here are also the start, the watcher and the
keeper. ONTAP_SHORTAGE=STEP takes each STEPth allocation of the start, 1 for all; ONTAP_SHORTAGE=STEP:FIRST:LAST a part
of them, so that several runs share the work."""
import os
import struct
import subprocess
import time

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402

from lib.daemon import Daemon  # noqa: E402
from lib.lab import Lab  # noqa: E402
from lib.started import is_sanitized  # noqa: E402

STEP, FIRST, LAST = (*map(int, os.environ.get("ONTAP_SHORTAGE", "50").split(":")), 3, 3000)[:3]
LATE_S = 90  # what was refused is asked for after delays that double up to a minute


@pytest.fixture
def world(topo, program, tmp_path_factory):
    """A Lab whose daemon is started with .begin(), and in whose processes .fail(count, after) makes allocations
    fail."""
    if is_sanitized(program("ontap-zone")):
        pytest.skip("the allocations of a program with a sanitizer are the sanitizer's")
    directory = tmp_path_factory.mktemp("harder")
    shim, ruler = str(directory / "harder.so"), str(directory / "world")
    source = os.path.join(os.path.dirname(__file__), "..", "soak", "harder.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source], check=True)

    class World(Lab):
        def answers(self, name, branch="lan"):
            try:
                return super().answers(name, branch)
            except dns.exception.Timeout:  # an address that could not be listened to is tried again
                return None

        def fail(self, count, after=0):
            with open(ruler, "r+b" if os.path.exists(ruler) else "w+b") as file:
                file.write(struct.pack("=qqq", 0, count, after))

        def begin(self):
            work = str(tmp_path_factory.mktemp("daemon"))
            self.daemon = Daemon(program("ontap-zone"), self.host, work, [
                "--domain=vanya", "--ns=ns.example.", "--no-mdns", "--user=root", "--verbosity=warning"],
                environ={"LD_PRELOAD": shim, "SOAK_WORLD": ruler})
            self.daemon.start()
    made = World(topo, None)
    made.fail(0)
    yield made
    made.daemon.kill()


def test_an_allocation_that_fails_at_the_start_is_told_or_made_good(world):
    workload = world.workload("late", "10.7.0.60/24")
    refused = 0
    for after in range(FIRST, LAST, STEP):
        world.fail(1, after)
        try:
            world.begin()
        except AssertionError as not_ready:
            assert "error:" in str(not_ready), f"after {after} it ends without a word: {not_ready}"
            refused += 1
            world.fail(0)
            world.daemon.kill()
            continue
        try:
            world.expect("late", "10.7.0.60", timeout=LATE_S)
            workload.set_alias("eth0", "later")
            world.expect("later", "10.7.0.60", timeout=LATE_S)
        except Exception as wrong:
            raise AssertionError(f"after {after} allocations: {wrong}\n{world.daemon.log()}") from wrong
        workload.set_alias("eth0", "late")
        world.fail(0)
        world.daemon.stop()
    assert refused <= (LAST - FIRST) // STEP // 2, "few allocations are needed to start at all"


def test_what_allocations_that_fail_have_lost_comes_back(world):
    workload = world.workload("live", "10.7.0.61/24")
    world.begin()
    for turn in range(60):
        count, after = (1, 3, 40)[turn % 3], turn // 3 * (turn % 2)
        world.fail(count, after)
        name = f"n{turn}"
        workload.set_alias("eth0", name)
        workload.add_addr("eth0", f"10.7.1.{turn + 1}/24")
        extra = world.workload(f"x{turn}", f"10.7.2.{turn + 1}/24") if turn % 5 == 0 else None
        time.sleep(0.1)
        world.fail(0)  # it is over: each try that fails makes the next one wait longer
        if extra:
            world.expect(f"x{turn}", f"10.7.2.{turn + 1}", timeout=LATE_S)
            extra.close()
            world.expect(f"x{turn}", timeout=LATE_S)
        world.expect(name, "10.7.0.61", f"10.7.1.{turn + 1}", timeout=LATE_S)
        workload.ip(f"addr del 10.7.1.{turn + 1}/24 dev eth0")
        world.expect(name, "10.7.0.61", timeout=LATE_S)
    world.fail(0)
