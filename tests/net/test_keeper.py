# SPDX-License-Identifier: ISC
"""The process that has the files (src/ontap-zone/keeper.h), and what the other one cannot do."""
import errno
import os
import pathlib
import pwd
import signal
import subprocess
import tempfile
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib import inject  # noqa: E402
from lib.daemon import Daemon  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.started import is_sanitized  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def host(topo):
    topo.has_dad = False
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.8.0.2/24", alias="web")


@pytest.fixture
def zones(tmp_path):
    made = tmp_path / "zones"
    made.mkdir()
    made.chmod(0o755)
    tmp_path.chmod(0o755)
    return made


def addresses(host, name):
    answer = ask(host, "127.0.0.1", f"{name}.vanya", "A").answer
    return sorted(str(record) for records in answer for record in records)


def children(pid):
    """The processes of the daemon, by their names."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if int(status["PPid"]) == pid:
            found[status["Name"].strip()] = int(entry.name)
    return found


# --- files that a pattern means --------------------------------------------------------------------

def test_a_pattern_means_all_files_that_match_at_each_reload(host, web, serve, zones):
    (zones / "a.zone").write_text("a A 192.0.2.1\n")
    (zones / "b.zone").write_text("b A 192.0.2.2\n")
    (zones / "c.zone~").write_text("c A 192.0.2.3\n")
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zones}/*.zone")
    assert [addresses(host, name) for name in "abc"] == [["192.0.2.1"], ["192.0.2.2"], []]
    (zones / "b.zone").unlink()
    (zones / "d.zone").write_text("d A 192.0.2.4\n")
    daemon.ask("reload")
    assert [addresses(host, name) for name in "abd"] == [["192.0.2.1"], [], ["192.0.2.4"]]
    for path in zones.glob("*.zone"):
        path.unlink()
    daemon.ask("reload")
    assert [addresses(host, name) for name in "abd"] == [[], [], []]
    assert addresses(host, "web") == ["10.8.0.2"]


def test_a_fifo_is_told_and_stops_nobody(host, web, serve, zones):
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zones}/*.zone")
    os.mkfifo(zones / "a.zone")
    daemon.ask("reload", check=False)
    assert "a.zone: is not a regular file" in daemon.log()
    (zones / "a.zone").unlink()
    daemon.ask("reload")


# --- reading beside serving ------------------------------------------------------------------------

def test_names_change_while_a_large_file_is_read(host, web, serve, zones):
    """As often as they like, until the reload is done: by the daemon's own word, not by the clock."""
    count = 100000
    records = "".join(f"n{i} A 10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n" for i in range(count))
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zones}/*.zone")
    (zones / "large.zone").write_text(records)
    with host.popen([daemon.program, "reload", "--socket=" + daemon.socket], stderr=subprocess.DEVNULL) as reload:
        changes = 0
        while reload.poll() is None:
            verb = "del" if changes % 2 else "add"
            web.ip(f"addr {verb} 10.8.0.3/24 dev eth0")
            expected = ["10.8.0.2"] + ["10.8.0.3"] * (verb == "add")
            wait_until(lambda: addresses(host, "web") == expected, what="the change")  # noqa: B023
            changes += 1
    assert reload.returncode == 0
    assert addresses(host, f"n{count - 1}") and addresses(host, "n0") == ["10.0.0.0"]
    (zones / "large.zone").write_text(records.replace("n7 A 10.0.0.7\n", "n7 A 10.9.9.9\n"))
    daemon.ask("reload")
    assert addresses(host, "n7") == ["10.9.9.9"] and addresses(host, "n8") == ["10.0.0.8"]


def test_a_stop_in_the_middle_of_a_reload_ends(host, web, serve, zones, tmp_path):
    """The server has exports to send, the keeper records, both more than the sockets hold: each has to hear the
    other."""
    def records(net):
        return "".join(f"n{i} A {net}.{i >> 16}.{i >> 8 & 255}.{i & 255}\n" for i in range(60000))
    (zones / "large.zone").write_text(records(10))
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zones}/*.zone", "--user=root",
                   f"--export=hosts:{tmp_path}/hosts", f"--export=json:{tmp_path}/json")
    for turn, delay in enumerate((0, 0.03, 0.1)):  # where the reload is then depends on the machine
        (zones / "large.zone").write_text(records(12 + turn))
        web.add_addr("eth0", f"10.8.1.{turn}/24")
        daemon.reload()
        time.sleep(delay)
        daemon.stop(60)
        daemon.start()


def test_what_has_not_changed_gets_no_new_serial(host, web, serve, zones):
    (zones / "a.zone").write_text("a A 192.0.2.1\n")
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zones}/*.zone")

    def serial():
        return ask(host, "127.0.0.1", "vanya", "SOA").answer[0][0].serial
    before = serial()
    daemon.ask("reload")
    os.utime(zones / "a.zone")
    daemon.ask("reload")
    assert serial() == before
    (zones / "a.zone").write_text("a A 192.0.2.2\n")
    daemon.ask("reload")
    assert serial() != before and addresses(host, "a") == ["192.0.2.2"]


# --- the processes ---------------------------------------------------------------------------------

@pytest.mark.parametrize("which", ["ontap-keeper", "ontap-watcher"])
def test_without_one_of_the_others_it_ends(host, web, serve, which):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    pid = daemon.process.pid
    os.kill(children(pid)[which], 9)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}/status") or
               "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text(), what="the end")
    daemon.kill()


def status_of(tid):
    with open(f"/proc/{tid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_without_a_user_it_is_nobody_that_exists(host, web, serve, zones):
    """Root is only who --user=root says. Its files still work, or it says why they do not."""
    if any(user.pw_name == "ontap" for user in pwd.getpwall()):
        pytest.skip("there is a user ontap")
    if open("/proc/self/uid_map").read().split() != ["0", "0", "4294967295"]:
        pytest.skip("needs to be root of the machine to become somebody else")
    opened = zones / "opened"
    opened.mkdir()
    opened.chmod(0o777)
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--export=hosts:{opened}/hosts", f"--export=hosts:{zones}/hosts")
    processes = {"ontap-zone": daemon.process.pid, **children(daemon.process.pid)}
    for name in ("ontap-zone", "ontap-keeper"):
        for tid in inject.threads(processes[name]):
            status = status_of(tid)
            uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
            assert len(uids) == 1 and uids == gids and 65520 <= int(*uids) <= 65533, (name, tid, status)
            assert not status["Groups"].strip() and int(status["CapBnd"], 16) == 0, (name, tid, status)
            assert int(status["CapEff"], 16) in (0, 1 << 10), (name, tid, status)
    wait_until((opened / "hosts").exists, what="the export")
    wait_until(lambda: "cannot export" in daemon.log(), what="the reason")
    assert "Permission denied" in daemon.log() and f"uid={(opened / 'hosts').stat().st_uid}" in daemon.log()
    daemon.stop()
    state = pathlib.Path(os.path.dirname(daemon.socket)) / "state" / "serial"
    assert state.stat().st_uid == (opened / "hosts").stat().st_uid
    as_root = serve(host, "--domain=vanya", "--no-mdns", "--user=root")
    assert status_of(as_root.process.pid)["Uid"].split() == ["0"] * 4


@pytest.mark.skipif(not inject.IS_KNOWN, reason="not known for this architecture")
@pytest.mark.parametrize("user", ["root", "nobody"])
def test_code_in_the_serving_process_reaches_no_file(host, web, serve, zones, program, request, user):
    """In none of its threads: neither to read, nor to write, nor to run."""
    (zones / "secret").write_text("secret\n")
    (zones / "secret").chmod(0o666)
    zones.chmod(0o777)
    if user == "nobody":
        request.getfixturevalue("nobody")
    has_no_list = is_sanitized(program("ontap-zone"))
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--user={user}")
    if not has_no_list:
        assert os.listdir(f"/proc/{daemon.process.pid}/root") == []
    secret, new = bytes(zones / "secret"), bytes(zones / "new")
    for tid in inject.threads(daemon.process.pid):
        def attempt(*call):
            return inject.call(tid, *call)
        if not has_no_list:
            assert attempt(inject.OPENAT, inject.AT_FDCWD, b"/proc/self/status", os.O_RDONLY) in CLOSED
        assert attempt(inject.OPENAT, inject.AT_FDCWD, secret, os.O_RDONLY) in CLOSED
        assert attempt(inject.OPENAT, inject.AT_FDCWD, secret, os.O_WRONLY) in CLOSED
        assert attempt(inject.OPENAT, inject.AT_FDCWD, new, os.O_WRONLY | os.O_CREAT, 0o644) in CLOSED
        assert attempt(inject.OPENAT, inject.AT_FDCWD, b"/etc/passwd", os.O_RDONLY) in CLOSED
    assert not (zones / "new").exists()
    assert addresses(host, "web") == ["10.8.0.2"]


CLOSED = (-errno.EACCES, -errno.EPERM, -errno.ENOENT)  # the last one: its root is empty
REFUSED = [(inject.KILL, os.getpid(), 0), (inject.SOCKET, inject.AF_NETLINK, inject.SOCK_RAW, 0),
           (inject.SOCKET, inject.AF_PACKET, inject.SOCK_RAW, 0), (inject.SOCKET, inject.AF_UNIX, inject.SOCK_STREAM, 0),
           (inject.PRCTL, inject.PR_SET_DUMPABLE, 1), (inject.IOCTL, 2, inject.TIOCSTI, b"x")]
DEADLY = [(inject.EXECVE, b"/bin/true", 0, 0), (inject.FORK,), (inject.PTRACE, inject.PTRACE_TRACEME),
          (inject.SETNS, 0, 0), (inject.UNSHARE, inject.CLONE_NEWUSER), (inject.BPF, 0, 0, 0)]


@pytest.fixture
def has_lists(program):
    if not inject.IS_KNOWN:
        pytest.skip("not known for this architecture")
    if is_sanitized(program("ontap-zone")):
        pytest.skip("the program has a sanitizer, which needs some of the calls")


def test_code_in_the_serving_process_reaches_no_process_and_no_netlink(host, web, serve, has_lists):
    """Also as root."""
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--user=root")
    tids = inject.threads(daemon.process.pid)
    for tid in tids:
        for call in REFUSED:
            assert inject.call(tid, *call) == -errno.EPERM, (tid, call)
        for call in [(inject.CONNECT, 0, 0, 0), (inject.SENDTO, 0, 0, 0, inject.MSG_FASTOPEN)]:
            assert inject.call(tid, *call) == -errno.EPERM, (tid, call)
    for tid in tids[1:]:
        assert inject.call(tid, inject.SOCKET, inject.AF_INET, inject.SOCK_STREAM, 0) == -errno.EPERM, tid
    assert addresses(host, "web") == ["10.8.0.2"]
    daemon.stop()
    for number, call in enumerate(DEADLY):
        daemon = serve(host, "--domain=vanya", "--no-mdns")
        tid = inject.threads(daemon.process.pid)[-(number % 2)]
        with pytest.raises(inject.Ended, match=str(int(signal.SIGSYS))):
            inject.call(tid, *call)
        daemon.kill()


def test_what_was_closed_at_the_start_is_not_opened_by_a_reload(host, web, serve, zones):
    """The first --update, the first --on-export: programs and connections are refused by then, and it says so."""
    conf = zones / "conf"
    conf.write_text(f"domain = vanya\nmdns = no\nlisten = any\nexport = hosts:{zones}/hosts\n")
    zones.chmod(0o777)
    daemon = serve(host, f"--config={conf}")
    conf.write_text(conf.read_text() + f"on-export = touch {zones}/ran\ntsig = k:hmac-sha256:{'A' * 43}=\n"
                    "update = 10.8.0.2,key:k\n")
    daemon.ask("reload")
    for key in ("on-export", "update"):
        assert f"not changed by a reload: key={key} " in daemon.log()
    assert daemon.status()["updates"] == []
    web.ip("addr add 10.8.0.3/24 dev eth0")
    wait_until(lambda: "10.8.0.3" in (zones / "hosts").read_text(), what="the export")
    daemon.stop()
    assert not (zones / "ran").exists()


def shown(daemon):
    return daemon.status()["processes"]


def test_status_shows_what_each_process_may_do(host, web, serve, has_lists):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--user=root")
    found = shown(daemon)
    expected = {"server": "net_bind_service", "keeper": "none",
                "watcher": "net_broadcast net_admin net_raw sys_ptrace sys_admin"}
    if found["watcher"]["uid"] != 0:  # in a user namespace there may be no other
        expected["remover"] = "none"
    assert {name: one["capabilities"] for name, one in found.items()} == expected
    for name, one in found.items():
        assert one["bounding"] == "none" and one["no_new_privs"] and one["seccomp"], (name, one)
        assert one["uid"] == 0 or (name == "watcher" and 65520 <= one["uid"] <= 65533), (name, one)
    assert found["server"]["landlock"] == found["keeper"]["landlock"] >= found["watcher"]["landlock"] == 0
    assert "  watcher" in daemon.ask("status")


def test_the_watcher_is_a_user_of_its_own(host, web, serve, has_lists, tmp_path):
    """It reads no file of root's or of the server's, and the sockets in root's directory go all the same."""
    if open("/proc/self/uid_map").read().split() != ["0", "0", "4294967295"]:
        pytest.skip("needs to be root of the machine to become somebody else")
    secret = tmp_path / "secret"
    secret.write_text("")
    secret.chmod(0o600)
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    found = children(daemon.process.pid)
    tid = found["ontap-watcher"]
    status, server = status_of(tid), status_of(daemon.process.pid)
    uids = set(status["Uid"].split())
    assert len(uids) == 1 and "0" not in uids and not uids & set(server["Uid"].split()), (status, server)
    assert set(status["Gid"].split()) == uids and not status["Groups"].strip(), status
    assert int(status["CapBnd"], 16) == 0 and shown(daemon)["watcher"]["uid"] == int(*uids)
    for path in (secret, pathlib.Path("/etc/shadow")):
        if path.exists():
            assert inject.call(tid, inject.OPENAT, inject.AT_FDCWD, bytes(path), os.O_RDONLY) == -errno.EACCES, path
    remover = children(tid)["ontap-remover"]
    assert int(status_of(remover)["CapPrm"], 16) == 0
    assert inject.call(remover, inject.OPENAT, inject.AT_FDCWD, bytes(secret), os.O_RDONLY) == -errno.EPERM
    with pytest.raises(inject.Ended, match=str(int(signal.SIGSYS))):
        inject.call(remover, *DEADLY[0])
    daemon.kill()
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    web.ip("addr add 10.8.0.9/24 dev eth0")
    wait_until(lambda: sorted(addresses(host, "web")) == ["10.8.0.2", "10.8.0.9"], what="an address that comes later")
    assert os.path.exists(daemon.socket)
    daemon.stop()
    assert not os.path.exists(daemon.socket)


def test_it_serves_as_the_user_who_was_given_capabilities(host, web, has_lists, program, need):
    """As by a service manager: never root. What it does not need goes, all but the bounding set."""
    if open("/proc/self/uid_map").read().split() != ["0", "0", "4294967295"]:
        pytest.skip("needs to be root of the machine to become somebody else")
    caps = ",".join(["-all", "+net_bind_service", "+net_admin", "+net_broadcast", "+net_raw", "+sys_admin", "+sys_ptrace"])
    with tempfile.TemporaryDirectory() as work:
        daemon = Daemon(program("ontap-zone"), host, work, ["--domain=vanya", "--no-mdns", f"--export=hosts:{work}/hosts"],
                        prefix=[need("setpriv"), "--reuid=65500", "--regid=65500", "--clear-groups", f"--inh-caps={caps}",
                                f"--ambient-caps={caps}", f"--bounding-set={caps}"])
        for path in (work, f"{work}/state"):
            os.chown(path, 65500, 65500)
        try:
            daemon.start()
            found = shown(daemon)
            assert {name: one["capabilities"] for name, one in found.items()} == {
                "server": "net_bind_service", "keeper": "none",
                "watcher": "net_broadcast net_admin net_raw sys_ptrace sys_admin"}
            assert all(one["uid"] == 65500 and one["no_new_privs"] and one["seccomp"] for one in found.values()), found
            assert os.listdir(f"/proc/{daemon.process.pid}/root") == []
            assert addresses(host, "web") == ["10.8.0.2"]
            wait_until(lambda: os.path.exists(f"{work}/hosts"), what="the export")
            daemon.stop()
            assert not os.path.exists(daemon.socket)
        finally:
            daemon.kill()
            print(daemon.log())


def test_code_in_the_keeper_and_the_watcher_reaches_less_than_their_user(host, web, serve, has_lists, tmp_path):
    """The keeper may use files, and nothing else; the watcher may only read them."""
    new = bytes(tmp_path / "new")
    for name, deadly in (("ontap-keeper", DEADLY[0]), ("ontap-watcher", DEADLY[2])):
        daemon = serve(host, "--domain=vanya", "--no-mdns", "--user=root")
        tid = children(daemon.process.pid)[name]
        refused = [(inject.KILL, os.getpid(), 0), (inject.SOCKET, inject.AF_INET, inject.SOCK_STREAM, 0),
                   (inject.PRCTL, inject.PR_SET_DUMPABLE, 1), (inject.IOCTL, 2, inject.TIOCSTI, b"x")]
        for call in refused:
            assert inject.call(tid, *call) == -errno.EPERM, (name, call)
        if name == "ontap-watcher":
            assert inject.call(tid, inject.OPENAT, inject.AT_FDCWD, new, os.O_WRONLY | os.O_CREAT) in CLOSED
        with pytest.raises(inject.Ended, match=str(int(signal.SIGSYS))):
            inject.call(tid, *deadly)
        daemon.kill()
    assert not (tmp_path / "new").exists()
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--export=hosts:{tmp_path}/hosts", "--on-export=true")
    tid = children(daemon.process.pid)["ontap-keeper"]
    for call in [call for call in DEADLY if call[0] not in (inject.EXECVE, inject.FORK)]:
        assert inject.call(tid, *call) == -errno.EPERM, call


def test_a_reload_of_the_same_zones_to_sign_warns_of_nothing(host, web, serve, zones):
    conf = zones / "conf"
    conf.write_text("domain = vanya\nmdns = no\nlisten = any\ndnssec = vanya\n")
    daemon = serve(host, f"--config={conf}")
    daemon.ask("reload")
    assert "not changed by a reload" not in daemon.log()
    conf.write_text(conf.read_text().replace("dnssec = vanya", "dnssec = other"))
    daemon.ask("reload")
    assert "not changed by a reload: key=dnssec " in daemon.log()
    daemon.stop()
