# SPDX-License-Identifier: ISC
"""ontap --autoconf: guests on macvtaps that take their addresses by DHCP and SLAAC, and their names. A guest is the
kernel of a namespace, whose frames tests/net/guest-shuttle carries to and from the queue. tests/vm/test_autoconf.py has
ipvtaps, which need rewriting."""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

import pytest

from lib.query import addresses, ask
from lib.wait import wait_until
from raw_guest import ETH_ARP, ETH_IPV6, NS, RS, RawGuest, packed
from test_ontap_recipes import OWNERS, background, lab, resolve, resolve_mdns, router  # noqa: F401 (fixtures)
from test_ontapd import NOBODY, needs_second_user, needs_type, ontap, ontapd  # noqa: F401 (fixtures)

BUSYBOX = shutil.which("busybox")
LEASE = "10.6.0.100,10.6.0.110,255.255.255.0"


@pytest.fixture
def guests(lab, topo, ontap, program):  # noqa: F811
    """guests(daemon, "den") -> a namespace whose eth0 is the card of a guest on a macvtap."""
    needs_type(lab, "macvtap")
    if not BUSYBOX:
        pytest.skip("busybox is not installed")
    shuttle = program("tests/net/guest-shuttle")

    def start(daemon, name, *options, kind="macvtap", parent="eth0"):
        inside = topo.namespace(name)
        inside.write_sysctl("net/ipv6/conf/default/accept_ra", 2)
        inside.process = ontap(daemon, "-t", kind, "-a", name, "--autoconf", *options, start=True, parent=parent,
                               prog=["nsenter", f"--net={inside.path}", shuttle, "eth0"])
        line = inside.process.stdout.readline()
        assert line == "up\n", daemon.log()
        return inside
    return start


