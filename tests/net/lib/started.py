# SPDX-License-Identifier: ISC
"""A program under test from its start to its end."""
import functools
import os
import re
import select
import signal
import subprocess

SANITIZER_REPORT = re.compile(r"(Address|Leak|Memory|UndefinedBehavior|Thread)Sanitizer|"
                              r"runtime error:")


@functools.lru_cache
def is_sanitized(path):
    """True if a program has AddressSanitizer, from the library or linked in."""
    libraries = subprocess.run(["ldd", path], capture_output=True, check=False).stdout
    with open(path, "rb") as file:
        return b"libasan" in libraries or b"__asan_init" in file.read()


class Started:
    """A program that stays in the foreground, in a namespace; its stderr goes to a file."""

    def __init__(self, ns, log_path):
        self.ns = ns
        self.log_path = log_path
        self.process = None

    def start_ready(self, argv, timeout, pass_fds=(), **how):
        """Starts argv(fd), and returns when it has written a newline to fd: it is ready."""
        ready, ready_child = os.pipe()
        try:
            with open(self.log_path, "ab") as log:
                self.process = self.ns.popen(argv(ready_child), stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log, pass_fds=(ready_child, *pass_fds), **how)
            os.close(ready_child)
            ready_child = -1
            if not select.select([ready], [], [], timeout)[0] or os.read(ready, 1) != b"\n":
                raise AssertionError(f"not ready (exit {self.process.poll()}): {self.log()}")
        finally:
            os.close(ready)
            if ready_child >= 0:
                os.close(ready_child)
        return self

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, timeout=20):
        """Sends SIGTERM; the program must end well: exit 0, no report of a sanitizer."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"did not end on SIGTERM: {self.log()}") from None
        assert not SANITIZER_REPORT.search(self.log()), self.log()
        assert status == 0, f"exit {status}: {self.log()}"

    def kill(self):
        """Ends it; for tests in which its exit status does not matter."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
