# SPDX-License-Identifier: ISC
"""Real events of the kernel: after each, the model agrees with iproute2."""
import os
import subprocess
import time

import pytest

from kernel_lib import (IFA_DADFAILED, IFA_DEPRECATED, IFA_TEMPORARY, IFA_TENTATIVE, NSID_OWN,
                        ModelDump, addr_of, batch, ipv4, link_of, seen, truth, wait_addr,
                        wait_equal)
from lib.wait import wait_until

NETNS_DIR = "--netns-dir=/run/netns"


@pytest.fixture
def follow(program):
    """follow("--rcvbuf=8192") -> a ModelDump that follows the kernel."""
    path = program("tests/net/model-dump")
    running = []

    def start(*options, **how):
        running.append(ModelDump(path, *options, **how))
        return running[-1]

    yield start
    for model in running:
        model.kill()


@pytest.fixture
def model(follow):
    return follow(NETNS_DIR)


@pytest.fixture
def pair(topo):
    """Two namespaces with a veth between them, v0 in the first and v1 in the second, both up."""
    a, b = topo.namespace("a"), topo.namespace("b")
    topo.veth(a, "v0", b, "v1")
    return a, b


def test_what_is_there_at_the_start_is_dumped(follow, pair):
    a, b = pair
    a.add_addr("v0", "10.0.0.1/24", "2001:db8::1/64")
    model = follow(NETNS_DIR)
    wait_equal(model, a)
    wait_equal(model, b)
    stats = model.stats()
    assert stats["synced"] and not stats["own_only"]
    assert stats["malformed"] == stats["misattributed"] == stats["refused"] == 0


def test_address_added_and_removed(model, pair):
    a, _ = pair
    a.ip("addr add 10.0.0.1/24 dev v0")
    a.ip("addr add 10.0.0.2/24 dev v0")
    a.ip("addr add 2001:db8::1/64 dev v0 nodad")
    assert len(wait_equal(model, a)["addrs"]) >= 5
    a.ip("addr del 10.0.0.1/24 dev v0")  # and its secondary
    a.ip("addr del 2001:db8::1/64 dev v0")
    ns = wait_equal(model, a)
    assert not addr_of(ns, "10.0.0.2") and not addr_of(ns, "2001:db8::1")


def test_one_address_with_two_prefix_lengths_and_peers(model, pair):
    a, _ = pair
    a.ip("addr add 10.0.0.1/24 dev v0")
    a.ip("addr add 10.0.0.1/16 dev v0")
    a.ip("addr add 10.0.0.1 peer 10.9.9.9 dev v0")
    a.ip("addr add 2001:db8::1 peer 2001:db8::2/128 dev v0 nodad")
    wait_equal(model, a)
    a.ip("addr del 10.0.0.1/16 dev v0")
    wait_equal(model, a)


def test_duplicate_address_detection_done(model, pair):
    a, _ = pair
    a.ip("addr add 2001:db8::1/64 dev v0")
    wait_addr(model, a, "2001:db8::1", with_flags=IFA_TENTATIVE)
    wait_addr(model, a, "2001:db8::1", without=IFA_TENTATIVE | IFA_DADFAILED)
    wait_equal(model, a)


def test_duplicate_address_detection_failed(model, pair):
    a, b = pair
    b.add_addr("v1", "2001:db8::1/64")
    a.ip("addr add 2001:db8::1/64 dev v0")
    wait_addr(model, a, "2001:db8::1", with_flags=IFA_DADFAILED)
    wait_equal(model, a)


def test_address_deprecated_and_expired(model, pair):
    a, _ = pair
    a.ip("addr add 2001:db8::1/64 dev v0 nodad valid_lft 5 preferred_lft 1")
    wait_addr(model, a, "2001:db8::1", without=IFA_DEPRECATED)
    wait_addr(model, a, "2001:db8::1", with_flags=IFA_DEPRECATED)
    wait_equal(model, a)
    wait_addr(model, a, "2001:db8::1", is_there=False, timeout=10)


