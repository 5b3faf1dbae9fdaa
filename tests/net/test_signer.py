# SPDX-License-Identifier: ISC
"""The process that has the keys of signed zones (src/ontap-zone/signer.h): what it cannot do, and what programs of others
say of its keys."""
import errno
import json
import os
import pathlib
import signal
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.rdatatype  # noqa: E402

from lib import inject  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.started import is_sanitized  # noqa: E402
from lib.validate import Anchor, delv  # noqa: E402
from lib.wait import wait_until  # noqa: E402

ZONE = "wan.example.org"


@pytest.fixture
def host(topo):
    topo.has_dad = False
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    return ns


@pytest.fixture
def signed(host, serve):
    """Serves a signed zone. Options follow."""
    def start(*options):
        return serve(host, f"--domain={ZONE}", "--no-mdns", "--dnssec", *options)
    return start


def child(daemon, name="ontap-signer", of=None):
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if int(status["PPid"]) == (of or daemon.process.pid) and status["Name"].strip() == name:
            return int(entry.name)
    return None


def keys_dir(daemon):
    return pathlib.Path(os.path.dirname(daemon.socket)) / "state" / "keys"


def shown(daemon, *words):
    return [json.loads(line) for line in daemon.ask("keys", *words, "--json").splitlines()]


def the_key(daemon):
    zone, = shown(daemon)
    key, = zone["keys"]
    return key


# --- keys, as others read them ---------------------------------------------------------------------

@pytest.mark.parametrize("algorithm", [13, 15])
def test_programs_of_others_read_its_keys(signed, need, algorithm):
    daemon = signed(f"--dnssec-algorithm={algorithm}")
    key = the_key(daemon)
    assert key["algorithm"] == algorithm
    name = f"K{ZONE}.+{algorithm:03}+{key['tag']:05}"
    directory = keys_dir(daemon)
    wanted = key["ds"].split()[-4:]
    for tool in (["dnssec-dsfromkey", "-2", f"{name}.key"], ["ldns-key2ds", "-2", "-n", f"{name}.key"]):
        said = subprocess.run([need(tool[0]), *tool[1:]], cwd=directory, check=True, capture_output=True, text=True).stdout
        words = said.split()
        assert words[-4:-1] == wanted[:3] and words[-1].upper() == wanted[3], (tool, said)
    assert key["ds"] in daemon.ask("keys", "ds")


@pytest.mark.parametrize("algorithm", [13, 15])
def test_programs_of_others_sign_with_its_keys(signed, need, tmp_path, algorithm):
    """dnssec-signzone signs by the secret, dnssec-verify checks by the DNSKEY: so both are one key."""
    daemon = signed(f"--dnssec-algorithm={algorithm}")
    key = the_key(daemon)
    zone = tmp_path / "zone"
    zone.write_text(f"$TTL 60\n@ SOA ns.{ZONE}. root.{ZONE}. 1 3600 600 86400 60\n@ NS ns.{ZONE}.\nns A 192.0.2.1\n"
                    f"{key['dnskey']}\n")
    name = f"K{ZONE}.+{algorithm:03}+{key['tag']:05}"
    subprocess.run([need("dnssec-signzone"), "-z", "-K", keys_dir(daemon), "-o", ZONE, "-f", f"{zone}.signed", zone, name],
                   check=True, capture_output=True, cwd=tmp_path)
    subprocess.run([need("dnssec-verify"), "-z", "-o", ZONE, f"{zone}.signed"], check=True, capture_output=True)


@pytest.mark.parametrize("algorithm", ["ECDSAP256SHA256", "ED25519"])
def test_a_key_of_bind_is_used(host, serve, need, tmp_path, algorithm):
    daemon = serve(host, f"--domain={ZONE}", "--no-mdns")
    daemon.stop()
    directory = keys_dir(daemon)
    directory.mkdir(mode=0o700)
    made = subprocess.run([need("dnssec-keygen"), "-q", "-a", algorithm, "-f", "KSK", "-K", directory, ZONE], check=True,
                          capture_output=True, text=True).stdout.strip()
    again = serve(host, f"--domain={ZONE}", "--no-mdns", "--dnssec", f"--state={directory.parent}")
    key = the_key(again)
    assert made == f"K{ZONE}.+{key['algorithm']:03}+{key['tag']:05}"
    record = next(line for line in (directory / f"{made}.key").read_text().splitlines() if not line.startswith(";"))
    assert "".join(record.split("DNSKEY")[1].split()[3:]) == key["dnskey"].split()[-1]


# --- commands --------------------------------------------------------------------------------------

