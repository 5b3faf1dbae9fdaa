# SPDX-License-Identifier: ISC
"""Workloads named only by the host name that they set.

The daemon sees every process of the machine here, not only those of the test. So the tests look for names, and
never count them."""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.exception  # noqa: E402

from lib.cgroup import Cgroup  # noqa: E402
from lib.isolate import CLONE_NEWNET, die_with_parent, libc  # noqa: E402
from lib.query import addresses, ask  # noqa: E402
from lib.started import is_sanitized  # noqa: E402
from lib.wait import wait_until  # noqa: E402

CLONE_NEWUTS = 0x04000000
MEANS = ("iter", "proc")
ALL = ("--domain=vanya", "--assign-nsid=all", "--no-mdns")


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24", "fd08::1/64")
    return ns


def inside(pid, *command, kinds="-n"):
    """Runs a command in the namespaces of a process, by default in its network namespace."""
    subprocess.run(["nsenter", "-t", str(pid), *kinds.split(), *command], check=True, capture_output=True)


def give_link(host, pid, number, alias=""):
    """A link to the host's bridge, with the address 10.8.0.NUMBER."""
    host.ip(f"link add w{number} type veth peer name eth0 netns {pid}")
    host.ip(f"link set w{number} master br0 up")
    if alias:
        inside(pid, "ip", "link", "set", "eth0", "alias", alias)
    inside(pid, "ip", "link", "set", "eth0", "up")
    inside(pid, "ip", "addr", "add", f"10.8.0.{number}/24", "dev", "eth0")


