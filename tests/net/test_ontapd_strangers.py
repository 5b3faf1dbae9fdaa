# SPDX-License-Identifier: ISC
"""What one who may connect to ontapd cannot do: keep links that it knows nothing of, stop it, or take what others need."""
import array
import contextlib
import errno
import os
import signal
import socket
import struct
import subprocess
import time
import tempfile
import threading

import pytest

from lib import inject
from lib import ontapd as proto
from lib.ontapd import Ontapd, connect, message, request
from lib.started import is_sanitized
from lib.wait import wait_until
from test_ontapd import (  # noqa: F401 (fixtures)
    NOBODY, ask, links, needs_root_of_the_machine, needs_second_user, ontap, ontapd, own_netns, parent)

# --- links that are renamed while they are made ---------------------------------------------------

RTM_NEWLINK, RTM_SETLINK, IFLA_IFNAME = 16, 19, 3


def rename_request(ifindex, name):
    """RTM_SETLINK with IFLA_IFNAME."""
    name = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(name), IFLA_IFNAME) + name.ljust(-(-len(name) // 4) * 4, b"\0")
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, ifindex, 0, 0) + attribute
    return struct.pack("=IHHII", 16 + len(body), RTM_SETLINK, 1, 1, 0) + body


def rename_in_time(sock, last, stop):
    """Renames each link while it is made: the one that comes next, and those that the kernel reports."""
    first, count = last + 1, 0
    while not stop.is_set():
        wanted = [last + 1]
        try:
            data = sock.recv(65536)
            if struct.unpack_from("=H", data, 4)[0] == RTM_NEWLINK:
                last = struct.unpack_from("=i", data, 20)[0]
                wanted = [last, last + 1]
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # some news were lost
                raise
        for ifindex in (number for number in wanted if number >= first):
            sock.send(rename_request(ifindex, f"mine{count}"))
            count += 1


def test_a_link_that_is_renamed_while_it_is_made_is_not_forgotten(parent, ontapd):
    """Its maker must not lose it: it would count for nobody, and outlive the connection and ontapd."""
    daemon = ontapd(parent, "--rate=0")
    before = set(links(parent))
    last = max(link["ifindex"] for link in links(parent).values())
    sock = parent.call(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE))
    sock.bind((0, 1))  # RTMGRP_LINK
    sock.setblocking(False)
    stop = threading.Event()
    thread = threading.Thread(target=rename_in_time, args=(sock, last, stop))
    thread.start()
    statuses = set()
    try:
        with own_netns(parent) as fd:
            for _ in range(60):
                with connect(daemon.port("eth0")) as conn:
                    reply, _ = request(conn, message(proto.CREATE, (proto.TYPE, "macvlan"),
                                                     (proto.FLAGS, proto.CONNECTION)), [fd])
                    statuses.add(reply[proto.STATUS])
    finally:
        stop.set()
        thread.join()
        sock.close()
    print("replies:", statuses)
    wait_until(lambda: set(links(parent)) == before, timeout=30, what="the end of all devices")


# --- descriptors that are slow to close -----------------------------------------------------------


def lingering(ns):
    """A TCP socket whose last close(2) takes ten minutes, and what it is connected to."""
    listening = ns.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    sock = ns.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.connect(listening.getsockname())
    peer = listening.accept()[0]
    listening.close()
    sock.setblocking(False)
    try:
        while True:
            sock.send(b"x" * 65536)
    except BlockingIOError:
        pass
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
    return sock, peer


@pytest.fixture
def slow(parent):
    """slow(daemon, conn, data) sends a packet with a lingering socket. The packet has its last descriptor: `daemon` is
    stopped until that is so."""
    peers = []

    def send(daemon, conn, data, beside=()):
        sock, peer = lingering(parent)
        peers.append(peer)
        daemon.process.send_signal(signal.SIGSTOP)
        conn.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [*beside, sock.fileno()]))])
        sock.close()
        daemon.process.send_signal(signal.SIGCONT)

    yield send
    for peer in peers:
        peer.close()


def assert_serves(daemon, ns):
    assert ask(daemon, message(proto.REMOVE, (proto.IFNAME, "none")), ns)[proto.STATUS] == proto.ABSENT


CREATE = message(proto.CREATE, (proto.TYPE, "macvlan"))