def change(daemon, *words):
    return subprocess.run([daemon.program, "keys", *words, f"--state={keys_dir(daemon).parent}"], capture_output=True,
                          text=True, timeout=60, check=False)


def test_who_may_ask_may_not_change_keys(signed, host, nobody):
    """Only who may open their directory, which the server is not either."""
    daemon = signed("--socket-group=nogroup")
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", daemon.program, "keys"]
    for words in (["show"], ["ds", ZONE]):
        host.run([*as_nobody, *words, f"--socket={daemon.socket}"])
    for verb in ("roll", "unsign", "ds-seen"):
        done = host.run([*as_nobody, verb, ZONE, f"--state={keys_dir(daemon).parent}"], check=False)
        assert done.returncode == 111 and "only root" in done.stderr, (verb, done)
    assert shown(daemon)[0]["mode"] == "signed"
    done = change(daemon, "ds-seen", ZONE)
    assert done.returncode == 1 and "nothing is asked of the parent" in done.stderr, done
    done = subprocess.run([daemon.program, "keys", "roll", ZONE, "--state=/nowhere"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 111 and "/nowhere/keys" in done.stderr and "--state=DIR" in done.stderr, done


def test_what_is_not_signed_has_no_keys(host, serve):
    daemon = serve(host, "--domain=home.arpa", "--no-mdns", "--dnssec")
    assert daemon.ask("keys") == "No zone is signed.\n"
    daemon.stop()
    daemon = serve(host, f"--domain={ZONE}", "--no-mdns")
    done = host.run([daemon.program, "keys", f"--socket={daemon.socket}"], check=False)
    assert done.returncode == 1 and "no zone is signed, and nothing is said with a signature: see --dnssec" in done.stderr, done
    assert child(daemon) is None and not keys_dir(daemon).exists()


def has_signatures(host):
    answer = ask(host, "127.0.0.1", ZONE, "SOA", want_dnssec=True)
    return any(records.rdtype == dns.rdatatype.RRSIG for records in answer.answer)


def test_a_zone_becomes_unsigned_and_signed_again_by_starts(signed, host):
    """The parent was not asked for a DS yet, so there is nothing to wait for."""
    daemon = signed()
    tag = the_key(daemon)["tag"]
    done = change(daemon, "unsign", ZONE)
    assert done.returncode == 0 and "no signatures when the daemon is started again" in done.stdout, done
    assert has_signatures(host)
    daemon.stop()
    daemon.start()
    assert not has_signatures(host)
    zone, = shown(daemon)
    assert zone["mode"] == "unsigned" and all(not key["signs"] for key in zone["keys"])
    done = change(daemon, "roll", ZONE)
    assert done.returncode == 1 and "not gone from all caches" in done.stderr, done
    assert zone["keys"][0]["tag"] == tag
    daemon.stop()
    for path in keys_dir(daemon).glob("K*"):  # as if the time had passed
        path.unlink()
    daemon.start()
    done = change(daemon, "roll", ZONE)
    assert done.returncode == 0 and "is signed when the daemon is started again" in done.stdout, done
    assert not has_signatures(host)
    daemon.stop()
    daemon.start()
    assert has_signatures(host) and shown(daemon)[0]["mode"] == "signed"


# --- the process -----------------------------------------------------------------------------------

def test_without_the_signer_it_ends(signed):
    daemon = signed()
    pid = daemon.process.pid
    os.kill(child(daemon), signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}/status") or
               "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text(), what="the end")
    daemon.kill()
    assert "the signer has ended" in daemon.log()


def test_keys_that_others_may_read_are_not_used(signed):
    daemon = signed()
    daemon.stop()
    keys_dir(daemon).chmod(0o755)
    done = subprocess.run([daemon.program, "serve", "--domain=" + ZONE, "--dnssec", "--no-mdns", "--config=/dev/null",
                           f"--socket={daemon.socket}", f"--state={keys_dir(daemon).parent}", "--resolve-socket=no"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode not in (0, 100) and "cannot open the keys" in done.stderr, done


@pytest.fixture
def has_lists(program):
    if not inject.IS_KNOWN:
        pytest.skip("not known for this architecture")
    if is_sanitized(program("ontap-zone")):
        pytest.skip("the program has a sanitizer, which needs some of the calls")


CLOSED = (-errno.EACCES, -errno.EPERM, -errno.ENOENT)
REFUSED = [(inject.KILL, os.getpid(), 0), (inject.SOCKET, inject.AF_NETLINK, inject.SOCK_RAW, 0),
           (inject.SOCKET, inject.AF_INET, inject.SOCK_STREAM, 0), (inject.SOCKET, inject.AF_UNIX, inject.SOCK_STREAM, 0),
           (inject.CONNECT, 0, 0, 0), (inject.PRCTL, inject.PR_SET_DUMPABLE, 1), (inject.IOCTL, 2, inject.TIOCSTI, b"x")]
DEADLY = [(inject.EXECVE, b"/bin/true", 0, 0), (inject.FORK,), (inject.PTRACE, inject.PTRACE_TRACEME),
          (inject.SETNS, 0, 0), (inject.UNSHARE, inject.CLONE_NEWUSER), (inject.BPF, 0, 0, 0)]


def test_code_in_the_signer_reaches_no_network_and_no_other_file(signed, has_lists, tmp_path):
    tmp_path.chmod(0o777)
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    daemon = signed("--user=root")
    tid = child(daemon)
    for call in REFUSED:
        assert inject.call(tid, *call) == -errno.EPERM, call
    for path in (bytes(secret), b"/etc/passwd", b"/proc/self/status", bytes(keys_dir(daemon).parent / "serial")):
        assert inject.call(tid, inject.OPENAT, inject.AT_FDCWD, path, os.O_RDONLY) in CLOSED, path
    for path in (bytes(tmp_path / "new"), bytes(keys_dir(daemon).parent / "new")):
        assert inject.call(tid, inject.OPENAT, inject.AT_FDCWD, path, os.O_WRONLY | os.O_CREAT, 0o644) in CLOSED, path
        assert not os.path.exists(path)
    assert the_key(daemon)["signs"]
    daemon.stop()
    for call in DEADLY:
        daemon = signed()
        with pytest.raises(inject.Ended, match=str(int(signal.SIGSYS))):
            inject.call(child(daemon), *call)
        daemon.kill()


def test_the_others_do_not_reach_the_keys(signed, has_lists):
    """The server and the keeper, if they are another user than the one that has started it."""
    if open("/proc/self/uid_map").read().split() != ["0", "0", "4294967295"]:
        pytest.skip("needs to be root of the machine to become somebody else")
    daemon = signed()
    assert the_key(daemon)["signs"]
    directory = keys_dir(daemon)
    assert directory.stat().st_uid == 0 and directory.stat().st_mode & 0o777 == 0o700
    files = [path for path in directory.iterdir() if path.is_file()]
    assert len(files) == 3 and all(path.stat().st_mode & 0o777 == 0o600 and path.stat().st_uid == 0 for path in files)
    secret = next(path for path in files if path.suffix == ".private")
    for tid in (daemon.process.pid, child(daemon, "ontap-keeper"), child(daemon, "ontap-watcher")):
        assert inject.call(tid, inject.OPENAT, inject.AT_FDCWD, bytes(secret), os.O_RDONLY) in CLOSED, tid


def test_status_shows_what_the_signer_may_do(signed, has_lists):
    found = signed().status()["processes"]["signer"]
    assert found["capabilities"] == "none" and found["bounding"] == "none" and found["no_new_privs"] and found["seccomp"]
    assert found["landlock"] > 0


def test_status_shows_what_the_asker_may_do(signed, has_lists):
    """It is a child of the signer; it is shown while it is there."""
    daemon = signed("--parent-check")
    found = wait_until(lambda: daemon.status()["processes"].get("asker"), what="the asker")
    assert found["capabilities"] == "none" and found["bounding"] == "none" and found["no_new_privs"] and found["seccomp"]
    assert found["landlock"] > 0
    os.kill(child(daemon, "ontap-asker", of=child(daemon)), signal.SIGKILL)
    wait_until(lambda: "asker" not in daemon.status()["processes"], what="its end")
    assert "the asker has ended" in daemon.log()
    daemon.stop()
    daemon.options.remove("--parent-check")
    daemon.start()
    assert "asker" not in daemon.status()["processes"]


def test_a_clock_that_is_behind_signs_nothing(signed):
    """Nothing is said to be ready, and it says why; names of other zones are served meanwhile."""
    daemon = signed()
    tag = the_key(daemon)["tag"]
    daemon.stop()
    (keys_dir(daemon) / "clock").write_text("20990101000000\n")
    with pytest.raises(AssertionError, match="not ready"):
        daemon.start(timeout=2)
    assert shown(daemon)[0]["mode"] == "waiting"
    assert "nothing is signed: clock=" in daemon.log()
    assert "until the clock is right" in daemon.ask("keys")
    daemon.stop()
    (keys_dir(daemon) / "clock").unlink()
    daemon.start()
    assert the_key(daemon)["tag"] == tag


# --- the key of the host ---------------------------------------------------------------------------

@pytest.mark.parametrize("algorithm", [13, 15])
def test_nsupdate_signs_with_the_key_of_the_host(host, serve, need, tmp_path, algorithm):
    """The files are those of dnssec-keygen -T KEY, and the printed line is one for --sig0-file."""
    need("nsupdate")
    daemon = serve(host, f"--domain={ZONE}", "--no-mdns", "--publish=www", f"--dnssec-algorithm={algorithm}")
    shown_key, = (json.loads(line) for line in daemon.ask("keys", "show", "--host", "--json").splitlines())
    text = daemon.ask("keys", "show", "--host")
    assert text.splitlines()[0] == shown_key["key"] and "--trust=FILE" in text
    assert daemon.ask("keys") == "No zone is signed.\n"
    owner = shown_key["host"]
    assert shown_key["key"].startswith(f"{owner} IN KEY 512 3 {algorithm} ")
    files = shown_key["files"]
    assert files.endswith(f"/keys/K{owner}+{algorithm:03}+{shown_key['tag']:05}")
    daemon.stop()
    keys = tmp_path / "keys"
    keys.write_text(text)
    other = serve(host, f"--domain={ZONE}", "--no-mdns", "--listen=10.8.0.1", f"--sig0-file={keys}",
                  f"--allow-update=sig0:{owner}:www:A")
    script = f"server 10.8.0.1\nzone {ZONE}\nupdate add www.{ZONE} 60 A 192.0.2.9\nsend\n"
    host.run(["nsupdate", "-k", f"{files}.private"], input=script)
    assert "192.0.2.9" in other.ask("explain", "www")


# --- zone files ------------------------------------------------------------------------------------

@pytest.mark.parametrize("record", ["@ DNSKEY 257 3 13 AAAA", "@ CDS 0 0 0 00", "@ CDNSKEY 0 3 0 AA==",
                                    "a RRSIG A 13 2 60 20300101000000 20200101000000 1 example.org. AAAA",
                                    "a NSEC b A", "a NSEC3 1 0 0 - 0000 A", "@ NSEC3PARAM 1 0 0 -",
                                    "@ DS 1 13 2 00", f"{ZONE}. DS 1 13 2 00",
                                    "a TYPE24 \\# 21 000000000000000000000000000000000000016100"])
def test_a_zone_file_brings_no_keys(program, tmp_path, record):
    """Those would be signed, or contradict ours, or be refused by the signer. Without --dnssec, they are records like
    others."""
    path = tmp_path / "zone"
    path.write_text(f"www A 192.0.2.1\n{record}\n")

    def check(*options):
        return subprocess.run([program("ontap-zone"), "check", f"--domain={ZONE}", f"--zone-file={path}", "--config=/dev/null",
                               *options], capture_output=True, text=True, check=False)
    refused = check("--dnssec")
    assert refused.returncode == 100 and f"{path}:2: " in refused.stderr, refused
    assert (check().returncode == 0) == (record.split()[1] in ("DNSKEY", "CDS", "CDNSKEY", "DS", "TYPE24")), record


# --- rolls -----------------------------------------------------------------------------------------

QUICK = ("--dnssec-ttl=1", "--dnssec-ds-ttl=1", "--dnssec-propagation=1", "--ttl=1")


def wait_for_parent(daemon):
    wait_until(lambda: shown(daemon)[0]["asks_parent"], 60, "the parent is asked")


def finish(daemon):
    assert change(daemon, "ds-seen", ZONE).returncode == 0
    wait_until(lambda: [key["state"] for key in shown(daemon)[0]["keys"]] == ["active"], 60, "the old key has gone")
    return the_key(daemon)["tag"]


def test_keys_are_rolled_to_another_algorithm_and_back(signed, host, topo, tmp_path, need):
    """Each of them signs all data, as delv finds with the DS of the time; and nothing waits for old signatures to expire."""
    need("delv")
    tmp_path.chmod(0o777)
    web = topo.workload("web", host, "br0", "10.8.0.2/24", alias="web")
    daemon = signed(*QUICK)

    def judge():
        anchor = Anchor(daemon, ZONE, str(tmp_path))
        return [delv(web, "10.8.0.1", anchor, f"{name}.{ZONE}", "A") for name in ("web", "nothing")]
    wait_for_parent(daemon)
    tags = {finish(daemon)}
    assert judge() == ["positive", "nxdomain"]
    for algorithm in (13, 15, 13):
        assert change(daemon, "roll", ZONE, f"--algorithm={algorithm}").returncode == 0
        wait_for_parent(daemon)
        assert judge() == ["positive", "nxdomain"]
        tags.add(finish(daemon))
        assert the_key(daemon)["algorithm"] == algorithm
        assert judge() == ["positive", "nxdomain"]
        assert len(list(keys_dir(daemon).glob("K*"))) == 2
    assert len(tags) == 4
