# SPDX-License-Identifier: ISC
"""A small virtual machine with Debian's own kernel: for what the machine that the tests run on may not
have or may not allow, such as fexit programs and ipvlan. No disk, no network: what is run is packed into
an initramfs, and what it prints on the console is the result."""
import glob
import os
import shutil
import subprocess
import sys

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


class Missing(Exception):
    """Something that a virtual machine needs is not there."""


def find_kernel(tools):
    """(vmlinuz, directory of modules) of an unpacked kernel package below `tools`."""
    images = sorted(glob.glob(os.path.join(tools, "boot", "vmlinuz-*")))
    if not images:
        raise Missing(f"no kernel below {tools} (./check unpacks linux-image-cloud-amd64 there)")
    version = os.path.basename(images[-1])[len("vmlinuz-"):]
    return images[-1], os.path.join(tools, "lib", "modules", version)


def need(tool):
    path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        raise Missing(f"{tool} is not installed")
    return path


class Machine:
    """Machine(tools, work, "dummy", …): with these modules, in the order of their dependencies."""

    def __init__(self, tools, work, *modules):
        self.kernel, where = find_kernel(tools)
        self.qemu = need("qemu-system-x86_64")
        self.root = os.path.join(work, "root")
        self.image = os.path.join(work, "initrd.gz")
        for directory in ("bin", "sbin", "m", "proc", "sys", "dev", "run", "tmp", "etc"):
            os.makedirs(os.path.join(self.root, directory))
        # Debian's busybox may be dynamic: so with its libraries, like every other program.
        self.add(need("busybox"), "/bin/busybox")
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
        """A program, with the libraries that it needs. In the shell of busybox an applet goes before a
        program of its name: give it another."""
        target = self.root + (as_path or "/bin/" + os.path.basename(program))
        shutil.copy(program, target)
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        for word in listed.split():
            if word.startswith("/") and os.path.exists(word) and not os.path.exists(self.root + word):
                os.makedirs(os.path.dirname(self.root + word), exist_ok=True)
                shutil.copy(os.path.realpath(word), self.root + word)

    def command(self, script):
        """Packs the script of busybox's sh, and returns the command that boots and runs it."""
        self.write("script", script)
        subprocess.run(f"cd {self.root} && find . | cpio -oHnewc --quiet | gzip -1 >{self.image}",
                       shell=True, check=True)
        # No KVM: it may be one that cannot run this kernel. TCG boots it in two seconds.
        return [self.qemu, "-accel", "tcg", "-M", "q35", "-m", "512", "-nodefaults", "-no-reboot",
                "-display", "none", "-serial", "stdio", "-kernel", self.kernel, "-initrd", self.image,
                "-append", "console=ttyS0 quiet panic=-1 mitigations=off"]

    def run(self, script, timeout=120):
        """Boots, runs the script of busybox's sh, and returns (exit status, what it printed)."""
        done = subprocess.run(self.command(script), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False)
        console = done.stdout.decode(errors="replace").replace("\r", "")
        _, begin, rest = console.partition("VM-BEGIN\n")
        printed, end, status = rest.rpartition("VM-EXIT ")
        if not begin or not end:
            raise AssertionError(f"the virtual machine did not get to its end:\n{console}")
        return int(status.split()[0]), printed


if __name__ == "__main__":
    # By hand: vm.py TOOLS WORK SCRIPT PROGRAM...
    machine = Machine(sys.argv[1], sys.argv[2])
    for each in sys.argv[4:]:
        machine.add(each)
    with open(sys.argv[3], encoding="utf-8") as text:
        code, output = machine.run(text.read())
    sys.stdout.write(output)
    sys.exit(code)
