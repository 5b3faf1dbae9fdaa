# SPDX-License-Identifier: ISC
"""systemd as process 1 of its own namespaces: for our units as they are in contrib/.

Its root is an overlay of the machine's root, written to memory only, whose directories of units have only ours;
its control group is new. All of it disappears with process 1."""
import contextlib
import os
import shutil
import subprocess
import tempfile

from lib.cgroup import Cgroup
from lib.wait import wait_until

# Units that ours need by default, empty.
TARGETS = ("sysinit", "basic", "sockets", "shutdown", "network", "multi-user", "default")
TARGET = "[Unit]\nDefaultDependencies=no\n"

# At the end of a service, systemd sends its signals to all processes there. One may be that by which
# LeakSanitizer has stopped the program to look for leaks, and then neither ends.
SYSTEM_CONF = "[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0\n"

# Runs in a new mount namespace; $1 is a directory in a file system of memory, which is removed afterwards; $2
# is a terminal for messages.
ROOT = """
mount --make-rprivate /
mkdir -p $1/up $1/work $1/root
mount -t overlay -o lowerdir=/,upperdir=$1/up,workdir=$1/work overlay $1/root
cd $1/root
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
touch dev/console; mount --bind $2 dev/console
mkdir dev/pts dev/shm; mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts; ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
for dir in etc/systemd/system usr/lib/systemd/system etc/ontap var/lib; do
    mkdir -p $dir; mount -t tmpfs -o mode=755 tmpfs $dir
done
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
cp -r $1/files/. .
mkdir tmp/old
pivot_root . tmp/old
cd /
umount -l /tmp/old
exec env -i container=ontap PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --log-target=console --show-status=no
"""


class Machine:
    """machine = Machine(ns, {path: text or file to be copied}); its process 1 starts default.target."""

    def __init__(self, ns, files):
        self.ns = ns
        self.work = tempfile.mkdtemp(dir="/run")
        for target in TARGETS:
            self._write(f"usr/lib/systemd/system/{target}.target", TARGET)
        for path, content in {"etc/machine-id": "0123456789abcdef" * 2 + "\n",
                              "etc/systemd/system.conf": SYSTEM_CONF, **files}.items():
            self._write(path, content)
        self.console, self.terminal = os.openpty()
        os.set_blocking(self.console, False)
        self.said = ""
        self.cgroup = self.process = None

    def _write(self, path, content):
        path = f"{self.work}/files/{path}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.isabs(content):
            shutil.copy(content, path)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)

    def start(self):
        """True, or False if the machine does not allow it: the log has the reason."""
        log = self.terminal
        try:
            self.cgroup = Cgroup()
        except OSError as failure:
            self.said = str(failure)
            return False
        self.process = self.ns.popen(
            [*self.cgroup.enter, "unshare", "-fpmCui", "--kill-child", "--mount-proc", "sh", "-ec", ROOT, "sh",
             self.work, os.ttyname(log)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        with contextlib.suppress(AssertionError):
            wait_until(lambda: self.process.poll() is not None or self.is_running(), 10)
        return self.process.poll() is None and self.is_running()

    def is_running(self):
        return self.systemctl("is-system-running") in ("running", "degraded")

    def pid(self):
        """Of its process 1."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return file.read().split()[0]

    def systemctl(self, *arguments):
        """Its output; "" while it does not answer."""
        try:
            pid = self.pid()
            root = os.readlink(f"/proc/{pid}/exe")
        except (OSError, IndexError):
            return ""
        if not root.endswith("systemd"):
            return ""
        done = subprocess.run(["nsenter", "-t", pid, "-m", "-p", "-C", "-r", "-w", "systemctl", "--no-pager", *arguments],
                              capture_output=True, text=True, check=False, timeout=30)
        self.error = done.stderr
        return done.stdout.strip()

    def log(self):
        """The messages of it and its units so far."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.console, 4096):
                self.said += data.decode(errors="replace").replace("\r", "")
        return self.said

    def stop(self):
        if self.process:
            self.process.kill()  # and by --kill-child process 1, and thereby all others
            self.process.wait()
        if self.cgroup:
            self.cgroup.close()
        os.close(self.terminal)
        os.close(self.console)
        shutil.rmtree(self.work, ignore_errors=True)