def test_temporary_address(model, pair):
    a, _ = pair
    a.run(["sh", "-c", "echo 2 >/proc/sys/net/ipv6/conf/v0/use_tempaddr"])
    a.ip("addr add 2001:db8::1/64 dev v0 mngtmpaddr nodad valid_lft 1000 preferred_lft 500")

    def temporary():
        ns = model.by_name(a.name)
        return ns and [x for x in ns["addrs"] if ":" in x["local"] and x["flags"] & IFA_TEMPORARY]
    wait_until(temporary, what="a temporary address")
    wait_equal(model, a)


def test_a_lifetime_that_is_renewed_changes_only_its_end(model, pair):
    """What is served then is in test_lifetimes.py."""
    a, _ = pair
    lines = [f"addr change 2001:db8::{n:x}/64 dev v0 nodad valid_lft 1000 preferred_lft 500"
             for n in range(1, 51)]
    batch(a, lines)
    before = wait_until(lambda: [ns for ns in [wait_equal(model, a)]
                                 if not any(x["flags"] & IFA_TENTATIVE for x in ns["addrs"])],
                        what="no tentative address")[0]["addrs"]
    seen = model.stats()["events"]
    model.changes()
    batch(a, [line.replace("1000", "2000").replace("500", "900") for line in lines])
    wait_until(lambda: model.stats()["events"] >= seen + 50, what="50 events")
    changes = [c for c in model.changes() if c["what"].startswith("addr")]
    assert {c["what"] for c in changes} == {"addr changed"}
    assert sorted(c["local"] for c in changes) == sorted(x["local"] for x in before if x["prefixlen"] == 64 and
                                                         x["local"].startswith("2001:db8::"))
    assert wait_equal(model, a)["addrs"] == before


def test_alias_set_changed_and_cleared_on_a_link_that_is_up(model, pair):
    a, _ = pair
    for alias in ("one", "two words", "new\nline", "zwölf", "x" * 255, ""):
        a.set_alias("v0", alias)
        alias_bytes = alias.encode().decode("latin-1")
        wait_until(lambda: link_of(model.by_name(a.name), "v0")["alias"] == alias_bytes,
                   what=f"alias {alias!r}")


def test_alias_of_a_link_that_is_down_shows_at_its_next_event(model, topo):
    a = topo.namespace("a")
    a.ip("link add v0 type veth peer name v1")
    wait_equal(model, a)
    a.set_alias("v0", "late")
    assert link_of(model.by_name(a.name), "v0")["alias"] == ""
    a.ip("link set v0 up")
    assert link_of(wait_equal(model, a), "v0")["alias"] == "late"


def test_link_down_and_up(model, pair):
    a, _ = pair
    a.add_addr("v0", "10.0.0.1/24", "2001:db8::1/64")
    assert link_of(wait_equal(model, a), "v0")["up"]
    a.ip("link set v0 down")
    ns = wait_equal(model, a)
    assert not link_of(ns, "v0")["up"]
    assert addr_of(ns, "10.0.0.1") and not addr_of(ns, "2001:db8::1")
    a.ip("link set v0 up")
    assert link_of(wait_equal(model, a), "v0")["up"]


def test_carrier_lost(model, pair):
    a, b = pair
    wait_until(lambda: (link_of(model.by_name(a.name), "v0") or {}).get("up"), what="up")
    b.ip("link set v1 down")
    wait_until(lambda: not link_of(model.by_name(a.name), "v0")["up"], what="no carrier")
    wait_equal(model, a)


def test_link_renamed(model, pair):
    a, _ = pair
    a.add_addr("v0", "10.0.0.1/24")
    a.ip("link set v0 down")
    a.ip("link set v0 name other")
    a.ip("link set other up")
    ns = wait_equal(model, a)
    assert link_of(ns, "other") and not link_of(ns, "v0")


def test_link_moved_to_another_namespace(model, pair):
    a, b = pair
    a.add_addr("v0", "10.0.0.1/24", "2001:db8::1/64")
    a.set_alias("v0", "traveller")
    wait_equal(model, a)
    a.ip(f"link set v0 netns {b.name}")
    assert not link_of(wait_equal(model, a), "v0")
    moved = link_of(wait_equal(model, b), "v0")
    assert moved["alias"] == "traveller"
    b.ip(f"link set v0 netns {a.name}")
    wait_equal(model, a)
    wait_equal(model, b)


