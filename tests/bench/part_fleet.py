# SPDX-License-Identifier: ISC
"""A thousand hosts whose names a collector serves, and two Knots that validate: all come within ten seconds; one appears;
rubbish arrives."""
import json
import random
import threading
import time

import questions
import servers
from lab import Missing, median
from part_signed import DNSSEC, MOST_OTHERS_US, Asker as Other, signer_us, wait_kept

try:
    from lib.fleet import NAMES_EACH, Asker, Fleet
    from lib.mdns import GROUP4, PORT
    from lib.secondary import knot_secondary
    from lib.transfer import HOST, tsig_option
    missing = None
except ImportError as error:  # python3-dnspython, python3-cryptography
    missing = error

LINKS, HOSTS, KEPT, COME_S = 4, 1000, 1000, 10
ONES = 20  # hosts that appear one by one
RUBBISH_A_S, RUBBISH_S = 2000, 10  # packets with wrong signatures
SECONDARIES = ("10.7.0.21", "10.7.0.22")
REPEAT_S, GIVE_UP_S = 2, 300
MOST_SERVED_MS, MOST_ONE_MS, MOST_RUBBISH_CORE = 15000, 2000, 10


def run(lab, report):
    if missing:
        raise Missing(str(missing))
    knotd = servers.need("knotd")
    hosts, ones = (20, 2) if lab.is_smoke else (HOSTS, ONES)
    site = Site(lab, knotd, hosts, ones)
    try:
        measure_all(lab, report, site)
        measure_one(report, site)
        measure_rubbish(lab, report, site)
    finally:
        site.close()
        lab.stop_servers()


class Site:
    """The collector, which has a thousand names besides, its secondaries and all hosts."""

    def __init__(self, lab, knotd, hosts, ones):
        host = lab.host("collector")
        lab.topology.has_dad = False
        self.fleet = Fleet(lab.topology, host.ns, LINKS, hosts + ones)
        self.hosts, self.ones = self.fleet.members[:hosts], self.fleet.members[hosts:]
        work = lab.directory("fleet")
        trust = servers.write(f"{work}/hosts.key", "".join(member.key.line() for member in self.fleet.members))
        self.kept = 10 if lab.is_smoke else KEPT
        zone = f"{work}/zone"
        questions.write_zone(zone, self.kept)
        self.server = servers.ontap(
            host, "--listen=any", "--no-assign-nsid", "--hostnames-by=none", f"--zone-file={zone}", DNSSEC, "--collect",
            f"--trust={trust}", "--lan=10.0.0.0/8", *(f"--mdns={link.ifname}" for link in self.fleet.links),
            tsig_option("one"), "--allow-transfer=key:one", *(f"--notify={addr},key:one" for addr in SECONDARIES), cores=2)
        self.knots, self.secondaries = [], []
        for addr in SECONDARIES:
            ns = lab.topology.workload("secondary", host.ns, "br0", f"{addr}/16")
            self.knots.append(knot_secondary(knotd, ns, addr, lab.directory(f"knot-{addr}"),
                                             questions.DOMAIN, is_validating=True))
            self.secondaries.append(Asker(ns, addr, questions.DOMAIN, has_do=True))
        self.collector = Asker(self.fleet.links[0].ns, HOST, questions.DOMAIN)
        for secondary in self.secondaries:
            wait_for(secondary, [questions.CHANGING])
        wait_kept(self.server)

    def close(self):
        for what in (self.fleet, self.collector, *self.secondaries):
            what.close()
        for knot in self.knots:
            knot.stop()

    def packets(self):
        """How many were judged how."""
        done = self.server.host.ns.run([self.server.process.args[0], "status", "-j", f"--socket={self.server.socket}"])
        return json.loads(done.stdout)["collector"]["packets"]


def wait_for(asker, labels, pause_s=0.005):
    """Until all are answered; returns when."""
    deadline = time.monotonic() + GIVE_UP_S
    while labels:
        labels = asker.missing(labels)
        if labels:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(labels)} names are not served: {labels[:3]} …")
            time.sleep(pause_s)
    return time.monotonic()


def say_all(hosts, begin, come_s):
    """Each at its time in these seconds, and again a second later (RFC 6762 §8.3)."""
    for at, i in sorted((begin + again + come_s * i / len(hosts), i) for again in (0, 1) for i in range(len(hosts))):
        time.sleep(max(at - time.monotonic(), 0))
        hosts[i].say()


def come(site, come_s):
    """All hosts say their names; then those that were not heard say them again. Returns the seconds until all are served."""
    begin, todo = time.monotonic(), site.hosts
    saying = threading.Thread(target=say_all, args=(todo, begin, come_s))
    saying.start()
    time.sleep(come_s)
    repeat = begin + come_s + 1 + REPEAT_S
    while todo:
        todo = site.collector.absent(todo)
        if time.monotonic() > repeat:
            repeat += REPEAT_S
            for host in todo:
                host.say()
        time.sleep(0.02)
    served = time.monotonic() - begin
    saying.join()
    return served


