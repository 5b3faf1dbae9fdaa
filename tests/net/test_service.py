# SPDX-License-Identifier: ISC
"""ontap-zone as a service: readiness, signals, reload, bad input, privileges, and questions to it."""
import contextlib
import json
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.message  # noqa: E402

from lib.query import addresses, ask, has_addresses  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST4, HOST6 = "10.7.0.1", "fd07::1"


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", f"{HOST4}/24", f"{HOST6}/64")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.7.0.2/24", "fd07::2/64", "2001:db8:7::2/64",
                         alias="web")


@pytest.fixture
def unready(program, tmp_path):
    """unready(ns, "--listen=…") -> (exit code, log) of a daemon that does not become ready."""
    def run(ns, *options, socket_path=None):
        done = ns.run([program("ontap-zone"), "serve", "--domain=vanya", f"--state={tmp_path}",
                       f"--socket={socket_path or tmp_path / 'zone.sock'}", *options], check=False)
        return done.returncode, done.stderr
    return run


def web_is(ns, *expected, **how):
    return has_addresses(ns, "web.lan.vanya", *expected, **how)


def status_of(pid):
    """/proc/PID/status as a dict."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def state(supervisor):
    """The next message to the supervisor that is a change of state."""
    while (message := supervisor.recv(300)).startswith(b"STATUS="):
        pass
    return message


# --- readiness and the end ------------------------------------------------------------------------

def test_the_newline_comes_when_every_answer_is_right(host, web, serve):
    for i in range(20, 40):
        host.ip(f"link add x{i} type veth peer name y{i}")
    web.batch([f"addr add 10.7.0.{i}/24 dev eth0" for i in range(20, 40)])
    serve(host, "--domain=vanya")
    # The sockets are bound, for both families and protocols: there is nothing to wait for.
    for server in ("127.0.0.1", HOST4, HOST6, "::1"):
        for tcp in (False, True):
            assert len(addresses(ask(host, server, "web.lan.vanya", "A", tcp=tcp))) == 21


@pytest.mark.parametrize("is_abstract", [False, True])
def test_a_supervisor_is_notified_of_start_reload_and_end(host, web, serve, tmp_path, is_abstract):
    name = "\0ontap-test-notify" if is_abstract else str(tmp_path / "notify")
    with host.socket(socket.AF_UNIX) as supervisor:
        supervisor.bind(name)
        supervisor.settimeout(5)
        daemon = serve(host, "--domain=vanya", "--no-mdns",
                       environ={"NOTIFY_SOCKET": name.replace("\0", "@")})
        assert supervisor.recv(100) == b"STATUS=listening on 2 addresses"
        assert supervisor.recv(100) == b"READY=1"
        daemon.reload()
        assert state(supervisor).split(b"\n")[0] == b"RELOADING=1"
        assert state(supervisor) == b"READY=1"
        daemon.stop()
        assert state(supervisor) == b"STOPPING=1"


def test_a_supervisor_is_told_what_is_not_served_and_why(host, web, serve, tmp_path):
    with host.socket(socket.AF_UNIX) as supervisor, squatter(host, "127.0.0.1", socket.SOCK_DGRAM):
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(5)
        serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1",
              environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        told = supervisor.recv(300).decode()
        assert told.startswith("STATUS=degraded: listening on 0 addresses; 127.0.0.1:53: ")
        assert "in use" in told and f"pid {os.getpid()}" in told
        assert supervisor.recv(100) == b"READY=1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_ends_it_with_0_and_nothing_stays(host, web, serve, number):
    daemon = serve(host, "--domain=vanya")
    pids = [daemon.process.pid, *children_of(daemon.process.pid)]
    daemon.process.send_signal(number)
    assert daemon.process.wait(5) == 0, daemon.log()
    assert not os.path.exists(daemon.socket)
    assert not [pid for pid in pids[1:] if os.path.exists(f"/proc/{pid}")]


def test_nothing_stays_when_it_is_killed(host, web, serve):
    daemon = serve(host, "--domain=vanya")
    pids = children_of(daemon.process.pid)
    daemon.kill()
    wait_until(lambda: not [pid for pid in pids if os.path.exists(f"/proc/{pid}")],
               what="the end of its processes")


def test_it_ends_when_the_process_that_watches_the_kernel_does(host, web, serve):
    """Better no answers than outdated ones: a supervisor starts it again."""
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    watchers = children_of(daemon.process.pid)
    if not watchers:
        pytest.skip("all is one process")
    os.kill(watchers[0], signal.SIGKILL)
    assert daemon.process.wait(5) == 111
    assert "error: " in daemon.log()
    daemon.process = None


# --- reload ---------------------------------------------------------------------------------------

@pytest.fixture
def configured(host, web, serve, tmp_path):
    """A daemon with a configuration file and a zone file, and functions to change them."""
    class Configured:
        conf, zone = tmp_path / "zone.conf", tmp_path / "vanya.zone"

        def write(self, text):
            self.conf.write_text(f"domain = vanya\nmdns = no\nzone-file = {self.zone}\n{text}listen = any\n")

        def reload(self, expected):
            """Returns the log, once that has `expected`."""
            before = len(self.daemon.log())
            self.daemon.reload()
            wait_until(lambda: expected in self.daemon.log()[before:], what=expected)
            return self.daemon.log()[before:]
    made = Configured()
    made.zone.write_text("static A 192.0.2.1\n")
    made.write("")
    made.daemon = serve(host, f"--config={made.conf}")
    return made


def test_a_reload_takes_the_new_configuration(host, web, configured):
    assert ask(host, "127.0.0.1", "web.lan.vanya").answer[0].ttl == 60
    configured.write("ttl = 7\nnames = netns\n")
    configured.zone.write_text("other A 192.0.2.2\nweb TXT hello\n")
    configured.reload("reloaded")
    assert ask(host, "127.0.0.1", "web.lan.vanya").rcode() == 3
    reply = ask(host, "127.0.0.1", f"{web.name}.lan.vanya")
    assert addresses(reply) == ["10.7.0.2"] and reply.answer[0].ttl == 7
    assert ask(host, "127.0.0.1", "static.vanya").rcode() == 3
    assert addresses(ask(host, "127.0.0.1", "other.vanya")) == ["192.0.2.2"]
    configured.write("")
    configured.zone.write_text("static A 192.0.2.1\n")
    configured.reload("reloaded")
    assert web_is(host, "10.7.0.2")
    assert addresses(ask(host, "127.0.0.1", "static.vanya")) == ["192.0.2.1"]


def test_a_reload_can_change_the_domain(host, web, configured):
    configured.write("")
    configured.conf.write_text("domain = lab.test\nmdns = no\nlisten = any\n")
    configured.reload("reloaded")
    assert addresses(ask(host, "127.0.0.1", "web.lan.lab.test")) == ["10.7.0.2"]
    assert ask(host, "127.0.0.1", "web.lan.vanya").rcode() == 5
    assert ask(host, "127.0.0.1", "lab.test", "SOA").answer


def test_a_reload_says_what_it_cannot_change_as_long_as_that_is_so(configured):
    """A reload compares with the configuration in force, not with the one read last."""
    configured.write("nsid = one\nthreads = 2\n")
    for _ in range(2):
        log = configured.reload("reloaded")
        assert "key=threads" in log and "nsid" in log
    configured.write("")
    assert "not changed" not in configured.reload("reloaded")


def test_a_reload_leaves_no_moment_without_an_answer(host, web, configured):
    """Asks without a pause while the configuration is read again and again."""
    wrong, is_over = [], threading.Event()

    def ask_on():
        while not is_over.is_set():
            if not web_is(host, "10.7.0.2"):
                wrong.append(time.monotonic())
    asker = threading.Thread(target=ask_on)
    asker.start()
    for ttl in (5, 6, 7, 8):
        configured.write(f"ttl = {ttl}\n")
        configured.reload("reloaded")
    is_over.set()
    asker.join()
    assert not wrong


def test_a_reload_that_is_asked_for_during_the_start_is_not_lost(host, web, serve):
    waiting = ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]); "
               "os.kill(os.getpid(), signal.SIGHUP); os.execv(sys.argv[1], sys.argv[1:])")
    daemon = serve(host, "--domain=vanya", "--no-mdns", prefix=[sys.executable, "-c", waiting])
    wait_until(lambda: "info: reloaded\n" in daemon.log(), what="the reload")


def test_a_reload_writes_exports_that_it_changes(host, web, configured, tmp_path):
    """Nothing that is served changes with them."""
    export = tmp_path / "data"
    configured.write(f"export = tinydns:{export}\n")
    configured.reload("reloaded")
    wait_until(lambda: export.exists() and "+web.lan.vanya" in export.read_text(), what="the file")
    configured.write(f"export = tinydns:{export}\nlan = 198.51.100.0/24\n")
    configured.reload("reloaded")
    wait_until(lambda: "%la:198.51.100\n" in export.read_text(), what="the location")


@pytest.mark.parametrize("conf, zone, place", [
    ("frob = 1\n", None, "{conf}:4: "),
    ("lan = 10.0.0.1/8\n", None, "{conf}:4: "),
    ("ttl = 5\nttl = x\n", None, "{conf}:5: "),
    ("ttl = 5\n", "a A 192.0.2.1\nb A 192.0.2\n", "{zone}:2: "),
    ("zone-file = /nowhere/x\n", None, "/nowhere/x"),
])
def test_a_bad_reload_says_where_and_keeps_the_old(host, web, configured, conf, zone, place):
    configured.write(conf)
    if zone:
        configured.zone.write_text(zone)
    log = configured.reload("the old configuration stays")
    assert place.format(conf=configured.conf, zone=configured.zone) in log
    assert web_is(host, "10.7.0.2")
    assert ask(host, "127.0.0.1", "web.lan.vanya").answer[0].ttl == 60
    assert addresses(ask(host, "127.0.0.1", "static.vanya")) == ["192.0.2.1"]
    web.add_addr("eth0", "10.7.0.3/24")
    wait_until(lambda: web_is(host, "10.7.0.2", "10.7.0.3"), what="the next change")


# --- bad input ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, message", [
    (["--frob"], "--frob: unknown option"),
    (["--lan=300.0.0.0/8"], "--lan: "),
    (["--listen=300.0.0.1"], "--listen: "),
    (["--ttl=-1"], "--ttl: "),
    (["--user=no-such-user-here", "--listen=127.0.0.1:5300"], "no such user"),
    (["--domain=a..b"], "--domain: "),
])
def test_a_wrong_option_is_named_with_exit_100(host, unready, options, message):
    code, log = unready(host, *options)
    assert code == 100 and message in log
    assert len(log.splitlines()) == 1, log


def test_a_wrong_line_of_the_file_is_named_with_its_number(host, unready, tmp_path):
    conf = tmp_path / "bad.conf"
    for line in ("frob = 1", "lan = x", "listen = 10.0.0.1:99999"):
        conf.write_text(f"# a comment\n\n{line}\n")
        code, log = unready(host, f"--config={conf}")
        assert code == 100 and f"{conf}:3: " in log


def test_check_says_what_serve_would(host, program, tmp_path):
    conf = tmp_path / "zone.conf"
    conf.write_text("domain = vanya\nlisten = 127.0.0.1:5300\n")
    assert host.run([program("ontap-zone"), "check", f"--config={conf}"]).stderr == ""
    conf.write_text("domain = vanya\nlisten = 127.0.0.1:x\n")
    done = host.run([program("ontap-zone"), "check", f"--config={conf}"], check=False)
    assert done.returncode == 100 and f"{conf}:2: " in done.stderr
    done = host.run([program("ontap-zone"), "check", "--user=no-such-user-here"], check=False)
    assert done.returncode == 100 and "no-such-user-here" in done.stderr


@contextlib.contextmanager
def squatter(ns, addr, kind):
    """Another process that has port 53 of an address."""
    with ns.socket(socket.AF_INET, kind) as sock:
        sock.bind((addr, 53))
        if kind == socket.SOCK_STREAM:
            sock.listen()
        yield


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=lambda k: k.name)
def test_a_port_that_is_taken_is_named_and_the_others_are_served(host, web, serve, kind):
    with squatter(host, "127.0.0.1", kind):
        daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1",
                       f"--listen={HOST4}")
        warning, = [line for line in daemon.log().splitlines() if "127.0.0.1:53" in line]
        assert warning.startswith("warning: ") and "in use" in warning and "--listen" in warning
        assert f"pid={os.getpid()}" in warning
        assert web_is(host, "10.7.0.2", server=HOST4)
        assert daemon.status()["dns"]["not_listening"] == 1
    web.add_addr("eth0", "10.7.0.3/24")
    wait_until(lambda: web_is(host, "10.7.0.2", "10.7.0.3"), what="an answer at 127.0.0.1", timeout=30)
    assert daemon.status()["dns"]["not_listening"] == 0


def test_an_address_that_is_not_there_yet_is_served_when_it_comes(host, web, serve):
    serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1", "--listen=10.7.0.77",
          "--listen=[fd07::77]")
    host.add_addr("br0", "10.7.0.77/24")
    wait_until(lambda: web_is(web, "10.7.0.2", server="10.7.0.77"), what="IPv4")
    host.add_addr("br0", "fd07::77/64")
    wait_until(lambda: web_is(web, "10.7.0.2", server="fd07::77"), what="IPv6")


def test_an_address_that_is_tentative_yet_is_served_when_it_is_not(host, web, serve):
    host.ip("addr add fd07::77/64 dev br0")
    serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1", "--listen=[fd07::77]")
    wait_until(lambda: web_is(web, "10.7.0.2", server="fd07::77"), what="IPv6")


def test_no_address_at_all_is_waited_in(host, web, serve):
    with squatter(host, "127.0.0.1", socket.SOCK_DGRAM):
        daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1", "--listen=10.7.0.99")
        assert daemon.status()["dns"]["listening"] == 0 and daemon.status()["degraded"] is True
        assert "127.0.0.1:53" in daemon.log() and "10.7.0.99:53" in daemon.log()
    host.add_addr("br0", "10.7.0.99/24")
    wait_until(lambda: web_is(host, "10.7.0.2", server="10.7.0.99"), what="the new address")
    wait_until(lambda: daemon.status()["degraded"] is False, what="all addresses")


def test_a_second_daemon_on_the_same_control_socket_is_refused(host, web, serve, unready):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    code, log = unready(host, "--no-mdns", "--listen=127.0.0.1:5300", socket_path=daemon.socket)
    assert code == 111 and daemon.socket in log and "another ontap-zone is running" in log
    assert daemon.status()["ready"] is True


def test_a_second_daemon_on_the_same_port_waits_until_the_first_ends(host, web, serve):
    first = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1")
    second = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1")
    line, = [line for line in second.log().splitlines() if "cannot listen" in line]
    assert "127.0.0.1:53" in line and "in use" in line and f"pid={first.process.pid}" in line
    first.stop()
    wait_until(lambda: web_is(host, "10.7.0.2"), 15, "the second at 127.0.0.1")
    assert second.status()["degraded"] is False


def test_a_second_daemon_is_refused_before_it_speaks_of_links(host, web, serve, unready):
    daemon = serve(host, "--domain=vanya", "--mdns=br0", "--listen=127.0.0.1")
    code, log = unready(host, "--mdns=br0", "--listen=127.0.0.1:5300", socket_path=daemon.socket)
    assert code == 111 and len(log.splitlines()) == 1, log
    assert "another ontap-zone is running" in log


def test_a_socket_that_a_killed_daemon_left_is_replaced(host, web, serve):
    """Kills it and its watcher, which would have removed the socket."""
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    daemon.stop()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(daemon.socket)
    daemon.start()
    assert daemon.status()["ready"] is True


def test_a_file_that_is_no_socket_is_not_replaced(host, unready, tmp_path):
    path = tmp_path / "precious"
    path.write_text("precious")
    code, log = unready(host, "--no-mdns", "--listen=127.0.0.1", socket_path=path)
    assert code == 111 and str(path) in log
    assert path.read_text() == "precious"


def test_who_asks_nobody_is_told_so(host, program, tmp_path):
    done = host.run([program("ontap-zone"), "names", f"--socket={tmp_path}/none"], check=False)
    assert done.returncode == 111
    assert f"{tmp_path}/none" in done.stderr and "is it running?" in done.stderr
    assert done.stdout == ""


# --- hostile bytes --------------------------------------------------------------------------------

def mutated(rng, seed):
    """A damaged packet: bytes changed, cut, or repeated."""
    packet = bytearray(seed)
    for _ in range(rng.randrange(1, 8)):
        how = rng.randrange(5)
        at = rng.randrange(len(packet)) if packet else 0
        if how == 0 and packet:
            packet[at] = rng.randrange(256)
        elif how == 1 and packet:
            packet[at] ^= 1 << rng.randrange(8)
        elif how == 2:
            del packet[at:]
        elif how == 3:
            packet[at:at] = rng.choice((b"\xc0\x0c", b"\xff\xff", b"\0" * 5, b"\x3f" + b"a" * 63))
        elif how == 4:
            packet += bytes(rng.randrange(256) for _ in range(rng.randrange(60)))
    return bytes(packet)


def seeds():
    names = ("web.lan.vanya", "web.vanya", "2.0.7.10.in-addr.arpa", "web.local", ".")
    for name in names:
        for rdtype in ("A", "ANY", "SOA", "PTR"):
            yield dns.message.make_query(name, rdtype).to_wire()
            yield dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=True).to_wire()
    reply = dns.message.make_response(dns.message.make_query("web.local", "A"))
    reply.answer.append(dns.rrset.from_text("web.local.", 120, "IN", "A", "10.7.0.66"))
    reply.additional.append(dns.rrset.from_text("web.local.", 120, "IN", "NSEC", "web.local. A"))
    yield reply.to_wire()


def spray(ns, packets, target):
    family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
    with ns.socket(family) as sock:
        for packet in packets:
            with contextlib.suppress(OSError):
                sock.sendto(packet, target)


def test_malformed_questions_are_counted_and_harm_nothing(host, web, serve):
    daemon = serve(host, "--domain=vanya")
    rng = random.Random(53)
    packets = [mutated(rng, rng.choice(tuple(seeds()))) for _ in range(3000)]
    packets += [rng.randbytes(rng.randrange(600)) for _ in range(500)] + [b""] * 10
    before = daemon.status()
    for i in range(0, len(packets), 100):
        spray(web, packets[i:i + 100], (HOST4 if i % 200 else HOST6, 53))
        assert web_is(web, "10.7.0.2", server=HOST4)
    for i in range(0, len(packets), 100):
        spray(web, packets[i:i + 100], (HOST4, 5353))
        spray(web, packets[i:i + 100], ("224.0.0.251", 5353))
    assert web_is(web, "10.7.0.2", server=HOST4)
    after = daemon.status()
    assert after["mdns"]["malformed"] > before["mdns"]["malformed"]
    for key in ("dropped", "formerr", "notimp"):
        assert after["dns"][key] > before["dns"][key], key
    assert daemon.process.poll() is None


def test_malformed_tcp_harms_nothing(host, web, serve):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    rng = random.Random(54)
    with contextlib.ExitStack() as stack:
        for i in range(150):
            sock = stack.enter_context(web.socket(socket.AF_INET, socket.SOCK_STREAM))
            sock.settimeout(2)
            sock.connect((HOST4, 53))
            packet = mutated(rng, rng.choice(tuple(seeds())))
            length = rng.choice((len(packet), 0, 65535, len(packet) // 2))
            with contextlib.suppress(OSError):
                sock.sendall(struct.pack("!H", length) + packet * (i % 3))
            if i % 2:
                sock.close()
        assert web_is(web, "10.7.0.2", server=HOST4)
        assert addresses(ask(web, HOST6, "web.lan.vanya", "A", tcp=True)) == ["10.7.0.2"]
    assert daemon.process.poll() is None


def test_nonsense_on_the_control_socket_is_answered_and_harms_nothing(host, web, serve):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    rng = random.Random(55)
    for request in (b"\n", b"frob\n", b"explain\n", b"explain " + b"a" * 3000 + b"\n", b"names",
                    b"explain a b c d\n", b"\0\0\0\n", b"explain \xff\xfe\n", rng.randbytes(5000)):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(2)
            sock.connect(daemon.socket)
            with contextlib.suppress(OSError):
                sock.sendall(request)
                sock.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda s=sock: s.recv(65536), b""))
                for line in answer.splitlines():
                    json.loads(line)
    assert daemon.status()["ready"] is True


# --- privileges -----------------------------------------------------------------------------------

@pytest.mark.parametrize("missing", ["net_admin", "net_broadcast"])
def test_a_missing_capability_is_named_and_the_own_namespace_served(host, serve, need, missing):
    host.set_alias("br0", "gateway")
    daemon = serve(host, "--domain=vanya", "--no-mdns",
                   prefix=[need("setpriv"), f"--bounding-set=-{missing}"])
    line, = [line for line in daemon.log().splitlines() if line.startswith("warning: ")]
    assert f"missing=CAP_{missing.upper()}" in line
    assert addresses(ask(host, "127.0.0.1", "gateway.lan.vanya", "A")) == [HOST4]
    host.add_addr("br0", "10.7.0.55/24")
    wait_until(lambda: addresses(ask(host, "127.0.0.1", "gateway.lan.vanya", "A")) ==
               [HOST4, "10.7.0.55"], what="the new address")
    assert daemon.status()["kernel"]["own_namespace_only"] is True


def capabilities(status):
    """The names of a thread's capabilities, effective or possible."""
    numbers = {10: "net_bind_service", 11: "net_broadcast", 12: "net_admin", 13: "net_raw",
               19: "sys_ptrace", 21: "sys_admin"}
    mask = int(status["CapEff"], 16) | int(status["CapPrm"], 16) | int(status["CapInh"], 16) | \
        int(status["CapAmb"], 16)
    return {numbers.get(bit, bit) for bit in range(64) if mask >> bit & 1}


