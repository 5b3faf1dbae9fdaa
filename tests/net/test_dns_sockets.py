# SPDX-License-Identifier: ISC
"""The sockets of unicast DNS: addresses that are in use or appear later, TCP clients that are slow, silent,
greedy or confused, and threads that sleep while nobody asks."""
import contextlib
import glob
import os
import resource
import signal
import socket
import struct
import time

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.edns  # noqa: E402
import dns.flags  # noqa: E402
import dns.message  # noqa: E402

from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST4, HOST6 = "10.9.0.1", "fd09::1"
WEB4 = "10.9.0.2"
SO_RCVBUFFORCE, IP_RECVFRAGSIZE = 33, 25  # not in Python's module
MANY = 100
SOURCE_LIMIT, EASY_LIMIT, IDLE_S = 64, 768, 10  # src/base/limits.h


@pytest.fixture
def lab(topo):
    class Lab:
        host = topo.namespace("host")
    topo.bridge(Lab.host, "br0", f"{HOST4}/16", f"{HOST6}/64")
    Lab.near = topo.workload("near", Lab.host, "br0", "10.9.0.9/16", "fd09::9/64")
    topo.workload("web", Lab.host, "br0", f"{WEB4}/16", alias="web")
    Lab.many = many = topo.workload("many", Lab.host, "br0", alias="many")
    many.batch([f"addr add 10.9.1.{i + 1}/16 dev eth0" for i in range(MANY)])
    return Lab


@pytest.fixture
def running(lab, serve):
    lab.daemon = serve(lab.host, "--domain=vanya", "--no-mdns", "--threads=2", "--user=root")
    return lab


def frame(name, rdtype="A", **options):
    wire = dns.message.make_query(name, rdtype, **options).to_wire()
    return struct.pack("!H", len(wire)) + wire


def connect(ns, server=HOST4, rcvbuf=None, source=None):
    sock = ns.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_STREAM)
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    if source:
        sock.bind((source, 0))
    sock.settimeout(15)
    sock.connect((server, 53))
    return sock


def read_reply(stream):
    prefix = stream.read(2)
    if len(prefix) < 2:
        return None
    return dns.message.from_wire(stream.read(struct.unpack("!H", prefix)[0]))


