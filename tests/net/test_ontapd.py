# SPDX-License-Identifier: ISC
"""ontapd and ontap: devices on demand, for as long as they are needed, and only for allowed users."""
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from lib import ontapd as proto
from lib.ontapd import Ontapd, connect, message, request
from lib.started import is_sanitized
from lib.wait import wait_until

NOBODY = 65534


@pytest.fixture
def parent(topo):
    """A namespace with a link eth0, whose other end is lan0 in a second one."""
    host, lan = topo.namespace("host"), topo.namespace("lan")
    topo.veth(host, "eth0", lan, "lan0")
    host.lan = lan
    return host


@pytest.fixture
def ontapd(program):
    """ontapd(ns, "--rules=FILE", parents=("eth0",)) -> a running one; it must end well."""
    started = []

    def start(ns, *options, parents=("eth0",), group=None, beside=None):
        work = tempfile.mkdtemp(dir="/run")  # where other users can enter, unlike pytest's own
        os.chmod(work, 0o755)
        daemon = Ontapd(program, ns, work, options)
        if beside:
            daemon.sockets = beside.sockets
        started.append(daemon)
        daemon.start(*parents)
        for name in parents:
            if group is None:
                os.chmod(daemon.port(name), 0o666)
        return daemon

    yield start
    for daemon in started:
        print(f"--- {daemon.log_path}\n{daemon.log()}")
        daemon.stop()


@pytest.fixture
def ontap(program):
    """ontap(daemon, "-t", "macvlan", prog=["true"]) -> CompletedProcess; start=True -> Popen."""
    running = []

    def run(daemon, *options, parent="eth0", prog=(), ns=None, user=None, prefix=(), start=False):
        command = [*(as_user(user) or prefix), program("ontap"), *options, daemon.port(parent), "--", *prog]
        ns = ns or daemon.ns
        if not start:
            return ns.run(command, check=False)
        process = ns.popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def links(ns):
    return {link["ifname"]: link for link in json.loads(ns.ip("-d -j link show"))}


def wait_for_link(ns, name):
    return wait_until(lambda: links(ns).get(name), what=name)


def wait_for_no_link(ns, name):
    wait_until(lambda: name not in links(ns), what=f"the end of {name}")


def as_user(user):
    """The words before a command that run it as that user; for root, none."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []


def needs_type(ns, kind, link="eth0"):
    """Skips the test where the kernel has no such devices."""
    made = ns.run(f"ip link add probe0 link {link} type {kind}", check=False)
    if made.returncode:
        pytest.skip(f"this kernel has no {kind}: {made.stderr.strip()}")
    ns.ip("link del probe0")


def needs_second_user():
    done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "true"],
                          capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no second user in this user namespace")


def needs_root_of_the_machine():
    """Root of a user namespace may not make device nodes, or enter other users' namespaces."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        if file.read().split() != ["0", "0", "4294967295"]:
            pytest.skip("root of a user namespace only")


@contextlib.contextmanager
def own_netns(ns):
    fd = os.open(ns.path, os.O_RDONLY)
    try:
        yield fd
    finally:
        os.close(fd)


def ask(daemon, data, netns, parent="eth0"):
    """One request from within `netns`; a reply without its descriptors."""
    def inside():
        with connect(daemon.port(parent)) as sock, own_netns(netns) as fd:
            reply, fds = request(sock, data, [fd])
            for got in fds:
                os.close(got)
            return reply
    return inside()


# --- what is made -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["bridge", "private", "vepa", "passthru", "source"])
@pytest.mark.parametrize("kind", ["macvlan", "macvtap"])
def test_each_type_and_mode_of_this_kernel(parent, ontapd, ontap, kind, mode):
    if kind == "macvtap":
        needs_root_of_the_machine()
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", kind, "--mode=" + mode, "-n", "nic0", prog=["ip", "-d", "-j", "link", "show", "nic0"])
    assert done.returncode == 0, done.stderr
    link = json.loads(done.stdout)[0]
    assert link["linkinfo"]["info_kind"] == kind
    assert link["linkinfo"]["info_data"]["mode"] == mode
    assert "UP" in link["flags"]
    wait_for_no_link(parent, "nic0")


def test_a_type_that_the_kernel_has_not_is_said_so(parent, ontapd, ontap):
    daemon = ontapd(parent)
    if parent.run("ip link add link eth0 type ipvlan", check=False).returncode == 0:
        pytest.skip("this kernel has ipvlan")
    done = ontap(daemon, "-t", "ipvtap", "-n", "nic1", prog=["true"])
    assert done.returncode == 1
    assert "not supported" in done.stderr


def test_without_a_program_the_device_is_kept_and_told(parent, ontapd, ontap):
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", "macvtap", "--name=nic0")
    assert done.returncode == 0, done.stderr
    assert "ONTAP_IFNAME=nic0\n" in done.stdout
    time.sleep(0.1)
    assert "nic0" in links(parent)
    assert ontap(daemon, "-t", "macvtap", "--name=nic0").returncode == 1
    assert ontap(daemon, "--remove=nic0").returncode == 0
    assert "nic0" not in links(parent)
    assert ontap(daemon, "--remove=nic0").returncode == 1


def told(text):
    """The variables of ontap in the output of env(1)."""
    return dict(line.split("=", 1) for line in text.splitlines() if line.startswith("ONTAP_"))


def test_the_program_is_told_of_its_devices(parent, ontapd, ontap, program):
    needs_root_of_the_machine()
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", "macvtap", "-n", "one", "-m", "3", prog=[
        program("ontap"), "-t", "macvtap", "-n", "two", "-m", "2", daemon.port("eth0"), "--",
        "sh", "-c", "env; ls -l /proc/self/fd"])
    assert done.returncode == 0, done.stderr
    env = told(done.stdout)
    assert env["ONTAP_IFNAME"] == env["ONTAP_IFNAME1"] == "two"
    assert env["ONTAP_IFNAME0"] == "one"
    assert env["ONTAP_NDEVS"] == "2" and env["ONTAP_NFDS"] == "2"
    assert env["ONTAP_FDS"] == env["ONTAP_FDS1"] == env["ONTAP_FD0"] + ":" + env["ONTAP_FD1"]
    assert "ONTAP_FD2" not in env, "that was one of the other call"
    descriptors = env["ONTAP_FDS0"].split(":") + env["ONTAP_FDS1"].split(":")
    assert len(set(descriptors)) == 5
    for fd in descriptors:
        assert f" {fd} -> /tap" in done.stdout
    assert env["ONTAP_HWADDR0"] != env["ONTAP_HWADDR1"] == env["ONTAP_HWADDR"]
    wait_for_no_link(parent, "one")
    wait_for_no_link(parent, "two")