def test_it_becomes_the_user_asked_for_with_next_to_no_capabilities(host, web, serve, nobody):
    daemon = serve(host, "--domain=vanya", f"--user={nobody}", "--threads=2")
    pid = daemon.process.pid
    main = status_of(pid)
    assert set(main["Uid"].split()) == {"65534"} and set(main["Gid"].split()) == {"65534"}
    assert main["Groups"].split() in ([], ["65534"])
    assert main["NoNewPrivs"] == "1"
    assert capabilities(main) <= {"net_bind_service"}
    for thread in os.listdir(f"/proc/{pid}/task"):
        assert capabilities(status_of(f"{pid}/task/{thread}")) <= {"net_bind_service"}, thread
    for child in children_of(pid):
        assert capabilities(status_of(child)) <= {"net_admin", "net_broadcast", "net_raw",
                                                  "sys_admin", "sys_ptrace"}
    web.add_addr("eth0", "10.7.0.3/24")
    wait_until(lambda: web_is(host, "10.7.0.2", "10.7.0.3"), what="the next change")


@pytest.mark.parametrize("user", ["by default", "root", "another"])
def test_no_thread_keeps_a_privilege_or_can_get_one(host, web, serve, nobody, user):
    """By default: as the user "ontap", or as root without its capabilities."""
    options = {"by default": [], "root": ["--user=root"], "another": [f"--user={nobody}"]}[user]
    daemon = serve(host, "--domain=vanya", "--threads=2", *options)
    pid = daemon.process.pid

    def threads():
        return {int(thread): status_of(f"{pid}/task/{thread}") for thread in os.listdir(f"/proc/{pid}/task")}
    web.add_addr("eth0", "10.7.0.3/24")  # the replaced data is freed by its own thread
    wait_until(lambda: web_is(host, "10.7.0.2", "10.7.0.3"), what="the next change")
    assert len(threads()) >= 4
    # Only the main thread opens sockets. It also creates the thread that frees memory.
    wait_until(lambda: sum(bool(capabilities(status)) for status in threads().values()) <= 2,
               what="threads without capabilities")
    for thread, status in threads().items():
        assert capabilities(status) <= {"net_bind_service"}, thread
        assert int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"] == "1", thread