def dnsmasq(lab, background, directory, lease="1h", options=()):  # noqa: F811
    background(lab.lan, ["dnsmasq", "-k", "--conf-file=/dev/null", "--port=0", "--interface=lan0", "--bind-interfaces",
                         f"--dhcp-range={LEASE},{lease}", f"--dhcp-leasefile={directory}/leases", "--log-facility=-",
                         f"--pid-file={directory}/dnsmasq.pid", "--dhcp-authoritative", *options],
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def udhcpc_command(directory, *options):
    script = directory / "udhcpc.sh"
    script.write_text("#!/bin/sh\n[ $1 = deconfig ] && ip -4 addr flush dev $interface\n"
                      "[ -n \"$ip\" ] && ip addr replace $ip/$mask dev $interface\nexit 0\n")
    script.chmod(0o755)
    return [BUSYBOX, "udhcpc", "-i", "eth0", "-t", "20", "-T", "1", "-s", str(script), *options]


def udhcpc(guest, directory, *options):
    """A lease by busybox' client; returns its address."""
    guest.run(udhcpc_command(directory, "-n", "-q", *options))
    return guest.run(["sh", "-c", "ip -4 -o addr show dev eth0 | sed 's/.*inet //; s,/.*,,'"]).stdout.strip()


def wait_for_ping(ns, address):
    wait_until(lambda: ns.run([BUSYBOX, "ping", "-c", "1", "-W", "1", address], check=False).returncode == 0, 15,
               f"an answer of {address}")


def held(daemon):
    """What the log says that guests have now: {address: ifindex}."""
    has = {}
    for line in daemon.log().splitlines():
        words = dict(word.split("=", 1) for word in line.split() if "=" in word)
        if "guest has:" in line:
            has[words["addr"]] = words["ifindex"]
        if "guest has no longer:" in line:
            has.pop(words["addr"], None)
    return has


def test_a_guest_with_a_lease_and_slaac_has_a_name(lab, ontapd, serve, guests, background, tmp_path):  # noqa: F811
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    router(lab, background, tmp_path)
    zone = serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--mdns=eth0", *OWNERS)
    guest = guests(daemon, "den")
    address = udhcpc(guest, tmp_path)
    assert resolve(lab, "den.lan.vanya", "A") == [address]
    assert "not listened to" not in zone.log(), "ontapd does"
    assert resolve_mdns(lab, "den.local", "A") == [address]
    assert resolve(lab, "den.wan.vanya", "AAAA")[0].startswith("2001:db8:6:")
    own = {addr["local"] for link in json.loads(guest.ip("-j addr show dev eth0"))
           for addr in link["addr_info"]}
    wait_until(lambda: own <= set(held(daemon)), what="the end of DAD")
    for each in own:
        wait_for_ping(lab.lan, each + "%lan0" if each.startswith("fe80") else each)
    guest.process.kill()
    wait_until(lambda: not addresses(ask(lab.lan, "10.6.0.1", "den.lan.vanya", "A")), what="the end of the name")


def test_a_later_ontap_zone_has_the_name(lab, ontapd, serve, guests, background, tmp_path):  # noqa: F811
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    guest = guests(daemon, "den")
    address = udhcpc(guest, tmp_path)
    wait_until(lambda: address in held(daemon), what="the lease")
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", *OWNERS)
    assert resolve(lab, "den.lan.vanya", "A") == [address]


def test_a_user_of_the_socket_needs_no_privilege(lab, ontapd, serve, need, background, ontap, tmp_path):  # noqa: F811
    """The link is in a namespace of ontapd's, which the user cannot even see."""
    needs_second_user()
    needs_type(lab, "macvtap")
    daemon = ontapd(lab)
    done = ontap(daemon, "-t", "macvtap", "-a", "den", "--autoconf", user=NOBODY,
                 prog=["sh", "-c", "echo $ONTAP_NFDS $ONTAP_HWADDR; ip -br link"])
    assert done.returncode == 0, done.stderr
    count, hwaddr = done.stdout.splitlines()[0].split()
    assert count == "1" and hwaddr not in done.stdout.splitlines()[1:]
    again = ontap(daemon, "-t", "macvtap", "-a", "den", "--autoconf", user=NOBODY, prog=["sh", "-c", "echo $ONTAP_HWADDR"])
    assert again.stdout.split() == [hwaddr], "stable"


def test_a_release_takes_the_name_away(lab, ontapd, serve, guests, background, tmp_path):  # noqa: F811
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", *OWNERS)
    guest = guests(daemon, "den")
    client = background(guest, udhcpc_command(tmp_path, "-f", "-R"), stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
    assert resolve(lab, "den.lan.vanya", "A")
    wait_for_ping(guest, "10.6.0.2")  # the client does not wait until the neighbour is known
    client.terminate()
    wait_until(lambda: not addresses(ask(lab.lan, "10.6.0.1", "den.lan.vanya", "A")), what="the end of the name")


def test_nobody_takes_the_address_of_another(lab, ontapd, guests, background, tmp_path):  # noqa: F811
    """The host's, a sibling's, the router's; under a rule that allows any address."""
    rules = tmp_path / "rules"
    rules.write_text("allow * * * * * any\n")
    os.chmod(tmp_path, 0o755)
    daemon = ontapd(lab, f"--rules={rules}")
    dnsmasq(lab, background, tmp_path, options=["--dhcp-option=3,10.6.0.2"])
    first, thief = guests(daemon, "first"), guests(daemon, "thief")
    address = udhcpc(first, tmp_path)
    wait_until(lambda: address in held(daemon), what="the lease")
    own = udhcpc(thief, tmp_path)
    wait_until(lambda: own in held(daemon), what="the thief's own")
    for stolen in ("10.6.0.1", address, "10.6.0.2"):
        thief.run([BUSYBOX, "arping", "-U", "-c", "2", "-I", "eth0", "-s", stolen, stolen], check=False)
    thief.ip("addr add 10.6.0.77/24 dev eth0")
    thief.run([BUSYBOX, "ping", "-c", "1", "-W", "1", "-I", "10.6.0.77", "10.6.0.2"], check=False)
    wait_until(lambda: "10.6.0.77" in held(daemon), what="an address that nobody has")
    has = held(daemon)
    assert "10.6.0.1" not in has and "10.6.0.2" not in has and has[address] != has[own]


def test_by_default_only_what_the_network_gives_counts(lab, ontapd, guests, background, tmp_path):  # noqa: F811
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    guest = guests(daemon, "den")
    address = udhcpc(guest, tmp_path)
    wait_until(lambda: address in held(daemon), what="the lease")
    guest.ip("addr add 10.6.0.77/24 dev eth0")
    done = guest.run([BUSYBOX, "ping", "-c", "2", "-W", "1", "-I", "10.6.0.77", "10.6.0.2"], check=False)
    assert done.returncode != 0 and "10.6.0.77" not in held(daemon)


def test_a_guest_that_claims_without_end_costs_little(lab, ontapd, guests, background, tmp_path):  # noqa: F811
    """Router solicitations, each from another address: another guest gets its lease meanwhile, and the log stays small."""
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    noisy, quiet = guests(daemon, "noisy"), guests(daemon, "quiet")
    [link] = json.loads(noisy.ip("-j link show dev eth0"))
    is_over, sent, begin = threading.Event(), [], time.monotonic()
    with RawGuest.on_link(noisy, "eth0", link["address"]) as raw:
        def flood():
            while not is_over.is_set():
                source = "fe80::" + random.randbytes(8).hex(":", 2)
                raw.send_icmp6(source, "ff02::2", RS, bytes(4) + b"\1\1" + raw.hwaddr)
                sent.append(source)
        flooder = threading.Thread(target=flood)
        flooder.start()
        try:
            wait_until(lambda: len(sent) > 2000, what="a flood")
            address = udhcpc(quiet, tmp_path)
            wait_until(lambda: address in held(daemon), what="the lease of the other guest")
        finally:
            is_over.set()
            flooder.join()
    lines = sum("guest has" in line for line in daemon.log().splitlines())
    assert 2 < lines < 100 + (time.monotonic() - begin) / 12
    assert "too many new ones in a second" in daemon.log()


# Packets of UDP over IPv6 that are longer than a page, of which only the Ethernet header is in the first part of what the
# kernel makes of them: hdr_len in the header of virtio. Sent again and again from two sources.
IN_PARTS = """
import os, socket, struct
hwaddr = bytes.fromhex(os.environ["ONTAP_HWADDR"].replace(":", ""))
def frame(source, port):
    udp = struct.pack("!4H", port, 9, 5000, 1) + bytes(4992)
    ip = struct.pack("!IHBB", 6 << 28, 5000, 17, 255) + socket.inet_pton(10, source) + socket.inet_pton(10, "ff02::1")
    return struct.pack("=BBHHHH", 0, 0, 14, 0, 0, 0) + bytes.fromhex("333300000001") + hwaddr + b"\\x86\\xdd" + ip + udp
for _ in range(100):
    os.write(int(os.environ["ONTAP_FD0"]), frame("2001:db8:9::9", 1111))
    os.write(int(os.environ["ONTAP_FD0"]), frame("fe80::9", 2222))
"""


def test_the_guard_sees_a_frame_in_parts(lab, ontapd, ontap):  # noqa: F811
    needs_type(lab, "macvtap")
    lab.lan.ip("link set lan0 mtu 9000")
    lab.ip("link set eth0 mtu 9000")
    with RawGuest.on_link(lab.lan, "lan0") as heard:
        done = ontap(ontapd(lab), "-t", "macvtap", "-a", "den", "--autoconf", prog=[sys.executable, "-c", IN_PARTS])
        assert done.returncode == 0, done.stderr
        def ports():
            return {struct.unpack_from("!H", each.payload, 40)[0] for each in list(heard.frames) if len(each.payload) == 5040}
        wait_until(ports, what="a frame")
        assert ports() == {2222}


def test_a_guest_cannot_disturb_the_probes_of_another(lab, ontapd, guests):  # noqa: F811
    """Who hears a probe for the address that it probes for itself gives that up (RFC 4862 section 5.4.3, RFC 5227 section
    2.1.1). The other one is told that the address is taken, and the learner gives it to the first."""
    daemon = ontapd(lab)
    raws = {}
    for name in ("first", "thief"):
        guest = guests(daemon, name)
        [link] = json.loads(guest.ip("-j link show dev eth0"))
        raws[name] = RawGuest.on_link(guest, "eth0", link["address"])
    with raws["first"] as first, raws["thief"] as thief:
        def disturbs(frame):
            if frame.kind == ETH_ARP:
                return frame.payload[24:28] == packed("10.6.0.200")
            return frame.kind == ETH_IPV6 and frame.payload[40] == NS and frame.payload[48:64] == packed("fe80::200")
        first.send_arp(1, "0.0.0.0", "10.6.0.200")
        first.send_ns("fe80::200", "::")
        wait_until(lambda: thief.count, what="the probes at the other guest")
        assert thief.probe("10.6.0.200", 5), "it is taken"
        assert not thief.dad("fe80::200", 5)
        assert thief.probe("10.6.0.201") is None and thief.dad("fe80::201"), "others are not"
        assert not [frame for frame in list(first.frames) if disturbs(frame)]
        wait_until(lambda: "fe80::200" in held(daemon), what="the address of the first")


def test_an_address_that_the_host_gets_is_taken_from_the_guest(lab, ontapd, guests, background, tmp_path):  # noqa: F811
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    guest = guests(daemon, "den")
    address = udhcpc(guest, tmp_path)
    wait_until(lambda: address in held(daemon), what="the lease")
    lab.ip(f"addr add {address}/32 dev lo")
    wait_until(lambda: address not in held(daemon), what="the end of it")
    # One link may have it twice, and still has it then.
    lab.ip(f"addr add {address}/31 dev lo")
    lab.ip(f"addr del {address}/32 dev lo")
    refused = daemon.log().count("it is this host's")
    udhcpc(guest, tmp_path)
    wait_until(lambda: address in held(daemon) or daemon.log().count("it is this host's") > refused, what="a judgement")
    assert address not in held(daemon)


def test_after_a_loss_old_news_of_the_hosts_addresses_do_not_win(lab, ontapd, guests, background, tmp_path):  # noqa: F811
    """What is in the queue still is older than the loss; that the host has the address again was lost."""
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    guest = guests(daemon, "den")
    address = udhcpc(guest, tmp_path)
    wait_until(lambda: address in held(daemon), what="the lease")
    storm = "addr add 10.9.9.9/32 dev lo\naddr del 10.9.9.9/32 dev lo\n" * 3000
    here = f"addr add {address}/32 dev lo\n"
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        lab.run(["ip", "-batch", "-"], input=here + f"addr del {address}/32 dev lo\n" + storm + here)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    wait_until(lambda: address not in held(daemon), what="the end of it")
    udhcpc(guest, tmp_path)
    wait_until(lambda: f"addr={address} error=\"it is this host's\"" in daemon.log() or address in held(daemon),
               what="a judgement")
    assert address not in held(daemon)


def start_without_bpf(daemon, directory):
    """It cannot load libbpf: what it finds by that name is another file."""
    (directory / "libbpf.so.1").touch()
    daemon.stop()
    daemon.start("eth0", env={**os.environ, "LD_LIBRARY_PATH": str(directory)})


def test_without_bpf_a_guest_on_a_macvtap_is_heard_all_the_same(lab, ontapd, guests, ontap, background, tmp_path):  # noqa: F811
    """By a packet socket. Nobody guards what it says; and there are none on ipvtaps, which need rewriting."""
    daemon = ontapd(lab)
    start_without_bpf(daemon, tmp_path)
    dnsmasq(lab, background, tmp_path)
    router(lab, background, tmp_path)
    guest = guests(daemon, "den")
    assert "no programs for guests: " in daemon.log() and "not guarded" in daemon.log()
    client = background(guest, udhcpc_command(tmp_path, "-f", "-R"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    [address] = wait_until(lambda: [addr for addr in held(daemon) if addr.startswith("10.")], what="the lease")
    wait_until(lambda: any(addr.startswith("2001:db8:6:") for addr in held(daemon)), what="the address of SLAAC")
    wait_for_ping(lab.lan, address)
    wait_for_ping(guest, "10.6.0.2")  # the client does not wait until the neighbour is known
    start_without_bpf(daemon, tmp_path)
    wait_until(lambda: "guests followed: count=1" in daemon.log(), what="the guest after a restart")
    wait_for_ping(lab.lan, address)
    wait_for_ping(guest, "10.6.0.2")  # what it sends once is heard
    client.terminate()
    wait_until(lambda: address not in held(daemon), what="the release")
    refused = ontap(daemon, "-t", "ipvtap", "-a", "other", "--autoconf", prog=["true"])
    assert refused.returncode != 0 and "BPF" in refused.stderr, refused.stderr


def test_a_restart_does_no_harm(lab, ontapd, serve, guests, background, tmp_path):  # noqa: F811
    daemon = ontapd(lab)
    dnsmasq(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", *OWNERS)
    guest = guests(daemon, "den")
    client = background(guest, udhcpc_command(tmp_path, "-f", "-R"), stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
    [address] = resolve(lab, "den.lan.vanya", "A")
    daemon.stop()
    assert addresses(ask(lab.lan, "10.6.0.1", "den.lan.vanya", "A")) == [address]
    wait_for_ping(lab.lan, address)
    daemon.start("eth0")
    wait_until(lambda: "guests followed: count=1" in daemon.log(), what="the guest")
    wait_for_ping(lab.lan, address)
    wait_for_ping(guest, "10.6.0.2")  # the client does not wait until the neighbour is known
    client.terminate()
    wait_until(lambda: "guest has no longer" in daemon.log(), what="the release after the restart")
    guest.process.kill()
    wait_until(lambda: "device gone" in daemon.log(), what="the end of the device")


def test_a_tap_on_a_bridge_needs_no_more(lab, ontapd, serve, guests, background, tmp_path):  # noqa: F811
    lab.ip("addr flush dev eth0")
    lab.ip("link add br0 type bridge")
    lab.ip("link set eth0 master br0")
    lab.ip("link set br0 up")
    lab.ip("addr add 10.6.0.1/24 dev br0")
    dnsmasq(lab, background, tmp_path)
    serve(lab, "--domain=vanya", "--listen=10.6.0.1:53", "--guests=auto", *OWNERS)
    guest = guests(ontapd(lab, parents=("br0",)), "den", kind="auto", parent="br0")
    address = udhcpc(guest, tmp_path)
    assert resolve(lab, "den.lan.vanya", "A") == [address]


@pytest.mark.parametrize("options, reason", [
    (["-t", "macvlan"], "only macvtap, ipvtap and tap"),
    (["-t", "veth"], "only macvtap, ipvtap and tap"),
    (["-t", "macvtap", "-n", "nic0"], "not with --name"),
    (["-t", "macvtap", "--keep"], "not with --keep"),
    (["-t", "macvtap", "--addr=10.6.0.9/24"], "not with --addr"),
    (["-t", "macvtap", "--mode=passthru"], "not for mode passthru"),
])
def test_what_does_not_go_together_is_refused_in_words(lab, ontapd, ontap, options, reason):  # noqa: F811
    done = ontap(ontapd(lab), *options, "--autoconf", prog=["true"])
    assert done.returncode != 0 and reason in done.stderr


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as found:
        return [int(child) for child in found.read().split()]


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return {name: text.strip() for name, text in (line.split(":", 1) for line in status)}


def makers(daemon):
    return [child for child in children(daemon.process.pid) if status_of(child)["Uid"].split() == [str(NOBODY)] * 4]


def find_learner(daemon):
    """The learner, and the process that makes it again. ontapd does not wait for them."""
    wait_until(lambda: [child for maker in makers(daemon) for child in children(maker)], what="the learner")
    [maker] = makers(daemon)
    [learner] = children(maker)
    return learner, maker


def test_the_learner_has_no_privilege(lab, ontapd):  # noqa: F811
    for process in find_learner(ontapd(lab)):
        status = status_of(process)
        assert status["Uid"].split() == status["Gid"].split() == [str(NOBODY)] * 4
        assert {status[name] for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")} == {"0" * 16}
        assert status["NoNewPrivs"] == "1" and status["Groups"] == ""


def test_a_learner_that_ends_begins_anew(lab, ontapd, guests, background, tmp_path):  # noqa: F811
    """First by shortage: it has no room for the ring. Later, the guest keeps its address, and is heard again: also what
    it gives up."""
    daemon = ontapd(lab)
    subprocess.run(["prlimit", f"--pid={find_learner(daemon)[0]}", "--as=1:1"], user=NOBODY, group=NOBODY,
                   extra_groups=[], check=True)
    dnsmasq(lab, background, tmp_path)
    guest = guests(daemon, "den")
    wait_until(lambda: "begins anew: guests=" in daemon.log(), what="one with memory")
    client = background(guest, udhcpc_command(tmp_path, "-f", "-R"), stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
    [address] = wait_until(lambda: [addr for addr in held(daemon) if addr.startswith("10.")], what="the lease")
    old, maker = find_learner(daemon)
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: daemon.log().count("begins anew: guests=") == 2, what="another learner")
    new, same = find_learner(daemon)
    assert new != old and same == maker
    wait_for_ping(lab.lan, address)
    wait_for_ping(guest, "10.6.0.2")  # the client does not wait until the neighbour is known
    client.terminate()
    wait_until(lambda: address not in held(daemon), what="the release")
    daemon.stop()
    for pid in (new, maker):
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of both")