class Workload:
    """A process in its own network and UTS namespaces, which can get links and a name."""

    def __init__(self, host, *command, user=None):
        self.host = host
        start = [*(["setpriv", "--reuid", str(user), "--clear-groups"] if user else []), *command]
        self.process = subprocess.Popen([*start, "sh", "-c", "echo; exec sleep 600"],
                                        stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        assert self.process.stdout.readline() == b"\n"
        self.pid = self.process.pid

    def inside(self, *command, kinds="-n"):
        inside(self.pid, *command, kinds=kinds)

    def connect(self, number, alias=""):
        give_link(self.host, self.pid, number, alias)
        return self

    def rename(self, name):
        self.inside("hostname", name, kinds="-u")
        return self

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def workload(host):
    """workload(7, "www") -> a Workload at 10.8.0.7 that has set that host name."""
    made = []

    def make(number, name=None, command=("unshare", "-n", "-u"), alias="", user=None):
        one = Workload(host, *command, user=user)
        made.append(one)
        if number:
            one.connect(number, alias)
        return one.rename(name) if name else one
    yield make
    for one in made:
        one.end()


@pytest.fixture(params=MEANS)
def daemon(request, host, serve):
    return by(host, serve, request.param)


def by(host, serve, means, *options):
    daemon = serve(host, *ALL, f"--hostnames-by={means}", *options)
    status = daemon.status()["hostnames"]
    if status["by"] != means:
        pytest.skip(f"no {means} here: {status['refused']}")
    return daemon


def at(host, label):
    return addresses(ask(host, "127.0.0.1", f"{label}.lan.vanya", "A"))


def wait_at(host, label, *expected):
    wait_until(lambda: at(host, label) == sorted(expected), what=f"{label} at {expected}")


def reason_of(daemon, name, address):
    return daemon.names()[1].get(name, {}).get(address)


# --- appearance, changes, end ------------------------------------------------------------------------

def test_a_workload_is_resolvable_by_its_host_name_as_long_as_it_lives(host, daemon, workload):
    one = workload(7, "hn-www")
    wait_at(host, "hn-www", "10.8.0.7")
    assert addresses(ask(host, "127.0.0.1", "hn-www.vanya", "A")) == ["10.8.0.7"]
    one.rename("hn-web")
    wait_at(host, "hn-web", "10.8.0.7")
    assert at(host, "hn-www") == []
    one.end()
    wait_at(host, "hn-web")


def test_a_name_given_before_there_is_a_link_is_served_with_the_first_address(host, daemon, workload):
    one = workload(None, "hn-early")
    assert at(host, "hn-early") == []
    one.connect(8)
    wait_at(host, "hn-early", "10.8.0.8")


def test_a_name_written_to_proc_is_as_good(host, daemon, workload):
    workload(7).inside("sh", "-c", "echo hn-proc >/proc/sys/kernel/hostname", kinds="-u")
    wait_at(host, "hn-proc", "10.8.0.7")


def test_an_alias_goes_before_the_host_name(host, daemon, workload):
    one = workload(7, "hn-host", alias="hn-alias")
    wait_at(host, "hn-alias", "10.8.0.7")
    assert at(host, "hn-host") == []
    one.inside("ip", "link", "set", "eth0", "alias", "")
    wait_at(host, "hn-host", "10.8.0.7")
    assert at(host, "hn-alias") == []


def test_workloads_that_were_there_before_the_daemon_are_found(host, serve, workload):
    workload(7, "hn-old")
    for means in MEANS:
        by(host, serve, means, "--listen=127.0.0.1")
        assert at(host, "hn-old") == ["10.8.0.7"]
        break


def test_a_pair_of_namespaces_outlives_the_process_that_was_seen_first(host, daemon, workload):
    one = workload(7, "hn-pair")
    wait_at(host, "hn-pair", "10.8.0.7")
    heir = subprocess.Popen(["nsenter", "-t", str(one.pid), "-n", "-u", "sleep", "600"],
                            preexec_fn=die_with_parent)
    time.sleep(0.2)
    one.end()
    time.sleep(0.3)
    # nsenter was in this namespace with that host name for a moment: a look may have seen it
    wait_at(host, "hn-pair", "10.8.0.7")
    heir.kill()
    heir.wait()
    wait_at(host, "hn-pair")


def test_a_name_goes_with_its_last_process_even_where_the_network_namespace_stays(
        topo, host, daemon):
    ns = topo.workload("hn-kept", host, "br0", "10.8.0.9/24")
    one = ns.popen(["unshare", "-u", "sh", "-c", "hostname hn-guest; echo; exec sleep 600"],
                   stdout=subprocess.PIPE)
    one.stdout.readline()
    two = ns.popen(["unshare", "-u", "sh", "-c", "hostname hn-second; exec sleep 600"])
    wait_at(host, "hn-guest", "10.8.0.9")
    wait_at(host, "hn-second", "10.8.0.9")  # one namespace, two names
    one.kill()
    one.wait()
    one.stdout.close()
    wait_at(host, "hn-guest")
    assert at(host, "hn-second") == ["10.8.0.9"]
    two.kill()
    two.wait()
    wait_at(host, "hn-second")


def test_one_host_name_in_two_namespaces_is_a_duplicate(host, daemon, workload):
    workload(7, "hn-twin")
    two = workload(8, "hn-twin")
    wait_at(host, "hn-twin", "10.8.0.7", "10.8.0.8")
    two.end()
    wait_at(host, "hn-twin", "10.8.0.7")


def test_thousands_of_short_lives_leave_nothing_behind(host, daemon, workload):
    def held():
        """Descriptors and memory of both processes; a question lets them settle."""
        daemon.names()
        with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children",
                  encoding="ascii") as file:
            pids = [str(daemon.process.pid), *file.read().split()]
        fds = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)
        kib = sum(int(re.search(r"VmRSS:\s*(\d+)", open(f"/proc/{pid}/status").read())[1])
                  for pid in pids)
        return fds, kib

    def live(count):
        for i in range(count):
            pid = os.fork()
            if pid == 0:
                libc.unshare(CLONE_NEWNET | CLONE_NEWUTS)
                name = b"hn-short%d" % i
                libc.sethostname(ctypes.c_char_p(name), len(name))
                os._exit(0)
            os.waitpid(pid, 0)

    workload(7, "hn-stays")
    wait_at(host, "hn-stays", "10.8.0.7")
    live(200)  # so that buffers have their final size
    time.sleep(1)
    fds, kib = held()
    live(2000)
    wait_until(lambda: not any("hn-short" in str(n) for n in daemon.names()), 20, "no short lives")
    wait_until(lambda: held()[0] <= fds + 4, 20, "as few descriptors as before")
    if not is_sanitized(daemon.program):  # which keeps freed memory
        assert held()[1] < kib + 6000
    assert at(host, "hn-stays") == ["10.8.0.7"]


