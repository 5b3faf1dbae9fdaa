# SPDX-License-Identifier: ISC
"""Starts each server with one worker for the same zone, and says how long it took."""
import os
import pwd
import select
import shutil
import socket
import subprocess
import time

from lab import Missing, Server
from questions import DOMAIN, entries

START_TIMEOUT = 60


def need(tool):
    path = shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Missing(f"{tool} is not installed")
    return path


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def echo(host, port=53, group=None):
    return Server(host, "echo", [host.lab.program("echo"), host.addr, str(port), *([group] if group else [])])


def ontap(host, *options, is_pinned=True):
    """ontap-zone, ready; the attribute start_s is the time from its start to then."""
    lab = host.lab
    work = lab.directory(f"ontap-{time.monotonic_ns()}")
    ready, child_end = os.pipe()
    start = time.monotonic()
    try:
        server = Server(host, "ontap", [
            lab.program("src/ontap-zone/ontap-zone"), "serve", f"--domain={DOMAIN}",
            "--user=root", "--verbosity=warning", f"--state={work}", f"--socket={work}/zone.sock",
            f"--ready-fd={child_end}", *options], is_pinned=is_pinned, pass_fds=(child_end,))
        os.close(child_end)
        child_end = -1
        if not select.select([ready], [], [], START_TIMEOUT)[0] or os.read(ready, 1) != b"\n":
            raise RuntimeError(f"ontap-zone is not ready: {server.log()}")
        server.start_s = time.monotonic() - start
    finally:
        os.close(ready)
        if child_end >= 0:
            os.close(child_end)
    server.socket = f"{work}/zone.sock"
    return server


def ontap_with_file(host, zone, count):
    return ontap(host, f"--listen={host.addr}", "--no-mdns", "--threads=1", "--no-assign-nsid",
                 f"--zone-file={zone}")


def knot(host, zone, count):
    work = host.lab.directory(f"knot-{time.monotonic_ns()}")
    conf = write(f"{work}/knot.conf", f"""
server:
    listen: {host.addr}@53
    rundir: {work}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: error
database:
    storage: {work}
zone:
  - domain: {DOMAIN}
    file: {zone}
    storage: {work}
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
""")
    return Server(host, "knot", [need("knotd"), "-c", conf])


def nsd(host, zone, count):
    work = host.lab.directory(f"nsd-{time.monotonic_ns()}")
    conf = write(f"{work}/nsd.conf", f"""
server:
    server-count: 1
    ip-address: {host.addr}
    username: ""
    database: ""
    zonesdir: {work}
    zonelistfile: {work}/zone.list
    xfrdfile: {work}/xfrd.state
    xfrdir: {work}
    pidfile: ""
    rrl-ratelimit: 0
    minimal-responses: yes
remote-control:
    control-enable: no
zone:
    name: {DOMAIN}
    zonefile: {zone}
""")
    return Server(host, "nsd", [need("nsd"), "-d", "-c", conf])


def tinydns(host, zone, count):
    program, compiler = need("tinydns"), need("tinydns-data")
    work = host.lab.directory(f"tinydns-{count}")
    shutil.copy(f"{os.path.dirname(zone)}/data-{count}", f"{work}/data")
    subprocess.run([compiler], cwd=work, check=True)
    os.chmod(work, 0o755)
    nobody = pwd.getpwnam("nobody")
    return Server(host, "tinydns", [program], environ={
        "IP": host.addr, "ROOT": work, "UID": str(nobody.pw_uid), "GID": str(nobody.pw_gid)})


def avahi(host, hosts_file, hostname="host"):
    """avahi-daemon without D-Bus; its names come from a file that has one place only."""
    work = host.lab.directory(f"avahi-{time.monotonic_ns()}")
    conf = write(f"{work}/avahi.conf", f"""
[server]
host-name={hostname}
use-ipv4=yes
use-ipv6=no
allow-interfaces=s0
enable-dbus=no
ratelimit-interval-usec=0
[publish]
publish-hinfo=no
publish-workstation=no
publish-aaaa-on-ipv4=yes
""")
    if not os.path.exists("/etc/avahi/hosts"):
        raise Missing("/etc/avahi/hosts is not there to be mounted over")
    subprocess.run(["mount", "--bind", hosts_file, "/etc/avahi/hosts"], check=True)
    try:
        server = Server(host, "avahi", [need("avahi-daemon"), "-f", conf, "--no-drop-root",
                                        "--no-chroot", "--no-rlimits"])
        time.sleep(0.3)  # it has opened the file by then
    finally:
        subprocess.run(["umount", "/etc/avahi/hosts"], check=True)
    return server


def wait_right(server, questions, port=53):
    """Asks the first question until the answer is right. Returns how many seconds that took."""
    host = server.host
    message, rcode, answers = next(entries(questions))
    start = time.monotonic()
    with host.lab.client.socket(socket.AF_INET) as sock:
        sock.settimeout(0.005)
        while time.monotonic() < start + START_TIMEOUT:
            try:
                sock.sendto(message, (host.addr, port))
                reply = sock.recv(4096)
            except OSError:
                reply = b""
            if len(reply) > 12 and reply[3] & 15 == rcode and reply[7] >= answers:
                return time.monotonic() - start
            if server.process.poll() is not None:
                raise RuntimeError(f"{server.name} ended: {server.log()}")
    raise RuntimeError(f"{server.name} does not answer: {server.log()}")
