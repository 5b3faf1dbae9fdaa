# SPDX-License-Identifier: ISC
"""From the kernel's event to the answer, on real links: 1 000 of them in 100 namespaces."""
import json
import time

import questions
import servers
from lab import GUARD_S, median, percentile
from part_unicast import cost_rounds, prepare

SERVED = {"small": (1, 10), "large": (100, 10)}  # namespaces, links in each
CHANGES = 300
IDLE_S = 60


class Links:
    """Pairs of links in their own namespaces; each end has an alias, hence a name, and addresses."""

    def __init__(self, lab, namespaces, each):
        self.lab = lab
        self.count = namespaces * each
        self.spaces = []
        for i in range(namespaces):
            ns = lab.topology.namespace("links")
            self.spaces.append((ns, range(i * each, (i + 1) * each)))
            ns.batch(self.link_commands(range(i * each, (i + 1) * each)))

    def link_commands(self, numbers):
        for number in numbers[::2]:
            yield f"link add l{number} type veth peer name l{number + 1}"
        for number in numbers:
            at = questions.addresses(number)
            yield f"link set l{number} alias {questions.label(number)} up"
            yield f"addr add {at['wan4']}/32 dev l{number}"
            yield f"addr add {at['wan6']}/128 dev l{number} nodad"

    def refresh(self, seconds):
        """New lifetimes for each IPv6 address, like those of a router advertisement."""
        for ns, numbers in self.spaces:
            ns.batch(f"addr change {questions.addresses(number)['wan6']}/128 dev l{number} "
                     f"valid_lft {2 * seconds} preferred_lft {seconds} nodad" for number in numbers)


def run(lab, report):
    run_links(lab, report)
    run_large_zone(lab, report, 100 if lab.is_smoke else 100000)


def run_links(lab, report):
    kinds = ("small",) if lab.is_smoke else ("small", "large")
    for kind in kinds:
        links = Links(lab, *SERVED[kind])
        time.sleep(0.1 if lab.is_smoke else 4)  # duplicate address detection of link-local addresses
        host = lab.host("server")
        workload = make_workload(lab, host)
        measure_start(lab, report, host, links)
        time.sleep(0.1 if lab.is_smoke else 2)  # the same for the workload's
        server = servers.ontap(host, "--listen=127.0.0.1", f"--listen={host.addr}", cores=None)
        report.add("kernel", "ontap: PSS", links.count, server.pss_mib(), "MiB", target=6)
        measure_changes(lab, report, server, workload, links.count)
        measure_refresh(lab, report, server, links)
        measure_links(lab, report, server, links)
        measure_answers(lab, report, links.count)
        if kind == kinds[-1]:
            measure_idle(lab, report, server, links.count)
        server.stop()


def run_large_zone(lab, report, size):
    """A change of one address while a file has many names."""
    zone, _ = prepare(lab, size)
    host = lab.host("server")
    workload = make_workload(lab, host)
    time.sleep(0.1 if lab.is_smoke else 2)
    server = servers.ontap(host, "--listen=127.0.0.1", f"--zone-file={zone}", cores=None)
    measure_changes(lab, report, server, workload, size)
    server.stop()


def measure_links(lab, report, server, links):
    """CPU for events of a link, with many other links; afterwards everything is as before."""
    count = 4 if lab.is_smoke else 100
    ns = links.spaces[0][0]
    renew = f"addr add {questions.addresses(0)['wan6']}/128 dev l0 nodad"  # it disappeared with the link
    happenings = (
        ("alias changed", ["link set l0 alias other"], [f"link set l0 alias {questions.label(0)}"]),
        ("link down or up", ["link set l0 down"], ["link set l0 up", renew]),
        ("address with a reverse zone of its own", ["addr add 198.51.100.7/32 dev l0"],
         ["addr del 198.51.100.7/32 dev l0"]),
        ("pair of links made or deleted", ["link add new0 type veth peer name new1"], ["link del new0"]),
    )
    for what, *commands in happenings:
        cpu = server.cpu_us()
        for i in range(count):
            ns.batch(commands[i % 2])
        time.sleep(0.1)
        report.add("kernel", f"ontap: {what}, CPU", links.count, (server.cpu_us() - cpu) / count, "µs")


def make_workload(lab, host):
    """A link that changes, on a bridge of the server's namespace."""
    lab.topology.bridge(host.ns, "br0", "10.98.0.1/16")
    alias = f"changing{lab.hosts}"
    workload = lab.topology.workload("workload", host.ns, "br0", "2001:db8:bbbb::1/64", alias=alias)
    workload.alias = alias
    return workload


