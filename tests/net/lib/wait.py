# SPDX-License-Identifier: ISC
"""Waiting for what has no descriptor to wait on."""
import time


def wait_until(predicate, timeout=5, what="the condition"):
    """Calls `predicate` until it gives something true, and returns that; fails after `timeout`
    seconds with what it gave last."""
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
