# SPDX-License-Identifier: ISC
"""Which workload gets a name that several claim, and which may claim one at all."""
import ctypes
import os
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.isolate import CLONE_NEWNET, CLONE_NEWUSER, die_with_parent, libc  # noqa: E402
from lib.lab import Lab  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def lab(topo, serve):
    return Lab(topo, serve)


def three_of_one_name(lab):
    """Makes web again and again, in the order of their addresses."""
    return [lab.web, lab.workload("web", "10.7.0.3/24"), lab.workload("web", "10.7.0.4/24")]


def test_merged_duplicates_share_a_name(lab):
    _, second, _ = three_of_one_name(lab)
    lab.serve("--duplicates=merge")
    lab.expect("web", "10.7.0.2", "10.7.0.3", "10.7.0.4")
    second.set_alias("eth0", "shop")
    lab.expect("web", "10.7.0.2", "10.7.0.4")
    second.set_alias("eth0", "WEB")
    lab.expect("web", "10.7.0.2", "10.7.0.3", "10.7.0.4")


def test_of_first_duplicates_one_has_the_name_until_it_goes(lab):
    workloads = three_of_one_name(lab)
    lab.serve("--duplicates=first")
    left = {"10.7.0.2": workloads[0], "10.7.0.3": workloads[1], "10.7.0.4": workloads[2]}
    while left:
        winner, = wait_until(lambda: lab.answers("web"), what="a winner")
        for address in set(left) - {winner}:
            assert lab.reason("web", address) == "another workload has the name"
        left.pop(winner).ip("link del eth0")
        wait_until(lambda gone=winner: gone not in lab.answers("web"), what="the winner gone")
    lab.expect("web")


def test_numbered_duplicates_each_have_a_name(lab):
    workloads = three_of_one_name(lab)
    lab.serve("--duplicates=number")
    names = {"web", "web-2", "web-3"}
    wait_until(lambda: set(lab.daemon.names()[0]) == names, what="three names")
    assert sorted(sum((lab.answers(name) for name in names), [])) == \
        ["10.7.0.2", "10.7.0.3", "10.7.0.4"]
    for workload in workloads[1:]:
        workload.ip("link del eth0")
    lab.expect("web", "10.7.0.2")
    lab.expect("web-2")
    lab.expect("web-3")


@pytest.mark.parametrize("policy", ["merge", "first", "number"])
def test_who_has_a_name_depends_on_the_state_and_not_on_how_it_came_about(lab, policy):
    workloads = three_of_one_name(lab)
    lab.serve(f"--duplicates={policy}")

    def served():
        """All except link-local addresses, which appear when the kernel has checked them."""
        return {name: sorted(address for address in found if not address.startswith("fe80:"))
                for name, found in lab.daemon.names()[0].items()}
    before = served()
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        for i in order:
            workloads[i].set_alias("eth0", f"other{i}")
        for i in order:
            lab.expect(f"other{i}", f"10.7.0.{i + 2}")
        for i in order:
            workloads[i].set_alias("eth0", "web")
        for i in order:
            lab.expect(f"other{i}")
        assert served() == before


# --- namespaces of others -------------------------------------------------------------------------

class Rootless:
    """A namespace made by another user, in its own user namespace, as rootless containers are: the child
    unshares, and its privileged parent joins it to the bridge."""

    def __init__(self, lab, name, address, uid=65534):
        child, self.child_end = os.pipe()
        ready, ready_child = os.pipe()

        def become():
            die_with_parent()
            os.setresuid(uid, uid, uid)
            if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
                os._exit(ctypes.get_errno())
            os.write(ready_child, b"x")
        self.process = subprocess.Popen(["cat"], stdin=child, stdout=subprocess.DEVNULL,
                                        preexec_fn=become)
        os.close(child)
        os.close(ready_child)
        os.read(ready, 1)
        os.close(ready)
        lab.host.ip(f"netns attach {name} {self.process.pid}")
        self.name = name
        lab.host.ip(f"link add r{self.process.pid} type veth peer name eth0 netns {name}")
        lab.host.ip(f"link set r{self.process.pid} master br0 up")
        for command in ("link set lo up", f"link set eth0 alias {name}", "link set eth0 up",
                        f"addr add {address} dev eth0"):
            lab.host.ip(f"-n {name} {command}")

    def fill(self, count):
        """Gives it as many more addresses, which nobody is served, but which have to be watched."""
        lines = "".join(f"addr add fd01::{n >> 16:x}:{n & 0xffff:x}/128 dev lo nodad\n" for n in range(count))
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input=lines, text=True, check=True)

    def close(self):
        if self.process.returncode is not None:
            return
        os.close(self.child_end)
        self.process.wait(10)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


