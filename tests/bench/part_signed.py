# SPDX-License-Identifier: ISC
"""A signed zone: answers with signatures, the time until a change is signed, memory, and many changes at once."""
import json
import os
import shutil
import signal
import subprocess
import time

import peers
import questions
import servers
from lab import GUARD_S, SERVER_CPU, Missing, cpu_of, median, percentile, read
from part_kernel import change, make_workload
from part_record import GIVE_UP_S, ByUpdate, Follower, children_us, copy_zone
from part_transfer import fetch, serial_of
from part_unicast import cost_rounds, measure_rounds, prepare

DNSSEC = f"--dnssec={questions.DOMAIN}"
MOST_OF_ECHO = 1.05
MOST_MIB = {1000: 7, 100000: 110}
MOST_SIGNED_US, MOST_CLOSED_US, MOST_OTHERS_US = 500, 1000, 5000
CHANGES, UPDATES = 200, 30
BATCH, KEPT = 10000, 1000  # names that come at once, besides others
SPACES = 10  # namespaces that they are in, if they are links
PEERS = (("knot", peers.knot, 100000), ("nsd", peers.nsd, 100000), ("bind", peers.bind, 1000))  # up to that size


def run(lab, report):
    for size in lab.sizes(1000, 100000):
        measure_restart(lab, report, size)
    for size in lab.sizes(1000, 100000):
        measure_answers(lab, report, size)
    for size in lab.sizes(1, 1000, 100000):
        measure_changes(lab, report, size)
    for size in lab.sizes(1000, 10000):
        measure_update(lab, report, size)
    for batch in (50,) if lab.is_smoke else (100, BATCH):
        measure_batch(lab, report, 10 if lab.is_smoke else KEPT, batch)
    measure_links(lab, report, 10 if lab.is_smoke else KEPT, 40 if lab.is_smoke else BATCH)


def signer_us(server):
    """CPU time of the process with the keys."""
    return sum(time.clock_gettime_ns(~pid << 3 | 2) / 1000 for pid in server.pids()
               if read(f"/proc/{pid}/comm").strip() == "ontap-signer")


def start_signed(host, zone, *options, cores=2):
    """On one core afterwards, like the others; the signatures of the start are made on all. They have been kept for the
    next start when it returns."""
    server = servers.ontap_with_file(host, zone, DNSSEC, *options, cores=cores)
    server.ready_us, server.ready_mib = server.cpu_us(), server.pss_mib()
    server.wait_quiet()
    wait_kept(server)
    return server


def wait_kept(server):
    deadline = time.monotonic() + GUARD_S
    while os.path.exists(f"{server.state}/signatures.new") and time.monotonic() < deadline:
        time.sleep(0.1)
    server.wait_quiet()


def put_on_one_core(server):
    for pid in server.pids():
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), {cpu_of(SERVER_CPU)})


# The start.

def measure_restart(lab, report, size):
    """With the signatures that another start has left, and all records as they were."""
    zone, _ = prepare(lab, size)
    state = lab.directory(f"state-{size}")
    for what in ("signed", "signed before"):
        server = start_signed(lab.host("ontap"), zone, f"--state={state}")
        cpu, signer = server.cpu_us() - server.ready_us, signer_us(server)
        report.add("signed", f"ontap: start to ready, {what}", size, server.start_s * 1000, "ms")
        report.add("signed", f"ontap: CPU until then, {what}", size, server.ready_us / 1000, "ms")
        report.add("signed", f"ontap: CPU of the signer, {what}", size, signer / 1000, "ms")
        report.add("signed", f"ontap: CPU to keep signatures, {what}", size, cpu / 1000, "ms")
        report.add("signed", f"ontap: PSS when it is ready, {what}", size, server.ready_mib, "MiB")
        server.stop()
    kept = f"{state}/signatures"
    report.add("signed", "ontap: kept signatures", size, os.path.getsize(kept) / 1e6 if os.path.exists(kept) else 0, "MB")
    lab.stop_servers()


# Answers.

def signed_zone_of(lab, server, size):
    """The file for the peers: our own zone, as it is transferred."""
    path = f"{lab.directory('signed')}/zone-{size}"
    with open(path, "wb") as file:
        transfer = lab.client.popen([servers.need("dig"), "+onesoa", "+nocmd", "+nostats", f"+time={GUARD_S}",
                                     f"@{server.host.addr}", questions.DOMAIN, "AXFR"], stdout=file)
        transfer.wait(GUARD_S)
    return path


def start_peers(lab, report, size, zone, asked):
    for name, start, most in PEERS:
        if size > most:
            continue
        try:
            server = start(lab.host(name), zone)
            servers.wait_right(server, asked)
            server.wait_quiet()
            yield server
        except Missing as missing:
            report.missing("signed", f"{name}: {missing}")