# --- rights to names --------------------------------------------------------------------------------

def test_who_only_entered_a_namespace_or_inherited_the_name_has_given_none(topo, host, daemon,
                                                                            workload):
    ns = topo.workload("hn-entered", host, "br0", "10.8.0.9/24")
    inside = ns.popen(["sleep", "600"])  # as ip netns exec does
    workload(7)                          # a copy of the machine's name
    workload(8, "hn-done")               # now everything has been looked at
    wait_at(host, "hn-done", "10.8.0.8")
    served, unserved = daemon.names()
    told = [a for name in served.values() for a in name] + [a for n in unserved.values() for a in n]
    assert "10.8.0.9" not in told and "10.8.0.7" not in told
    inside.kill()
    inside.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: who else could make another user namespace")
def test_an_unprivileged_user_gets_no_name(host, serve, workload):
    daemon = by(host, serve, "proc")
    router = workload(7, "hn-router", ("unshare", "-U", "-r", "-n", "-u"), user=65534)
    wait_until(lambda: reason_of(daemon, "hn-router", "10.8.0.7"), what="explained")
    assert "another user namespace" in reason_of(daemon, "hn-router", "10.8.0.7")
    assert at(host, "hn-router") == []
    # The host's own UTS namespace, but a user's host name: the user does not get the host's own addresses.
    workload(None, "hn-hijack", ("unshare", "-U", "-r", "-u"), user=65534)
    workload(8, "hn-done")
    wait_at(host, "hn-done", "10.8.0.8")
    assert at(host, "hn-hijack") == []
    router.end()


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: who else could make another user namespace")
def test_with_rootless_he_never_gets_a_name_of_the_host(host, serve, workload):
    daemon = by(host, serve, "proc", "--rootless")
    workload(7, "hn-router", ("unshare", "-U", "-r", "-n", "-u"), user=65534)
    wait_at(host, "hn-router", "10.8.0.7")
    own = workload(8, "hn-router")
    wait_at(host, "hn-router", "10.8.0.8")
    assert "host's own" in reason_of(daemon, "hn-router", "10.8.0.7")
    own.end()
    wait_at(host, "hn-router", "10.8.0.7")


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: who else could be told from users")
def test_a_user_namespace_that_root_made_is_the_host_s_own(host, daemon, workload):
    """As systemd-nspawn -U, unprivileged LXC that root starts, and Docker with userns-remap make it."""
    workload(7, "hn-nspawn", ("unshare", "-U", "-r", "-n", "-u"))
    wait_at(host, "hn-nspawn", "10.8.0.7")
    # A namespace below a user's is the user's, even if it was root who made it there.
    user = workload(None, command=("unshare", "-U"), user=65534)
    for kind in ("uid", "gid"):
        with open(f"/proc/{user.pid}/{kind}_map", "w", encoding="ascii") as file:
            file.write("0 0 65536")
    workload(9, "hn-below", ("nsenter", "--preserve-credentials", "-U", f"--target={user.pid}",
                             "unshare", "-U", "-n", "-u"))
    wait_until(lambda: reason_of(daemon, "hn-below", "10.8.0.9"), what="the reason")
    assert "another user namespace" in reason_of(daemon, "hn-below", "10.8.0.9")
    # The owner of a host name counts, too: its namespace is one of root's, and it is a user's.
    owners = {ns["netns"] or tuple(ns["hostnames"]): ns["owner"] for ns in daemon.lines("graph")}
    assert owners[("hn-nspawn",)] == "system" and owners[("hn-below",)] == "user"
    counts = daemon.status()["kernel"]["owners"]
    assert counts["system"] == 1 and counts["user"] >= 1 and counts["host"] >= 1


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: who else could be told from users")
def test_without_rootless_it_is_refused_and_the_reason_is_told(host, serve, workload):
    daemon = by(host, serve, "proc", "--no-rootless")
    workload(7, "hn-nspawn", ("unshare", "-U", "-r", "-n", "-u"))
    wait_until(lambda: reason_of(daemon, "hn-nspawn", "10.8.0.7"), what="the reason")
    assert "--rootless=system" in reason_of(daemon, "hn-nspawn", "10.8.0.7")
    assert at(host, "hn-nspawn") == []


