# SPDX-License-Identifier: ISC
"""A small virtual machine with Debian's own kernel, for features that the machine of the tests may not have
or allow, such as fexit programs, ipvlan and suspend. It has no disk: the programs are packed into an
initramfs. Either a script runs to its end, and its output on the console is the result; or the machine
gets commands line by line, while the test holds the other ends of its network cards."""
import glob
import os
import select
import shutil
import subprocess
import sys
import time

from lib.isolate import die_with_parent
from wire import Wire

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev; mount -t tmpfs t /run
mkdir -p /run/netns
for m in $(cat /modules); do insmod /m/$m.ko; done
echo "VM-BEGIN"
sh /script
echo "VM-EXIT $?"
echo o >/proc/sysrq-trigger
sleep 9
"""

# A script that executes lines from the console. A shell that writes to a pipe has no prompt.
OBEY = "stty -echo -onlcr; echo VM-READY; sh | cat"

# Sorted by dependencies; kernels differ in which of them are built in.
VIRTIO_NET = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover",
              "net_failover", "virtio_net")
VLAN = ("llc", "stp", "garp", "mrp", "8021q")


class Missing(Exception):
    """Something that a virtual machine needs is missing."""


# The kernel for virtual machines has no Wi-Fi.
CLOUD, FULL = "cloud-amd64", "amd64"


def find_kernel(tools, flavour):
    """(vmlinuz, directory of modules) of an unpacked kernel package below `tools`."""
    images = sorted(path for path in glob.glob(os.path.join(tools, "boot", f"vmlinuz-*-{flavour}"))
                    if flavour == CLOUD or CLOUD not in path)
    if not images:
        raise Missing(f"no kernel below {tools} (./check unpacks linux-image-{flavour} there)")
    version = os.path.basename(images[-1])[len("vmlinuz-"):]
    return images[-1], os.path.join(tools, "lib", "modules", version)


def need(tool):
    path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        raise Missing(f"{tool} is not installed")
    return path


class Machine:
    """Machine(tools, work, "dummy", …): with these modules, sorted by dependencies; one of these kernels."""

    def __init__(self, tools, work, *modules, flavour=CLOUD):
        self.kernel, where = find_kernel(tools, flavour)
        self.tools = os.path.abspath(tools)
        self.qemu = need("qemu-system-x86_64")
        self.root = os.path.join(work, "root")
        self.image = os.path.join(work, "initrd.gz")
        for directory in ("bin", "sbin", "m", "proc", "sys", "dev", "run", "tmp", "etc"):
            os.makedirs(os.path.join(self.root, directory))
        # Debian's busybox may be dynamic: so it is copied with its libraries, like every other program.
        self.add(need("busybox"), "/bin/busybox")
        self.write("etc/passwd", "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n")
        self.write("etc/group", "root:x:0:\nuser:x:1000:\nkvm:x:108:user\n")
        self.write("init", INIT, 0o755)
        self.write("modules", "\n".join(modules))
        for module in modules:
            found = glob.glob(os.path.join(where, "**", module + ".ko"), recursive=True)
            if not found:
                raise Missing(f"no module {module} below {where}")
            shutil.copy(found[0], os.path.join(self.root, "m"))

    def write(self, path, text, mode=0o644):
        path = os.path.join(self.root, path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def add(self, program, as_path=None):
        """A program, with the libraries that it needs. In busybox' shell, an applet precedes a program of
        its name: give the program another name."""
        if not os.path.exists(program):
            raise Missing(f"there is no {program}")
        target = self.root + (as_path or "/bin/" + os.path.basename(program))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(program, target)
        paths = [os.path.join(self.tools, path, "x86_64-linux-gnu") for path in ("lib", "usr/lib")]
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False,
                                env={**os.environ, "LD_LIBRARY_PATH": ":".join(paths)}).stdout
        for word in listed.split():
            target = self.root + word.removeprefix(self.tools)
            if word.startswith("/") and os.path.exists(word) and not os.path.exists(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy(os.path.realpath(word), target)

    def add_unpacked(self, path):
        """A program of a package that is unpacked below `tools`."""
        program = os.path.join(self.tools, path)
        if not os.path.exists(program):
            raise Missing(f"no {path} below {self.tools} (./check unpacks its package there)")
        self.add(program)

    def add_library(self, soname):
        """A library that a program loads itself."""
        listed = subprocess.run([need("ldconfig"), "-p"], capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            if line.split()[:1] == [soname]:
                return self.add(line.split()[-1], line.split()[-1])
        raise Missing(f"there is no {soname}")

    def command(self, script):
        """Packs the script for busybox' sh, and returns the command that boots and runs it."""
        self.write("script", script)
        subprocess.run(f"cd {self.root} && find . | cpio -oHnewc --quiet | gzip -1 >{self.image}",
                       shell=True, check=True)
        # No KVM: it may not be able to run this kernel. TCG boots it in two seconds. On a busy machine, ticks of
        # the timer are late: the kernel must not take it for broken (no_timer_check).
        return [self.qemu, "-accel", "tcg", "-M", "q35", "-m", "512", "-nodefaults", "-no-reboot",
                "-display", "none", "-serial", "stdio", "-kernel", self.kernel, "-initrd", self.image,
                "-append", "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check"]

    def run(self, script, timeout=300):
        """Boots, runs the script with busybox' sh, and returns (exit status, its output)."""
        done = subprocess.run(self.command(script), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False, preexec_fn=die_with_parent)
        console = done.stdout.decode(errors="replace").replace("\r", "")
        _, begin, rest = console.partition("VM-BEGIN\n")
        printed, end, status = rest.rpartition("VM-EXIT ")
        if not begin or not end:
            raise AssertionError(f"the virtual machine did not get to its end:\n{console}")
        return int(status.split()[0]), printed

    def start(self, wires=0):
        """Boots, and returns a Running with so many network cards, eth0 and up."""
        made = [Wire(os.path.dirname(self.root), number) for number in range(wires)]
        return Running(self.command(OBEY), made)


