# SPDX-License-Identifier: ISC
"""A virtual machine on a macvtap of ontap: it boots, answers pings from the wire, and has its name."""
import grp
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import pytest

from lib.peers import unpacked
from lib.wait import wait_until
from test_autoconf import dnsmasq
from test_ontap_recipes import OWNERS, background, lab, resolve, resolve_mdns, router  # noqa: F401 (fixtures)
from test_ontapd import NOBODY, links, needs_second_user, ontap, ontapd  # noqa: F401 (fixtures)

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "vm"))

from vm import VIRTIO_NET, Machine, Missing  # noqa: E402

GROUP = "users"  # the group of the socket, "kvm" in practice: one that each machine has
IPXE = "/usr/lib/ipxe/qemu/pxe-virtio.rom"
README = os.path.join(os.path.dirname(__file__), "../../README.md")
CARD = "-netdev tap,id=n0,fd=$ONTAP_FD0 -device virtio-net-pci,netdev=n0,mac=$ONTAP_HWADDR"


@pytest.fixture
def guest(builddir):
    """A Machine that any user may start."""
    image = unpacked(builddir, "boot/vmlinuz-*")
    if not image:
        pytest.skip("no kernel is unpacked below build/tools (./check does)")
    work = tempfile.mkdtemp(dir="/run")
    os.chmod(work, 0o755)
    try:
        yield Machine(os.path.dirname(os.path.dirname(image)), work, *VIRTIO_NET)
    except Missing as missing:
        pytest.skip(str(missing))
    finally:
        shutil.rmtree(work)


def wait_for_guest(process):
    line = ""
    while "GUEST-IS-UP" not in line:
        line = process.stdout.readline()
        assert line, "the machine has ended"
        print(line, end="")


def wait_for_ping(lab, ping, addr):  # noqa: F811
    wait_until(lambda: lab.lan.run([*ping, "-c", "1", "-W", "2", addr], check=False).returncode == 0,
               timeout=10, what="an answer to a ping")


def test_a_virtual_machine_boots_to_a_ping_and_a_name(lab, ontapd, ontap, serve, guest, need):  # noqa: F811
    busybox = need("busybox")
    daemon = ontapd(lab)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    # The address that the host's kernel gives the device, and the guest uses then.
    command = guest.command("ip link set eth0 up && ip addr add 10.6.0.70/24 dev eth0 && echo GUEST-IS-UP && sleep 60")
    process = ontap(daemon, "-t", "macvtap", "-a", "guest", "--netns", "--addr=10.6.0.70/24", start=True,
                    prog=["sh", "-c", f"exec {shlex.join(command)} {CARD}"])
    wait_for_guest(process)
    name = resolve(lab, "guest.lan.vanya", "A")
    assert name == resolve_mdns(lab, "guest.local", "A") == ["10.6.0.70"]
    wait_for_ping(lab, [busybox, "ping"], name[0])
    process.kill()


# Of a guest that configures itself: SLAAC by its kernel, DHCP by its client.
CONFIGURE = "ip link set eth0 up; udhcpc -i eth0 -q -n -t 20 -T 1 -s /etc/udhcpc.sh && echo GUEST-IS-UP && sleep 600"
LEASED = """#!/bin/sh
[ -z "$ip" ] || ip addr add $ip/$mask dev $interface
"""


def runvm(daemon, directory):
    """The script of README.md that starts a machine."""
    with open(README, encoding="utf-8") as file:
        block = re.search(r"(?m)^    #!/bin/sh\n(?:    .*\n)+", file.read()).group()
    script = directory / "runvm"
    script.write_text(re.sub("(?m)^    ", "", block).replace("/run/ontap/port.eth0", daemon.port("eth0")))
    script.chmod(0o755)
    return str(script)


def test_machines_configure_themselves_and_have_names(lab, ontapd, ontap, serve, guest, need, background,  # noqa: F811
                                                      program, tmp_path):
    """A kernel with udhcpc and SLAAC, by the script of README.md; and iPXE, which has its address and name before it has
    booted anything."""
    if not os.path.exists(IPXE):
        pytest.skip(f"there is no {IPXE}")
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    router(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    guest.write("etc/udhcpc.sh", LEASED, 0o755)
    pxe = [guest.qemu, "-accel", "tcg", "-m", "64", "-nodefaults", "-display", "none", "-boot", "n"]
    path = os.path.dirname(program("ontap")) + ":" + os.environ["PATH"]
    processes = [background(lab, [runvm(daemon, tmp_path), "guest", *guest.command(CONFIGURE)[1:]],
                            stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path}),
                 ontap(daemon, "-t", "auto", "-a", "boot", "--autoconf", start=True,
                       prog=["sh", "-c", f"exec {shlex.join(pxe)} {CARD}"])]
    wait_for_guest(processes[0])
    wait_until(lambda: len(set(re.findall(r"guest has: ifindex=(\d+) .* by=dhcp", daemon.log()))) == 2, 60, "two leases")
    names = {name: resolve(lab, f"{name}.lan.vanya", "A") for name in ("guest", "boot")}
    assert all(len(found) == 1 for found in names.values()) and names["guest"] != names["boot"]
    assert resolve_mdns(lab, "guest.local", "A") == names["guest"]
    for addr in names["guest"] + resolve(lab, "guest.wan.vanya", "AAAA"):
        wait_for_ping(lab, [need("busybox"), "ping"], addr)
    for process in processes:
        process.kill()


def test_a_plain_user_creates_waits_and_opens_for_his_machine(lab, ontapd, ontap, serve, guest, need,  # noqa: F811
                                                              background, program, tmp_path):  # noqa: F811
    """The socket's group may connect. The host's kernel configures the address, and the guest uses it."""
    need("radvd")
    needs_second_user()
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}"]
    stranger, member = [*user, "--clear-groups"], [*user, f"--groups={grp.getgrnam(GROUP).gr_gid}"]
    daemon = ontapd(lab, f"--group={GROUP}", group=GROUP)
    router(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    create = ("-t", "macvtap", "-m", "0", "--name=nic0", "-a", "guest")
    refused = ontap(daemon, *create, prefix=stranger)
    assert refused.returncode == 111 and "Permission denied" in refused.stderr
    assert ontap(daemon, *create, prefix=member).returncode == 0
    addr = lab.run([*member, program("ontap-waitif"), "--addr-in-net=2000::/3", "--timeout=20", "nic0"]).stdout.strip()
    command = guest.command("echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip link set eth0 up && "
                            f"ip addr add {addr}/64 dev eth0 && echo GUEST-IS-UP && sleep 60")
    process = ontap(daemon, "--open=nic0", "-m", "1", prefix=member, start=True,
                    prog=["sh", "-c", f"exec {shlex.join(command)} {CARD}"])
    wait_for_guest(process)
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        assert "CapEff:\t0000000000000000\n" in status.read()
    assert resolve(lab, "guest.wan.vanya", "AAAA") == [addr]
    assert addr in resolve_mdns(lab, "guest.local", "AAAA")
    wait_for_ping(lab, [need("busybox"), "ping", "-6"], addr)
    process.kill()
    process.wait()
    assert ontap(daemon, "--remove=nic0", prefix=member).returncode == 0
    assert "nic0" not in links(lab)