def test_a_namespace_of_unknown_owner_is_not_served(topo, host, serve):
    ns = topo.workload("hn-unknown", host, "br0", "10.8.0.9/24", alias="hn-unknown")
    daemon = serve(host, "--domain=vanya", "--no-assign-nsid", "--hostnames-by=none", "--no-mdns")
    assert "nobody can say" in reason_of(daemon, "hn-unknown", "10.8.0.9")
    daemon.stop()
    inside = ns.popen(["sleep", "600"])
    daemon = serve(host, "--domain=vanya", "--no-assign-nsid", "--hostnames-by=proc", "--no-mdns")
    wait_at(host, "hn-unknown", "10.8.0.9")  # a process in it shows the owner
    inside.kill()
    inside.wait()


# --- valid names ------------------------------------------------------------------------------------

def test_what_is_no_label_is_told_and_not_served(host, serve, workload):
    daemon = by(host, serve, "proc", "--ignore-hostname=hn-tmp-*")
    one = workload(7)
    for name, reason in (("hn_x", "no letter, digit or hyphen"), ("localhost", "calls itself"),
                         ("-hn", "hyphen"), ("hn-tmp-1", "ignored")):
        one.inside("sh", "-c", f"echo '{name}' >/proc/sys/kernel/hostname", kinds="-u")

        def told(wanted=name):
            return [line for line in daemon.lines("names") if line.get("rejected") == wanted]
        assert reason in wait_until(told, what=name)[0]["reason"]
    assert "hn_x" in daemon.log()
    # Of a full name, in whatever domain, the first label is the host's part in it.
    for name in ("www.example.org", "mail.vanya", "ftp.a.b"):
        one.rename(name)
        wait_at(host, name.split(".")[0], "10.8.0.7")
        assert not [line for line in daemon.lines("names") if line.get("rejected") == name]
    one.rename("0123456789ab")  # as Docker sets: an ordinary name
    wait_at(host, "0123456789ab", "10.8.0.7")


def test_the_id_of_a_container_is_no_name_unless_it_is_asked_for(host, serve, workload):
    daemon = by(host, serve, "proc")
    one = workload(7)
    one.rename("d9cbfd31c412")

    def told():
        return [line for line in daemon.lines("names") if line.get("rejected") == "d9cbfd31c412"]
    assert "ignored" in wait_until(told, what="the id")[0]["reason"]
    assert "d9cbfd31c412" not in daemon.log()
    one.rename("mail-gateway")
    wait_at(host, "mail-gateway", "10.8.0.7")
    daemon.stop()
    by(host, serve, "proc", "--ignore-hostname=mail-*")
    one.rename("d9cbfd31c412")
    wait_at(host, "d9cbfd31c412", "10.8.0.7")


# --- nsids ------------------------------------------------------------------------------------------

