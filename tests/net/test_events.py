# SPDX-License-Identifier: ISC
"""Each change of a link, an address or a namespace shows in the next answer."""
import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.lab import Lab  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

LINK_IS_DOWN, NO_CARRIER = "link is down", "link has no carrier"


@pytest.fixture
def lab(topo, serve):
    return Lab(topo, serve)


# --- addresses ------------------------------------------------------------------------------------

def test_what_is_there_at_the_start_is_served_at_once(lab):
    lab.serve()
    assert lab.answers("web") == ["10.7.0.2"]
    assert lab.ptr("10.7.0.2") == ["web.lan.vanya."]


def test_an_address_comes_and_goes_with_its_ptr(lab):
    lab.serve()
    lab.web.add_addr("eth0", "fd07::2/64")
    lab.expect("web", "10.7.0.2", "fd07::2")
    assert lab.ptr("fd07::2") == ["web.lan.vanya."]
    lab.web.add_addr("eth0", "2001:db8:7::2/64", "198.51.100.2/24")
    lab.expect("web", "2001:db8:7::2", "198.51.100.2", branch="wan")
    lab.web.ip("addr del fd07::2/64 dev eth0")
    lab.expect("web", "10.7.0.2")
    assert lab.ptr("fd07::2") == []
    lab.web.ip("addr flush dev eth0 scope global")
    lab.expect("web")
    lab.expect("web", branch="wan")


def test_a_name_whose_last_address_went_is_no_name(lab):
    lab.serve()
    lab.web.ip("addr del 10.7.0.2/24 dev eth0")
    wait_until(lambda: ask(lab.host, "127.0.0.1", "web.lan.vanya").rcode() == 3)
    lab.web.add_addr("eth0", "10.7.0.5/24")
    lab.expect("web", "10.7.0.5")


def test_a_secondary_address_is_served_and_goes_with_its_primary(lab):
    lab.serve()
    lab.web.add_addr("eth0", "10.7.0.3/24")
    lab.expect("web", "10.7.0.2", "10.7.0.3")
    lab.web.write_sysctl("net/ipv4/conf/eth0/promote_secondaries", 0)
    lab.web.ip("addr del 10.7.0.2/24 dev eth0")
    lab.expect("web", *[line.split()[3].partition("/")[0]
                        for line in lab.web.ip("-4 -o addr show dev eth0").splitlines()])


def test_an_address_is_served_when_duplicate_detection_is_done_and_not_before(lab):
    lab.serve()
    lab.web.ip("addr add fd07::2/64 dev eth0")
    wait_until(lambda: lab.reason("web", "fd07::2"), what="the tentative address in names")
    assert "tentative" in lab.reason("web", "fd07::2")
    assert lab.answers("web") == ["10.7.0.2"]
    lab.expect("web", "10.7.0.2", "fd07::2")


def test_an_address_that_another_has_is_never_served(lab):
    lab.workload("other", "fd07::2/64")
    lab.serve()
    lab.expect("other", "fd07::2")
    lab.web.ip("addr add fd07::2/64 dev eth0")
    wait_until(lambda: "failed" in (lab.reason("web", "fd07::2") or ""), what="DAD to fail")
    assert lab.answers("web") == ["10.7.0.2"]
    assert lab.ptr("fd07::2") == ["other.lan.vanya."]


def test_a_deprecated_address_goes_where_a_better_one_is(lab):
    lab.serve()
    lab.web.add_addr("eth0", "fd07::2/64", "fd07::3/64")
    lab.expect("web", "10.7.0.2", "fd07::2", "fd07::3")
    lab.web.ip("addr change fd07::2/64 dev eth0 valid_lft 100 preferred_lft 0")
    lab.expect("web", "10.7.0.2", "fd07::3")
    assert "deprecated" in lab.reason("web", "fd07::2")
    lab.web.ip("addr del fd07::3/64 dev eth0")
    lab.expect("web", "10.7.0.2", "fd07::2")
    lab.web.add_addr("eth0", "fd07::4/64")
    lab.expect("web", "10.7.0.2", "fd07::4")
    lab.web.ip("addr change fd07::2/64 dev eth0 valid_lft 100 preferred_lft 50")
    lab.expect("web", "10.7.0.2", "fd07::2", "fd07::4")


