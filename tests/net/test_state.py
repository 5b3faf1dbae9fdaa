# SPDX-License-Identifier: ISC
"""The files that ontap-zone leaves at its end, and what it restores at the next start."""
import contextlib
import os
import socket
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.edns  # noqa: E402
import dns.message  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    return ns


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.8.0.2/24", alias="web")


# --- the control socket ---------------------------------------------------------------------------

@pytest.mark.parametrize("is_killed", [False, True])
def test_as_another_user_it_leaves_no_socket_behind(host, web, serve, nobody, is_killed):
    """Its directory belongs to root."""
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--user={nobody}")
    assert os.stat(os.path.dirname(daemon.socket)).st_uid == 0
    assert os.path.exists(daemon.socket)
    if is_killed:
        daemon.kill()
    else:
        daemon.stop()
    wait_until(lambda: not os.path.exists(daemon.socket), what="the end of the socket")


def test_the_socket_of_another_that_runs_stays(host, web, serve, program, tmp_path):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    refused = host.run([program("ontap-zone"), "serve", "--domain=vanya", "--no-mdns",
                        f"--state={tmp_path}", f"--socket={daemon.socket}", "--no-assign-nsid"],
                       check=False)
    assert refused.returncode == 111
    assert daemon.status()["ready"] is True


def test_the_socket_of_another_that_accepts_nobody_stays(host, program, tmp_path):
    path = str(tmp_path / "zone.sock")
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(path)
        listening.listen(0)
        client = stack.enter_context(socket.socket(socket.AF_UNIX))
        client.connect(path)
        refused = host.run(["timeout", "5", program("ontap-zone"), "serve", "--domain=vanya",
                            "--no-mdns", f"--state={tmp_path}", f"--socket={path}",
                            "--assign-nsid=/run/netns", "--hostnames-by=none"], check=False)
    assert refused.returncode == 111 and "another ontap-zone is running" in refused.stderr
    assert os.path.exists(path)


# --- serials --------------------------------------------------------------------------------------

def serial(host, zone="vanya"):
    return ask(host, "127.0.0.1", zone, "SOA").answer[0][0].serial


def run_ahead(host, web, seconds):
    """Makes changes faster than one per second, until the serial is so far ahead of the clock."""
    def changed():
        for verb in ("add", "del"):
            web.batch([f"addr {verb} 10.8.0.{i}/24 dev eth0" for i in range(20, 120)])
        return serial(host) > time.time() + seconds
    wait_until(changed, what="a serial ahead of the clock")


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_serial_does_not_go_back_by_a_new_start(host, web, serve, is_killed):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--allow-transfer=127.0.0.0/8")
    run_ahead(host, web, 20)
    before = {zone: serial(host, zone) for zone in ("vanya", "10.in-addr.arpa")}
    if is_killed:
        daemon.kill()
    else:
        daemon.stop()
    daemon.start()
    for zone, old in before.items():
        assert 0 < serial(host, zone) - old < 2 * 3600


@pytest.mark.parametrize("text", ["", "x\n", "12x\n", "4294967296\n"])
def test_a_stored_serial_that_is_none_is_told(host, serve, text):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    daemon.stop()
    path = os.path.join(os.path.dirname(daemon.socket), "state", "serial")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    daemon.start()
    assert f'cannot read state: file="{path}"' in daemon.log()
    assert serial(host) > 0


def test_a_reload_takes_the_serial_to_another_directory(host, web, serve, tmp_path):
    conf, other = tmp_path / "zone.conf", tmp_path / "other"
    conf.write_text(f"domain = vanya\nmdns = no\nlisten = any\nstate = {tmp_path}\n")
    daemon = serve(host, f"--config={conf}")
    daemon.stop()
    daemon.options = [option for option in daemon.options if not option.startswith("--state=")]
    daemon.start()
    run_ahead(host, web, 20)
    before = serial(host)
    conf.write_text(f"domain = vanya\nmdns = no\nlisten = any\nstate = {other}\n")
    daemon.reload()
    wait_until((other / "serial").exists, what="the serial in the other directory")
    daemon.kill()
    daemon.start()
    assert serial(host) > before