def measure_answers(lab, report, size):
    zone, plain = prepare(lab, size)
    asked, nonsense = f"{lab.directory('asked')}/{size}", f"{lab.directory('asked')}/nonsense"
    questions.write_questions(asked, size, has_do=True)
    questions.write_nonsense(nonsense)
    ontap = start_signed(lab.host("ontap"), zone, f"--allow-transfer={peers.CLIENTS}")
    servers.wait_right(ontap, asked)
    report.add("signed", "ontap: PSS, signed", size, ontap.pss_mib(), "MiB", target=MOST_MIB.get(size))
    put_on_one_core(ontap)
    echo = servers.echo(lab.host("echo"))
    running = [echo, ontap]
    try:
        running += start_peers(lab, report, size, signed_zone_of(lab, ontap, size), asked)
    except Missing as missing:
        report.missing("signed", str(missing))
    for server in running[2:]:
        report.add("signed", f"{server.name}: PSS, signed", size, server.pss_mib(), "MiB")
    cost_rounds(lab, report, "signed", size, running, asked, ratio_target=MOST_OF_ECHO)
    measure_nonsense(lab, report, size, running, nonsense)
    for server in running[2:]:
        server.stop()
    measure_without(lab, report, size, echo, ontap, zone, plain)
    lab.stop_servers()


def measure_nonsense(lab, report, size, running, nonsense):
    """Names that do not exist: whatever is asked, nothing is signed for it."""
    before = signer_us(running[1])

    def ask(server):
        return lab.load(nonsense, server.host, count=500 if lab.is_smoke else 200000, seconds=0.6,
                        any_reply=server is running[0])

    measure_rounds(lab, report, "signed", size, running, ask, what="NXDOMAIN, ")
    report.add("signed", "ontap: CPU of the signer meanwhile", size, signer_us(running[1]) - before, "µs", target=0)


def measure_without(lab, report, size, echo, signed, zone, asked):
    """Clients that do not want signatures, of the signed zone and of the same zone without signatures."""
    plain = servers.ontap_with_file(lab.host("plain"), zone)
    plain.name = "ontap, not signed"
    plain.wait_quiet()

    def ask(server):
        return lab.load(asked, server.host, count=500 if lab.is_smoke else 200000, seconds=0.6,
                        any_reply=server is echo)

    measure_rounds(lab, report, "signed", size, [echo, signed, plain], ask, what="without DO, ")


# Changes.

def measure_changes(lab, report, size):
    """An address of a link, besides the names of the file: until its answer is signed, and until the SOA is."""
    zone, _ = prepare(lab, size)
    host = lab.host("ontap")
    workload = make_workload(lab, host)
    time.sleep(0.1 if lab.is_smoke else 2)  # duplicate address detection of the link-local addresses
    count = 5 if lab.is_smoke else CHANGES
    name = f"{workload.alias}.lan.{questions.DOMAIN}"
    server = servers.ontap_with_file(host, zone, "--assign-nsid=/run/netns", cores=None)
    got = change(lab, host, workload, count, 4, name, client=lab.client, addr=host.addr)
    server.stop()
    report.add("signed", "ontap, not signed, address: add to the answer, median", size,
               percentile(got["add_answer_us"], 50), "µs")
    server = start_signed(host, zone, "--assign-nsid=/run/netns", cores=None)
    cpu, signer = server.main_cpu_us(), signer_us(server)
    for what, asked, wants, goal in (
            ("signed answer", name, "do", MOST_SIGNED_US),
            ("signed SOA", questions.DOMAIN, "soa", MOST_CLOSED_US)):
        got = change(lab, host, workload, count, 4, asked, client=lab.client, addr=host.addr, wants=[wants])
        for verb in ("add", "remove"):
            report.add("signed", f"ontap, address: {verb} to the {what}, median", size,
                       percentile(got[verb + "_answer_us"], 50), "µs", target=goal)
            report.add("signed", f"ontap, address: {verb} to the {what}, p99", size,
                       percentile(got[verb + "_answer_us"], 99), "µs")
    signer = signer_us(server) - signer
    report.add("signed", "ontap, address: CPU a change, the signer's apart", size,
               (server.main_cpu_us() - cpu - signer) / (4 * count), "µs")
    report.add("signed", "ontap, address: CPU of the signer a change", size, signer / (4 * count), "µs")
    lab.stop_servers()


def measure_update(lab, report, size):
    """Knot, which signs by itself what an update changes."""
    zone, asked = prepare(lab, size)
    copy = copy_zone(lab, zone, "knot", size)
    try:
        server = peers.knot(lab.host("knot"), copy, signs=True)
        start = time.monotonic()
        servers.wait_right(server, asked)
    except Missing as missing:
        report.missing("signed", f"knot: {missing}")
        return
    report.add("signed", "knot: start to the first right answer, signs", size, (time.monotonic() - start) * 1000, "ms")
    server.wait_quiet()
    report.add("signed", "knot: PSS, signs", size, server.pss_mib(), "MiB")
    changer, spans = ByUpdate(server, copy), []
    for i in range(1 if lab.is_smoke else UPDATES):
        follower = Follower(lab, server, f"{questions.CHANGING}.{questions.DOMAIN}",
                            questions.changing_address(i + 1), GIVE_UP_S, "do")
        begin = changer.change()
        spans.append((follower.end()[0] - begin) / 1e3)
    report.add("signed", "knot, update: change to the signed answer, median", size, median(spans), "µs")
    report.add("signed", "knot, update: change to the signed answer, p99", size, percentile(spans, 99), "µs")
    server.stop()