def test_as_another_user_it_serves_late_addresses_and_keeps_its_state(host, web, serve, nobody):
    """The only address that it is to serve is not there yet."""
    daemon = serve(host, "--domain=vanya", f"--user={nobody}", "--listen=10.7.0.77")
    host.add_addr("br0", "10.7.0.77/24")
    wait_until(lambda: web_is(web, "10.7.0.2", server="10.7.0.77"), what="the new address")
    daemon.stop()
    state = os.path.join(os.path.dirname(daemon.socket), "state")
    assert os.stat(os.path.join(state, "serial")).st_uid == 65534


@pytest.mark.parametrize("is_killed", [False, True])
def test_as_another_user_it_can_be_started_again(host, web, serve, nobody, is_killed):
    """It may not remove its socket from root's directory."""
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--user={nobody}")
    if is_killed:
        daemon.kill()
    else:
        daemon.stop()
    daemon.start()
    assert daemon.status()["ready"] is True


# --- idle -----------------------------------------------------------------------------------------

def switches(pid):
    """How often each thread of a process went to sleep; a thread that stays asleep does not count up."""
    pids = [pid, *children_of(pid)]
    return {(p, t): int(status_of(f"{p}/task/{t}")["voluntary_ctxt_switches"])
            for p in pids for t in os.listdir(f"/proc/{p}/task")}


