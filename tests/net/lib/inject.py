# SPDX-License-Identifier: ISC
"""Makes system calls in another process, as an attacker would who runs code in it: ptrace(2). Only for x86-64,
where the numbers and registers below are those of the kernel."""
import contextlib
import ctypes
import os
import platform
import signal
import time

IS_KNOWN = platform.machine() == "x86_64"
OPENAT, EXECVE, SOCKET, FORK, PTRACE, KILL, SETNS, UNSHARE, BPF = 257, 59, 41, 57, 101, 62, 308, 272, 321
PRCTL, IOCTL, CONNECT, SENDTO, MSG_FASTOPEN = 157, 16, 42, 44, 0x20000000
CLONE_NEWUSER, PTRACE_TRACEME, PR_SET_DUMPABLE, TIOCSTI = 0x10000000, 0, 4, 0x5412
AT_FDCWD, AF_UNIX, AF_INET, AF_NETLINK, AF_PACKET, SOCK_STREAM, SOCK_RAW = -100, 1, 2, 16, 17, 1, 3
NO_CALL = (1 << 64) - 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
_GETREGS, _SETREGS, _ATTACH, _DETACH, _STEP = 12, 13, 16, 17, 9
_WALL = 0x40000000
_NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
          "ds es fs gs").split()
_REGISTER = {name: place for place, name in enumerate(_NAMES)}
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


def _is_in_call(tid, registers):
    with open(f"/proc/{tid}/mem", "rb", buffering=0) as memory:
        memory.seek(registers[_REGISTER["rip"]] - 2)
        return memory.read(2) == b"\x0f\x05"  # syscall


def _stop_in_call(tid):
    """Attaches to the thread while it waits in a system call, and returns its registers."""
    registers = _Registers()
    for _ in range(1000):
        _ptrace(_ATTACH, tid)
        _wait(tid)
        _ptrace(_GETREGS, tid, registers)
        if _is_in_call(tid, registers):
            return registers
        _ptrace(_DETACH, tid)
        time.sleep(0.01)
    raise AssertionError(f"thread {tid} is never seen in a system call")


def _make_call(tid, before, number, arguments):
    now = _Registers(*before)
    room = before[_REGISTER["rsp"]] - 4096
    with open(f"/proc/{tid}/mem", "r+b", buffering=0) as memory:
        for place, value in zip(("rdi", "rsi", "rdx", "r10"), arguments):
            if isinstance(value, bytes):
                memory.seek(room)
                memory.write(value + b"\0")
                value, room = room, room + 512
            now[_REGISTER[place]] = value % (1 << 64)
    now[_REGISTER["rax"]], now[_REGISTER["orig_rax"]] = number, NO_CALL
    now[_REGISTER["rip"]] -= 2
    _ptrace(_SETREGS, tid, now)
    _ptrace(_STEP, tid)
    while _wait(tid) != signal.SIGTRAP:
        _ptrace(_STEP, tid)
    _ptrace(_GETREGS, tid, now)
    result = ctypes.c_long(now[_REGISTER["rax"]]).value
    _ptrace(_SETREGS, tid, before)
    return result


def call(tid, number, *arguments):
    """Returns what the call returns in that thread, which waits in some call of its own and goes on with
    it. An argument of bytes is put into its memory."""
    before = _stop_in_call(tid)
    try:
        return _make_call(tid, before, number, arguments)
    finally:
        with contextlib.suppress(ProcessLookupError):  # it was killed
            _ptrace(_DETACH, tid)