@pytest.fixture
def execline(need):
    """execline(program, script) -> the command that runs it, with the programs it calls."""
    execlineb = need("execlineb")

    def command(program, script):
        ours = [os.path.dirname(program(name)) for name in ("ontap", "ontap-waitif")]
        path = os.pathsep.join(["/usr/lib/execline/bin", *ours, os.environ["PATH"]])
        return ["env", f"PATH={path}", execlineb, "-Pc", script]
    return command


@pytest.mark.parametrize("importas", ["importas", "importas -ui"])
@pytest.mark.parametrize("user", [None, NOBODY])
@pytest.mark.parametrize("kinds", ["macvtap macvtap", "macvtap ipvtap", "macvtap macvlan", "macvlan macvtap"])
def test_stacked_calls_have_what_each_has_made(parent, topo, ontapd, program, execline, kinds, user, importas):
    """As in scripts of execline, whose importas -u unsets what it has read."""
    needs_root_of_the_machine()
    if user:
        needs_second_user()
    topo.veth(parent, "dummy0", parent.lan, "lan1")
    first, second = kinds.split()
    for kind, link in ((first, "eth0"), (second, "dummy0")):
        needs_type(parent, kind, link)
    daemon = ontapd(parent, parents=("eth0", "dummy0"))

    def names(kind):
        return ["IFNAME", "HWADDR", "IFINDEX", "MTU", "NFDS"] + ["FD0"] * kind.endswith("tap")

    def imports(nic, kind):
        return " ".join(f"{importas} {nic}_{name} ONTAP_{name}" for name in names(kind))

    def echo(nic, kind):
        return "echo " + " ".join(f"${{{nic}_{name}}}" for name in names(kind))

    done = parent.run([*as_user(user), *execline(program, f"""
        ontap -t {first} --name=nic0 {daemon.port("eth0")} -- {imports("NIC0", first)}
        ontap -t {second} -n nic1 {daemon.port("dummy0")} -- {imports("NIC1", second)}
        if {{ {echo("NIC0", first)} }} if {{ {echo("NIC1", second)} }} if {{ ip -j link show }}
        if {{ ls -l /proc/self/fd }} env""")], check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    made = {link["ifname"]: link for link in json.loads(lines[2])}
    for line, name, kind in ((lines[0], "nic0", first), (lines[1], "nic1", second)):
        link, words = made[name], line.split()
        assert words[:4] == [name, link["address"], str(link["ifindex"]), str(link["mtu"])]
        assert words[4] == str(len(words) - 5)
        for fd in words[5:]:
            assert f" {fd} -> /tap" in done.stdout
    left = told(done.stdout)
    if importas != "importas":
        assert "ONTAP_FD0" not in left and "ONTAP_HWADDR" not in left


@pytest.mark.parametrize("kind", ["macvtap", "ipvtap"])
def test_queues_that_are_opened_later_are_of_the_same_device(parent, ontapd, ontap, program, kind):
    needs_root_of_the_machine()
    needs_type(parent, kind)
    daemon, ontap_path = ontapd(parent), program("ontap")
    port = daemon.port("eth0")
    done = ontap(daemon, "-t", kind, "-n", "nic0", "-m", "0", prog=[
        ontap_path, "-t", kind, "-n", "nic1", "-m", "2", port, "--",
        ontap_path, "--open=nic0", port, "--", ontap_path, "--open=nic1", "-m", "2", port, "--", "env"])
    env = told(done.stdout)
    assert env["ONTAP_NDEVS"] == "2" and "ONTAP_IFNAME2" not in env
    assert env["ONTAP_IFNAME0"] == "nic0" and env["ONTAP_IFNAME1"] == env["ONTAP_IFNAME"] == "nic1"
    assert env["ONTAP_FDS0"].count(":") == 0 and env["ONTAP_FDS1"].count(":") == 3
    assert env["ONTAP_FDS1"].endswith(env["ONTAP_FDS"]) and env["ONTAP_NFDS"] == "2"


def test_what_removes_a_device_tells_of_none(parent, ontapd, ontap):
    daemon = ontapd(parent)
    assert ontap(daemon, "-t", "macvlan", "-n", "nic0").returncode == 0
    done = ontap(daemon, "--remove=nic0", prog=["env"])
    assert done.returncode == 0 and told(done.stdout) == {}


def test_frames_pass_through_the_descriptor(parent, ontapd):
    needs_root_of_the_machine()
    daemon = ontapd(parent)
    netns = os.open(parent.path, os.O_RDONLY)
    lan = parent.lan.call(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5)))
    lan.bind(("lan0", 0))
    lan.settimeout(5)
    sock = parent.call(connect, daemon.port("eth0"))
    # The caller is this process, which lives in another namespace, but is root over that one.
    reply, fds = request(sock, message(proto.CREATE, (proto.TYPE, "macvtap"), (proto.QUEUES, 1)), [netns])
    assert reply[proto.STATUS] == proto.OK, reply
    hwaddr = reply[proto.HWADDR]
    frame = b"\xff" * 6 + hwaddr + b"\x88\xb5" + b"out of the tap".ljust(46, b"\0")
    os.write(fds[0], b"\0" * 10 + frame)
    assert lan.recv(2000) == frame
    lan.send(hwaddr + b"\x02\0\0\0\0\1" + b"\x88\xb5" + b"into the tap".ljust(46, b"\0"))

    def read_ours():
        data = os.read(fds[0], 2000)
        return b"into the tap" in data

    wait_until(read_ours, what="the frame")
    for fd in (*fds, netns):
        os.close(fd)
    lan.close()
    sock.close()