def test_an_address_whose_preferred_lifetime_ends_is_deprecated_then_gone(lab):
    lab.serve()
    lab.web.add_addr("eth0", "fd07::3/64")
    lab.web.ip("addr add fd07::2/64 dev eth0 nodad valid_lft 3 preferred_lft 1")
    lab.expect("web", "10.7.0.2", "fd07::2", "fd07::3")
    lab.expect("web", "10.7.0.2", "fd07::3")
    assert "deprecated" in lab.reason("web", "fd07::2")
    wait_until(lambda: "fd07::2" not in lab.daemon.ask("names"), 8, "the address to expire")


def test_deprecated_addresses_are_served_when_asked_for(lab):
    lab.serve("--deprecated")
    lab.web.add_addr("eth0", "fd07::2/64", "fd07::3/64")
    lab.web.ip("addr change fd07::2/64 dev eth0 valid_lft 100 preferred_lft 0")
    lab.expect("web", "10.7.0.2", "fd07::2", "fd07::3")


@pytest.mark.parametrize("is_wanted", [False, True])
def test_temporary_addresses_are_served_only_when_asked_for(lab, is_wanted):
    lab.serve(*(["--temporary"] if is_wanted else []))
    lab.web.write_sysctl("net/ipv6/conf/eth0/use_tempaddr", 2)
    lab.web.write_sysctl("net/ipv6/conf/eth0/dad_transmits", 0)
    lab.web.ip("addr add fd07::2/64 dev eth0 mngtmpaddr nodad valid_lft 1000 preferred_lft 500")

    def temporary():
        for line in lab.web.ip("-6 -o addr show dev eth0").splitlines():
            if " temporary " in line and " tentative " not in line:
                return line.split()[3].partition("/")[0]
        return None
    address = wait_until(temporary, what="a temporary address")
    if is_wanted:
        lab.expect("web", "10.7.0.2", "fd07::2", address)
    else:
        lab.expect("web", "10.7.0.2", "fd07::2")
        assert "temporary" in wait_until(lambda: lab.reason("web", address))


def test_an_optimistic_address_is_served(lab):
    lab.serve()
    for option in ("optimistic_dad", "use_optimistic"):
        lab.web.write_sysctl(f"net/ipv6/conf/all/{option}", 1)
        lab.web.write_sysctl(f"net/ipv6/conf/eth0/{option}", 1)
    lab.web.ip("addr add fd07::2/64 dev eth0 optimistic")
    lab.expect("web", "10.7.0.2", "fd07::2", timeout=0.8)


def test_a_lifetime_refresh_changes_nothing(lab):
    lab.serve()
    lab.web.ip("addr add fd07::2/64 dev eth0 nodad valid_lft 1000 preferred_lft 500")
    lab.expect("web", "10.7.0.2", "fd07::2")
    before = lab.daemon.status()
    for _ in range(20):
        lab.web.ip("addr change fd07::2/64 dev eth0 valid_lft 2000 preferred_lft 900")
    wait_until(lambda: lab.daemon.status()["kernel"]["datagrams"] >=
               before["kernel"]["datagrams"] + 20, what="20 notifications")
    assert lab.daemon.status()["zone"]["serial"] == before["zone"]["serial"]


def test_addresses_that_are_no_use_to_others_are_not_served(lab):
    lab.serve()
    lab.web.set_alias("lo", "loopback")
    lab.web.ip("addr add 10.99.0.1/32 dev lo scope host")
    lab.web.add_addr("eth0", "fd07::2/64")
    lab.expect("web", "10.7.0.2", "fd07::2")
    assert lab.answers("loopback") == []
    assert ask(lab.host, "127.0.0.1", "loopback.vanya").rcode() == 3


