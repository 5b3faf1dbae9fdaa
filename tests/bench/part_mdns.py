# SPDX-License-Identifier: ISC
"""Multicast DNS beside avahi-daemon: cost of an answer, all names announced, memory, a change."""
import os
import re
import select
import socket
import struct
import subprocess
import time

import questions
import servers
from lab import Missing, percentile
from part_kernel import change
from part_unicast import ROUND_COUNT, ROUND_SECONDS, cost_rounds, measure_rounds

GROUP, PORT = "224.0.0.251", 5353
ANNOUNCE_TIMEOUT, QUIET_S = 30, 3
PROBES, MANY = 60, 10000
CHANGES = {"ontap": 50, "avahi": 15}  # Avahi takes two seconds for each


def run(lab, report):
    sizes = (10,) if lab.is_smoke else (1, 1000)
    used = [measure_size(lab, report, size) for size in sizes]
    if len(sizes) > 1:
        for name in used[0]:
            if name in used[1]:
                report.add("mdns", f"{name}: memory of a further name", sizes[1],
                           (used[1][name] - used[0][name]) * 1024 / (sizes[1] - sizes[0]), "KiB")
    measure_public(lab, report, 10)
    measure_change(lab, report)
    measure_probe(lab, report)
    measure_many(lab, report, 50 if lab.is_smoke else MANY)


def start_ontap(lab, host, size, *options):
    zone = f"{lab.directory('zones')}/local-{size}"
    questions.write_local_zone(zone, size)
    return servers.ontap(host, f"--listen={host.addr}", "--mdns=s0", "--threads=1",
                         "--no-assign-nsid",
                         "--hostnames-by=none",  # without the cost of events of other processes here
                         f"--zone-file={zone}", *options)


def start_avahi(lab, host, size):
    hosts = f"{lab.directory('zones')}/avahi-{size}"
    questions.write_avahi_hosts(hosts, size)
    return servers.avahi(host, hosts)


def measure_size(lab, report, size):
    asked = f"{lab.directory('zones')}/local-questions-{size}"
    questions.write_local_questions(asked, size)
    running, used = [servers.echo(lab.host("echo"), PORT, GROUP)], {}
    for name, start in (("ontap", start_ontap), ("avahi", start_avahi)):
        host = lab.host(name)
        try:
            watcher = Watcher(lab, host)
            server = start(lab, host, size)
        except Missing as missing:
            report.missing("mdns", f"{name}: {missing}")
            continue
        first, last = watcher.wait(size, 0.5 if lab.is_smoke else QUIET_S)
        report.add("mdns", f"{name}: all names announced once, after start", size, first * 1000, "ms")
        report.add("mdns", f"{name}: last announcement, after start", size, last * 1000, "ms")
        report.add("mdns", f"{name}: packets until then", size, watcher.packets, "")
        used[name] = server.pss_mib()
        report.add("mdns", f"{name}: PSS", size, used[name], "MiB")
        running.append(server)
    cost_rounds(lab, report, "mdns", size, running, asked, port=PORT, to=GROUP)
    for server in running:
        server.stop()
    return used


def measure_public(lab, report, size):
    """What signatures cost: bytes of a packet that has one, and the answers that have none."""
    asked = f"{lab.directory('zones')}/local-questions-{size}"
    questions.write_local_questions(asked, size)
    plain = start_ontap(lab, lab.host("ontap"), size)
    public = start_ontap(lab, lab.host("public"), size, "--publish=*")
    plain.name = "ontap without --publish"
    time.sleep(0.5 if lab.is_smoke else 6)  # all is announced

    def ask(server):
        return lab.load(asked, server.host, count=500 if lab.is_smoke else ROUND_COUNT, seconds=ROUND_SECONDS,
                        any_reply=False, port=PORT, to=GROUP)
    measure_rounds(lab, report, "mdns", size, [plain, public], ask, what="all names public, ", ratio_target=1.05)
    host_name = socket.gethostname().split(".")[0]
    names = len(f".{host_name}.local.") + len(f".{host_name}.{servers.DOMAIN}.")
    grown = answer_length(lab, public.host) - answer_length(lab, plain.host)
    report.add("mdns", "ontap: bytes of a signature in a packet, without its names", size, grown - names, "", target=120)
    for server in (plain, public):
        server.stop()


def answer_length(lab, host):
    """The length of the response to the group for one name, which is unique and so comes alone."""
    with lab.client.socket(socket.AF_INET) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, host.client_link.encode())
        membership = socket.inet_aton(GROUP) + struct.pack("4xi", lab.client.ifindex(host.client_link))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, membership)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        sock.bind(("", PORT))
        name = questions.label(0).encode()
        sock.sendto(struct.pack("!6H", 0, 0, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\5local\0\0\1\0\1", (GROUP, PORT))
        deadline = time.monotonic() + 5
        while select.select([sock], [], [], max(0, deadline - time.monotonic()))[0]:
            packet = sock.recv(9000)
            if packet[2] & 0x80 and name in packet:
                return len(packet)
    raise RuntimeError(f"{host.name} has not answered")


class Watcher:
    """Receives a host's multicasts on its link, from before its start."""

    def __init__(self, lab, host):
        self.sock = lab.client.socket(socket.AF_INET)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, host.client_link.encode())
        link = lab.client.ifindex(host.client_link)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                             socket.inet_aton(GROUP) + struct.pack("4xi", link))
        self.sock.bind((GROUP, PORT))
        self.start = time.monotonic()
        self.packets = 0
        self.times = []  # of them

    def wait(self, size, quiet_s):
        """Seconds until each name was in a response, and until the last response, which is followed by a
        long pause."""
        seen, all_seen, last = set(), float("nan"), float("nan")
        deadline = self.start + ANNOUNCE_TIMEOUT
        while select.select([self.sock], [], [], max(0, deadline - time.monotonic()))[0]:
            packet = self.sock.recv(9000)
            now = time.monotonic()
            self.packets += 1
            self.times.append(now)
            if not packet[2] & 0x80:
                continue
            seen |= set(re.findall(rb"\x07h(\d{6})", packet))
            last = now - self.start
            if len(seen) == size and all_seen != all_seen:
                all_seen = last
            if all_seen == all_seen:
                deadline = now + quiet_s
        self.sock.close()
        return all_seen, last


