# SPDX-License-Identifier: ISC
"""The automaton for guests that configure themselves: the memory of a guest, and the time for a frame that the
kernel's filter lets pass. The frames are those of dhcpcd (DHCP, DHCPv6, SLAAC) before it releases its leases."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RECORDING, UNTIL_MS = os.path.join(TOP, "tests/unit/golden/guest/dhcpcd.txt"), 70000
GUESTS, ROUNDS = 1000, 20000
MOST_BYTES, MOST_NS = 4096, 1000  # targets


def run(lab, report):
    guests, rounds = (10, 100) if lab.is_smoke else (GUESTS, ROUNDS)
    printed = subprocess.run([lab.program("guest-loop"), RECORDING, str(UNTIL_MS), str(guests), str(rounds)],
                             capture_output=True, text=True, check=True).stdout
    figures = dict(re.findall(r"(\w+)=([0-9.]+)", printed))
    report.add("guests", "memory of a guest", guests, float(figures["bytes_per_guest"]), "B", target=MOST_BYTES)
    report.add("guests", "CPU a frame", guests, float(figures["ns_per_frame"]), "ns", target=MOST_NS)
