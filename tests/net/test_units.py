# SPDX-License-Identifier: ISC
"""The files in contrib/, run by the programs for which they are written: units by systemd, run scripts by
s6."""
import contextlib
import glob
import json
import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import addresses, ask  # noqa: E402
from lib.started import is_sanitized  # noqa: E402
from lib.systemd import Machine  # noqa: E402
from lib.wait import wait_until  # noqa: E402

CONTRIB = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "contrib")


@pytest.fixture
def host(topo):
    if os.geteuid() != 0:
        pytest.skip("not root")
    ns, lan = topo.namespace("host"), topo.namespace("lan")
    topo.veth(ns, "eth0", lan, "lan0")
    ns.add_addr("eth0", "10.6.0.1/24")
    lan.add_addr("lan0", "10.6.0.2/24")
    ns.lan = lan
    return ns


def at(host, label):
    try:
        return addresses(ask(host.lan, "10.6.0.1", f"{label}.lan.vanya", "A", timeout=0.5))
    except Exception:  # nobody is ready yet
        return None


def with_lines(path, *lines):
    """The text of a file, with those lines whose name it does not have."""
    with open(path, encoding="utf-8") as file:
        found = file.read()
    return found + "".join(f"{line}\n" for line in lines if f"\n{line.split(':')[0]}:" not in found)


@pytest.fixture
def machine(host, program, need):
    need("systemctl")
    files = {f"etc/systemd/system/{os.path.basename(path)}": path
             for pattern in ("*.service", "*.socket") for path in glob.glob(f"{CONTRIB}/{pattern}")}
    made = Machine(host, {
        **files,
        "usr/sbin/ontapd": program("ontapd"),
        "usr/sbin/ontap-zone": program("ontap-zone"),
        "usr/bin/ontap": program("ontap"),
        "etc/group": with_lines("/etc/group", "kvm:x:64001:", "ontap:x:64002:", "ontapd:x:64003:"),
        "etc/passwd": with_lines("/etc/passwd", "ontap:x:64002:64002::/nonexistent:/bin/false",
                                 "ontapd:x:64003:64003::/nonexistent:/bin/false"),
        "etc/ontap/zone.conf": "domain = vanya\nlisten = 10.6.0.1\nmdns = no\nhostnames-by = proc\n",
        **{f"etc/systemd/system/{unit}.service.d/log.conf": "[Service]\nStandardError=tty\nTTYPath=/dev/console\n"
           for unit in ("ontap-zone", "ontapd@eth0")},
        "etc/ontap/www.env": "OPTIONS=--addr=10.6.0.80/24 --user=nobody --caps=+net_bind_service\n"
                             "PROG=/bin/sleep 1000\n",
    })
    try:
        if not made.start():
            pytest.skip(f"systemd cannot be process 1 here: {made.log()}")
        yield made
        print(made.log())
    finally:
        made.stop()


def zone_pid(machine):
    """The serving process, as seen from here."""
    command = ["nsenter", "-t", machine.pid(), "-m", "-p", "-r", "-w", "/usr/sbin/ontap-zone", "status", "-j"]
    inner = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["pid"]
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            with open(f"/proc/{entry}/status", encoding="ascii") as status:
                text = status.read()
            if "Name:\tontap-zone\n" in text and text.split("NSpid:")[1].split("\n")[0].split()[-1] == str(inner):
                return int(entry)
    raise AssertionError("no such process")


