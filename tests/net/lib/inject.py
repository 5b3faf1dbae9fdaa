# SPDX-License-Identifier: ISC
"""Makes system calls in another process, as an attacker would who runs code in it: ptrace(2). Only for x86-64,
where the numbers and registers below are those of the kernel."""
import ctypes
import os
import platform
import signal

IS_KNOWN = platform.machine() == "x86_64"
OPENAT, EXECVE, SOCKET, FORK, PTRACE, KILL, SETNS, UNSHARE, BPF = 257, 59, 41, 57, 101, 62, 308, 272, 321
CLONE_NEWUSER, PTRACE_TRACEME = 0x10000000, 0
AT_FDCWD, AF_NETLINK, AF_PACKET, SOCK_RAW = -100, 16, 17, 3
NO_CALL = (1 << 64) - 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
_GETREGS, _SETREGS, _ATTACH, _DETACH, _STEP = 12, 13, 16, 17, 9
_WALL = 0x40000000
_NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
          "ds es fs gs").split()
_Registers = ctypes.c_ulonglong * len(_NAMES)


def _ptrace(request, tid, data=None):
    if _libc.ptrace(request, tid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


class Ended(Exception):
    """The process was killed: its argument is the signal."""


def threads(pid):
    return sorted(int(tid) for tid in os.listdir(f"/proc/{pid}/task"))


def _wait(tid):
    _, status = os.waitpid(tid, _WALL)
    if os.WIFSIGNALED(status):
        raise Ended(os.WTERMSIG(status))
    return os.WSTOPSIG(status)


def call(tid, number, *arguments):
    """Returns what the call returns in that thread, which waits in some call of its own and goes on with
    it. An argument of bytes is put into its memory."""
    _ptrace(_ATTACH, tid)
    _wait(tid)
    before, now = _Registers(), _Registers()
    _ptrace(_GETREGS, tid, before)
    now[:] = before[:]
    register = {name: place for place, name in enumerate(_NAMES)}
    room = before[register["rsp"]] - 4096
    with open(f"/proc/{tid}/mem", "r+b", buffering=0) as memory:
        memory.seek(before[register["rip"]] - 2)
        assert memory.read(2) == b"\x0f\x05"  # syscall: the one in which it waits
        for place, value in zip(("rdi", "rsi", "rdx", "r10"), arguments):
            if isinstance(value, bytes):
                memory.seek(room)
                memory.write(value + b"\0")
                value, room = room, room + 512
            now[register[place]] = value % (1 << 64)
    now[register["rax"]], now[register["orig_rax"]] = number, NO_CALL
    now[register["rip"]] -= 2
    _ptrace(_SETREGS, tid, now)
    _ptrace(_STEP, tid)
    while _wait(tid) != signal.SIGTRAP:
        _ptrace(_STEP, tid)
    _ptrace(_GETREGS, tid, now)
    result = ctypes.c_long(now[register["rax"]]).value
    _ptrace(_SETREGS, tid, before)
    _ptrace(_DETACH, tid)
    return result