class Running:
    """A machine that executes commands, and the ends of its wires."""

    def __init__(self, command, wires):
        self.wires = wires
        options = [option for wire in wires for option in wire.options()]
        self.process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=die_with_parent)
        self.console = ""
        try:
            self.read_to("VM-READY\n", 300)
        except AssertionError:
            self.close()
            raise

    def read_to(self, mark, timeout):
        """The text on the console before the mark."""
        deadline = time.monotonic() + timeout
        while mark not in self.console:
            left = deadline - time.monotonic()
            can_read = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            data = os.read(self.process.stdout.fileno(), 65536) if can_read else b""
            assert data, f"the virtual machine does not say {mark!r}:\n{self.console}"
            self.console += data.decode(errors="replace").replace("\r", "")
        printed, _, self.console = self.console.partition(mark)
        return printed

    def sh(self, script, timeout=120, check=True):
        """Runs lines of busybox' sh, and returns their output; fails unless the last one succeeds."""
        typed = f"{{ {script}\n}} </dev/null 2>&1; echo VM-DID $?\n"
        assert len(typed) < 4096, "more than a terminal takes"
        self.process.stdin.write(typed.encode())
        self.process.stdin.flush()
        printed = self.read_to("VM-DID ", timeout)
        status = self.read_to("\n", timeout)
        assert status == "0" or not check, f"{script}\nexit {status}:\n{printed}"
        return printed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        for wire in self.wires:
            wire.close()


if __name__ == "__main__":
    # Directly: vm.py TOOLS WORK SCRIPT PROGRAM...
    machine = Machine(sys.argv[1], sys.argv[2])
    for each in sys.argv[4:]:
        machine.add(each)
    with open(sys.argv[3], encoding="utf-8") as text:
        code, output = machine.run(text.read())
    sys.stdout.write(output)
    sys.exit(code)
