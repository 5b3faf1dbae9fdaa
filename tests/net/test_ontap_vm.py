# SPDX-License-Identifier: ISC
"""A virtual machine on a macvtap of ontap's: it boots, is pinged from the wire, and has its name."""
import os
import shlex
import sys

import pytest

from lib.peers import unpacked
from lib.wait import wait_until
from test_ontap_recipes import OWNERS, lab, resolve, resolve_mdns  # noqa: F401 (fixtures)
from test_ontapd import ontap, ontapd  # noqa: F401 (fixtures)

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "vm"))

from vm import Machine, Missing  # noqa: E402

# In the order of their dependencies; which of them a kernel has built in differs.
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover",
           "net_failover", "virtio_net")


@pytest.fixture
def guest(builddir, tmp_path):
    image = unpacked(builddir, "boot/vmlinuz-*")
    if not image:
        pytest.skip("no kernel is unpacked below build/tools (./check does)")
    try:
        return Machine(os.path.dirname(os.path.dirname(image)), str(tmp_path), *MODULES)
    except Missing as missing:
        pytest.skip(str(missing))


def test_a_virtual_machine_boots_to_a_ping_and_a_name(lab, ontapd, ontap, serve, guest, need):  # noqa: F811
    busybox = need("busybox")
    daemon = ontapd(lab)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    # The address that the host's kernel has for the device, and then the guest takes.
    command = guest.command("ip link set eth0 up && ip addr add 10.6.0.70/24 dev eth0 && echo GUEST-IS-UP && sleep 60")
    net = "-netdev tap,id=n0,fd=$ONTAP_FD0 -device virtio-net-pci,netdev=n0,mac=$ONTAP_HWADDR"
    process = ontap(daemon, "-t", "macvtap", "-a", "guest", "--netns", "--addr=10.6.0.70/24", start=True,
                    prog=["sh", "-c", f"exec {shlex.join(command)} {net}"])
    line = ""
    while "GUEST-IS-UP" not in line:
        line = process.stdout.readline()
        assert line, "the machine has ended"
        print(line, end="")
    name = resolve(lab, "guest.lan.vanya", "A")
    assert name == resolve_mdns(lab, "guest.local", "A") == ["10.6.0.70"]
    wait_until(lambda: lab.lan.run([busybox, "ping", "-c", "1", "-W", "2", name[0]], check=False).returncode == 0,
               timeout=10, what="an answer to a ping")
    process.kill()
