# SPDX-License-Identifier: ISC
"""Starts ontap-zone, the bare echo and avahi-daemon, and waits for answers."""
import os
import select
import shutil
import socket
import subprocess
import time

from lab import GUARD_S, Missing, Server
from questions import DOMAIN, entries


def need(tool):
    path = shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Missing(f"{tool} is not installed")
    return path


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def echo(host, port=53, group="-", workers=1):
    return Server(host, "echo", [host.lab.program("echo"), host.addr, str(port), group, str(workers)],
                  cores=workers)


def echo_tcp(host):
    return Server(host, "echo", [host.lab.program("echo-tcp"), host.addr, "53"])


def ontap(host, *options, cores=1):
    """ontap-zone, ready; the attribute start_s is the time from its start until then."""
    lab = host.lab
    work = lab.directory(f"ontap-{time.monotonic_ns()}")
    state = next((option.partition("=")[2] for option in options if option.startswith("--state=")), work)
    ready, child_end = os.pipe()
    start = time.monotonic()
    try:
        server = Server(host, "ontap", [
            lab.program("src/ontap-zone/ontap-zone"), "serve", f"--domain={DOMAIN}",
            "--user=root", "--verbosity=warning", f"--socket={work}/zone.sock", "--resolve-socket=no", f"--ready-fd={child_end}",
            *([f"--state={work}"] if state == work else []), *options], cores=cores, pass_fds=(child_end,))
        os.close(child_end)
        child_end = -1
        if not select.select([ready], [], [], GUARD_S)[0] or os.read(ready, 1) != b"\n":
            raise RuntimeError(f"ontap-zone is not ready: {server.log()}")
        server.start_s = time.monotonic() - start
    finally:
        os.close(ready)
        if child_end >= 0:
            os.close(child_end)
    server.socket = f"{work}/zone.sock"
    server.state = state
    return server


def ontap_with_file(host, zone, *options, workers=1, cores=1):
    """Unicast only. Other processes of this machine cost it nothing: that is measured separately."""
    return ontap(host, f"--listen={host.addr}", "--no-mdns", f"--threads={workers}", "--no-assign-nsid",
                 "--hostnames-by=none", f"--zone-file={zone}", *options,
                 cores=cores and max(workers, cores))


def avahi(host, hosts_file, hostname="host"):
    """avahi-daemon without D-Bus; its names come from a file, whose path is fixed."""
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
    """Asks the first question until the answer is right. Returns the seconds."""
    host = server.host
    message, rcode, answers = next(entries(questions))
    start = time.monotonic()
    with host.lab.client.socket(socket.AF_INET) as sock:
        sock.settimeout(0.005)
        while time.monotonic() < start + GUARD_S:
            try:
                sock.sendto(message, (host.addr, port))
                reply = sock.recv(4096)
            except OSError:
                reply = b""
            if len(reply) > 12 and reply[3] & 15 == rcode and reply[7] >= answers:
                return time.monotonic() - start
            time.sleep(0.0005)  # if refused at once, it would use up the server's core
            if server.process.poll() is not None:
                raise RuntimeError(f"{server.name} ended: {server.log()}")
    raise RuntimeError(f"{server.name} does not answer: {server.log()}")


def ask(server, message):
    """The reply to a question, which is repeated each second until there is one."""
    deadline = time.monotonic() + GUARD_S
    with server.host.lab.client.socket(socket.AF_INET) as sock:
        sock.settimeout(1)
        while time.monotonic() < deadline:
            try:
                sock.sendto(message, (server.host.addr, 53))
                return sock.recv(4096)
            except TimeoutError:
                pass
    raise RuntimeError(f"{server.name} does not answer: {server.log()}")