# Many changes at once.

class Asker:
    """Asks for other names all the while, one question at a time."""

    def __init__(self, lab, server, asked):
        self.process = lab.client.popen(
            [lab.program("load"), asked, server.host.addr, "53", "4000000", "1", str(GUARD_S),
             server.host.client_link], stdout=subprocess.PIPE, text=True)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return json.loads(self.process.communicate(timeout=GUARD_S)[0])


def wait_serials(server, is_last, quiet_s=1.5):
    """Follows the serial until it stays, and the last name is there. Returns when it changed last."""
    serial, changed = serial_of(server), time.monotonic()
    deadline = time.monotonic() + GUARD_S
    while time.monotonic() < deadline:
        now = serial_of(server)
        if now != serial:
            serial, changed = now, time.monotonic()
        elif time.monotonic() - changed > quiet_s and is_last():
            return changed
        time.sleep(0.005)
    raise RuntimeError(f"{server.name}: the zone does not settle: {server.log()}")


def has_signature(server, name):
    """One record more than without DO."""
    plain, signed_ = (servers.ask(server, questions.question(name, "AAAA", has_do=has_do)) for has_do in (False, True))
    return 0 < plain[7] < signed_[7]


def measure_batch(lab, report, kept, batch):
    """A file with so many names more is reloaded."""
    zone, whole = f"{lab.directory('batch')}/zone", f"{lab.directory('batch')}/whole"
    questions.write_zone(zone, kept)
    questions.write_zone(whole, kept + batch)
    server = start_signed(lab.host("ontap"), zone, f"--allow-transfer={peers.CLIENTS}")

    def reload():
        shutil.copy(whole, zone)
        os.kill(server.process.pid, signal.SIGHUP)

    follow_batch(lab, report, server, kept, range(kept, kept + batch), f"{batch} names in a reload", reload)
    lab.stop_servers()


def measure_links(lab, report, kept, batch):
    """So many links of ten namespaces, which have a name each, get their address, as fast as ip(8) sets them."""
    zone = f"{lab.directory('batch')}/links"
    questions.write_zone(zone, kept)
    each = batch // SPACES
    spaces = [(lab.topology.namespace("many"), range(first, first + each)) for first in range(kept, kept + batch, each)]
    for ns, numbers in spaces:
        ns.batch(f"link add l{number} type veth peer name l{number + 1}" for number in numbers[::2])
        ns.batch(f"link set l{number} alias {questions.label(number)} up" for number in numbers)
    server = start_signed(lab.host("ontap"), zone, f"--allow-transfer={peers.CLIENTS}", "--assign-nsid=/run/netns")

    def add_addresses():
        for ns, numbers in spaces:
            ns.batch(f"addr add {questions.addresses(number)['wan6']}/128 dev l{number} nodad" for number in numbers)

    follow_batch(lab, report, server, kept, range(kept, kept + batch), f"{batch} names of links", add_addresses)
    lab.stop_servers()


def follow_batch(lab, report, server, kept, numbers, what, begin_batch):
    """Names come, while somebody asks for those that were there before."""
    asked = f"{lab.directory('asked')}/kept"
    questions.write_questions(asked, kept, has_do=True)
    asker = Asker(lab, server, asked)
    time.sleep(0.2 if lab.is_smoke else 3)
    rest = asker.end()
    old = fetch(lab, server)["serial"]  # a client that has it gets the difference
    cpu, signer = server.cpu_us(), signer_us(server)
    asker = Asker(lab, server, asked)
    begin = time.monotonic()
    begin_batch()
    begun = time.monotonic()
    names = [f"{questions.label(number)}.wan.{questions.DOMAIN}" for number in numbers[::97]]
    took = wait_serials(server, lambda: all(has_signature(server, name) for name in names)) - begin
    got = asker.end()
    report.add("signed", f"{what}: until all were given", kept, (begun - begin) * 1000, "ms")
    report.add("signed", f"{what}: other answers, at rest, p99", kept, rest["p99_us"], "µs")
    report.add("signed", f"{what}: other answers meanwhile, p99", kept, got["p99_us"], "µs", target=MOST_OTHERS_US)
    report.add("signed", f"{what}: wrong or lost answers", kept, got["wrong"] + got["lost"], "", target=0)
    report.add("signed", f"{what}: until all are signed", kept, took * 1000, "ms")
    report.add("signed", f"{what}: CPU of the signer", kept, (signer_us(server) - signer) / 1000, "ms")
    report.add("signed", f"{what}: CPU, the signer's apart, with that of the answers", kept,
               (server.cpu_us() - cpu - signer_us(server) + signer) / 1000, "ms")
    report.add("signed", f"{what}: serials", kept, serial_of(server) - old, "")
    whole = fetch(lab, server, str(old))
    report.add("signed", f"{what}: IXFR" + ("" if whole["incremental"] else ", answered with the whole zone"), kept,
               whole["bytes"] / 1e6, "MB")