def measure_all(lab, report, site):
    size = len(site.hosts) * NAMES_EACH
    asked = f"{lab.directory('asked')}/kept"
    questions.write_questions(asked, site.kept, has_do=True)
    site.fleet.sign()
    other = Other(lab, site.server, asked)
    time.sleep(0.2 if lab.is_smoke else 3)
    rest, other = other.end(), Other(lab, site.server, asked)
    cpu, signer, begin = site.server.cpu_us(), signer_us(site.server), time.monotonic()
    served = come(site, 1 if lab.is_smoke else COME_S)
    labels = [label for host in site.hosts for label in host.labels]
    secondary = max(wait_for(secondary, labels) for secondary in site.secondaries) - begin
    got = other.end()
    signer = signer_us(site.server) - signer
    what = "names in ten seconds"
    report.add("fleet", f"{what}: until all are served", size, served * 1000, "ms", target=MOST_SERVED_MS)
    report.add("fleet", f"{what}: until two Knots have them, validated", size, secondary * 1000, "ms")
    report.add("fleet", f"{what}: other answers, at rest, p99", size, rest["p99_us"], "µs")
    report.add("fleet", f"{what}: other answers meanwhile, p99", size, got["p99_us"], "µs", target=MOST_OTHERS_US)
    report.add("fleet", f"{what}: wrong or lost answers", size, got["wrong"] + got["lost"], "", target=0)
    report.add("fleet", f"{what}: CPU of the signer", size, signer / 1000, "ms")
    report.add("fleet", f"{what}: CPU, the signer's apart, with that of the answers", size,
               (site.server.cpu_us() - cpu - signer) / 1000, "ms")
    report.add("fleet", f"{what}: PSS", size, site.server.pss_mib(), "MiB")


def measure_one(report, site):
    """Hosts appear one after the other, each when a secondary has what was said before, and a time at random more."""
    size, spans, dice = len(site.hosts) * NAMES_EACH, [], random.Random(1)
    for host in site.ones:
        time.sleep(1 + dice.random())
        begin = time.monotonic()
        host.say()
        spans.append((wait_for(site.secondaries[0], host.labels) - begin) * 1000)
    report.add("fleet", "a host appears: until a Knot has its names, validated, median", size, median(spans), "ms")
    report.add("fleet", "a host appears: the longest", size, max(spans), "ms", target=MOST_ONE_MS)


def without_signature(packet):
    """Of the same length, but the header counts no additional record."""
    return packet[:10] + b"\0\0" + packet[12:]


def forged(packet):
    return packet[:-1] + bytes([packet[-1] ^ 1])


def flood(site, packets, span_s):
    """Sends [(host, packet)] again and again. Returns packets in a second: sent, heard and verified; and CPU in % of a core."""
    count = RUBBISH_A_S * span_s
    site.server.wait_quiet()
    before, cpu, begin = site.packets(), site.server.cpu_us(), time.monotonic()
    for i in range(count):
        host, packet = packets[i % len(packets)]
        host.place.send(packet, host.addr, (GROUP4, PORT))
        time.sleep(max(begin + i / RUBBISH_A_S - time.monotonic(), 0))
    span = time.monotonic() - begin
    cpu, after = site.server.cpu_us() - cpu, site.packets()
    heard = sum(after.values()) - sum(before.values())
    return count / span, heard / span, (after["forged"] - before["forged"]) / span, cpu / span / 1e4


def measure_rubbish(lab, report, site):
    """Packets of all hosts, which say new addresses, from the right source, but their signatures are wrong; and the same
    without signatures, like anybody's on a link."""
    size, span_s = len(site.hosts) * NAMES_EACH, 1 if lab.is_smoke else RUBBISH_S
    rubbish = [(host, packet) for last in (1, 2) for host in site.hosts
               for packet in host.packets(f"{host.place.net}.200.{last}")]
    _, _, _, plain = flood(site, [(host, without_signature(packet)) for host, packet in rubbish], span_s)
    sent, heard, verified, cpu = flood(site, [(host, forged(packet)) for host, packet in rubbish], span_s)
    report.add("fleet", "no signatures: CPU", size, plain, "% of a core")
    report.add("fleet", "wrong signatures: packets in a second", size, sent, "")
    report.add("fleet", "wrong signatures: heard in a second", size, heard, "")
    report.add("fleet", "wrong signatures: verified in a second", size, verified, "")
    report.add("fleet", "wrong signatures: CPU", size, cpu, "% of a core", target=MOST_RUBBISH_CORE)