def test_the_units_work_together(host, program, machine):
    """As on a machine: the socket, the names, a workload; each as it is in contrib/."""
    for unit in ("ontapd@eth0.socket", "ontap-zone.service", "ontap@www.service"):
        machine.systemctl("start", unit)
        print(unit, machine.error, machine.systemctl("status", unit))
        wait_until(lambda unit=unit: machine.systemctl("is-active", unit) == "active", 10, unit)
    wait_until(lambda: at(host, "www") == ["10.6.0.80"], 10, "the name of the workload")
    assert machine.systemctl("is-active", "ontapd@eth0.service") == "active", "by its socket"
    status = machine.systemctl("show", "ontap@www.service", "-P", "MainPID")
    mode = subprocess.run(["nsenter", "-t", machine.pid(), "-m", "-p", "-r", "-w", "stat", "-c", "%a %G",
                           "/run/ontap/port.eth0"], capture_output=True, text=True, check=True).stdout
    assert mode == "660 kvm\n" and int(status) > 1
    inside = ["nsenter", "-t", machine.pid(), "-m", "-p", "-r", "-w"]
    told = subprocess.run([*inside, "/usr/sbin/ontap-zone", "status", "-j"], capture_output=True, text=True, check=True)
    processes = json.loads(told.stdout)["processes"]
    has_list = not is_sanitized(program("ontap-zone"))
    assert {name: one["capabilities"] for name, one in processes.items()} == {
        "server": "net_bind_service", "keeper": "none",
        "watcher": "net_broadcast net_admin net_raw sys_ptrace sys_admin"}
    for name, one in processes.items():
        assert one["uid"] != 0 and one["no_new_privs"] and one["seccomp"] >= has_list, (name, one)
        assert "set" not in one["bounding"] and "dac" not in one["bounding"], (name, one)
    assert not has_list or os.listdir(f"/proc/{zone_pid(machine)}/root") == [], "an empty root"
    # A tap is a device node, of which the unit allows few; a secret for addresses is a sysctl of the namespace.
    for kind, look in (("macvtap", "test -e /proc/self/fd/$ONTAP_FDS0"),
                       ("macvlan", "test -n \"$(cat /proc/sys/net/ipv6/conf/$ONTAP_IFNAME/stable_secret)\"")):
        made = subprocess.run([*inside, "/usr/bin/ontap", "-t", kind, "/run/ontap/port.eth0", "--", "sh", "-c", look],
                              capture_output=True, text=True, check=False)
        assert made.returncode == 0, (made, machine.log())
    ontapd = machine.systemctl("show", "ontapd@eth0.service", "-P", "MainPID")
    ids = subprocess.run([*inside, "cat", f"/proc/{ontapd}/status"], capture_output=True, text=True, check=True).stdout
    assert "\nUid:\t64003\t64003\t64003\t64003\n" in ids and "\nCapBnd:\t0000000000000000\n" in ids, ids
    # A user's own namespace: served because ontapd, which is not root, has granted the name.
    users = subprocess.Popen([*inside, "setpriv", "--reuid=64010", "--regid=64001", "--clear-groups", "unshare", "-Urn",
                              "/usr/bin/ontap", "-t", "macvlan", "-a", "mine", "/run/ontap/port.eth0", "--", "sh", "-c",
                              "ip addr add 10.6.0.90/24 dev $ONTAP_IFNAME && exec cat"], stdin=subprocess.PIPE)
    wait_until(lambda: at(host, "mine") == ["10.6.0.90"], 10, "the name of the user's workload")
    # A restart of ontapd, and a reload of the zone, do not disturb the workload.
    machine.systemctl("restart", "ontapd@eth0.service")
    machine.systemctl("reload", "ontap-zone.service")
    assert at(host, "www") == ["10.6.0.80"]
    machine.systemctl("restart", "ontap-zone.service")
    assert at(host, "www") == ["10.6.0.80"], "ready is ready"
    assert at(host, "mine") == ["10.6.0.90"], "ontapd's directory is believed"
    users.stdin.close()
    users.wait(10)
    assert machine.systemctl("is-active", "ontapd@eth0.socket") == "active", "its directory stays"
    machine.systemctl("stop", "ontap@www.service")
    wait_until(lambda: at(host, "www") == [], what="the end of the name")
    for unit in ("ontap-zone.service", "ontapd@eth0.service"):
        machine.systemctl("stop", unit)
        assert machine.systemctl("show", unit, "-P", "Result") == "success", machine.log()
    assert "error:" not in machine.log() and "warning:" not in machine.log(), machine.log()