def test_a_tap_is_opened_later_and_another_users_is_not(parent, ontapd, ontap):
    needs_second_user()
    daemon = ontapd(parent)
    assert ontap(daemon, "-t", "macvtap", "-m", "0", "-n", "nic0").returncode == 0
    done = ontap(daemon, "--open=nic0", "-m", "2", prog=["sh", "-c", "ls -l /proc/self/fd; env"])
    assert done.stdout.count("/tap") == 2 and "ONTAP_NFDS=2" in done.stdout, done.stderr
    done = ontap(daemon, "--open=nic0", prog=["true"], user=NOBODY)
    assert done.returncode == 1 and "another user's" in done.stderr
    done = ontap(daemon, "--remove=nic0", user=NOBODY)
    assert done.returncode == 1 and "another user's" in done.stderr
    parent.ip("link add foreign link eth0 type macvtap")
    done = ontap(daemon, "--open=foreign", prog=["true"])
    assert done.returncode == 1 and "no device of this parent" in done.stderr


# --- life -------------------------------------------------------------------------------------------


def test_it_lives_as_long_as_a_child_that_has_the_connection(parent, ontapd, ontap):
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", "macvlan", "-n", "nic0",
                 prog=["sh", "-c", "sleep 1 >/dev/null 2>&1 & exit 0"])
    assert done.returncode == 0
    time.sleep(0.3)
    assert "nic0" in links(parent)
    wait_for_no_link(parent, "nic0")


def test_it_lives_as_long_as_the_program_that_closed_the_connection(parent, ontapd, ontap):
    daemon = ontapd(parent)
    process = ontap(daemon, "-t", "macvlan", "-n", "nic0", start=True, prog=[
        "bash", "-c", "for fd in /proc/self/fd/*; do n=${fd##*/}; [ $n -gt 2 ] && eval \"exec $n>&-\"; done;"
        "echo closed; read x"])
    assert process.stdout.readline() == "closed\n"
    time.sleep(0.3)
    assert "nic0" in links(parent)
    process.stdin.close()
    wait_for_no_link(parent, "nic0")
    process.wait(5)


def test_it_goes_with_the_connection_where_that_was_asked(parent, ontapd):
    daemon = ontapd(parent)
    with own_netns(parent) as fd, connect(daemon.port("eth0")) as sock:
        reply, _ = request(sock, message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.IFNAME, "nic0"),
                                         (proto.FLAGS, proto.CONNECTION)), [fd])
        assert reply[proto.STATUS] == proto.OK
        assert "nic0" in links(parent)
    wait_for_no_link(parent, "nic0")


def test_a_program_that_is_not_there_leaves_no_device(parent, ontapd, ontap):
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", "macvlan", "-n", "nic0", prog=["/nothing/here"])
    assert done.returncode == 111
    wait_for_no_link(parent, "nic0")


def test_a_name_that_is_taken_leaves_no_device(parent, ontapd, ontap):
    daemon = ontapd(parent)
    before = set(links(parent))
    done = ontap(daemon, "-t", "macvlan", "-n", "eth0", prog=["true"])
    assert done.returncode == 1 and "exists already" in done.stderr
    assert set(links(parent)) == before


# --- namespaces of callers --------------------------------------------------------------------------


def test_nobody_plants_a_device_in_a_namespace_of_others(parent, ontapd, topo, program):
    """An unprivileged user with a descriptor of a namespace that the user neither lives in nor owns."""
    needs_second_user()
    daemon, other = ontapd(parent), topo.namespace("other")
    script = ("import os, sys; sys.path.insert(0, sys.argv[1]); from lib.ontapd import *;"
              "s = connect(sys.argv[2]); f = os.open(sys.argv[3], os.O_RDONLY);"
              "r, _ = request(s, message(CREATE, (TYPE, 'macvlan'), (IFNAME, 'evil')), [f]);"
              "print(r[STATUS], r[TEXT])")
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
               "/usr/bin/python3", "-B", "-c", script, os.path.dirname(__file__), daemon.port("eth0")]
    done = parent.run([*command, other.path])
    assert done.stdout == f"{proto.NAMESPACE} the caller neither lives in this namespace nor owns it\n"
    assert "evil" not in links(other)
    done = other.run([*command, other.path], check=False)
    assert done.returncode == 1 and "KeyError" in done.stderr, "his own it may be"


SETUID = """
import os, sys, time; sys.path.insert(0, sys.argv[1]); from lib.ontapd import *
s = connect(sys.argv[2]); f = os.open(sys.argv[3], os.O_RDONLY)
if os.fork():
    os.execv(sys.argv[4], ["sleep", "2"])
while open(f"/proc/{os.getppid()}/comm").read() != "sleep\\n":
    time.sleep(0.01)
r, _ = request(s, message(CREATE, (TYPE, 'macvlan'), (IFNAME, 'evil')), [f])
print(r[STATUS]); os.kill(os.getppid(), 9)
"""


def test_a_program_that_is_setuid_lends_nobody_its_privileges(parent, ontapd, topo):
    """The user connects, becomes su(1), for example, and lets a child ask, which has the connection, too."""
    needs_second_user()
    needs_root_of_the_machine()
    daemon, other = ontapd(parent), topo.namespace("other")
    program = os.path.join(os.path.dirname(daemon.sockets), "sleep")
    shutil.copy("/bin/sleep", program)
    os.chmod(program, 0o4755)
    done = parent.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3", "-B",
                       "-c", SETUID, os.path.dirname(__file__), daemon.port("eth0"), other.path, program],
                      check=False)
    assert done.stdout == f"{proto.NAMESPACE}\n", done.stderr
    assert "evil" not in links(other)


def test_a_user_namespace_of_ones_own_is_ones_own(parent, ontapd, ontap):
    needs_second_user()
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--netns", "--hostname=mine", "--addr=10.0.0.4/24",
                 "--caps=+net_bind_service", user=NOBODY, prog=["sh", "-c", "hostname; ip -br addr; id -u;"
                                                                "grep CapAmb /proc/self/status"])
    if "unshare:" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mine\n")
    assert "10.0.0.4/24" in done.stdout and f"\n{NOBODY}\n" in done.stdout
    assert done.stdout.endswith("0000000000000400\n")


DROPPED = """
import os, socket
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(os.getresuid() + os.getresgid(), sorted(set(os.getgroups())))
print({status[key].strip() for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")})
socket.create_server(("", 80))
for back in (lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]),
             lambda: socket.sethostname("x"), lambda: open("/etc/shadow")):
    try:
        back()
    except PermissionError:
        continue
    print("there is a way back")
print(os.execlp("grep", "grep", "CapEff", "/proc/self/status"))
"""


