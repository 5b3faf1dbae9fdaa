# SPDX-License-Identifier: ISC
"""Names and addresses through the C library's module, without port 53, resolver or root; and the harm that
hostile users of the machine can do to others through its socket."""
import contextlib
import grp
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.started import is_sanitized  # noqa: E402
from lib.wait import wait_until  # noqa: E402

DEFAULT_SOCKET = "/run/ontap-zone/resolve.sock"
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nss-look.c")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


class Machine:
    """A host whose programs have their own files in /etc: the module is a source of hosts there."""

    def __init__(self, ns, directory, module):
        self.ns, self.directory = ns, directory
        os.chmod(directory, 0o755)
        modules = directory / "modules"
        modules.mkdir()
        shutil.copy(module, modules)
        (directory / "hosts").write_text("127.0.0.1 localhost\n192.0.2.99 fallback\n")
        (directory / "ld.so.conf").write_text(f"{modules}\n")
        # So that setuid programs find it, too, which ignore LD_LIBRARY_PATH.
        subprocess.run(["unshare", "-m", "sh", "-ec",
                        f"mkdir -p /var/cache/ldconfig; mount -t tmpfs none /var/cache/ldconfig; "
                        f"{shutil.which('ldconfig', path='/sbin:/usr/sbin')} -f {directory}/ld.so.conf "
                        f"-C {directory}/ld.so.cache"], check=True, capture_output=True)
        self.sources("files ontap")

    def sources(self, text):
        (self.directory / "nsswitch.conf").write_text(f"passwd: files\ngroup: files\nhosts: {text}\n")

    def argv(self, command):
        mounts = "".join(f"mount --bind {self.directory}/{name} /etc/{name}; "
                         for name in ("nsswitch.conf", "hosts", "ld.so.cache"))
        return ["unshare", "-m", "sh", "-ec", mounts + 'exec "$@"', "sh", *command]

    def run(self, *command, ns=None, **environ):
        """Runs a command to its end, and returns the result; `environ` is added to ours."""
        return (ns or self.ns).run(self.argv(command), check=False, timeout=60, env=dict(os.environ, **environ))


@pytest.fixture
def host(topo):
    topo.has_dad = False
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.7.0.1/24", "fd07::1/64")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.7.0.2/24", "fd07::2/64", alias="web")


@pytest.fixture
def module(program):
    return program("src/nss/libnss_ontap.so.2")


@pytest.fixture
def look(program):
    return program("tests/net/nss-look")


@pytest.fixture
def machine(host, module, tmp_path):
    made = tmp_path / "etc"
    made.mkdir()
    os.chmod(tmp_path, 0o755)
    return Machine(host, made, module)


@pytest.fixture
def daemon(host, web, serve):
    """A daemon that nobody can ask by port 53, which it does not have. It serves at the path that the module
    knows."""
    return serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1:5399",
                 f"--resolve-socket={DEFAULT_SOCKET}")


def fields(text):
    return [line.split() for line in text.splitlines()]


# --- results --------------------------------------------------------------------------------------------

def test_getent_finds_hosts_and_addresses(daemon, machine):
    for name in ("web", "web.vanya", "WEB.Vanya", "web.vanya.", "web.lan.vanya"):
        found = fields(machine.run("getent", "hosts", name).stdout)
        assert [line[0] for line in found] == ["fd07::2"], name
        assert found[0][1].lower() == ("web.lan.vanya" if "lan" in name else "web.vanya"), name
    ahosts = fields(machine.run("getent", "ahosts", "web").stdout)
    assert {line[0] for line in ahosts} == {"10.7.0.2", "fd07::2"} and ahosts[0][2] == "web.vanya"
    ahosts = fields(machine.run("getent", "ahostsv6", "web").stdout)
    assert {line[0] for line in ahosts} == {"fd07::2"}
    ahosts = fields(machine.run("getent", "ahostsv4", "web").stdout)
    assert {line[0] for line in ahosts} == {"10.7.0.2"}
    for addr in ("10.7.0.2", "fd07::2"):
        assert fields(machine.run("getent", "hosts", addr).stdout) == [[addr, "web.lan.vanya"]]


def test_what_is_not_there_is_not_found(daemon, machine, look):
    for name in ("nope", "nope.vanya", "www.example.com", "nope.local", "10.7.0.77", "192.0.2.1", "a b", "\u00fc"):
        done = machine.run("getent", "hosts", name)
        assert (done.returncode, done.stdout) == (2, ""), name
    assert machine.run(look, "nope").stdout == "Name or service not known\n"
    assert machine.run(look, "nope.vanya").stdout == "Name or service not known\n"
    assert machine.run(look, "www.example.com").stdout == "Name or service not known\n"