def test_systemd_finds_no_fault_in_the_units(need, program, tmp_path):
    """Except about programs and pages that are not installed."""
    analyze = need("systemd-analyze")
    for name, instance in (("ontapd@.service", "ontapd@eth0.service"), ("ontapd@.socket", "ontapd@eth0.socket"),
                           ("ontap@.service", "ontap@www.service"), ("ontap-zone.service", "ontap-zone.service")):
        shutil.copy(f"{CONTRIB}/{name}", tmp_path / instance)
    done = subprocess.run([analyze, "--man=no", "verify", *glob.glob(f"{tmp_path}/*")], capture_output=True, text=True,
                          check=False)
    faults = [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("ontap")]
    assert [line for line in faults if "is not executable" not in line] == []


@pytest.mark.parametrize("unit, exposure", [("ontap-zone.service", 3.0), ("ontapd@.service", 2.8)])
def test_the_units_are_exposed_to_little(need, unit, exposure):
    """As systemd counts it; doc/security.md says what is left, and why."""
    done = subprocess.run([need("systemd-analyze"), "security", "--offline=true", "--no-pager", f"{CONTRIB}/{unit}"],
                          capture_output=True, text=True, check=False)
    if "Overall exposure level" not in done.stdout:
        pytest.skip("this systemd-analyze cannot look at files")
    assert float(done.stdout.split("Overall exposure level")[1].split(":")[1].split()[0]) <= exposure, done.stdout


def test_a_socket_that_systemd_listens_on_starts_ontapd(host, program, need, tmp_path):
    activate, path = need("systemd-socket-activate"), tmp_path / "port.eth0"
    process = host.popen([activate, "--seqpacket", f"--listen={path}", program("ontapd"),
                          f"--socket-dir={tmp_path}", f"--state={tmp_path}/state"], stderr=subprocess.PIPE, text=True)
    try:
        wait_until(path.exists, what="the socket")
        done = host.run([program("ontap"), "-t", "macvlan", str(path), "--", "ip", "-d", "-j", "link", "show", "ontap0"])
        assert json.loads(done.stdout)[0]["linkinfo"]["info_kind"] == "macvlan"
    finally:
        process.terminate()
        print(process.communicate(timeout=10)[1])


def test_the_service_directories_of_s6_work(host, program, need, tmp_path):
    supervise, svwait = need("s6-supervise"), need("s6-svwait")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("ontapd", "ontap-zone"):
        # As installed, including the files for /etc, which cannot be written here.
        options = {"ontapd": f"--socket-dir={tmp_path} --state={tmp_path}/d --group=root",
                   "ontap-zone": f"--socket={tmp_path}/z --state={tmp_path}/s --domain=vanya --listen=10.6.0.1 "
                                 f"--no-mdns --hostnames-by=none --no-grants --user=root"}[name]
        (tools / name).write_text(f'#!/bin/sh\nexec {program(name)} "$@" {options}\n')
        (tools / name).chmod(0o755)
    running = []
    environ = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}")
    try:
        for name in ("ontapd-eth0", "ontap-zone"):
            directory = tmp_path / name
            shutil.copytree(f"{CONTRIB}/s6/{name}", directory)
            running.append(host.popen([supervise, str(directory)], env=environ, stdout=sys.stderr))
            wait_until((directory / "supervise/control").exists, what="the supervisor")
            subprocess.run([svwait, "-U", "-t", "10000", str(directory)], check=True)  # up and ready
        assert os.path.exists(tmp_path / "port.eth0")
        assert ask(host.lan, "10.6.0.1", "vanya", "SOA").answer
        done = host.run([program("ontap"), "-t", "macvlan", str(tmp_path / "port.eth0"), "--", "true"])
        assert done.returncode == 0
    finally:
        for process in running:
            process.terminate()  # s6-supervise ends its program, and itself
            process.wait(10)