def test_a_change_is_no_write(host, web, serve):
    daemon = serve(host, "--domain=vanya", "--no-mdns")
    path = os.path.join(os.path.dirname(daemon.socket), "state", "serial")
    wait_until(lambda: os.path.exists(path), what="the file")
    before, stored = serial(host), os.stat(path).st_ino  # a write replaces the file
    run_ahead(host, web, 20)
    assert os.stat(path).st_ino == stored
    with open(path, encoding="ascii") as file:
        assert int(file.read()) - before > 1800


def test_a_zone_that_comes_again_goes_on_from_its_serial(host, web, serve):
    serve(host, "--domain=vanya", "--no-mdns")
    web.add_addr("eth0", "198.51.100.7/32")
    run_ahead(host, web, 5)
    zone = "100.51.198.in-addr.arpa"
    web.ip("addr add 198.51.100.8/32 dev eth0")
    wait_until(lambda: serial(host, zone) > time.time(), what="its serial ahead of the clock")
    before = serial(host, zone)
    web.batch(["addr del 198.51.100.7/32 dev eth0", "addr del 198.51.100.8/32 dev eth0"])
    wait_until(lambda: not ask(host, "127.0.0.1", zone, "SOA").answer, what="the end of the zone")
    web.add_addr("eth0", "198.51.100.7/32")
    wait_until(lambda: ask(host, "127.0.0.1", zone, "SOA").answer, what="the zone again")
    assert serial(host, zone) > before


# --- cookies --------------------------------------------------------------------------------------

OLD, NEW = "000102030405060708090a0b0c0d0e0f", "E5E973E5A6B2A43F48E7DC849E37BFCF"
COOKIE, BADCOOKIE = 10, 23


@pytest.fixture
def second(topo, host):
    return topo.workload("second", host, "br0", "10.8.0.3/24", alias="second")


@pytest.fixture
def secrets(tmp_path):
    """secrets("name", "secret", …) -> the path of a file with these secrets."""
    def write(name, *lines):
        path = tmp_path / name
        path.write_text("# who reads this?\n" + "".join(f"{line}\n" for line in lines))
        path.chmod(0o600)
        return path
    return write


def meet(client, server, cookie=b"client 1"):
    """The rcode for a client with that cookie, and the cookie in the reply."""
    option = dns.edns.GenericOption(COOKIE, cookie)
    query = dns.message.make_query("web.vanya", "A", use_edns=0, options=[option])
    with client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(query.to_wire(), (server, 53))
        reply = dns.message.from_wire(sock.recv(4096))
    given = [option.data for option in reply.options if option.otype == COOKIE]
    return reply.rcode(), given[0]


def test_servers_with_one_secret_accept_each_others_cookies(host, web, second, serve, secrets):
    file = secrets("both", f"{OLD}  # the only one")
    for ns in (host, second):
        serve(ns, "--domain=vanya", "--no-mdns", "--cookies=strict", f"--cookie-secret={file}")
    rcode, cookie = meet(web, "10.8.0.1")
    assert rcode == BADCOOKIE
    assert meet(web, "10.8.0.3", cookie)[0] != BADCOOKIE
    assert meet(host, "10.8.0.3", cookie)[0] == BADCOOKIE, "it was made for another client"


def test_without_a_secret_they_do_not(host, web, second, serve):
    for ns in (host, second):
        serve(ns, "--domain=vanya", "--no-mdns", "--cookies=strict")
    cookie = meet(web, "10.8.0.1")[1]
    assert meet(web, "10.8.0.1", cookie)[0] != BADCOOKIE
    assert meet(web, "10.8.0.3", cookie)[0] == BADCOOKIE