def test_link_deleted(model, pair):
    a, b = pair
    a.add_addr("v0", "10.0.0.1/24")
    wait_equal(model, a)
    b.ip("link del v1")
    assert not link_of(wait_equal(model, a), "v0")
    assert not link_of(wait_equal(model, b), "v1")


def test_bridge_port_leaves_its_bridge_and_stays(model, pair):
    a, _ = pair
    a.ip("link add br0 type bridge")
    a.ip("link set v0 master br0")
    assert link_of(wait_equal(model, a), "v0")["master"] != 0
    a.ip("link set v0 nomaster")
    assert link_of(wait_equal(model, a), "v0")["master"] == 0


def test_parent_in_another_namespace_has_our_id(model, follow, topo):
    a, b = topo.namespace("a"), topo.namespace("b")
    a.ip("link add br0 type bridge")
    wait_equal(model, a)
    wait_equal(model, b)
    a.ip(f"link add link br0 name mv0 netns {b.name} type macvlan")
    a.ip("link set br0 up")
    b.ip("link set mv0 up")
    a_nsid = wait_equal(model, a)["info"]["nsid"]
    for who in (model, follow(NETNS_DIR)):  # one was in the news, the other in dumps
        link = link_of(wait_equal(who, b), "mv0")
        assert (link["kind"], link["parent_nsid"]) == ("macvlan", a_nsid)
        assert link["parent"] == link_of(who.by_name(a.name), "br0")["ifindex"]


def test_parent_in_our_own_namespace_is_ours_and_not_seen_twice(model, topo):
    b = topo.namespace("b")
    wait_equal(model, b)
    subprocess.run(["ip", "link", "add", "own0", "type", "veth", "peer", "name", "v1", "netns",
                    b.name], check=True)
    try:
        link = link_of(wait_equal(model, b), "v1")
        assert link["parent_nsid"] == NSID_OWN
        whole = model.whole()
        own = [n for n in whole if n != "stats" and link_of(whole[n], "own0")]
        assert own == [NSID_OWN]
        assert link_of(whole[NSID_OWN], "own0")["parent_nsid"] == whole_nsid(whole, b.name)
    finally:
        subprocess.run(["ip", "link", "del", "own0"], check=True)


def set_nsid(namespace, nsid):
    """Gives it that id as soon as its last owner has disappeared."""
    command = ["ip", "netns", "set", namespace.name, str(nsid)]
    wait_until(lambda: subprocess.run(command, check=False, capture_output=True).returncode == 0,
               what=f"the id {nsid} to be free")


def whole_nsid(whole, name):
    return next(n for n in whole if n != "stats" and whole[n]["info"]["name"] == name)


def test_namespace_made_and_deleted_with_everything_in_it(model, topo):
    a = topo.namespace("a")
    a.ip("link add v0 type veth peer name v1")
    a.ip("link set v0 up")
    a.ip("link set v1 up")
    a.add_addr("v0", "10.0.0.1/24")
    nsid = wait_equal(model, a)["info"]["nsid"]
    assert model.by_name(a.name)["info"]["cookie"] != 0
    a.close()
    wait_until(lambda: nsid not in model.whole(), what="the namespace to go")
    changes = [c["what"] for c in model.changes() if c["nsid"] == nsid]
    assert changes[-1] == "ns gone" and changes.count("link gone") == 3
    assert changes.count("addr new") == changes.count("addr gone")


def test_many_namespaces_made_and_deleted_at_once(model, topo):
    names = [f"many{n}" for n in range(60)]
    makers = [subprocess.Popen(["ip", "netns", "add", name]) for name in names]
    assert [maker.wait() for maker in makers] == [0] * 60

    def named():
        return {ns["info"]["name"] for n, ns in model.whole().items() if n != "stats"}
    try:
        wait_until(lambda: named() == {"", *names}, what="all names")
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=True)
    wait_until(lambda: named() == {""}, what="no name")


