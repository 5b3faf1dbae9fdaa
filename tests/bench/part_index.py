# SPDX-License-Identifier: ISC
"""The ordered index of a signed zone alone: order-loop."""
import re
import subprocess

OWNERS_A_NAME = 3
ROUNDS = 2000000
# What each figure may be at 1 000, 10 000 and 100 000 names.
TARGETS = {"before_ns": (70, 130, 450), "change_ns": (2000, 2000, 2000), "bytes": (20, 20, 20)}
WHAT = {"before_ns": ("the owner before a name", "ns"), "change_ns": ("an owner out, another in", "ns"),
        "bytes": ("an owner", "B")}


def run(lab, report):
    sizes = (1000, 10000, 100000)
    for size in lab.sizes(*sizes):
        rounds = 1000 if lab.is_smoke else ROUNDS
        done = subprocess.run([lab.program("order-loop"), str(size * OWNERS_A_NAME), str(rounds)],
                              capture_output=True, text=True, check=True)
        got = dict(re.findall(r"(\w+)=([\d.]+)", done.stdout))
        for key, (what, unit) in WHAT.items():
            target = TARGETS[key][sizes.index(size)] if size in sizes else None
            report.add("index", what, size, float(got[key]), unit, target=target)