def test_a_reload_changes_the_secret_and_the_old_one_is_still_accepted(host, web, serve, secrets):
    file = secrets("mine", OLD)
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--cookies=strict", f"--cookie-secret={file}",
                   "--user=root")
    old = meet(web, "10.8.0.1")[1]

    def reload(*lines):
        secrets("mine", *lines)
        before = daemon.log().count("reloaded")
        daemon.reload()
        wait_until(lambda: daemon.log().count("reloaded") > before, what="the reload")
    reload(NEW, OLD)
    new = meet(web, "10.8.0.1")[1]
    assert meet(web, "10.8.0.1", old)[0] != BADCOOKIE
    reload(NEW)
    assert meet(web, "10.8.0.1", old)[0] == BADCOOKIE
    assert meet(web, "10.8.0.1", new)[0] != BADCOOKIE
    reload("no secret")
    assert f'not reloaded: error="{file}:2: a secret is 32 hexadecimal digits"' in daemon.log()
    assert meet(web, "10.8.0.1", new)[0] != BADCOOKIE


@pytest.mark.parametrize("lines, place", [
    ([OLD[:-1]], ":2: "), ([OLD, "x" * 32], ":3: "), ([OLD, NEW, OLD], ":4: "), ([], ": ")])
def test_a_wrong_secret_is_named_by_its_line(host, program, secrets, lines, place):
    file = secrets("wrong", *lines)
    done = host.run([program("ontap-zone"), "check", "--domain=vanya", f"--cookie-secret={file}"],
                    check=False)
    assert done.returncode == 100 and f"{file}{place}" in done.stderr
    assert OLD not in done.stderr


# --- zone files -----------------------------------------------------------------------------------

@pytest.mark.parametrize("first, second", [("CNAME mail", "A 192.0.2.1"),
                                           ("A 192.0.2.1", "CNAME mail")])
def test_an_alias_beside_other_records_is_refused_across_files_too(host, program, tmp_path, first,
                                                                    second):
    files = [tmp_path / "one", tmp_path / "two"]
    for file, record in zip(files, (first, second)):
        file.write_text(f"www {record}\n")
    done = host.run([program("ontap-zone"), "check", "--domain=vanya",
                     *(f"--zone-file={file}" for file in files)], check=False)
    assert done.returncode == 100 and "www.vanya. has a CNAME" in done.stderr


# --- the supervisor -------------------------------------------------------------------------------

def hear(supervisor):
    """The next message that is not only a text for people."""
    while (message := supervisor.recv(1000)).startswith(b"STATUS="):
        pass
    return message


def test_a_supervisor_hears_the_end_of_a_reload_that_failed_too(host, serve, tmp_path):
    conf = tmp_path / "zone.conf"
    conf.write_text("domain = vanya\nmdns = no\nlisten = any\n")
    with host.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(5)
        daemon = serve(host, f"--config={conf}", environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert hear(supervisor) == b"READY=1"
        conf.write_text("nonsense\n")
        daemon.reload()
        assert hear(supervisor).split(b"\n")[0] == b"RELOADING=1"
        assert hear(supervisor) == b"READY=1"
    assert "not reloaded" in daemon.log()


# --- a full disk ----------------------------------------------------------------------------------

def test_what_a_full_disk_refused_is_written_when_there_is_room(host, web, serve, small_disk, tmp_path):
    small_disk.fill()
    state, export, other = small_disk.path / "state", small_disk.path / "hosts", tmp_path / "hosts"
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--state={state}", f"--export=hosts:{export}",
                   f"--export=hosts:{other}")
    for number in range(3, 6):
        web.add_addr("eth0", f"10.8.0.{number}/24")
        # The full disk does not delay the others.
        wait_until(lambda: other.exists() and f"10.8.0.{number}" in other.read_text(), what="the other export")
    assert not export.exists() and not (state / "serial").exists()
    for line in ("cannot export", "cannot write state"):
        assert daemon.log().count(line) == 1, "each fault is told once"
    latest = serial(host)
    small_disk.make_room()
    # Nothing changes any more: it tries again by itself.
    wait_until(lambda: export.exists() and "10.8.0.5" in export.read_text(), what="the export")
    wait_until((state / "serial").exists, what="the serial")
    assert int((state / "serial").read_text()) >= latest
    daemon.kill()