def test_directory_of_namespaces_made_later(follow, topo, tmp_path):
    directory = tmp_path / "deep" / "netns"
    model = follow(f"--netns-dir={directory}")
    model.ask("dump")
    a = topo.namespace("a")
    os.makedirs(directory)
    (directory / "linked").symlink_to(a.path)
    wait_until(lambda: model.by_name("linked"), what="the name of a symbolic link")
    assert seen(model.by_name("linked")) == truth(a.ip)
    (directory / "linked").rename(directory / "renamed")
    wait_until(lambda: model.by_name("renamed") and not model.by_name("linked"), what="the rename")
    assert "" not in [c["name"] for c in model.changes()
                      if c["what"] == "ns changed" and c["nsid"] != NSID_OWN]
    (directory / "renamed").unlink()
    wait_until(lambda: not model.by_name("renamed"), what="the name to go")
    assert len([n for n in model.whole() if n != "stats"]) == 2  # the namespace stays
    directory.rmdir()
    os.makedirs(directory)
    (directory / "again").symlink_to(a.path)
    wait_until(lambda: model.by_name("again"), what="the name in the new directory")


def test_files_that_are_no_namespaces_are_left_alone(follow, topo, tmp_path):
    a = topo.namespace("a")
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "uts").symlink_to("/proc/self/ns/uts")
    (tmp_path / "dangling").symlink_to("/nowhere")
    (tmp_path / "good").symlink_to(a.path)
    model = follow(f"--netns-dir={tmp_path}")
    wait_until(lambda: model.by_name("good"), what="the one good name")
    names = [ns["info"]["name"] for n, ns in model.whole().items() if n != "stats"]
    assert sorted(names) == ["", "good"]


def test_two_names_of_one_namespace_give_the_first(follow, topo, tmp_path):
    a = topo.namespace("a")
    (tmp_path / "b-name").symlink_to(a.path)
    (tmp_path / "a-name").symlink_to(a.path)
    model = follow(f"--netns-dir={tmp_path}")
    wait_until(lambda: model.by_name("a-name"), what="the first name")
    (tmp_path / "a-name").unlink()
    wait_until(lambda: model.by_name("b-name"), what="the other name")


def test_nsid_given_later_by_hand(follow, topo):
    model = follow()
    model.ask("dump")
    a = topo.namespace("a")
    a.add_addr("lo", "10.0.0.1/32")
    assert 77 not in model.whole()
    set_nsid(a, 77)
    wait_until(lambda: seen(model.whole().get(77)) == truth(a.ip), what="the namespace's content")
    assert model.whole()[77]["info"]["name"] == ""


@pytest.mark.parametrize("is_stalled", [False, True])
def test_nsid_reused_by_another_namespace(follow, topo, is_stalled):
    model = follow()
    a, b = topo.namespace("a"), topo.namespace("b")
    a.add_addr("lo", "10.0.0.1/32")
    b.add_addr("lo", "10.0.0.2/32")
    set_nsid(a, 77)
    wait_until(lambda: addr_of(model.whole().get(77), "10.0.0.1"), what="the first namespace")
    if is_stalled:
        model.ask("stall")
    a.close()
    set_nsid(b, 77)
    model.ask("go")
    wait_until(lambda: seen(model.whole().get(77)) == truth(b.ip), what="the second namespace")


def test_nsid_reused_while_notifications_were_lost(follow, topo):
    model = follow(NETNS_DIR, "--rcvbuf=4096")
    a = topo.namespace("a")
    nsid = wait_equal(model, a)["info"]["nsid"]
    model.ask("stall")
    noise = topo.namespace("noise")
    set_nsid(noise, 78)
    batch(noise, [f"addr add {ipv4(n)}/32 dev lo" for n in range(50)])
    a.close()
    b = topo.namespace("b")
    set_nsid(b, nsid)
    b.add_addr("lo", "10.0.0.2/32")
    model.ask("go")
    wait_equal(model, b)
    wait_equal(model, noise)
    assert model.by_name(a.name) is None
    assert model.stats()["overruns"] >= 1


@pytest.mark.parametrize("is_stalled", [False, True])
def test_overrun_by_10000_addresses(follow, pair, is_stalled):
    a, b = pair
    model = follow(NETNS_DIR, "--rcvbuf=4096")
    wait_equal(model, a)
    for verb in ("add", "del"):
        if is_stalled:
            model.ask("stall")
        batch(a, [f"addr {verb} {ipv4(n)}/32 dev v0" for n in range(10000)])
        model.ask("go")
        ns = wait_equal(model, a)
        assert len(ns["addrs"]) >= (10000 if verb == "add" else 0)
        wait_equal(model, b)
    if is_stalled:
        assert model.stats()["overruns"] >= 2