def test_python_and_its_libraries_find_them(daemon, machine):
    done = machine.run("/usr/bin/python3", "-c", "import socket; "
                       "print(sorted({a[4][0] for a in socket.getaddrinfo('web', 80)})); "
                       "print(socket.gethostbyaddr('10.7.0.2')); print(socket.getfqdn('web'))")
    assert done.stdout == "['10.7.0.2', 'fd07::2']\n('web.lan.vanya', [], ['10.7.0.2'])\nweb.lan.vanya\n", done.stderr


def test_a_name_that_changes_is_found_as_it_is_now(daemon, machine, web):
    web.add_addr("eth0", "10.7.0.3/24")
    wait_until(lambda: "10.7.0.3" in machine.run("getent", "ahostsv4", "web").stdout)
    web.set_alias("eth0", "other")
    wait_until(lambda: machine.run("getent", "hosts", "web").returncode == 2)
    assert machine.run("getent", "hosts", "other").returncode == 0


def test_a_search_ends_with_us_for_names_of_ours_alone(daemon, machine):
    machine.sources("ontap [NOTFOUND=return] files")
    (machine.directory / "hosts").write_text("192.0.2.7 nope.vanya nope www.example.com v4.vanya\n")
    assert machine.run("getent", "hosts", "nope.vanya").returncode == 2
    assert machine.run("getent", "hosts", "nope").stdout.split()[0] == "192.0.2.7"
    assert machine.run("getent", "hosts", "www.example.com").stdout.split()[0] == "192.0.2.7"


def test_local_names_have_the_link_of_link_local_addresses(host, web, topo, serve, machine, look):
    serve(host, "--domain=vanya", "--mdns=br0", "--listen=127.0.0.1:5399", f"--resolve-socket={DEFAULT_SOCKET}")
    link_local = re.search(r"fe80\S+(?=/)", web.ip("addr show dev eth0")).group()

    def found(ns=host):
        return {tuple(line) for line in fields(machine.run(look, "web.local", ns=ns).stdout)}
    wait_until(lambda: ("10.7.0.2", "0", "web.local") in found(), 10, "the end of probing")
    assert found() == {("10.7.0.2", "0", "web.local"), ("fd07::2", "0", "web.local"),
                       (link_local, str(host.ifindex("br0")), "web.local")}
    wait_until(lambda: machine.run("getent", "hosts", link_local).stdout.split()[1:] == ["web.local"], 10,
               "its reverse name")
    # That link does not exist for other namespaces.
    assert found(ns=web) == {("10.7.0.2", "0", "web.local"), ("fd07::2", "0", "web.local")}
    assert machine.run("getent", "hosts", "other.local").returncode == 2


# --- callers ----------------------------------------------------------------------------------------

def test_a_user_without_rights_finds_them(daemon, machine, nobody):
    done = machine.run(*NOBODY, "getent", "ahostsv4", "web")
    assert {line[0] for line in fields(done.stdout)} == {"10.7.0.2"}, done.stderr


def test_sixteen_threads_find_the_same(daemon, machine, look):
    done = machine.run(look, "-t", "16", "200", "web")
    assert done.stdout.endswith("wrong 0 left open 0\n"), done.stdout + done.stderr
    assert "10.7.0.2 0 web.vanya" in done.stdout


def test_a_setuid_program_finds_them_and_heeds_no_environment(daemon, machine, look, nobody, tmp_path):
    if os.statvfs(tmp_path).f_flag & os.ST_NOSUID:
        pytest.skip("no setuid programs in pytest's directory")
    if is_sanitized(look):
        pytest.skip("a sanitizer in a setuid program looks at the environment")
    copy = tmp_path / "look"
    shutil.copy(look, copy)
    os.chmod(copy, 0o4755)
    done = machine.run(*NOBODY, str(copy), "-s", "web", ONTAP_RESOLVE_SOCKET="/nonexistent")
    assert done.stdout.startswith("secure 1 euid 0\n"), done.stdout + done.stderr
    assert "10.7.0.2 0 web.vanya" in done.stdout, done.stdout
    done = machine.run(*NOBODY, look, "-s", "web", ONTAP_RESOLVE_SOCKET="/nonexistent")
    assert done.stdout == "secure 0 euid 65534\nName or service not known\n"