@pytest.mark.parametrize("how", ["asked for", "surplus", "not understood", "without bytes", "not read", "many"])
def test_a_descriptor_that_is_slow_to_close_stops_nobody(parent, ontapd, slow, how):
    daemon = ontapd(parent, "--rate=0")
    with own_netns(parent) as fd:
        conn = connect(daemon.port("eth0"))
        if how == "without bytes":
            slow(daemon, conn, b"")
        elif how == "not read":
            for _ in range(3):
                slow(daemon, conn, CREATE)
            conn.close()
            conn = connect(daemon.port("eth0"))
        elif how == "many":
            for _ in range(20):
                slow(daemon, conn, CREATE)
                assert conn.recv(4096)
        else:
            slow(daemon, conn, b"?" if how == "not understood" else CREATE, [fd] if how == "surplus" else [])
            assert conn.recv(4096)
        for _ in range(3):
            assert_serves(daemon, parent)
        conn.close()
        assert_serves(daemon, parent)
    # The fixture sends SIGTERM, and waits for the end.


def test_a_closer_that_hangs_is_replaced(parent, ontapd, slow):
    """Else what it has not closed yet would be kept for ever."""
    daemon = ontapd(parent, "--rate=0")
    before = len(daemon.fds())
    children = f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children"
    count = len(open(children, encoding="ascii").read().split())
    with connect(daemon.port("eth0")) as conn:
        slow(daemon, conn, CREATE)
        assert conn.recv(4096)
        with open("/dev/null", "rb") as null:
            for _ in range(1000):
                reply, _ = request(conn, CREATE, [null.fileno()])
                assert reply[proto.STATUS] == proto.NAMESPACE
    assert "closer replaced" in daemon.log()
    assert_serves(daemon, parent)
    wait_until(lambda: len(daemon.fds()) <= before, what="closed descriptors")
    wait_until(lambda: len(open(children, encoding="ascii").read().split()) == count, what="the end of what hung")
    closers = open(children, encoding="ascii").read()
    time.sleep(0.3)
    assert open(children, encoding="ascii").read() == closers, "the new one lives"