def is_settled(*namespaces):
    """True if each link has its final addresses."""
    return not any(" tentative " in ns.ip("-6 -o addr show") for ns in namespaces)


# Other tests, which run beside these, change host names and namespaces, and the kernel tells everybody.
QUIET_PATIENCE = 60


def stays_asleep(daemon):
    """True if none of its threads wakes up for a while; repeated if the kernel had news."""
    before = switches(daemon.process.pid)
    time.sleep(2)
    after = switches(daemon.process.pid)
    return after == before


def test_nothing_wakes_it_when_nothing_happens(host, web, serve):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    wait_until(lambda: is_settled(host, web), what="the end of duplicate detection")
    wait_until(lambda: stays_asleep(daemon), QUIET_PATIENCE, "quiet")


def test_with_mdns_nothing_wakes_it_once_its_names_are_announced(host, web, serve):
    daemon = serve(host, "--domain=vanya")
    wait_until(lambda: is_settled(host, web), what="the end of duplicate detection")

    def is_established():
        names = daemon.status()["mdns"]["names"]
        return names and all(name["state"] == "established" for name in names)
    wait_until(is_established, 10, "the name to be established")
    time.sleep(1)
    sent = daemon.status()["mdns"]["packets_out"]
    wait_until(lambda: stays_asleep(daemon), QUIET_PATIENCE, "quiet")
    assert daemon.status()["mdns"]["packets_out"] == sent