@contextlib.contextmanager
def stopped(daemon):
    """Meanwhile the daemon is stopped, and its input waits."""
    os.kill(daemon.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(daemon.process.pid, signal.SIGCONT)


def is_answered(lab):
    return addresses(ask(lab.near, HOST4, "web.vanya", "A", timeout=1)) == [WEB4]


# --- listening --------------------------------------------------------------------------------------

def test_an_address_that_comes_later_is_served_then(lab, serve):
    daemon = serve(lab.host, "--domain=vanya", "--no-mdns", f"--listen={HOST4}",
                   "--listen=10.9.0.77", "--listen=[fd09::77]:5353")
    assert "cannot listen: address=10.9.0.77:53" in daemon.log()
    assert "cannot listen: address=[fd09::77]:5353" in daemon.log()
    assert is_answered(lab)
    lab.host.add_addr("br0", "10.9.0.77/16", "fd09::77/64")
    wait_until(lambda: "listening: address=[fd09::77]:5353" in daemon.log(), what="the new address")
    for tcp in (False, True):
        assert addresses(ask(lab.near, "10.9.0.77", "web.vanya", "A", tcp=tcp)) == [WEB4]
        assert addresses(ask(lab.near, "fd09::77", "web.vanya", "A", port=5353, tcp=tcp)) == [WEB4]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_port_that_is_taken_is_named_and_the_other_addresses_are_served(lab, serve, kind):
    with contextlib.closing(lab.host.socket(socket.AF_INET, kind)) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.53", 53))
        if kind == socket.SOCK_STREAM:
            other.listen()
        daemon = serve(lab.host, "--domain=vanya", "--no-mdns", f"--listen={HOST4}",
                       "--listen=127.0.0.53")
        line = next(line for line in daemon.log().splitlines() if "cannot listen" in line)
        assert "127.0.0.53:53" in line and "Address already in use" in line and f"pid={os.getpid()}" in line
        assert is_answered(lab)


# --- TCP --------------------------------------------------------------------------------------------

def test_the_last_questions_before_the_end_are_answered(running):
    with connect(running.near, HOST6) as sock:
        sock.sendall(frame("web.vanya") + frame("many.lan.vanya"))
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as stream:
            assert addresses(read_reply(stream)) == [WEB4]
            assert len(addresses(read_reply(stream))) == MANY
            assert read_reply(stream) is None


# The last is a query that is whole, and longer than any query needs to be.
NONSENSE = {
    "empty": b"\0\0",
    "short": b"\0\5abcde",
    "long": b"\xff\xff",
    "a reply": b"\0\x0c\0\0\x80" + b"\0" * 9,
    "whole and long": frame("web.vanya", request_payload=65535, options=[dns.edns.GenericOption(65001, bytes(5000))]),
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_ends_the_connection(running, nonsense):
    with connect(running.near) as sock:
        sock.sendall(nonsense)
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(100) == b""
    assert is_answered(running)


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
def test_what_was_asked_before_nonsense_is_answered_and_what_comes_after_is_not(running, nonsense):
    with connect(running.near) as sock:
        sock.sendall(frame("web.vanya") + frame("many.lan.vanya") + nonsense + frame("web.vanya"))
        with sock.makefile("rb") as stream:
            assert addresses(read_reply(stream)) == [WEB4]
            assert len(addresses(read_reply(stream))) == MANY
            with contextlib.suppress(ConnectionResetError):
                assert read_reply(stream) is None


def test_a_client_that_does_not_read_holds_up_nobody_and_gets_it_all_in_the_end(running):
    questions = 3000
    with connect(running.near, rcvbuf=4096) as greedy:
        greedy.settimeout(0.3)
        left = frame("many.lan.vanya") * questions
        sent = 0
        with contextlib.suppress(socket.timeout):
            while sent < len(left):
                sent += greedy.send(left[sent:sent + 65536])
        assert is_answered(running)
        assert addresses(ask(running.near, HOST4, "web.vanya", "A", tcp=True)) == [WEB4]
        greedy.settimeout(15)
        whole = sent // len(frame("many.lan.vanya"))
        assert whole > 0
        with greedy.makefile("rb") as stream:
            for _ in range(whole):
                assert len(addresses(read_reply(stream))) == MANY
    wait_until(lambda: is_answered(running), what="an answer after the greedy one has gone")


def receive_whole(sock):
    """A datagram, and whether it arrived in fragments."""
    data, extra, _, _ = sock.recvmsg(4096, 64)
    return data, any(kind == IP_RECVFRAGSIZE for _, kind, _ in extra)


def test_what_is_said_of_the_path_makes_no_fragments_of_replies(running, topo):
    """RFC 9715 section 3.1. A forged ICMP message can claim that the path is narrow; here a route does."""
    some = topo.workload("some", running.host, "br0", alias="some")
    some.batch([f"addr add 10.9.2.{i + 1}/16 dev eth0" for i in range(60)])
    running.host.ip("route add 10.9.0.9/32 dev br0 mtu 600")
    wait_until(lambda: len(addresses(ask(running.near, HOST4, "some.vanya", "A", tcp=True))) == 60)
    with running.near.socket(socket.AF_INET) as near, running.host.socket(socket.AF_INET) as other:
        near.setsockopt(socket.IPPROTO_IP, IP_RECVFRAGSIZE, 1)
        near.settimeout(5)
        near.bind(("10.9.0.9", 0))
        # Other senders' packets are fragmented there.
        other.sendto(bytes(1000), near.getsockname())
        assert receive_whole(near) == (bytes(1000), True)
        near.sendto(dns.message.make_query("some.vanya", "A", payload=1232).to_wire(), (HOST4, 53))
        reply, is_fragmented = receive_whole(near)
        assert len(addresses(dns.message.from_wire(reply))) == 60 and not is_fragmented


def test_one_source_gets_a_bounded_number_of_connections(running):
    with contextlib.ExitStack() as stack:
        open_ones = []
        for _ in range(SOURCE_LIMIT):
            sock = stack.enter_context(contextlib.closing(connect(running.near)))
            sock.sendall(frame("web.vanya"))
            assert sock.recv(65536)
            open_ones.append(sock)
        one_more = stack.enter_context(contextlib.closing(connect(running.near)))
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            one_more.sendall(frame("web.vanya"))
            assert one_more.recv(65536) == b""
        # Another source is served, and so are connections that are open.
        assert addresses(ask(running.host, HOST4, "web.vanya", "A", tcp=True)) == [WEB4]
        open_ones[0].sendall(frame("web.vanya"))
        assert open_ones[0].recv(65536)
        open_ones[1].close()
        wait_until(lambda: ask(running.near, HOST6, "web.vanya", "A", tcp=True), what="a free place")


def test_connections_that_have_ended_do_not_count_against_their_source(running):
    staying, passing = 8, SOURCE_LIMIT
    with contextlib.ExitStack() as stack:
        for _ in range(staying):
            sock = stack.enter_context(connect(running.near))
            sock.sendall(frame("web.vanya"))
            assert sock.recv(65536)
        with stopped(running.daemon):
            ending = [stack.enter_context(connect(running.near)) for _ in range(passing)]
            for sock in ending:
                sock.sendall(frame("web.vanya"))
                sock.shutdown(socket.SHUT_WR)
        for sock in ending:
            with sock.makefile("rb") as stream:
                assert addresses(read_reply(stream)) == [WEB4]


def test_clients_are_asked_to_leave_while_connections_are_short(running):
    keepalive = dns.edns.GenericOption(11, b"")  # RFC 7828: edns-tcp-keepalive

    def patience():
        with connect(running.host) as sock, sock.makefile("rb") as stream:
            sock.sendall(frame("web.vanya", use_edns=0, options=[keepalive]))
            return struct.unpack("!H", read_reply(stream).options[0].data)[0] / 10

    assert patience() == IDLE_S
    with contextlib.ExitStack() as stack:
        for i in range(EASY_LIMIT + 1):
            sock = stack.enter_context(connect(running.many, source=f"10.9.1.{i // SOURCE_LIMIT + 1}"))
            sock.sendall(frame("web.vanya"))
        wait_until(lambda: patience() == 0, what="no patience")
        assert is_answered(running)
    wait_until(lambda: patience() == IDLE_S, what="patience again")


def test_silent_clients_are_closed_and_delay_nobody(running):
    with contextlib.ExitStack() as stack:
        start = time.monotonic()
        silent = [stack.enter_context(contextlib.closing(connect(running.near))) for _ in range(20)]
        for sock in silent[::2]:
            sock.sendall(frame("web.vanya")[:-1])  # all but a byte
        assert is_answered(running)
        drip = silent[0]
        closed_at = None
        while closed_at is None and time.monotonic() - start < IDLE_S + 5:
            drip.settimeout(1)
            try:
                assert drip.recv(100) == b""
                closed_at = time.monotonic()
            except socket.timeout:
                pass
        assert closed_at and IDLE_S - 2 < closed_at - start < IDLE_S + 4


# --- UDP --------------------------------------------------------------------------------------------

def test_a_burst_of_queries_waits_instead_of_being_lost(running):
    burst = 600  # some 270 find room by the kernel's default
    with running.near.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        sock.settimeout(2)
        with stopped(running.daemon):
            for _ in range(burst):
                sock.sendto(frame("web.vanya")[2:], (HOST4, 53))
        for _ in range(burst):
            assert addresses(dns.message.from_wire(sock.recv(4096))) == [WEB4]


# --- no descriptors ---------------------------------------------------------------------------------

def ticks(pid):
    """The CPU time of a process, in hundredths of a second."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


def test_a_client_that_finds_no_descriptor_free_costs_nothing_and_is_served_later(running):
    pid = running.daemon.process.pid
    assert is_answered(running)
    numbers = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # The lowest free number, and none above it.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(set(range(1000)) - numbers), hard))
    with connect(running.near) as sock:
        sock.sendall(frame("web.vanya"))
        before = ticks(pid)
        time.sleep(2)
        assert ticks(pid) - before < 10, "a thread that turns without a pause takes up to 200"
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        with sock.makefile("rb") as stream:
            assert addresses(read_reply(stream)) == [WEB4]


# --- idle -------------------------------------------------------------------------------------------

def switches(pid):
    """How often each thread except the main one, which also listens to the kernel, has gone to sleep."""
    counts = {}
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        if path.split("/")[4] == str(pid):
            continue
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            counts[os.path.basename(os.path.dirname(path))] = next(
                int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
    return counts


def test_no_worker_wakes_up_while_nobody_asks(running):
    for tcp in (False, True):
        ask(running.near, HOST4, "web.vanya", "A", tcp=tcp)
    pid = running.daemon.process.pid

    def is_idle():
        before = switches(pid)
        time.sleep(3)
        return len(before) >= 2 and switches(pid) == before

    # The connection's end and the last IPv6 addresses are noticed first. A wake-up by the clock would come
    # in each of these times.
    assert any(is_idle() for _ in range(5))