def test_a_bare_namespace_gets_an_nsid_only_if_asked_for(host, serve, workload):
    workload(None, command=("unshare", "-n"))
    one = workload(None, "hn-id")
    one.inside("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
    one.inside("ip", "link", "set", "eth0", "alias", "hn-bare", "up")
    one.inside("ip", "link", "set", "eth1", "up")
    one.inside("ip", "addr", "add", "10.8.0.44/24", "dev", "eth0")
    daemon = serve(host, "--domain=vanya", "--assign-nsid=none", "--hostnames-by=proc", "--no-mdns")
    assert at(host, "hn-bare") == []
    daemon.stop()
    by(host, serve, "proc")
    wait_at(host, "hn-bare", "10.8.0.44")


# --- the host's own name ----------------------------------------------------------------------------

def mdns_at(ns, name):
    """The responder's answer to a legacy query by unicast."""
    try:
        return addresses(ask(ns, "10.8.0.1", name, "A", port=5353, timeout=1))
    except (OSError, dns.exception.Timeout):
        return []


def test_the_hosts_own_name_follows_it_over_unicast_and_multicast(topo, host, serve):
    peer = topo.workload("peer", host, "br0", "10.8.0.2/24")
    daemon = serve(host, "--domain=vanya", "--self", "--hostnames-by=none",
                   prefix=["unshare", "-u", "sh", "-c", 'hostname hn-hub; exec "$@"', "sh"])
    assert at(host, "hn-hub") == ["10.8.0.1"]
    wait_until(lambda: mdns_at(peer, "hn-hub.local") == ["10.8.0.1"], 10, "own name over mDNS")
    subprocess.run(["nsenter", "-t", str(daemon.process.pid), "-u", "hostname", "hn-hub2"], check=True)
    wait_at(host, "hn-hub2", "10.8.0.1")
    assert at(host, "hn-hub") == []
    soa = ask(host, "127.0.0.1", "vanya", "SOA").answer[0][0]
    assert soa.mname.to_text() == "hn-hub2.vanya."
    wait_until(lambda: mdns_at(peer, "hn-hub2.local") == ["10.8.0.1"], 10, "new name over mDNS")


@pytest.mark.parametrize("means", MEANS)
def test_an_old_copy_of_the_hosts_name_is_no_name(host, serve, means):
    """Like logind and udevd: services with their own UTS namespace, which nobody renames."""
    inside_host = ("ip", "netns", "exec", host.name, "unshare", "-u")
    sandboxes = [Workload(host, *inside_host).rename(name) for name in ("hn-image", "hn-older")]
    daemon = by(host, lambda *a: serve(*a, prefix=["unshare", "-u", "sh", "-c",
                                                   'hostname hn-image; exec "$@"', "sh"]), means, "--self")
    assert at(host, "hn-image") == ["10.8.0.1"]
    assert at(host, "hn-older") == []
    subprocess.run(["nsenter", "-t", str(daemon.process.pid), "-u", "hostname", "hn-new"], check=True)
    wait_at(host, "hn-new", "10.8.0.1")
    assert at(host, "hn-image") == []
    sandboxes[0].rename("hn-chosen")
    wait_at(host, "hn-chosen", "10.8.0.1")
    # One that appears now and sets a name is a workload.
    sandboxes.append(Workload(host, *inside_host).rename("hn-assistant"))
    wait_at(host, "hn-assistant", "10.8.0.1")
    for one in sandboxes:
        one.end()


def test_without_self_the_name_is_the_name_servers_only(topo, host, serve):
    peer = topo.workload("peer", host, "br0", "10.8.0.2/24")
    prefix = ["unshare", "-u", "sh", "-c", 'hostname hn-hub; exec "$@"', "sh"]
    daemon = serve(host, "--domain=vanya", "--no-self", "--hostnames-by=none", prefix=prefix)
    assert at(host, "hn-hub") == ["10.8.0.1"]
    time.sleep(1.2)
    assert mdns_at(peer, "hn-hub.local") == []
    daemon.stop()
    serve(host, "--domain=vanya", "--no-self", "--ns=ns.vanya", "--hostnames-by=none", prefix=prefix)
    assert at(host, "hn-hub") == []


# --- privileges, means ------------------------------------------------------------------------------

def test_status_tells_the_means_and_what_is_missing_for_better_ones(host, serve):
    status = serve(host, *ALL, "--hostnames-by=auto").status()["hostnames"]
    order = ["fexit", "iter", "proc", "none"]
    assert list(status["refused"]) == order[:order.index(status["by"])]
    assert all(fault["error"] for fault in status["refused"].values())


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: the capabilities are others")
def test_a_missing_capability_is_named(host, serve, need):
    daemon = serve(host, *ALL, "--hostnames-by=auto",
                   prefix=[need("setpriv"), "--bounding-set=-sys_ptrace", "--inh-caps=-all"])
    status = daemon.status()["hostnames"]
    assert status["by"] == "none"
    assert status["refused"]["proc"]["missing"] == ["CAP_SYS_PTRACE"]
    assert "missing=CAP_SYS_PTRACE" in daemon.log()


def test_export_knows_host_names_too(host, program, workload):
    workload(7, "hn-exported")
    done = host.run([program("ontap-zone"), "export", "--format=hosts", *ALL[:2]])
    assert re.search(r"^10\.8\.0\.7\s.*\bhn-exported\b", done.stdout, re.M), done.stdout


# --- engines ----------------------------------------------------------------------------------------

def test_a_sandbox_of_bubblewrap_is_a_workload(host, daemon, workload, need):
    bwrap = need("bwrap")
    one = workload(None, command=(bwrap, "--dev-bind", "/", "/", "--unshare-net", "--unshare-uts",
                                  "--hostname", "hn-bwrap", "--die-with-parent"))
    # bwrap stays outside, as the parent of the program.
    with open(f"/proc/{one.pid}/task/{one.pid}/children", encoding="ascii") as file:
        children = file.read().split()
    one.pid = int(children[0]) if children else one.pid
    one.connect(7)
    wait_at(host, "hn-bwrap", "10.8.0.7")
    os.kill(one.pid, signal.SIGKILL)
    wait_at(host, "hn-bwrap")


@pytest.fixture
def rootfs(tmp_path, need):
    """A root of a file system with busybox, as in an image."""
    top = tmp_path / "rootfs"
    for name in ("bin", "usr", "etc", "dev", "proc", "sys", "tmp", "run", "var"):
        (top / name).mkdir(parents=True)
    shutil.copy(need("busybox"), top / "bin/busybox")
    for applet in ("sh", "sleep", "hostname", "echo"):
        (top / "bin" / applet).symlink_to("busybox")
    (top / "etc/os-release").write_text("ID=test\n")
    (top / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    return str(top)


@pytest.fixture
def cgroup():
    if os.geteuid() != 0:
        pytest.skip("not root: a rootless container has no name of its own")
    try:
        made = Cgroup()
    except OSError as failure:
        pytest.skip(f"no control group to be had: {failure}")
    yield made
    made.close()


def test_a_container_of_podman_is_a_workload(host, daemon, rootfs, need, cgroup, tmp_path):
    """Only with --hostname: podman knows nothing of us, nor we of it."""
    podman, pid_file = need("podman"), tmp_path / "pid"
    process = host.popen(
        [*cgroup.contain, podman, f"--root={tmp_path}/storage", f"--runroot={tempfile.mkdtemp(dir='/run')}",
         "--storage-driver=vfs", "--events-backend=none", "--cgroup-manager=cgroupfs", "run", "--rm", "--network=none",
         "--hostname=hn-podman", "--cgroups=disabled", "--log-driver=none", "--pull=never", f"--pidfile={pid_file}",
         "--rootfs", rootfs, "/bin/sleep", "600"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: pid_file.exists() and pid_file.read_text() or process.poll() is not None, 20, "its process")
        if process.poll() is not None:
            pytest.skip(f"podman does not run here: {process.stderr.read().decode()}")
        pid = int(pid_file.read_text())
        give_link(host, pid, 7)
        wait_at(host, "hn-podman", "10.8.0.7")
        os.kill(pid, signal.SIGKILL)
        process.wait(20)
        wait_at(host, "hn-podman")
    finally:
        process.kill()
        process.communicate()


def test_a_container_of_nspawn_is_a_workload(host, daemon, rootfs, need, cgroup):
    nspawn = need("systemd-nspawn")
    # It looks at the control group of process 1, which must be in the same cgroup namespace.
    process = host.popen([*cgroup.contain, "unshare", "-pf", "--kill-child", "--mount-proc", nspawn, "--quiet", "--register=no", "--keep-unit", "--private-network",
                          "--as-pid2", "--hostname=hn-nspawn", "-D", rootfs, "/bin/sleep", "600"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        pid = wait_until(lambda: process.poll() or one_called(b"sleep", process.pid), 10, "its process")
        if process.poll() is not None:
            pytest.skip(f"systemd-nspawn does not run here: {process.stderr.read().decode()}")
        give_link(host, pid, 7)
        wait_at(host, "hn-nspawn", "10.8.0.7")
        os.kill(pid, signal.SIGKILL)
        process.wait(10)
        wait_at(host, "hn-nspawn")
    finally:
        process.terminate()
        process.communicate(timeout=10)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def one_called(name, pid):
    """The first descendant of a process that runs that program, or None."""
    left = children_of(pid)
    while left:
        pid = left.pop(0)
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            if name in file.read().split(b"\0")[0]:
                return pid
        left += children_of(pid)
    return None
