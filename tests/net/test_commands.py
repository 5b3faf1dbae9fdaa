# SPDX-License-Identifier: ISC
"""Commands that the running daemon carries out: reload, stop. And help."""
import grp
import os
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import has_addresses  # noqa: E402
from lib.wait import wait_until  # noqa: E402

HOST4 = "10.7.0.1"


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", f"{HOST4}/24")
    topo.workload("web", ns, "br0", "10.7.0.2/24", alias="web")
    return ns


@pytest.fixture
def zone(tmp_path):
    path = tmp_path / "zone"
    path.write_text("mail A 192.0.2.1\n")
    return path


@pytest.fixture
def daemon(host, serve, zone):
    return serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zone}")


def tell(daemon, *arguments, prefix=()):
    return daemon.ns.run([*prefix, daemon.program, *arguments, f"--socket={daemon.socket}"], check=False)


def test_reload_answers_when_it_is_done(daemon, host, zone):
    zone.write_text("mail A 192.0.2.2\n")
    done = tell(daemon, "reload")
    assert done.returncode == 0 and "reloaded" in done.stderr
    assert has_addresses(host, "mail.vanya", "192.0.2.2")


def test_reload_tells_file_and_line_of_a_mistake(daemon, host, zone):
    zone.write_text("mail A 192.0.2.2\n\nmail A 192.0.2.\n")
    done = tell(daemon, "reload")
    assert done.returncode == 100
    assert f"{zone}:3:" in done.stderr and "the old configuration stays" in done.stderr
    assert f"{zone}:3:" in daemon.log()
    assert has_addresses(host, "mail.vanya", "192.0.2.1")
    line = daemon.ask("reload", "-j", check=False).splitlines()[-1]
    assert line == '{"reloaded":false}'


def test_reload_tells_what_takes_effect_later_only(host, serve, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("domain = vanya\nthreads = 1\n")
    daemon = serve(host, f"--config={conf}", "--no-mdns")
    conf.write_text("domain = vanya\nthreads = 2\n")
    done = tell(daemon, "reload")
    assert done.returncode == 0 and "threads" in done.stderr and "next start" in done.stderr
    conf.write_text("domain = vanya\nthreds = 2\n")
    done = tell(daemon, "reload")
    assert done.returncode == 100 and f"{conf}:2:" in done.stderr and "threads" in done.stderr


def test_several_that_reload_at_once_are_all_answered(daemon):
    argv = [daemon.program, "reload", f"--socket={daemon.socket}"]
    for process in [daemon.ns.popen(argv) for _ in range(5)]:
        assert process.wait(20) == 0


def test_stop_returns_when_the_daemon_has_let_go_of_its_addresses(daemon, host, serve):
    done = tell(daemon, "stop")
    assert done.returncode == 0, done.stderr
    serve(host, "--domain=vanya", "--no-mdns")
    assert daemon.process.wait(20) == 0
    assert "stopping" in daemon.log()


def test_commands_without_a_daemon_say_so(daemon):
    for command in ("reload", "stop"):
        done = daemon.ns.run([daemon.program, command, "--socket=/nowhere/x"], check=False)
        assert done.returncode == 111 and "is it running?" in done.stderr


def test_members_of_the_group_may_ask_and_no_more(host, serve, need, tmp_path):
    setpriv = need("setpriv")
    group = next((g for g in grp.getgrall() if g.gr_gid not in (0, 65534)), None)
    if not group:
        pytest.skip("no group besides root's")
    os.chmod(tmp_path, 0o755)
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--socket-group={group.gr_name}")
    for directory in (os.path.dirname(daemon.socket), *list_above(daemon.socket)):
        if os.stat(directory).st_uid == os.geteuid():
            os.chmod(directory, os.stat(directory).st_mode | 0o111)
    member = [setpriv, "--reuid=65534", f"--regid={group.gr_gid}", "--clear-groups"]
    if tell(daemon, "names", prefix=member).returncode != 0:
        pytest.skip("nobody may not run the program: " + tell(daemon, "names", prefix=member).stderr)
    for command in ("reload", "stop"):
        done = tell(daemon, command, prefix=member)
        assert done.returncode == 1 and "only root" in done.stderr
        wait_until(lambda command=command: f"command refused: command={command} uid=65534" in daemon.log())
    assert tell(daemon, "names").returncode == 0


def list_above(path):
    """Its directories that tests have made."""
    above = os.path.dirname(os.path.dirname(path))
    while above.startswith("/tmp/"):
        yield above
        above = os.path.dirname(above)


def test_help_is_a_command(host, program):
    zone_program = program("ontap-zone")

    def run(*arguments):
        return host.run([zone_program, *arguments], check=False)
    assert run("help").stdout == run("--help").stdout
    for command in ("serve", "names", "explain", "help"):
        assert run("help", command).stdout == run(command, "--help").stdout, command
    wrong = run("help", "nmaes")
    assert wrong.returncode == 100 and "did you mean names?" in wrong.stderr


def test_a_mistake_is_told_in_one_plain_line(host, program):
    wrong = host.run([program("ontap-zone"), "nmaes"], check=False)
    assert wrong.stderr == "ontap-zone: nmaes: unknown command; did you mean names?\n"


HOLD = """
import socket, sys, time
held = []
for _ in range(int(sys.argv[2])):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(sys.argv[1])
    held.append(sock)
print("held", flush=True)
time.sleep(1000)
"""


def test_a_member_of_the_group_cannot_keep_root_out(host, serve, need, tmp_path):
    """Not by connections that ask nothing, however many."""
    setpriv = need("setpriv")
    group = next((g for g in grp.getgrall() if g.gr_gid not in (0, 65534)), None)
    if not group:
        pytest.skip("no group besides root's")
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--socket-group={group.gr_name}")
    for directory in (tmp_path, os.path.dirname(daemon.socket), *list_above(daemon.socket)):
        if os.stat(directory).st_uid == os.geteuid():
            os.chmod(directory, os.stat(directory).st_mode | 0o111)
    member = host.popen([setpriv, "--reuid=65534", f"--regid={group.gr_gid}", "--clear-groups",
                         "/usr/bin/python3", "-B", "-c", HOLD, daemon.socket, "200"], stdout=subprocess.PIPE)
    try:
        assert member.stdout.readline() == b"held\n"
        assert tell(daemon, "status", prefix=["timeout", "10"]).returncode == 0
        assert tell(daemon, "reload", prefix=["timeout", "10"]).returncode == 0
    finally:
        member.kill()
        member.wait()