# --- aliases --------------------------------------------------------------------------------------

def test_an_alias_is_set_changed_and_cleared(lab):
    lab.serve()
    lab.web.set_alias("eth0", "shop")
    lab.expect("shop", "10.7.0.2")
    assert lab.answers("web") == []
    assert lab.ptr("10.7.0.2") == ["shop.lan.vanya."]
    lab.web.set_alias("eth0", "")
    lab.expect("shop")
    assert ask(lab.host, "127.0.0.1", "shop.vanya").rcode() == 3
    assert lab.ptr("10.7.0.2") == []
    lab.web.set_alias("eth0", "web")
    lab.expect("web", "10.7.0.2")


def test_an_alias_that_changes_only_in_case_keeps_its_name(lab):
    lab.serve()
    lab.web.set_alias("eth0", "WEB")
    wait_until(lambda: lab.ptr("10.7.0.2") == ["WEB.lan.vanya."], what="the new spelling")
    assert lab.answers("web") == ["10.7.0.2"]


def test_an_alias_can_hold_several_names(lab):
    lab.serve()
    lab.web.set_alias("eth0", "web, shop  mail,,mail")
    for name in ("web", "shop", "mail"):
        lab.expect(name, "10.7.0.2")
    assert sorted(lab.daemon.names()[0]) == ["mail", "shop", "web"]
    lab.web.set_alias("eth0", "shop")
    lab.expect("web")
    lab.expect("mail")
    lab.expect("shop", "10.7.0.2")


@pytest.mark.parametrize("alias, bad", [
    ("web -bad", "-bad"), ("web bad-", "bad-"), ("web b_d", "b_d"),
    ("web b\u00fccher", "b\u00fccher"), ("web wan", "wan"), ("web LAN", "LAN"),
    ("web a.b", "a.b"), ("web " + "x" * 64, "x" * 64),
    ("web a\nb", None), ("web \x1b[31m", None), ("web \"'\\", "\"'\\")])
def test_what_is_no_label_is_told_and_not_served(lab, alias, bad):
    lab.serve()
    lab.web.set_alias("eth0", alias)
    rejected = wait_until(lambda: [line for line in lab.daemon.lines("names")
                                   if "rejected" in line], what="the word in names")
    if bad:
        assert rejected[0]["rejected"] == bad
    assert rejected[0]["netns"] == lab.web.name and rejected[0]["link"] == "eth0"
    text = lab.daemon.ask("names")
    assert rejected[0]["reason"] in text and rejected[0]["reason"] in lab.daemon.log()
    assert "\x1b" not in text and "\x1b" not in lab.daemon.log()
    assert list(lab.daemon.names()[0]) == ["web"]
    lab.expect("web", "10.7.0.2")


def test_a_workload_can_have_several_links(lab):
    lab.serve()
    lab.host.ip(f"link add p2 type veth peer name eth1 netns {lab.web.name}")
    lab.host.ip("link set p2 master br0 up")
    lab.web.add_addr("eth1", "10.7.0.3/24")
    lab.web.set_alias("eth1", "web")
    lab.web.ip("link set eth1 up")
    lab.expect("web", "10.7.0.2", "10.7.0.3")
    lab.web.set_alias("eth1", "other")
    lab.expect("web", "10.7.0.2")
    lab.expect("other", "10.7.0.3")


def test_a_link_of_the_host_itself_has_a_name_too(lab):
    lab.serve()
    lab.host.set_alias("br0", "gateway")
    lab.expect("gateway", "10.7.0.1", "fd07::1")


# --- links ----------------------------------------------------------------------------------------

def test_a_link_goes_down_and_up(lab):
    lab.serve()
    lab.web.add_addr("eth0", "fd07::2/64")
    lab.expect("web", "10.7.0.2", "fd07::2")
    lab.web.ip("link set eth0 down")
    lab.expect("web")
    assert lab.reason("web", "10.7.0.2") == LINK_IS_DOWN
    lab.web.ip("link set eth0 up")
    lab.expect("web", "10.7.0.2")