def test_a_user_with_a_capability_has_that_one_alone_and_no_way_back(parent, ontapd, ontap):
    needs_second_user()
    daemon = ontapd(parent)
    done = ontap(daemon, "-t", "macvlan", "--netns", "--hostname=www", "-a", "www", "--user=nobody",
                 "--caps=+net_bind_service", prog=["/usr/bin/python3", "-c", DROPPED])
    assert done.returncode == 0, done.stderr
    ids = f"({', '.join([str(NOBODY)] * 6)}) [{NOBODY}]\n"
    capability = f"{1 << 10:016x}"
    assert done.stdout == ids + f"{{'{capability}'}}\nCapEff:\t{capability}\n", "for what it runs too"
    done = ontap(daemon, "-t", "macvlan", "--user=nobody", prog=["grep", "-E", "Cap|NoNewPrivs", "/proc/self/status"])
    assert {line.split()[1] for line in done.stdout.splitlines()} == {"0" * 16, "1"}
    done = ontap(daemon, "-t", "macvlan", "--user=no-such-user", prog=["true"])
    assert done.returncode == 111 and "no-such-user" in done.stderr
    done = ontap(daemon, "-t", "macvlan", "--user=nobody", "--caps=+frobnicate", prog=["true"])
    assert done.returncode == 100 and "frobnicate" in done.stderr


@pytest.mark.parametrize("fds, data, status", [
    ([], message(proto.CREATE, (proto.TYPE, "macvlan")), proto.MALFORMED),
    (["ns", "ns"], message(proto.CREATE, (proto.TYPE, "macvlan")), proto.MALFORMED),
    (["ns"] * 60, message(proto.CREATE, (proto.TYPE, "macvlan")), proto.MALFORMED),
    (["null"], message(proto.CREATE, (proto.TYPE, "macvlan")), proto.NAMESPACE),
    (["uts"], message(proto.CREATE, (proto.TYPE, "macvlan")), proto.NAMESPACE),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan"), version=2), proto.VERSION),
    (["ns"], message(9), proto.MALFORMED),
    (["ns"], b"\x01", proto.MALFORMED),
    (["ns"], message(proto.CREATE) + b"\0\1\0\x50", proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "x" * 900)), proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan")) + b"\x7f\0" + b"\0" * 2000, proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "vxlan")), proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "veth")), proto.UNSUPPORTED),  # its parent is no bridge
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.QUEUES, 1)), proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvtap"), (proto.QUEUES, 65)), proto.LIMIT),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.IFNAME, "a/b")), proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.IFNAME, "all")), proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.IFNAME, "x%d")), proto.MALFORMED),
    (["ns"], message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.ALIAS, "a\nb")), proto.MALFORMED),
    (["ns"], message(proto.OPEN, (proto.IFNAME, "eth0"), (proto.QUEUES, 1)), proto.ABSENT),
    (["ns"], message(proto.REMOVE, (proto.IFNAME, "eth0")), proto.ABSENT),
])
def test_what_is_wrong_is_refused_and_nothing_is_left(parent, ontapd, fds, data, status):
    daemon = ontapd(parent)
    before, open_before = set(links(parent)), sorted(daemon.fds())
    paths = {"ns": parent.path, "null": "/dev/null", "uts": "/proc/self/ns/uts"}
    opened = [os.open(paths[name], os.O_RDONLY) for name in fds]
    with connect(daemon.port("eth0")) as sock:
        reply, _ = request(sock, data, opened)
        assert reply[proto.STATUS] == status, reply
        assert reply[proto.TEXT]
    for fd in opened:
        os.close(fd)
    assert set(links(parent)) == before
    wait_until(lambda: len(daemon.fds()) <= len(open_before), what="closed descriptors")


def test_a_client_may_die_at_each_step(parent, ontapd):
    daemon = ontapd(parent)
    before = len(daemon.fds())
    create = message(proto.CREATE, (proto.TYPE, "macvtap"), (proto.QUEUES, 3))
    with own_netns(parent) as fd:
        for step in range(4):
            for _ in range(10):
                pid = os.fork()
                if pid == 0:
                    sock = connect(daemon.port("eth0"))
                    if step == 1:
                        socket.send_fds(sock, [create[:7]], [fd])
                    elif step == 2:
                        socket.send_fds(sock, [create], [fd])
                    elif step == 3:
                        request(sock, create, [fd])
                    os._exit(0)
                os.waitpid(pid, 0)
    wait_until(lambda: set(links(parent)) <= {"lo", "eth0", "sit0", "tunl0", "ip6tnl0"}, timeout=20,
               what="the end of all devices")
    # One more is the file system for nodes of taps.
    wait_until(lambda: len(daemon.fds()) <= before + 1, what="closed descriptors")


def test_one_who_says_nothing_is_closed(parent, ontapd):
    daemon = ontapd(parent)
    with connect(daemon.port("eth0")) as sock:
        sock.settimeout(15)
        assert sock.recv(1) == b""


# --- limits and rules ---------------------------------------------------------------------------


def test_limits_say_which(parent, ontapd, ontap):
    needs_second_user()
    daemon = ontapd(parent, "--max-user=2", "--max-parent=3", "--rate=0")
    holders = [ontap(daemon, "-t", "macvlan", "-n", f"u{i}", prog=["cat"], user=NOBODY, start=True)
               for i in range(2)]
    for i in range(2):
        wait_for_link(parent, f"u{i}")
    done = ontap(daemon, "-t", "macvlan", prog=["true"], user=NOBODY)
    assert done.returncode == 1
    assert f"limit: 2 devices of user {NOBODY} (--max-user)" in done.stderr
    assert ontap(daemon, "-t", "macvlan", "-n", "root0", prog=[]).returncode == 0
    done = ontap(daemon, "-t", "macvlan", prog=["true"])
    assert "limit: 3 devices on eth0 (--max-parent)" in done.stderr
    holders[0].stdin.close()
    wait_for_no_link(parent, "u0")
    wait_until(lambda: ontap(daemon, "-t", "macvlan", prog=["true"], user=NOBODY).returncode == 0)
    # A device that another process has removed does not count any more.
    parent.ip("link del u1")
    parent.ip("link del root0")
    wait_until(lambda: ontap(daemon, "-t", "macvlan", prog=["true"], user=NOBODY).returncode == 0)


