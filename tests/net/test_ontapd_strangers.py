# SPDX-License-Identifier: ISC
"""What one who may connect to ontapd cannot do: keep links that it knows nothing of, stop it, or take what others need."""
import array
import os
import signal
import socket
import struct
import threading

import pytest

from lib import ontapd as proto
from lib.ontapd import Ontapd, connect, message, request
from lib.wait import wait_until
from test_ontapd import ask, links, ontap, ontapd, own_netns, parent  # noqa: F401 (fixtures)

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
    children = f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children"
    wait_until(lambda: len(open(children, encoding="ascii").read().split()) == 1, what="the end of what hung")


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
