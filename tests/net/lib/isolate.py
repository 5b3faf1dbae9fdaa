# SPDX-License-Identifier: ISC
"""Gives the test run its own namespaces, before anything else happens.

The whole run has a private network and mount namespace with an empty /run. So no test touches the machine's
links or its /run/netns, and nothing is left behind, not even after SIGKILL: named namespaces are mounts below
that /run, and disappear with the last process of the run. It also has its own PID namespace: programs that look
at all processes of the machine only see those of the run, even if another run is in progress.
"""
import ctypes
import os
import signal
import subprocess

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
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
    """Runs in a child between fork and exec: lets it end with the test run."""
    libc.prctl(PR_SET_PDEATHSIG, 9)


def become_root_of_user_namespace():
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS), "unshare")
    for name, text in (("setgroups", "deny"), ("gid_map", f"0 {gid} 1"), ("uid_map", f"0 {uid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def end_like(status):
    """Ends this process, without any cleanup of pytest, with the status of a child."""
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def wait_for(pid):
    """Waits for a child and adopted processes, and ends with the child's status; passes on signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(pid, number))
    ended = status = 0
    while ended != pid:
        ended, status = os.waitpid(-1, 0)
    end_like(status)


def enter_pid_namespace():
    """Returns in a grandchild, with a /proc of the new namespace. Its parent is process 1 there, which
    reaps; when it ends, the kernel ends all other processes. Does nothing if a user namespace may not
    mount a /proc: in a container that hides parts of its own."""
    if subprocess.run(["unshare", "-pf", "--mount-proc", "true"], check=False, capture_output=True).returncode:
        return
    check(libc.unshare(CLONE_NEWPID), "unshare")
    for _ in range(2):
        pid = os.fork()
        if pid:
            wait_for(pid)
        die_with_parent()
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True, capture_output=True, text=True)


def isolate():
    """Returns None, or the reason why this machine allows no namespaces."""
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
        enter_pid_namespace()
    except subprocess.CalledProcessError as failure:
        return f"{' '.join(failure.cmd)}: {failure.stderr.strip()}"
    except OSError as failure:
        return str(failure)
    return None