def test_a_static_program_finds_them(daemon, machine, tmp_path):
    """It loads the module, and for it the C library, at run time."""
    built = subprocess.run(["gcc", "-static-pie", "-D_GNU_SOURCE", "-w", "-o", str(tmp_path / "look"), SOURCE],
                           capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.skip(f"gcc cannot make a static program: {built.stderr}")
    done = machine.run(str(tmp_path / "look"), "web")
    assert "10.7.0.2 0 web.vanya" in done.stdout, done.stdout + done.stderr


# --- no daemon, or another one --------------------------------------------------------------------------

def syscalls(machine, look, need, name, tmp_path):
    """The system calls of a look-up in a program that has made one before, without those at the program's
    end: a sanitizer has much to do there."""
    trace = tmp_path / "trace"
    done = machine.run(need("strace"), "-f", "-o", str(trace), look, "-m", name)
    if not trace.exists() or "mark" not in trace.read_text():
        pytest.skip(f"strace does not work here: {done.stderr}")
    lines = [line.split(None, 1)[1] for line in trace.read_text().splitlines()]
    marks = [i for i, line in enumerate(lines) if '"mark\\n"' in line]
    assert len(marks) == 3, lines
    return lines[marks[1] + 1:marks[2]]


def test_a_daemon_that_is_not_there_costs_a_connect(daemon, machine, look, need, tmp_path):
    machine.sources("ontap files")
    daemon.stop()
    assert not os.path.exists(DEFAULT_SOCKET)
    assert machine.run("getent", "hosts", "fallback").stdout.split()[0] == "192.0.2.99"
    lines = syscalls(machine, look, need, "fallback", tmp_path)
    start = next(i for i, line in enumerate(lines) if line.startswith("socket(AF_UNIX"))
    assert lines[start + 1].startswith("connect(") and "ENOENT" in lines[start + 1], lines
    assert lines[start + 2].startswith("close("), lines
    assert not [line for line in lines if re.match(r"(poll|ppoll|send|recv|nanosleep|clock_nanosleep|rt_sig)", line)]


def test_a_daemon_that_was_killed_costs_no_more(daemon, machine, look, need, tmp_path):
    machine.sources("ontap files")
    daemon.kill()
    wait_until(lambda: not os.path.exists(DEFAULT_SOCKET), what="the end of the socket")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(DEFAULT_SOCKET)
    lines = syscalls(machine, look, need, "fallback", tmp_path)
    assert [line for line in lines if line.startswith("connect(") and "ECONNREFUSED" in line]
    assert machine.run("getent", "hosts", "fallback").stdout.split()[0] == "192.0.2.99"
    os.unlink(DEFAULT_SOCKET)


def test_a_look_up_raises_no_signal_and_leaves_nothing(daemon, machine, look, need, tmp_path):
    lines = syscalls(machine, look, need, "web", tmp_path)
    used = [line.partition("(")[0] for line in lines]
    start = next(i for i, line in enumerate(lines) if line.startswith("socket(AF_UNIX"))
    assert "SOCK_CLOEXEC" in lines[start] and "resolve.sock" in lines[start + 1]
    end = used.index("close", start)
    assert used[start:end + 1] == ["socket", "connect", "getsockopt", "getpid", "sendto", "poll", "recvfrom",
                                   "close"]
    assert "MSG_NOSIGNAL" in lines[start + 4]


@contextlib.contextmanager
def impostor(path, converse, backlog=16):
    """A process that listens there, and runs `converse(connection)` with each client, until the end."""
    listening, done = socket.socket(socket.AF_UNIX), threading.Event()
    listening.bind(str(path))
    listening.listen(backlog)
    os.chmod(path, 0o777)
    listening.settimeout(0.1)

    def serve_all():
        while not done.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    converse(connection, done)
    thread = threading.Thread(target=serve_all)
    thread.start()
    try:
        yield listening
    finally:
        done.set()
        thread.join()
        listening.close()


def say(*pieces):
    def converse(connection, _):
        connection.recv(1000)
        for piece in pieces:
            connection.sendall(piece)
    return converse


def say_nothing(_, done):
    done.wait(30)


def say_a_little_all_the_time(connection, done):
    with contextlib.suppress(OSError):
        while not done.wait(0.1):
            connection.sendall(b"x y\n")


def say_without_end(connection, done):
    with contextlib.suppress(OSError):
        while not done.is_set():
            connection.sendall(b"a" * 4096)


@pytest.mark.parametrize("converse", [
    say(), say(b"name fallback\n"), say(b"name fallback\naddress 192.0.2.1"), say(b"end unknown\n"), say(b"end found\n"),
    say(b"name fallback\naddress 192.0.2.1\0\nend found\n"), say(b"name ../..\naddress 192.0.2.1\nend found\n"),
    say(b"{\"name\": \"fallback\"}\n"), say(b"\n" * 9000), say_nothing, say_a_little_all_the_time, say_without_end,
], ids=lambda _: "")
def test_who_answers_badly_or_never_is_passed_over(machine, converse, tmp_path):
    machine.sources("ontap files")
    path = tmp_path / "i"
    with impostor(path, converse):
        done = machine.run("timeout", "20", "getent", "hosts", "fallback", ONTAP_RESOLVE_SOCKET=str(path))
    assert done.stdout.split()[:1] == ["192.0.2.99"], done.stderr


def test_who_does_not_accept_is_passed_over(machine, tmp_path):
    """Not even a connection is possible."""
    machine.sources("ontap files")
    path = tmp_path / "i"
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(path))
        listening.listen(0)
        for _ in range(2):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(str(path))
        done = machine.run("timeout", "20", "getent", "hosts", "fallback", ONTAP_RESOLVE_SOCKET=str(path))
    assert done.stdout.split()[:1] == ["192.0.2.99"], done.stderr