def test_carrier_is_lost_and_found(lab):
    lab.serve()
    port = lab.host.ip("-o link show type veth").split(": ")[1].partition("@")[0]
    lab.host.ip(f"link set {port} down")
    lab.expect("web")
    assert lab.reason("web", "10.7.0.2") == NO_CARRIER
    lab.host.ip(f"link set {port} up")
    lab.expect("web", "10.7.0.2")


def test_an_alias_set_while_a_link_is_down_shows_when_it_is_up(lab):
    lab.serve()
    lab.web.ip("link set eth0 down")
    lab.web.set_alias("eth0", "shop")
    lab.web.ip("link set eth0 up")
    lab.expect("shop", "10.7.0.2")
    lab.expect("web")


def test_a_link_that_is_renamed_keeps_its_name(lab):
    lab.serve()
    lab.web.ip("link set eth0 down")
    lab.web.ip("link set eth0 name wan0")
    lab.web.ip("link set wan0 up")
    lab.expect("web", "10.7.0.2")
    wait_until(lambda: " wan0\n" in lab.daemon.ask("names"), what="the new name of the link")


def test_a_link_that_moves_takes_its_name_with_it(lab):
    other = lab.topo.namespace("other")
    lab.serve()
    lab.web.ip(f"link set eth0 netns {other.name}")
    lab.expect("web")
    other.ip("link set eth0 up")
    other.add_addr("eth0", "10.7.0.4/24")
    lab.expect("web", "10.7.0.4")
    wait_until(lambda: f" {other.name} " in lab.daemon.ask("names"), what="the new namespace")


def test_a_link_that_is_deleted_is_gone(lab):
    lab.serve()
    lab.web.ip("link del eth0")
    lab.expect("web")
    assert lab.daemon.names() == ({}, {})


def test_a_link_with_the_index_of_one_that_is_gone_is_another(lab):
    lab.serve()
    index = lab.web.ifindex("eth0")
    lab.web.ip("link del eth0")
    lab.host.ip(f"link add pn type veth peer name eth0 index {index} netns {lab.web.name}")
    lab.host.ip("link set pn master br0 up")
    lab.web.add_addr("eth0", "10.7.0.8/24")
    lab.web.ip("link set eth0 up")
    lab.expect("web")
    assert lab.daemon.names() == ({}, {})
    lab.web.set_alias("eth0", "web")
    lab.expect("web", "10.7.0.8")


def test_a_macvlan_has_a_name_like_any_link(lab):
    lab.serve()
    inside = lab.topo.namespace("inside")
    lab.host.ip(f"link add link br0 name mv0 netns {inside.name} type macvlan mode bridge")
    inside.set_alias("mv0", "mac")
    inside.add_addr("mv0", "10.7.0.6/24", "fd07::6/64")
    inside.ip("link set mv0 up")
    lab.expect("mac", "10.7.0.6", "fd07::6")
    lab.host.ip("link set br0 down")
    lab.expect("mac")
    lab.host.ip("link set br0 up")
    lab.expect("mac", "10.7.0.6", "fd07::6")


# --- namespaces -----------------------------------------------------------------------------------

def test_a_namespace_that_is_made_later_is_served(lab):
    lab.serve()
    lab.workload("late", "10.7.0.5/24", "fd07::5/64")
    lab.expect("late", "10.7.0.5", "fd07::5")


def test_a_namespace_that_is_deleted_takes_its_names_with_it(lab):
    late = lab.workload("late", "10.7.0.5/24")
    lab.serve()
    assert lab.answers("late") == ["10.7.0.5"]
    late.close()
    lab.expect("late")
    assert lab.ptr("10.7.0.5") == []
    lab.expect("web", "10.7.0.2")


