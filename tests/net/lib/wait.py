# SPDX-License-Identifier: ISC
"""Waiting for conditions that have no descriptor."""
import time


def wait_until(predicate, timeout=5, what="the condition"):
    """Calls `predicate` until its result is true, and returns that. Fails after `timeout` seconds, with the
    last result."""
    deadline = time.monotonic() + timeout
    pause = 0.002
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s; last: {value!r}")
        time.sleep(pause)
        pause = min(2 * pause, 0.1)
