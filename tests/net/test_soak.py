# SPDX-License-Identifier: ISC
"""A short run of tests/soak/soak.py, so that it works when it is needed for a long one."""
import os
import re
import subprocess
import sys


def test_a_short_run_ends_with_everything_equal(builddir):
    soak = os.path.join(os.path.dirname(__file__), "..", "soak", "soak.py")
    done = subprocess.run([sys.executable, "-B", soak, f"--builddir={builddir}", "--minutes=0.4", "--seed=1"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"equal after .* events=\d{3}", done.stdout)