def test_an_answer_in_pieces_is_found(machine, tmp_path):
    path = tmp_path / "i"
    text = b"name web.vanya\naddress 10.0.0.1\ncolour blue\nend found\n"

    def converse(connection, _):
        connection.recv(1000)
        for byte in text:
            connection.sendall(bytes([byte]))
            time.sleep(0.001)
    with impostor(path, converse):
        done = machine.run("getent", "ahostsv4", "web", ONTAP_RESOLVE_SOCKET=str(path))
    assert done.stdout.split()[:1] == ["10.0.0.1"], done.stderr


def test_who_serves_does_not_ask_himself(machine, tmp_path):
    """It would wait for its own answer."""
    script = ("import os, socket; s = socket.socket(socket.AF_UNIX); s.bind(os.environ['ONTAP_RESOLVE_SOCKET']); "
              "s.listen(); s.settimeout(5)\n"
              "try: socket.getaddrinfo('web', 80)\n"
              "except socket.gaierror as e: print(e.errno == socket.EAI_NONAME)\n"
              "c, _ = s.accept(); print(c.recv(100))")
    done = machine.run("/usr/bin/python3", "-c", script, ONTAP_RESOLVE_SOCKET=str(tmp_path / "i"))
    assert done.stdout == "True\nb''\n", done.stdout + done.stderr


# --- the socket -----------------------------------------------------------------------------------

def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(path)
    return client


def request(path, line):
    """The answer, up to the end of the connection."""
    with connect(path) as client, client.makefile("rwb") as stream:
        with contextlib.suppress(OSError):
            stream.write(line)
            stream.flush()
            return stream.read()
    return b""


def test_everybody_may_connect_and_ask_for_hosts_only(daemon):
    assert os.stat(DEFAULT_SOCKET).st_mode & 0o777 == 0o666
    assert request(DEFAULT_SOCKET, b"resolve web\n").endswith(b"end found\n")
    for line in (b"names\n", b"status\n", b"graph\n", b"watch\n", b"explain web\n", b"resolve\n", b"\n", b"stop\n"):
        assert request(DEFAULT_SOCKET, line) == b"end unknown\n", line
    assert request(DEFAULT_SOCKET, b"resolve " + b"a" * 2000 + b"\n") == b""
    assert request(DEFAULT_SOCKET, bytes(range(1, 10)) + b"\n") == b"end unknown\n"
    assert daemon.status()["ready"] is True