def measure_change(lab, report):
    """A new address for a name that its owner holds already."""
    starters = (("ontap", changing_ontap), ("avahi", changing_avahi))
    for name, start in starters[:1] if lab.is_smoke else starters:
        host = lab.host(name)
        try:
            server = start(lab, host)
        except Missing as missing:
            report.missing("mdns", f"{name}, change: {missing}")
            continue
        time.sleep(1.5 if lab.is_smoke else 4)  # the owner holds the name by then
        got = change(lab, host, host.ns, 2 if lab.is_smoke else CHANGES[name], 4, "changing.local",
                     client=lab.client, addr=host.addr, port=PORT, link="s0")
        for percent, text in ((50, "median"), (99, "p99")):
            report.add("mdns", f"{name}: new address of a name, to the answer, {text}", 1,
                       percentile(got["add_answer_us"], percent) / 1000, "ms",
                       target=5 if name == "ontap" else None)
        server.stop()


def changing_ontap(lab, host):
    host.ns.set_alias("s0", "changing")
    return servers.ontap(host, f"--listen={host.addr}", "--mdns=s0", "--no-assign-nsid")


def changing_avahi(lab, host):
    hosts = os.path.join(lab.directory("zones"), "avahi-none")
    with open(hosts, "w", encoding="ascii"):
        pass
    return servers.avahi(host, hosts, hostname="changing")


def measure_probe(lab, report):
    """From `ip addr add` in a workload's namespace to the first probe for its name. This includes a random
    delay of 0 to 250 ms (RFC 6762 §8.1), so the shortest and the longest time show our own part."""
    host, workload = lab.host("ontap"), lab.topology.namespace("probed")
    host.ns.ip(f"link add link s0 name m0 netns {workload.name} type macvlan mode bridge")
    workload.set_alias("m0", "probed")
    workload.ip("link set m0 up")
    time.sleep(0.1 if lab.is_smoke else 2)
    server = servers.ontap(host, f"--listen={host.addr}", "--mdns=s0", "--no-assign-nsid",
                           "--assign-nsid=/run/netns")
    watcher = Watcher(lab, host)
    adder = workload.popen(["ip", "-batch", "-"], stdin=subprocess.PIPE)
    # Its link-local IPv6 address has that name, too, so it is removed.
    workload.ip("-6 addr flush dev m0")
    time.sleep(1)
    took = []
    for i in range(3 if lab.is_smoke else PROBES):
        drain(watcher.sock)
        start = time.monotonic()
        adder.stdin.write(f"addr add 10.88.77.{i + 1}/32 dev m0\n".encode())
        adder.stdin.flush()
        if until_probe(watcher.sock, b"\x06probed\x05local", start + 1):
            took.append((time.monotonic() - start) * 1000)
        adder.stdin.write(f"addr del 10.88.77.{i + 1}/32 dev m0\n".encode())
        adder.stdin.flush()
        time.sleep(0.1)
    adder.stdin.close()
    adder.wait()
    for percent, text, target in ((0, "shortest", None), (50, "median", None), (100, "longest", 255)):
        report.add("mdns", f"ontap: new name's address to the first probe, {text}", len(took),
                   percentile(took, percent), "ms", target=target)
    watcher.sock.close()
    server.stop()


def drain(sock):
    while select.select([sock], [], [], 0)[0]:
        sock.recv(9000)


def until_probe(sock, name, deadline):
    while select.select([sock], [], [], max(0, deadline - time.monotonic()))[0]:
        packet = sock.recv(9000)
        if not packet[2] & 0x80 and name in packet:
            return True
    return False


def measure_many(lab, report, size):
    """The number of packets per second for all names of a large zone at the start."""
    host = lab.host("ontap")
    watcher = Watcher(lab, host)
    server = start_ontap(lab, host, size)
    first, last = watcher.wait(size, 0.5 if lab.is_smoke else QUIET_S)
    second = [sum(at <= other < at + 1 for other in watcher.times) for at in watcher.times]
    report.add("mdns", "ontap: all names announced once, after start", size, first * 1000, "ms")
    report.add("mdns", "ontap: last announcement, after start", size, last * 1000, "ms")
    report.add("mdns", "ontap: packets until then, one family", size, watcher.packets, "")
    report.add("mdns", "ontap: most packets in a second, one family", size,
               max(second, default=0), "", target=300)
    server.stop()