def measure_start(lab, report, host, links):
    """The first start gives each namespace its id; the later ones find it."""
    times = []
    for _ in range(2 if lab.is_smoke else 6):
        server = servers.ontap(host, "--listen=127.0.0.1", cores=None)
        times.append(server.start_s * 1000)
        server.stop()
    report.add("kernel", "ontap: start to ready, first (gives the ids)", links.count, times[0], "ms",
               target=200)
    report.add("kernel", "ontap: start to ready, later", links.count, median(times[1:]), "ms",
               target=200)


def change(lab, host, workload, count, family, name, client=None, addr="127.0.0.1", port=53,
           link="eth0", wants=()):
    """The results of tests/bench/change."""
    client = client or host.ns
    done = client.run([lab.program("change"), str(count), workload.path, link, host.ns.path,
                       client.path, addr, str(port), name, str(family), *wants], timeout=GUARD_S)
    return json.loads(done.stdout)


def measure_changes(lab, report, server, workload, size):
    """The time from before the system call to the kernel's event, as a listener beside the server receives
    it, to the answer, and between the two: that is the server's own part, and the part of asking."""
    count = 5 if lab.is_smoke else CHANGES
    for family, scope in ((6, "wan"), (4, "lan")):
        cpu = server.main_cpu_us()
        got = change(lab, server.host, workload, count, family,
                     name=f"{workload.alias}.{scope}.{questions.DOMAIN}")
        cpu = server.main_cpu_us() - cpu
        for verb in ("add", "remove"):
            events, answers = got[verb + "_event_us"], got[verb + "_answer_us"]
            own = [answer - event for event, answer in zip(events, answers) if event >= 0]
            goals = (1000, 5000) if verb == "add" else (None, None)
            add_spans(report, f"IPv{family} {verb}: the bare event", size, events, (None, None))
            add_spans(report, f"IPv{family} {verb}: the first right answer", size, answers, goals)
            add_spans(report, f"IPv{family} {verb}: answer after the event", size, own, (None, None))
        report.add("change", f"IPv{family}: CPU a change, answers apart", size, cpu / (2 * count), "µs",
                   target=100)


def add_spans(report, what, size, spans, targets):
    report.add("change", what + ", median", size, percentile(spans, 50), "µs", target=targets[0])
    report.add("change", what + ", p99", size, percentile(spans, 99), "µs", target=targets[1])


def serial(lab, server):
    done = server.host.ns.run([lab.program("src/ontap-zone/ontap-zone"), "status", "-j",
                               f"--socket={server.socket}"])
    return json.loads(done.stdout)["zone"]["serial"]


def measure_refresh(lab, report, server, links):
    links.refresh(7200)  # gives lifetimes to addresses that had none
    time.sleep(0.3)
    before, cpu = serial(lab, server), server.cpu_us()
    links.refresh(3600)
    time.sleep(0.3)
    spent = server.cpu_us() - cpu
    report.add("kernel", "ontap: lifetime refresh of all addresses, serials published", links.count,
               serial(lab, server) - before, "", target=0)
    report.add("kernel", "ontap: lifetime refresh, CPU an address", links.count,
               spent / links.count, "µs")


def measure_answers(lab, report, size):
    """Unicast answers of names that come from links, not from a file."""
    asked = f"{lab.directory('zones')}/derived-{size}"
    questions.write_questions(asked, size, owners=questions.WAN_OWNERS)
    echo, host = servers.echo(lab.host("echo")), lab.host("derived")
    server = servers.ontap(host, f"--listen={host.addr}", "--no-mdns", "--threads=1")
    cost_rounds(lab, report, "derived", size, [echo, server], asked)
    server.stop()
    echo.stop()


def measure_idle(lab, report, server, size):
    seconds = 1 if lab.is_smoke else IDLE_S
    time.sleep(0 if lab.is_smoke else 8)  # the last announcement of mDNS
    before, cpu = server.switches(), server.cpu_us()
    time.sleep(seconds)
    after = server.switches()
    report.add("kernel", f"ontap: wake-ups in {seconds} s without a change", size,
               sum(after.values()) - sum(before.get(thread, 0) for thread in after), "", target=0)
    report.add("kernel", f"ontap: CPU in {seconds} s without a change", size, server.cpu_us() - cpu, "µs")