def test_who_asks_nothing_is_in_nobodys_way(daemon, machine, nobody, tmp_path):
    """One user holds all the connections that a user may have. This user and others get answers."""
    script = ("import os, resource, socket, sys\n"
              f"held = []\nfor _ in range(900):\n  s = socket.socket(socket.AF_UNIX); s.connect('{DEFAULT_SOCKET}')\n"
              "  held.append(s)\nprint('held', flush=True); sys.stdin.read()")
    hold = machine.ns.popen([*NOBODY, "/usr/bin/python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert hold.stdout.readline() == b"held\n"
        assert "10.7.0.2" in machine.run("getent", "ahostsv4", "web").stdout
        assert "10.7.0.2" in machine.run(*NOBODY, "getent", "ahostsv4", "web").stdout
        assert daemon.status()["ready"] is True
        sockets = [link for fd in os.listdir(f"/proc/{daemon.process.pid}/fd")
                   if (link := os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}")).startswith("socket:")]
        assert len(sockets) < 100, "a user has no more than his share"
    finally:
        hold.stdin.close()
        hold.wait()


def test_a_connection_without_a_request_is_closed(daemon):
    with connect(DEFAULT_SOCKET) as idle, connect(DEFAULT_SOCKET) as half:
        half.sendall(b"resolve we")
        assert idle.recv(1) == b""
        assert half.recv(1) == b""


def test_there_is_no_socket_if_none_is_wanted(host, web, serve, machine):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1:5399", "--resolve-socket=no")
    assert not os.path.exists(DEFAULT_SOCKET) and not os.path.exists(daemon.resolve_socket)
    assert machine.run("getent", "hosts", "web").returncode == 2


def test_another_daemon_keeps_its_socket(daemon, host, serve):
    second = serve(host, "--domain=other", "--no-mdns", "--listen=127.0.0.1:5398",
                   f"--resolve-socket={DEFAULT_SOCKET}")
    assert f'path="{DEFAULT_SOCKET}"' in second.log() and "another ontap-zone" in second.log()
    second.stop()
    assert request(DEFAULT_SOCKET, b"resolve web.vanya\n").endswith(b"end found\n")


def test_as_another_user_it_leaves_no_socket_behind(host, web, serve, nobody):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1:5399", f"--user={nobody}",
                   f"--resolve-socket={DEFAULT_SOCKET}")
    assert request(DEFAULT_SOCKET, b"resolve web\n").endswith(b"end found\n")
    daemon.stop()
    wait_until(lambda: not os.path.exists(DEFAULT_SOCKET), what="the end of the socket")


# --- the control socket's group -----------------------------------------------------------------------

@pytest.fixture
def group():
    """A group that nobody is not in."""
    for name in ("games", "users", "daemon"):
        with contextlib.suppress(KeyError):
            return grp.getgrnam(name)
    pytest.skip("no group to be found")


def test_the_members_of_a_group_may_ask(host, web, serve, program, nobody, group):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1:5399", f"--socket-group={group.gr_name}")
    made = os.stat(daemon.socket)
    assert (made.st_mode & 0o777, made.st_gid) == (0o660, group.gr_gid)
    names = [program("ontap-zone"), "names", f"--socket={daemon.socket}"]
    member = ["setpriv", "--reuid=65534", "--regid=65534", f"--groups={group.gr_gid}"]
    assert "10.7.0.2" in host.run([*member, *names]).stdout
    refused = host.run([*NOBODY, *names], check=False)
    assert refused.returncode == 111
    assert f"permission denied: {daemon.socket} is for group {group.gr_name}: " \
           f"sudo usermod -aG {group.gr_name} nobody, or sudo" in refused.stderr


def test_without_a_group_the_control_socket_is_roots(host, web, serve, program, nobody):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1:5399", "--socket-group=root")
    assert os.stat(daemon.socket).st_gid == 0
    refused = host.run([*NOBODY, program("ontap-zone"), "names", f"--socket={daemon.socket}"], check=False)
    assert refused.returncode == 111 and f"permission denied: {daemon.socket} is root's: sudo" in refused.stderr


def test_the_group_ontap_has_it_where_there_is_one(host, web, serve, nobody, tmp_path):
    with open("/etc/group", encoding="utf-8") as file:
        (tmp_path / "group").write_text(re.sub(r"(?m)^ontap:.*\n", "", file.read()) + "ontap:x:64123:\n")
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--listen=127.0.0.1:5399",
                   prefix=["unshare", "-m", "sh", "-ec", f'mount --bind {tmp_path}/group /etc/group; exec "$@"', "sh"])
    assert os.stat(daemon.socket).st_gid == 64123


def test_a_group_that_is_not_there_is_named(host, web, program, tmp_path):
    done = host.run([program("ontap-zone"), "serve", "--domain=vanya", "--no-mdns", f"--state={tmp_path}",
                     f"--socket={tmp_path}/z", "--resolve-socket=no", "--socket-group=no-such-group",
                     "--assign-nsid=/run/netns", "--hostnames-by=none"], check=False)
    assert done.returncode == 100 and "no-such-group" in done.stderr and "no such group" in done.stderr