def test_the_rate_is_limited(parent, ontapd, ontap):
    needs_second_user()
    daemon = ontapd(parent, "--rate=2")
    texts = [ontap(daemon, "--remove=none", user=NOBODY).stderr for _ in range(4)]
    assert any("limit: 2 requests a second" in text for text in texts)
    assert not any("--rate" in ontap(daemon, "--remove=none").stderr for _ in range(4)), "root is free"


def test_rules_decide_by_the_first_that_fits(parent, ontapd, ontap, tmp_path):
    needs_second_user()
    rules = tmp_path / "rules"
    rules.write_text("# who may what\n"
                     "deny user nobody macvlan private *\n"
                     "allow user nobody macvlan * eth0 * host\n"
                     "allow user root * * *\n")
    daemon = ontapd(parent, f"--rules={rules}", "--rate=0")
    assert ontap(daemon, "-t", "macvlan", prog=["true"], user=NOBODY).returncode == 0
    done = ontap(daemon, "-t", "macvlan", "--mode=private", prog=["true"], user=NOBODY)
    assert done.returncode == 1 and f"rule: {rules}:2 denies it" in done.stderr
    done = ontap(daemon, "-t", "macvtap", prog=["true"], user=NOBODY)
    assert done.returncode == 1 and f"rule: none in {rules} allows it" in done.stderr
    assert ontap(daemon, "-t", "macvtap", prog=["true"]).returncode == 0
    rules.write_text("allow user nobody * * *\n")  # taps in the host's own namespace, others in his
    daemon.process.send_signal(1)
    wait_until(lambda: ontap(daemon, "-t", "macvtap", prog=["true"], user=NOBODY).returncode == 0)
    rules.write_text("allow user nobody * * *\nallow somebody\n")
    daemon.process.send_signal(1)
    wait_until(lambda: "line=2" in daemon.log())
    assert ontap(daemon, "-t", "macvtap", prog=["true"], user=NOBODY).returncode == 0, "the old stay"
    done = ontap(daemon, "-t", "macvlan", prog=["true"], user=NOBODY)
    assert done.returncode == 1 and "allows it in the host's own namespace" in done.stderr
    assert ontap(daemon, "-t", "macvlan", "--netns", prog=["true"], user=NOBODY).returncode == 0
    assert ontap(daemon, "-t", "macvlan", "--netns", prog=["true"]).returncode == 1, "no rule is root's"


def test_the_name_of_another_user_is_refused_by_the_ontapd_of_another_parent_too(parent, ontapd, ontap, topo):
    """A unit of systemd each: contrib/ontapd@.service."""
    needs_second_user()
    topo.veth(parent, "eth1", parent.lan, "lan1")
    first = ontapd(parent)
    second = ontapd(parent, parents=("eth1",), beside=first)
    holder = ontap(first, "-t", "macvlan", "-a", "shop,www", user=NOBODY, start=True, prog=["sh", "-c", "echo up; cat"])
    assert holder.stdout.readline() == "up\n"

    def refusal(alias, user):
        done = ontap(second, "-t", "macvlan", "-n", "nic1", "-a", alias, parent="eth1", prog=["true"], user=user)
        return done.stderr if done.returncode else ""

    assert "the name is another user's" in refusal("WWW", user=NOBODY - 1)
    wait_for_no_link(parent, "nic1")
    assert len(os.listdir(first.grants)) == 1, "nothing is left of what was refused"
    assert refusal("www2", user=NOBODY - 1) == "" and refusal("www", user=NOBODY) == "" and refusal("www", None) == ""
    holder.stdin.close()
    wait_until(lambda: os.listdir(first.grants) == [], what="the end of all grants")
    assert refusal("www", user=NOBODY - 1) == ""


# --- crashes and changes ------------------------------------------------------------------------


def test_after_a_crash_the_next_start_cleans_and_takes_over(parent, ontapd, ontap):
    daemon = ontapd(parent)
    alive = ontap(daemon, "-t", "macvlan", "-n", "alive", prog=["cat"], start=True)
    dies = ontap(daemon, "-t", "macvlan", "-n", "dies", prog=["cat"], start=True)
    inside = ontap(daemon, "-t", "macvlan", "-n", "inside", "--netns", start=True,
                   prog=["sh", "-c", "echo in; exec cat"])
    assert inside.stdout.readline() == "in\n"
    assert ontap(daemon, "-t", "macvlan", "-n", "kept").returncode == 0
    for name in ("alive", "dies"):
        wait_for_link(parent, name)
    daemon.kill()
    dies.stdin.close()
    dies.wait(5)
    # A crash in the middle leaves a half-made link, in our own namespace and in another.
    parent.ip("link add link eth0 name ontapd-00000001 type macvlan")
    parent.run(["nsenter", f"--net=/proc/{inside.pid}/ns/net", "true"])
    parent.ip(f"link add link eth0 name ontapd-00000002 netns {inside.pid} type macvlan")
    parent.ip("link add link eth0 name foreign type macvlan")
    daemon.start("eth0")
    present = links(parent)
    assert {"alive", "kept", "foreign"} <= set(present)
    assert "dies" not in present and "ontapd-00000001" not in present
    names = parent.run(["nsenter", f"--net=/proc/{inside.pid}/ns/net", "ip", "-br", "link"]).stdout
    assert "inside" in names and "ontapd-00000002" not in names
    alive.stdin.close()
    wait_for_no_link(parent, "alive")
    assert "kept" in links(parent)
    assert ontap(daemon, "--remove=kept").returncode == 0


def test_a_mark_that_somebody_else_has_made_is_none(parent, ontapd, ontap):
    """The owner of a namespace may put a mark on a link there: one of root's, with the name that another
    user wants."""
    needs_second_user()
    daemon = ontapd(parent)
    forge = ("mark=$(ip -d link show nic0 | sed -n 's/.*altname ontapd-//p'); "
             "ip link add link nic0 name evil type macvlan && ip link set evil alias router && "
             'ip link property add dev evil altname "ontapd-0-k-0-0-0-${mark#*-?-*-*-*-}" && echo done; cat')
    holder = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--netns", "--caps=+net_admin", user=NOBODY, start=True,
                   prog=["sh", "-c", forge])
    assert holder.stdout.readline() == "done\n"
    daemon.kill()
    daemon.start("eth0")
    os.chmod(daemon.port("eth0"), 0o666)
    assert "mark is not ours" in daemon.log() and "uid=0" not in daemon.log()
    assert daemon.log().count("taken over") == 1
    assert ontap(daemon, "-t", "macvlan", "-a", "router", prog=["true"], user=NOBODY - 1).returncode == 0
    holder.stdin.close()