def test_a_namespace_without_a_name_is_seen_when_it_gets_an_id(lab):
    ns = lab.topo.namespace("alone")
    ns.ip("link add br9 type bridge")
    ns.set_alias("br9", "alone")
    ns.ip("link set br9 up")
    ns.ip("link add p9 type veth peer name q9")
    ns.ip("link set p9 up master br9")
    ns.ip("link set q9 up")
    ns.add_addr("br9", "10.70.0.1/24")
    ns.hide()
    lab.serve()
    assert lab.answers("alone") == []
    holder = ns.popen(["sleep", "60"])
    try:
        lab.host.run(["ip", "netns", "attach", "byhand", str(holder.pid)])
        lab.expect("alone", "10.70.0.1")
        lab.host.run(["ip", "netns", "del", "byhand"])
        lab.web.set_alias("eth0", "other")
        lab.expect("other", "10.7.0.2")
        lab.expect("alone", "10.70.0.1")
    finally:
        holder.kill()
        holder.wait()
    ns.close()
    lab.expect("alone")


def test_an_id_given_by_another_hand_is_enough(lab):
    """Without a directory to watch: only by the kernel's events about ids."""
    lab.web.hide()
    ns = lab.topo.namespace("alone")
    ns.ip("link add br9 type bridge")
    ns.set_alias("br9", "alone")
    ns.add_addr("br9", "10.70.0.1/24")
    ns.ip("link set br9 up")
    ns.ip("link add p9 type veth peer name q9")
    ns.ip("link set p9 up master br9")
    ns.ip("link set q9 up")
    lab.serve("--no-assign-nsid", "--rootless")  # since its owner is unknown
    assert lab.answers("alone") == []
    lab.host.ip(f"netns set {ns.name} 4711")
    lab.expect("alone", "10.70.0.1")
    assert {line["nsid"] for line in lab.daemon.lines("graph")} >= {-1, 4711}


def test_an_id_that_is_used_again_is_another_namespace(lab):
    lab.serve("--no-assign-nsid", "--rootless")
    for turn in range(5):
        name = f"turn{turn}"
        ns = lab.topo.namespace(name)
        ns.ip("link add p type veth peer name q")
        ns.set_alias("p", name)
        ns.batch(["link set p up", "link set q up", f"addr add 10.71.0.{turn + 1}/24 dev p"])
        lab.host.ip(f"netns set {ns.name} 77")
        lab.expect(name, f"10.71.0.{turn + 1}")
        assert lab.answers(f"turn{turn - 1}") == []
        ns.close()
        wait_until(lambda: "nsid 77" not in lab.host.ip("netns list-id"), what="the id to be free")
    lab.expect("turn4")


def test_a_hundred_changes_at_once_end_in_the_right_state(lab):
    lab.serve()
    lab.web.batch([f"addr add 10.7.1.{i}/24 dev eth0" for i in range(1, 101)] +
                  [f"addr del 10.7.1.{i}/24 dev eth0" for i in range(100, 1, -1)])
    lab.expect("web", "10.7.0.2", "10.7.1.1")


# --- the serial -----------------------------------------------------------------------------------

def serial_of(lab):
    return ask(lab.host, "127.0.0.1", "vanya", "SOA").answer[0][0].serial


def test_the_serial_rises_with_each_change_and_stays_without(lab):
    lab.serve()
    serial = serial_of(lab)
    for change in (lambda: lab.web.add_addr("eth0", "10.7.0.3/24"),
                   lambda: lab.web.ip("addr del 10.7.0.3/24 dev eth0"),
                   lambda: lab.web.set_alias("eth0", "other"),
                   lambda: lab.web.set_alias("eth0", "web")):
        change()
        after = wait_until(lambda before=serial: serial_of(lab) - before, what="a rise") + serial
        assert 0 < after - serial < 1 << 31
        serial = after
    assert serial_of(lab) == serial


def test_the_serial_goes_on_after_a_restart(lab):
    lab.serve()
    lab.web.batch([f"addr add 10.7.1.{i}/24 dev eth0" for i in range(1, 6)])
    wait_until(lambda: len(lab.answers("web")) == 6)
    before = serial_of(lab)
    lab.daemon.stop()
    lab.daemon.start()
    assert serial_of(lab) > before