def test_the_watchdog_of_the_supervisor_is_told_that_the_loop_turns(parent, program, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(20)
        daemon = Ontapd(program, parent, str(tmp_path), [])
        daemon.start("eth0", prefix=["env", f"NOTIFY_SOCKET={tmp_path}/notify", "WATCHDOG_USEC=200000"])
        try:
            told = [heard.recv(64) for _ in range(4)]
            daemon.process.send_signal(signal.SIGSTOP)
            heard.settimeout(0)
            with pytest.raises(BlockingIOError):
                while True:
                    heard.recv(64)
            daemon.process.send_signal(signal.SIGCONT)
        finally:
            daemon.stop()
    assert told == [b"READY=1"] + [b"WATCHDOG=1"] * 3


# --- one user with many ids -----------------------------------------------------------------------

SUBORDINATE = 1_700_000_000


@pytest.fixture
def subordinate(need):
    """The ids that the user NOBODY has beside its own. /etc is one of this test."""
    needs_second_user()
    needs_root_of_the_machine()
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(f"# ids\nnobody:{SUBORDINATE}:1000\nroot:{SUBORDINATE + 1000}:1000\nno-such-user:1:2\nx\n")
        file.flush()
        os.chmod(file.name, 0o644)
        if not os.path.exists("/etc/subuid"):
            pytest.skip("no /etc/subuid")
        subprocess.run(["mount", "--bind", file.name, "/etc/subuid"], check=True)
        yield [SUBORDINATE + i for i in range(12)]
        subprocess.run(["umount", "/etc/subuid"], check=True)


def test_what_a_user_may_have_is_for_all_his_ids_together(parent, ontapd, ontap, subordinate):
    daemon = ontapd(parent, "--max-user=2", "--rate=0")
    for user, is_allowed in [(subordinate[0], True), (NOBODY, True), (subordinate[1], False), (NOBODY, False),
                             (SUBORDINATE + 1000, True), (SUBORDINATE + 1001, True), (SUBORDINATE + 1002, False),
                             (SUBORDINATE + 5000, True)]:
        done = ontap(daemon, "-t", "macvlan", user=user)
        assert (done.returncode == 0) == is_allowed, (user, done.stderr)
        if not is_allowed:
            assert "(--max-user)" in done.stderr
    # A restart counts them in the same way.
    daemon.stop()
    daemon.start("eth0")
    os.chmod(daemon.port("eth0"), 0o666)
    assert ontap(daemon, "-t", "macvlan", user=subordinate[2]).returncode == 1


def test_a_rule_for_a_user_is_for_all_his_ids(parent, ontapd, ontap, subordinate, tmp_path):
    rules = tmp_path / "rules"
    rules.write_text("deny user nobody * * *\nallow * * * * * host\n")
    daemon = ontapd(parent, f"--rules={rules}")
    assert "denies it" in ontap(daemon, "-t", "macvlan", user=subordinate[3]).stderr
    assert ontap(daemon, "-t", "macvlan", user=SUBORDINATE + 5000).returncode == 0


CONNECT = """
import os, socket, sys
os.setresgid(65534, 65534, 65534); os.setresuid(*[int(sys.argv[2])] * 3)
held = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(600)]
for sock in held:
    sock.connect(sys.argv[1])
print("connected", flush=True)
sys.stdin.read()
"""


def test_one_user_with_many_ids_does_not_lock_others_out(parent, ontapd, subordinate):
    """Silent connections are counted to the user, and some places are root's."""
    daemon = ontapd(parent, "--rate=0")
    with contextlib.ExitStack() as stack:
        for user in subordinate[:8]:
            holder = stack.enter_context(parent.popen(
                ["/usr/bin/python3", "-c", CONNECT, daemon.port("eth0"), str(user)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            assert holder.stdout.readline() == "connected\n"
        assert_serves(daemon, parent)
        assert len(daemon.fds()) < 1800, "three descriptors for each of 512 connections"


def test_a_connection_that_asked_in_vain_does_not_stay(parent, ontapd):
    daemon = ontapd(parent)
    with own_netns(parent) as fd, connect(daemon.port("eth0")) as sock:
        request(sock, message(proto.REMOVE, (proto.IFNAME, "none")), [fd])
        sock.settimeout(20)
        assert sock.recv(1) == b""


# --- users that are slow to look up ---------------------------------------------------------------


def test_looking_up_users_stops_nobody(parent, ontapd, ontap, tmp_path):
    """The sources of users may wait for a server: here, the process that asks them is stopped."""
    needs_second_user()
    rules = tmp_path / "rules"
    rules.write_text("deny user nobody * * *\n")
    daemon = ontapd(parent, f"--rules={rules}")
    children = f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children"
    with open(children, encoding="ascii") as file:
        processes = [int(word) for word in file.read().split()]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    rules.write_text("allow user nobody * * * * host\n")
    daemon.process.send_signal(signal.SIGHUP)
    assert_serves(daemon, parent)
    assert ontap(daemon, "-t", "macvlan", user=NOBODY).returncode == 1, "the old rules are in force"
    for process in processes:
        os.kill(process, signal.SIGCONT)
    wait_until(lambda: ontap(daemon, "-t", "macvlan", user=NOBODY).returncode == 0, timeout=20, what="the new rules")


# --- who has the code of ontapd -----------------------------------------------------------------------

def processes_of(daemon):
    """ontapd and those that it has started."""
    found = [daemon.process.pid]
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            with open(f"/proc/{int(entry) if entry.isdigit() else 0}/stat", encoding="ascii") as stat:
                if int(stat.read().rsplit(")", 1)[1].split()[1]) == daemon.process.pid:
                    found.append(int(entry))
    return found


def listeners_of(daemon):
    return [pid for pid in processes_of(daemon) if "\nUid:\t65534" in open(f"/proc/{pid}/status", encoding="ascii").read()]


def test_code_in_ontapd_runs_nothing_and_speaks_to_no_network(parent, ontapd, program):
    """Nor in its processes: the one that listens to guests (nobody) does not even open files."""
    if not inject.IS_KNOWN or is_sanitized(program("ontapd")):
        pytest.skip("not known for this architecture, or the program has a sanitizer, which needs some of the calls")
    daemon = ontapd(parent)
    assert "no_new_privs=1 seccomp=2" in daemon.log()
    wait_until(lambda: listeners_of(daemon), what="the learner")
    pids, listeners = processes_of(daemon), listeners_of(daemon)
    assert len(pids) >= 4  # the closer, who looks up users, and who makes the learner
    assert len(listeners) == 1
    for pid in pids[:1] + listeners:
        for call in [(inject.SOCKET, inject.AF_INET, inject.SOCK_STREAM, 0), (inject.IOCTL, 2, inject.TIOCSTI, b"x"),
                     (inject.KILL, os.getpid(), 0)]:
            assert inject.call(pid, *call) == -errno.EPERM, call
    assert inject.call(listeners[0], inject.OPENAT, inject.AT_FDCWD, b"/dev/null", os.O_RDONLY) < 0
    for pid in pids[1:]:
        with contextlib.suppress(inject.Ended):
            assert inject.call(pid, inject.EXECVE, b"/bin/true", 0, 0) == -errno.EPERM
    assert daemon.process.poll() is None
    with pytest.raises(inject.Ended, match=str(int(signal.SIGSYS))):
        inject.call(daemon.process.pid, inject.PTRACE, inject.PTRACE_TRACEME)
    daemon.kill()
