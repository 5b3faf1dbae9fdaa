# SPDX-License-Identifier: ISC
"""A control group for programs that make more of them; all are removed after the test."""
import os
import shutil
import subprocess
import tempfile

from lib.wait import wait_until

ENTER = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"'
# Only the unified hierarchy, and of it only the part below the group, as on a modern machine; and private
# shared memory, where podman keeps its locks.
MOUNT = """mount --make-rprivate /; mount -t tmpfs tmpfs /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /dev/shm
exec "$@\""""


class Cgroup:
    """group = Cgroup(); ns.popen([*group.enter, *command]) or [*group.contain, *command]; group.close()."""

    def __init__(self):
        """OSError: there is no writable unified hierarchy."""
        self.mounted = tempfile.mkdtemp(dir="/run")
        self.path = f"{self.mounted}/ontap-{os.getpid()}-{os.path.basename(self.mounted)}"
        try:
            subprocess.run(["mount", "-t", "cgroup2", "cgroup2", self.mounted], check=True, capture_output=True)
            os.mkdir(self.path)
        except subprocess.CalledProcessError as failure:
            shutil.rmtree(self.mounted)
            raise OSError(failure.stderr.decode()) from failure
        except OSError:
            self.close()
            raise
        # The shell joins the group before it makes a cgroup namespace; the group is its root then.
        self.enter = ["sh", "-c", ENTER, "sh", self.path]
        self.contain = [*self.enter, "unshare", "-mC", "sh", "-ec", MOUNT, "sh"]

    def close(self):
        for path, _, _ in os.walk(self.path, topdown=False):
            wait_until(lambda path=path: remove(path), what=f"the end of {path}")
        subprocess.run(["umount", self.mounted], check=False, capture_output=True)
        os.rmdir(self.mounted)


def remove(path):
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True
