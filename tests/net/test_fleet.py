# SPDX-License-Identifier: ISC
"""Power returns to a thousand hosts at once: each says ten names on one of four links, and a hundred others send ten each by
an update from elsewhere. The collector serves all, and two secondaries that validate have them."""
import collections
import contextlib
import time

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")
pytest.importorskip("cryptography", reason="python3-cryptography is not installed")

import dns.update  # noqa: E402

from lib.fleet import NAMES_EACH, VALID_S, Asker, Fleet, Member, Place  # noqa: E402
from lib.secondary import knot_secondary, write  # noqa: E402
from lib.transfer import HOST, tsig_option  # noqa: E402
from lib.validate import Anchor, delv  # noqa: E402
from lib.wait import wait_until  # noqa: E402

LINKS, ON_LINKS, AWAY = 4, 1000, 100
FAR, AWAY_NET = "192.0.2.1", "198.18.1"
SECONDARIES = ("10.7.0.21", "10.7.0.22")
REPEAT_S, PATIENCE_S = 2, 240


class Away(Place):
    """Hosts behind a router, which send updates to the collector."""

    def __init__(self, topo, host, first):
        super().__init__(topo.far_client(host))
        router = next(ns for ns in topo.namespaces if ns.name.startswith("far-router"))
        router.ip(f"route add {AWAY_NET}.0/24 dev down0")
        self.members = [Member(first + i, self, f"{AWAY_NET}.{i + 1}") for i in range(AWAY)]
        self.add_addresses((member.addr for member in self.members), 32)
        self.sock.settimeout(REPEAT_S)
        self.rcodes = {}

    def sign(self):
        self.messages = [self.message(i, member) for i, member in enumerate(self.members)]

    @staticmethod
    def message(id_, member):
        update = dns.update.Update("vanya", id=id_)
        for label in member.labels:
            update.delete(label)
            update.add(label, 60, "A", member.addr)
        return member.key.sign(update.to_wire(), ".", expiration=int(time.time()) + VALID_S)

    def send_updates(self):
        """Those that are not done; what is over a budget is refused or not answered."""
        todo = self.todo()
        for i in todo:
            self.send(self.messages[i], self.members[i].addr, (FAR, 53))
        with contextlib.suppress(TimeoutError):
            for _ in todo:
                reply = self.sock.recv(512)
                self.rcodes[int.from_bytes(reply[:2], "big")] = reply[3] & 15

    def todo(self):
        return [i for i in range(AWAY) if self.rcodes.get(i) != 0]


class Fleets:
    """The collector, its secondaries, and all hosts."""

    def __init__(self, topo, serve, need, work):
        self.work = str(work)
        self.host = topo.namespace("collector")
        self.fleet = Fleet(topo, self.host, LINKS, ON_LINKS)
        self.away = Away(topo, self.host, ON_LINKS)
        self.members = self.fleet.members + self.away.members
        self.labels = [label for member in self.members for label in member.labels]
        trust = write(self.work, "hosts.key", "".join(member.key.line() for member in self.members))
        self.spaces = [topo.workload("secondary", self.host, "br0", f"{addr}/16") for addr in SECONDARIES]
        self.daemon = serve(
            self.host, "--domain=vanya", "--ns=ns.example.", "--collect", f"--trust={trust}", "--dnssec", "--lan=10.0.0.0/8",
            *(f"--mdns={link.ifname}" for link in self.fleet.links), tsig_option("one"), "--allow-transfer=key:one",
            *(f"--notify={addr},key:one" for addr in SECONDARIES))
        wait_until(lambda: len(self.daemon.status()["mdns"]["links"]) == LINKS, 60)
        self.anchor = Anchor(self.daemon, "vanya.", self.work)
        self.knots = []
        for ns, addr in zip(self.spaces, SECONDARIES):
            (work / addr).mkdir()
            self.knots.append(knot_secondary(need("knotd"), ns, addr, str(work / addr), "vanya", is_validating=True))

    def close(self):
        self.fleet.close()
        self.away.close()
        for knot in self.knots:
            knot.stop()

    def say_until_served(self):
        """All at once, and again after a second (RFC 6762 §8.3); then those that nobody heard, as they would if they were
        asked."""
        asker = Asker(self.fleet.links[0].ns, HOST, "vanya")
        self.fleet.sign()
        self.away.sign()
        pause, deadline, todo = 1, time.monotonic() + PATIENCE_S, self.fleet.members
        while todo or self.away.todo():
            assert time.monotonic() < deadline, (len(todo), self.away.rcodes, self.daemon.status()["collector"]["packets"])
            for member in todo:
                member.say()
            self.away.send_updates()
            time.sleep(pause)
            pause = REPEAT_S
            todo = asker.absent(todo)
        assert asker.missing(self.labels) == []
        asker.close()


@pytest.fixture
def fleets(topo, serve, need, tmp_path):
    topo.has_dad = False
    made = Fleets(topo, serve, need, tmp_path)
    yield made
    made.close()


def addresses_of(ns, server, need):
    """{label: [address]} of a whole zone, as dig transfers it."""
    text = ns.run([need("dig"), f"@{server}", "vanya", "AXFR", "+onesoa"]).stdout
    found = {}
    for words in (line.split() for line in text.splitlines()):
        if len(words) == 5 and words[3] == "A":
            found.setdefault(words[0].removesuffix(".vanya."), []).append(words[4])
    return found


def test_power_returns_to_all_at_once(fleets, need):
    fleets.say_until_served()
    lines = [line for line in fleets.daemon.lines("names") if "collected" in line]
    assert {line["collected"] for line in lines} == set(fleets.labels)
    assert collections.Counter(line["state"] for line in lines) == {
        "here": ON_LINKS * NAMES_EACH, "moved": AWAY * NAMES_EACH}
    expected = {label: [member.addr] for member in fleets.members for label in member.labels}
    for ns, server in zip(fleets.spaces, SECONDARIES):
        asker = Asker(ns, server, "vanya", has_do=True)
        wait_until(lambda: not asker.missing(fleets.labels), PATIENCE_S, f"all names at {server}")
        asker.close()
        found = addresses_of(ns, server, need)
        assert {label: found.get(label) for label in expected} == expected
        for label in fleets.labels[::len(fleets.labels) // 10]:
            assert delv(ns, server, fleets.anchor, f"{label}.vanya", "A") == "positive"
        assert delv(ns, server, fleets.anchor, "h9999-0.vanya", "A") == "nxdomain"