def test_a_parent_that_is_not_there_is_told_at_the_start(parent, ontapd):
    daemon = ontapd(parent, parents=("eth0", "nosuch"))
    assert 'no such link: parent="nosuch"' in daemon.log()
    assert 'parent="eth0"' not in daemon.log()


def test_a_parent_comes_and_goes(parent, ontapd, ontap, topo):
    daemon = ontapd(parent, parents=("eth0", "eth9"))
    done = ontap(daemon, "-t", "macvlan", prog=["true"], parent="eth9")
    assert done.returncode == 1 and "there is no parent" in done.stderr
    topo.veth(parent, "eth9", parent.lan, "lan9")
    process = ontap(daemon, "-t", "macvlan", "-n", "nic9", prog=["cat"], parent="eth9", start=True)
    wait_for_link(parent, "nic9")
    parent.ip("link del eth9")
    wait_for_no_link(parent, "nic9")
    topo.veth(parent, "eth9", parent.lan, "lan9")
    assert ontap(daemon, "-t", "macvlan", "-n", "nic9", prog=["true"], parent="eth9").returncode == 0
    process.stdin.close()


def test_it_may_live_in_another_namespace_than_its_callers(parent, ontapd, ontap, topo):
    daemon, caller = ontapd(parent), topo.namespace("caller")
    done = ontap(daemon, "-t", "macvlan", "-n", "nic0", "-a", "www", ns=caller,
                 prog=["ip", "-br", "link", "show", "nic0"])
    assert done.returncode == 0 and "nic0" in done.stdout, done.stderr
    assert "nic0" not in links(parent)


def test_sockets_of_the_service_manager_are_used(parent, program, tmp_path, ontap):
    path = tmp_path / "port.eth0"
    daemon = Ontapd(program, parent, str(tmp_path), [])
    daemon.port = lambda name: str(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.bind(str(path))
        sock.listen()
        saved = [os.dup(3) if os.path.exists("/proc/self/fd/3") else -1]
        try:
            os.dup2(sock.fileno(), 3, inheritable=True)
            daemon.start(pass_fds=(3,), prefix=["sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\""])
        finally:
            if saved[0] >= 0:
                os.dup2(saved[0], 3)
                os.close(saved[0])
            else:
                os.close(3)
        assert ontap(daemon, "-t", "macvlan", prog=["true"]).returncode == 0
        daemon.stop()
    assert path.exists(), "who made it removes it"


def test_a_second_one_for_the_same_parent_is_refused(parent, ontapd, program, tmp_path):
    daemon = ontapd(parent)
    done = parent.run([program("ontapd"), f"--socket-dir={daemon.sockets}", f"--state={daemon.state}", "eth0"],
                      check=False)
    assert done.returncode == 111 and "Address already in use" in done.stderr
    assert os.path.exists(daemon.port("eth0"))


def test_the_configuration_file_says_what_the_command_line_does_not(parent, ontapd, ontap, program, tmp_path):
    """ontapd(8); and its parents, unless the command line names some."""
    conf = tmp_path / "ontapd.conf"
    conf.write_text("max-user = 1 # device\nparent = eth0\n")
    daemon = ontapd(parent, f"--config={conf}", parents=())
    os.chmod(daemon.port("eth0"), 0o666)
    assert ontap(daemon, "-t", "macvlan", prog=["true"]).returncode == 0
    for text, told in [("max-user = x\n", f"{conf}:1: max-user: 'x' is no number from 0 to 4294967295"),
                       ("\nparnet = eth0\n", f"{conf}:2: parnet: unknown key; did you mean parent?")]:
        conf.write_text(text)
        done = parent.run([program("ontapd"), f"--config={conf}"], check=False)
        assert done.returncode == 100 and told in done.stderr
    done = parent.run([program("ontapd"), f"--config={tmp_path}/none", "eth0"], check=False)
    assert done.returncode == 100 and "No such file" in done.stderr


@pytest.mark.parametrize("name, arguments, told", [
    ("ontapd", ["--gruop=x", "eth0"], "--gruop=x: unknown option; did you mean --group?"),
    ("ontapd", ["--max-user=-1", "eth0"], "--max-user: '-1' is no number from 0 to 4294967295"),
    ("ontap", ["-t", "ipvaln", "/s", "--"], "--type: 'ipvaln' is not ipvlan, ipvtap, macvlan, macvtap, veth, tap or auto; did"),
    ("ontap", ["-t", "macvlan", "/s"], "the -- before the program is missing"),
    ("ontap-waitif", ["--timeuot=1", "a"], "--timeuot=1: unknown option; did you mean --timeout?"),
    ("ontap-waitif", ["--timeout=-1", "a"], "--timeout: '-1' is no number of seconds from 0 to 31622400"),
    ("ontap-waitif", [], "ontap-waitif: IFNAME is missing"),
])
def test_a_mistake_is_told_with_its_option_and_exit_100(parent, program, name, arguments, told):
    done = parent.run([program(name), *arguments], check=False)
    assert done.returncode == 100 and told in done.stderr
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("spoil, told", [
    (lambda path: os.chown(path, 65534, 65534), "somebody else's"),
    (lambda path: os.chmod(path, 0o622), "others may write it"),
    (lambda path: os.truncate(path, 7), "damaged"),
], ids=["owner", "mode", "length"])
def test_a_secret_that_is_not_its_own_is_refused(parent, ontapd, program, spoil, told):
    """A user who knows the secret can seal marks. The user of ontap-zone may own the directory of the
    secret."""
    needs_root_of_the_machine()
    daemon = ontapd(parent)
    spoil(os.path.join(daemon.state, "device.secret"))
    daemon.stop()
    done = parent.run([program("ontapd"), f"--socket-dir={daemon.sockets}", f"--state={daemon.state}", "eth0"],
                      check=False)
    assert done.returncode == 111 and told in done.stderr, done.stderr


def test_the_socket_has_its_group_and_mode(parent, ontapd):
    needs_root_of_the_machine()
    daemon = ontapd(parent, "--group=daemon", group="daemon")
    stat = os.stat(daemon.port("eth0"))
    assert stat.st_mode & 0o777 == 0o660
    assert stat.st_gid == 1


def test_a_device_that_its_owner_moves_on_counts_and_goes_all_the_same(parent, ontapd, ontap):
    """Into a namespace without an id, of which nothing is heard; otherwise the user could have any number."""
    needs_second_user()
    daemon = ontapd(parent, "--max-user=1", "--rate=0")
    # The process that stays there does not have the connection, which would hold the device.
    move = ("unshare -n sh -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&-; echo in; exec sleep 1000' & there=$!; "
            'while [ "$(readlink /proc/$there/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done; '
            "ip link set nic0 netns $there || exit; echo moved; cat; ")
    holder = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--netns", "--caps=+net_admin,+sys_admin", user=NOBODY,
                   start=True, prog=["sh", "-c", move])
    assert [holder.stdout.readline() for _ in range(2)] == ["in\n", "moved\n"]

    def refusal():
        return ontap(daemon, "-t", "macvlan", prog=["true"], user=NOBODY).stderr

    wait_until(lambda: "device moved" in daemon.log(), what="the move")
    assert "limit: 1 devices" in refusal()
    with open(f"/proc/{holder.pid}/task/{holder.pid}/children", encoding="ascii") as file:
        there = [pid for pid in file.read().split() if "sleep" in open(f"/proc/{pid}/comm", encoding="ascii").read()]
    holder.stdin.close()
    holder.wait(5)
    time.sleep(0.2)
    assert "limit: 1 devices" in refusal(), "its holder is gone, and it is not"
    # Another program gives that namespace an id, for example ontap-zone. Then the device is found, and deleted.
    parent.ip(f"netns attach hidden {there[0]}")
    parent.ip("netns set hidden auto")
    wait_until(lambda: "device gone" in daemon.log(), what="the end of the device")
    assert refusal() == ""
    subprocess.run(["ip", "netns", "del", "hidden"], check=True)
    os.kill(int(there[0]), 9)


