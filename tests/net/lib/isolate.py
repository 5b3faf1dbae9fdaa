# SPDX-License-Identifier: ISC
"""Gives the test run namespaces of its own, before anything else happens.

The whole run lives in a private network and mount namespace with an empty /run. So nothing here
touches the machine's links or its /run/netns, and nothing stays behind, not even after SIGKILL:
named namespaces are mounts below that /run, and go with the last process of the run.
"""
import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    """Raises OSError with errno's text if a libc call returned a negative value."""
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")


def setns(fd, kind):
    check(libc.setns(fd, kind), "setns")


def die_with_parent():
    """In a child between fork and exec: end when the test run does."""
    libc.prctl(PR_SET_PDEATHSIG, 9)


def become_root_of_user_namespace():
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS), "unshare")
    for name, text in (("setgroups", "deny"), ("gid_map", f"0 {gid} 1"), ("uid_map", f"0 {uid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def isolate():
    """Returns None, or why this machine lets us have no namespaces."""
    try:
        if os.geteuid() == 0:
            check(libc.unshare(CLONE_NEWNET | CLONE_NEWNS), "unshare")
        else:
            become_root_of_user_namespace()
        for command in (
            ["mount", "--make-rprivate", "/"],
            ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"],
            ["ip", "link", "set", "lo", "up"],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
        os.mkdir("/run/netns")
    except subprocess.CalledProcessError as failure:
        return f"{' '.join(failure.cmd)}: {failure.stderr.strip()}"
    except OSError as failure:
        return str(failure)
    return None
