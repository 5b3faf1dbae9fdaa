# SPDX-License-Identifier: ISC
"""Real mDNS stacks: avahi-daemon, nss-mdns, systemd-resolved. Each has its own mount and UTS namespace, with
an empty /run, so that nothing of the machine is touched."""
import glob
import os
import subprocess

import pytest

from lib.wait import wait_until

BUS_CONF = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/> <allow own="*"/>
    <allow send_type="method_call"/> <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/> <allow receive_type="method_return"/>
    <allow receive_type="signal"/> <allow receive_type="error"/>
  </policy>
</busconfig>
"""
AVAHI_CONF = """\
[server]
host-name={host_name}
use-ipv4=yes
use-ipv6=yes
allow-interfaces={ifname}
ratelimit-interval-usec=1000000
ratelimit-burst=1000
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
publish-aaaa-on-ipv4=yes
publish-a-on-ipv6=yes
[rlimits]
"""
INSIDE = """\
mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs /run &&
mkdir -p /run/dbus /run/avahi-daemon && hostname {host_name} && echo ready && exec sleep infinity
"""


class Stack:
    """Mount and UTS namespaces on top of a network namespace, and the programs in them."""

    def __init__(self, ns, work, host_name):
        self.ns, self.work, self.host_name = ns, str(work), host_name
        os.makedirs(self.work, exist_ok=True)
        os.chmod(self.work, 0o755)
        self.environ = dict(os.environ)
        self.daemons = []
        self.holder = ns.popen(["unshare", "-mu", "sh", "-c", INSIDE.format(host_name=host_name)],
                               stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ready\n", "no mount namespace"

    def command(self, arguments):
        return ["nsenter", f"--target={self.holder.pid}", "--mount", "--uts", "--", *arguments]

    def run(self, *arguments, check=True, timeout=15):
        return self.ns.run(self.command(arguments), check=check, timeout=timeout,
                           env=self.environ)

    def start(self, *arguments):
        """A daemon; its output goes to a file in `work`."""
        name = os.path.basename(arguments[0])
        with open(os.path.join(self.work, name + ".log"), "ab") as log:
            self.daemons.append(self.ns.popen(self.command(arguments), stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log, env=self.environ))
        return self.daemons[-1]

    def log(self, name):
        path = os.path.join(self.work, name + ".log")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def put(self, name, text):
        """A file in `work`; its path."""
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def cover(self, path, text):
        """Mounts another file at `path`, in here only."""
        self.run("mount", "--bind", self.put(path.strip("/").replace("/", "_"), text), path)

    def start_bus(self, need):
        self.start(need("dbus-daemon"), f"--config-file={self.put('bus.conf', BUS_CONF)}",
                   "--nofork", "--nopidfile")
        wait_until(lambda: self.run("test", "-S", "/run/dbus/system_bus_socket",
                                    check=False).returncode == 0, what="the bus")

    def start_avahi(self, need, ifname="eth0"):
        """Returns when it has its own host name, whatever that is."""
        avahi = need("avahi-daemon")
        if not self.daemons:
            self.start_bus(need)
        conf = self.put("avahi.conf", AVAHI_CONF.format(host_name=self.host_name, ifname=ifname))
        started = self.start(avahi, "-f", conf, "--no-drop-root", "--no-chroot", "--no-rlimits")
        wait_until(lambda: "Server startup complete" in self.log("avahi-daemon"), timeout=10,
                   what="avahi-daemon's start")
        return started

    def close(self):
        while self.daemons:
            daemon = self.daemons.pop()
            daemon.kill()
            daemon.wait()
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


def resolved_stack(stack, need, builddir, settings):
    """systemd-resolved, from an unpacked package, in a Stack without a bus; it returns the path of
    resolvectl. The test is skipped if there is none."""
    program = unpacked(builddir, "lib/systemd/systemd-resolved")
    with open("/proc/self/uid_map", encoding="ascii") as file:
        if file.read().split()[:2] != ["0", "0"]:
            pytest.skip("not root of the machine: systemd-resolved becomes another user")
    if not program:
        pytest.skip("systemd-resolved is not unpacked below build/tools (./check does)")
    shared = unpacked(builddir, "usr/lib/*/systemd/libsystemd-shared-*.so")
    if shared:
        stack.environ["LD_LIBRARY_PATH"] = os.path.dirname(shared)
    with open("/etc/passwd", encoding="utf-8") as passwd:
        users = passwd.read()
    if "systemd-resolve:" not in users:
        stack.cover("/etc/passwd", users + "systemd-resolve:x:998:998::/:/usr/sbin/nologin\n")
        with open("/etc/group", encoding="utf-8") as group:
            stack.cover("/etc/group", group.read() + "systemd-resolve:x:998:\n")
    stack.start_bus(need)
    stack.run("mkdir", "-p", "/run/systemd/resolved.conf.d")
    stack.run("cp", stack.put("resolved.conf", "[Resolve]\n" + settings), "/run/systemd/resolved.conf.d/t.conf")
    stack.start(program)
    resolvectl = unpacked(builddir, "usr/bin/resolvectl")
    wait_until(lambda: stack.run(resolvectl, "status", check=False).returncode == 0, 10, "systemd-resolved")
    return resolvectl


def unpacked(builddir, pattern):
    """The file at that path below build/tools, where ./check unpacks packages; or None."""
    top = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
    for build in (os.path.dirname(builddir), os.path.join(top, "build")):
        found = glob.glob(os.path.join(build, "tools", pattern))
        if found:
            return found[0]
    return None