def test_a_device_that_moves_while_notifications_are_lost_counts_and_goes_all_the_same(parent, ontapd, ontap, topo):
    """And one that ends meanwhile disappears."""
    daemon, there = ontapd(parent, "--max-parent=2"), topo.namespace("there")
    topo.veth(parent, "far", there, "far")  # so that it has an id
    holders = {name: ontap(daemon, "-t", "macvlan", "-n", name, prog=["cat"], start=True) for name in ("moves", "ends")}
    for name in holders:
        wait_for_link(parent, name)
    with open(there.path, encoding="ascii") as netns:
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            parent.run(["ip", "-batch", "-"], input="".join(f"link set far alias {i}\n" for i in range(5000)))
            parent.run(["ip", "link", "set", "moves", "netns", f"/proc/self/fd/{netns.fileno()}"],
                       pass_fds=[netns.fileno()])
            parent.ip("link del ends")
        finally:
            daemon.process.send_signal(signal.SIGCONT)
    wait_until(lambda: "notifications lost" in daemon.log(), what="the loss")
    assert "moves" in links(there)
    assert ontap(daemon, "-t", "macvlan", "-n", "more", "--keep", prog=["true"]).returncode == 0
    assert "limit: 2 devices" in ontap(daemon, "-t", "macvlan", prog=["true"]).stderr
    holders["moves"].stdin.close()
    wait_for_no_link(there, "moves")


def test_who_is_in_the_group_of_the_socket_may_and_others_may_not(parent, ontapd, program):
    needs_root_of_the_machine()
    daemon = ontapd(parent, "--group=daemon", group="daemon")
    command = [program("ontap"), "-t", "macvlan", "--netns", "-a", "www", daemon.port("eth0"), "--", "id", "-u"]
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}"]
    done = parent.run([*user, "--groups=1", *command])
    assert done.stdout == f"{NOBODY}\n", "one command, and no privilege"
    done = parent.run([*user, "--clear-groups", *command], check=False)
    assert done.returncode == 111 and "Permission denied" in done.stderr


# --- stable addresses ---------------------------------------------------------------------------


def linklocal(ns, ontap, daemon, *options, **how):
    done = ontap(daemon, "-t", "macvlan", *options, prog=["sh", "-c", "ip -6 -o addr show dev $ONTAP_IFNAME; "
                                                           "echo $ONTAP_HWADDR"], **how)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("inet6 ")[1].split("/")[0], done.stdout.split()[-1]


def test_a_workload_that_comes_again_has_its_addresses_again(parent, ontapd, ontap, topo):
    topo.veth(parent, "eth1", parent.lan, "lan1")
    daemon = ontapd(parent, parents=("eth0", "eth1"))
    first = linklocal(parent, ontap, daemon, "-a", "www", "--netns")
    assert first == linklocal(parent, ontap, daemon, "-a", "www", "--netns")
    assert first == linklocal(parent, ontap, daemon, "-a", "www")
    others = {linklocal(parent, ontap, daemon, "-a", "mail"),
              linklocal(parent, ontap, daemon, "-a", "www", parent="eth1")}
    assert len(others | {first}) == 3
    process = ontap(daemon, "-t", "macvlan", "-n", "holds", "-a", "www", prog=["cat"], start=True)
    wait_for_link(parent, "holds")
    assert linklocal(parent, ontap, daemon, "-a", "www") != first, "two at a time do not collide"
    process.stdin.close()
    wait_for_no_link(parent, "holds")
    daemon.stop()
    daemon.start("eth0")
    assert first == linklocal(parent, ontap, daemon, "-a", "www")


def test_workloads_without_a_name_do_not_collide_after_a_restart(parent, ontapd, ontap):
    daemon = ontapd(parent)
    say = ["sh", "-c", "echo $ONTAP_HWADDR; cat"]
    first = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--netns", prog=say, start=True)
    hwaddr = first.stdout.readline()
    daemon.kill()
    daemon.start("eth0")
    second = ontap(daemon, "-t", "macvlan", "-n", "nic0", "--netns", prog=say, start=True)
    assert second.stdout.readline() not in ("", hwaddr)


# --- many ---------------------------------------------------------------------------------------