def test_overrun_with_links_that_come_and_go(follow, topo):
    a = topo.namespace("a")
    model = follow(NETNS_DIR, "--rcvbuf=4096")
    wait_equal(model, a)
    batch(a, [f"link add v{n} type veth peer name w{n}" for n in range(100)] +
          [f"link set v{n} up" for n in range(100)] +
          [f"addr add {ipv4(n)}/24 dev v{n}" for n in range(100)] +
          [f"link del v{n}" for n in range(0, 100, 3)])
    wait_equal(model, a, timeout=20)


def test_interrupted_dump_is_repeated(follow, pair):
    a, _ = pair
    batch(a, [f"addr add {ipv4(n)}/32 dev v0" for n in range(10000)])
    process = a.popen(["ip", "-batch", "-"], stdin=subprocess.PIPE)
    feed = "\n".join(f"addr {verb} {ipv4(n)}/32 dev v0" for verb, n in
                     [("add", n) for n in range(10000, 14000)] +
                     [("del", n) for n in range(0, 14000, 5)])
    models = []
    process.stdin.write(feed.encode() + b"\n")
    process.stdin.close()
    while process.poll() is None and len(models) < 5:
        models.append(follow(NETNS_DIR))
        time.sleep(0.2)
    process.wait()
    for model in models:
        wait_equal(model, a)
    assert sum(model.stats()["interrupted"] for model in models) > 0


@pytest.mark.parametrize("missing", ["net_admin", "net_broadcast"])
def test_without_a_capability_our_own_namespace_is_watched(follow, pair, missing):
    model = follow(NETNS_DIR, prefix=["setpriv", "--bounding-set", f"-{missing}"])
    stats = model.stats()
    assert stats["own_only"] and stats["synced"]
    assert stats["namespaces"] == 1
    subprocess.run(["ip", "addr", "add", "10.255.0.1/32", "dev", "lo"], check=True)
    try:
        wait_until(lambda: addr_of(model.whole()[NSID_OWN], "10.255.0.1"), what="our own address")
    finally:
        subprocess.run(["ip", "addr", "del", "10.255.0.1/32", "dev", "lo"], check=True)
    assert f"missing=CAP_{missing.upper()}" in model.close()


def test_namespace_of_another_user_namespace_is_told_apart(follow, topo, tmp_path):
    a = topo.namespace("a")
    holder = subprocess.Popen(["unshare", "-Urn", "sleep", "60"])
    try:
        own = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own, what="unshare")
        (tmp_path / "rootless").symlink_to(f"/proc/{holder.pid}/ns/net")
        (tmp_path / "ours").symlink_to(a.path)
        model = follow(f"--netns-dir={tmp_path}")
        wait_until(lambda: model.by_name("rootless") and model.by_name("ours"), what="both names")
        assert model.by_name("rootless")["info"]["owner"] == "system"  # it was root
        assert model.by_name("ours")["info"]["owner"] == "host"
        nsid = model.by_name("rootless")["info"]["nsid"]
    finally:
        holder.kill()
        holder.wait()
    wait_until(lambda: nsid not in model.whole(), what="the namespace to go with its process")


def test_nothing_wakes_an_idle_follower(follow, pair):
    model = follow(NETNS_DIR)
    for namespace in pair:  # each link has its link-local address when detection is over
        wait_until(lambda: any(a["local"].startswith("fe80") and not a["flags"] & IFA_TENTATIVE
                               for a in wait_equal(model, namespace)["addrs"]), what="fe80::")
    time.sleep(0.5)

    def switches():
        with open(f"/proc/{model.process.pid}/status", encoding="ascii") as file:
            return next(line for line in file if line.startswith("voluntary_ctxt"))

    def stays_asleep():
        before = switches()
        time.sleep(1.5)
        return switches() == before
    # Other tests, which run beside this one, make and end namespaces, and the kernel tells everybody.
    wait_until(stays_asleep, 60, "quiet")