@pytest.fixture
def rootless(lab):
    made = []

    def make(name, address, **options):
        made.append(Rootless(lab, name, address, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()


SHARE = 262144 // 16  # LIMIT_MODEL_ADDRS and LIMIT_MODEL_USER_PART: src/base/limits.h
ROOTLESS = "namespace of another user namespace (--rootless serves it)"


def test_a_rootless_namespace_is_not_served_unless_asked_for(lab, rootless):
    lab.serve()
    rootless("pod", "10.7.0.30/24")
    wait_until(lambda: lab.reason("pod", "10.7.0.30"), what="the address in names")
    assert lab.reason("pod", "10.7.0.30") == ROOTLESS
    assert lab.answers("pod") == [] and lab.ptr("10.7.0.30") == []
    explained = lab.daemon.lines("explain", "pod")[0]
    assert explained["rcode"] == "NXDOMAIN"
    assert ROOTLESS in {addr["reason"] for addr in explained["addresses"]}
    assert ROOTLESS in lab.daemon.ask("explain", "pod", check=False)


def test_a_rootless_namespace_is_served_when_asked_for(lab, rootless):
    lab.serve("--rootless")
    rootless("pod", "10.7.0.30/24")
    lab.expect("pod", "10.7.0.30")


@pytest.mark.parametrize("policy", ["merge", "first", "number"])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_rootless_namespace_never_has_a_name_of_the_host_s_own(lab, rootless, policy, is_first):
    if is_first:
        rootless("shop", "10.7.0.30/24")
    lab.serve("--rootless", f"--duplicates={policy}")
    if is_first:
        lab.expect("shop", "10.7.0.30")
    else:
        rootless("shop", "10.7.0.30/24")
        lab.expect("shop", "10.7.0.30")
    lab.web.set_alias("eth0", "shop")
    lab.expect("shop", "10.7.0.2")
    assert "has the name" in lab.reason("shop", "10.7.0.30")
    if policy == "number":
        assert lab.answers("shop-2") in ([], ["10.7.0.30"])
    lab.web.set_alias("eth0", "web")
    lab.expect("shop", "10.7.0.30")


def test_a_rootless_namespace_never_has_a_name_of_a_zone_file(lab, rootless, tmp_path):
    """It would add its address to what an administrator wrote. Whether the file or the namespace comes first does not matter."""
    zone = tmp_path / "zone"
    zone.write_text("shop A 10.7.0.99\n")
    rootless("shop", "10.7.0.30/24")
    rootless("pod", "10.7.0.31/24")
    lab.serve("--rootless", f"--zone-file={zone}")
    lab.expect("pod", "10.7.0.31", branch="")
    lab.expect("shop", "10.7.0.99", branch="")
    assert lab.answers("shop") == []
    assert "zone file" in lab.reason("shop", "10.7.0.30")
    zone.write_text("pod A 10.7.0.99\n")
    lab.daemon.reload()
    lab.expect("pod", "10.7.0.99", branch="")
    lab.expect("shop", "10.7.0.30", branch="")
    zone.write_text("other MX 10 mail\n")
    lab.daemon.reload()
    lab.expect("pod", "10.7.0.31", branch="")


def test_a_namespace_whose_owner_nobody_knows_is_not_taken_for_the_host_s_own(lab, rootless):
    """With a veth into it, the kernel gives it an id, without any name."""
    lab.host.set_alias("br0", "gateway")
    lab.serve("--no-assign-nsid")
    rootless("pod", "10.7.0.30/24")
    wait_until(lambda: lab.reason("pod", "10.7.0.30"), what="the address in names")
    assert "--rootless" in lab.reason("pod", "10.7.0.30")
    assert lab.answers("pod") == []
    lab.expect("gateway", "10.7.0.1", "fd07::1")


def test_a_user_who_fills_his_share_harms_only_himself_and_only_until_he_is_gone(lab, rootless):
    lab.serve("--rootless")
    first = rootless("one", "10.7.0.31/24", uid=65533)
    first.fill(SHARE)
    wait_until(lambda: "more than there is room for" in lab.daemon.log(), timeout=60, what="his share full")
    rootless("two", "10.7.0.32/24", uid=65533)
    rootless("three", "10.7.0.33/24")
    lab.workload("new", "10.7.0.34/24")
    lab.expect("new", "10.7.0.34")
    lab.expect("three", "10.7.0.33")
    assert lab.answers("two") == []
    first.close()
    lab.expect("two", "10.7.0.32", timeout=100)  # what was refused to strangers is asked for once a minute