def test_a_thousand_clients_at_once(parent, ontapd):
    daemon = ontapd(parent)
    before = len(daemon.fds())
    create = message(proto.CREATE, (proto.TYPE, "macvlan"))
    socks = []
    with own_netns(parent) as fd:
        for _ in range(1000):
            sock = connect(daemon.port("eth0"))
            sock.settimeout(60)
            socks.append(sock)
        for sock in socks:
            socket.send_fds(sock, [message(proto.REMOVE, (proto.IFNAME, "eth0"))], [fd])
        for sock in socks:
            assert proto.parse_reply(sock.recv(1024))[proto.STATUS] == proto.ABSENT
        for sock in socks[:50]:
            reply, _ = request(sock, create, [fd])
            assert reply[proto.STATUS] == proto.OK, reply
    assert len(links(parent)) >= 50
    for sock in socks:
        sock.close()
    parent.batch([f"link del ontap{i}" for i in range(50)])
    wait_until(lambda: len(daemon.fds()) <= before + 51, what="closed descriptors")


def test_who_finds_no_descriptor_free_is_served_when_others_have_gone(parent, ontapd):
    daemon = ontapd(parent)
    ask = message(proto.REMOVE, (proto.IFNAME, "eth0"))
    with own_netns(parent) as fd, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(daemon.port("eth0"))) for _ in range(4)]
        for sock in clients:
            assert request(sock, ask, [fd])[0][proto.STATUS] == proto.ABSENT
        # The descriptor of a request is closed after its reply.
        wait_until(lambda: not any("/netns/" in text for text in daemon.fds()), what="closed descriptors")
        numbers = {int(name) for name in os.listdir(f"/proc/{daemon.process.pid}/fd")}
        full = max(numbers) + 1
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (full, full))
        for _ in range(full - len(numbers)):  # numbers that are free below
            clients.append(stack.enter_context(connect(daemon.port("eth0"))))
        late = stack.enter_context(connect(daemon.port("eth0")))
        wait_until(lambda: f"not accepting: clients={len(clients)}" in daemon.log(), what="no descriptor")
        daemon.process.send_signal(signal.SIGSTOP)  # so that there is room for everything that a request uses
        for sock in clients:
            sock.close()
        daemon.process.send_signal(signal.SIGCONT)
        assert request(late, ask, [fd])[0][proto.STATUS] == proto.ABSENT


def test_valgrind_finds_no_leak(parent, program, need, ontap):
    """Of memory or descriptors, after each kind of request and end."""
    valgrind = need("valgrind")
    if is_sanitized(program("ontapd")):
        pytest.skip("a sanitizer is in it already")
    work = tempfile.mkdtemp(dir="/run")
    daemon = Ontapd(program, parent, work, [])
    daemon.start("eth0", timeout=60, prefix=[valgrind, "--quiet", "--leak-check=full", "--track-fds=yes",
                                             "--error-exitcode=9", f"--log-file={work}/valgrind"])
    pid = daemon.process.pid
    os.chmod(daemon.port("eth0"), 0o666)
    try:
        process = ontap(daemon, "-t", "macvlan", "-n", "held", "-a", "www", "--netns", prog=["cat"], start=True)
        # Valgrind may not know fsopen(2): then the device has to be removed again.
        assert ontap(daemon, "-t", "macvtap", "-n", "nic0", "-m", "3", prog=["true"]).returncode in (0, 1)
        assert ontap(daemon, "-t", "macvtap", "-n", "kept").returncode == 0
        assert ontap(daemon, "--open=kept", prog=["true"]).returncode in (0, 1)
        assert ontap(daemon, "--list").returncode == 0
        assert ontap(daemon, "--remove=kept").returncode == 0
        assert ontap(daemon, "-t", "macvlan", "-n", "eth0").returncode == 1
        assert ask(daemon, b"\1", parent)[proto.STATUS] == proto.MALFORMED
        process.stdin.close()
        process.wait(10)
        wait_for_no_link(parent, "nic0")
        last = ontap(daemon, "-t", "macvlan", "-n", "last", prog=["cat"], start=True)
        wait_for_link(parent, "last")
        daemon.stop(60)
        last.stdin.close()
    finally:
        with open(f"{work}/valgrind", encoding="utf-8") as file:
            report = file.read()
        print(report, daemon.log())
        if daemon.process:
            daemon.kill()
    # Its child processes end without closing or freeing what they have.
    own = [line for line in report.splitlines() if line.startswith(f"=={pid}==")]
    opened = [line for line in own if "Open " in line and not line.endswith("/valgrind")]
    assert not opened, opened
    assert not [line for line in own if "lost" in line], report


def test_a_client_ends_with_its_devices_though_its_process_lives_on(parent, ontapd):
    """For example of a manager of many machines, which closes connections and removes devices by other ones."""
    daemon = ontapd(parent)
    before = len(daemon.fds())
    with own_netns(parent) as fd:
        for _ in range(20):
            with connect(daemon.port("eth0")) as sock:
                create = message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.IFNAME, "nic0"))
                assert request(sock, create, [fd])[0][proto.STATUS] == proto.OK
            assert ask(daemon, message(proto.REMOVE, (proto.IFNAME, "nic0")), parent)[proto.STATUS] == proto.OK
    wait_until(lambda: len(daemon.fds()) <= before, what=f"closed descriptors: {daemon.fds()}")


def test_the_memory_of_ontapd_stays_as_it_is(parent, program, ontapd, topo):
    """A thousand devices appear, and disappear with their namespace."""
    daemon = ontapd(parent)
    before = len(daemon.fds())
    create = message(proto.CREATE, (proto.TYPE, "macvlan"), (proto.ALIAS, "www"),
                     (proto.FLAGS, proto.KEEP | proto.STAY_DOWN))

    def round_of(count):
        many = topo.namespace("many")
        with own_netns(many) as fd, connect(daemon.port("eth0")) as sock:
            for _ in range(count):
                assert request(sock, create, [fd])[0][proto.STATUS] == proto.OK
            assert len(os.listdir(daemon.grants)) == count
        many.close()
        wait_until(lambda: os.listdir(daemon.grants) == [], 20, "the end of all devices")
        wait_until(lambda: len(daemon.fds()) <= before, what="closed descriptors")
        return daemon.memory()

    first = round_of(1000)
    again = round_of(1000)
    if not is_sanitized(program("ontapd")):  # which keeps freed memory, to see whether it is used
        assert again <= first * 1.05 + 64
