# SPDX-License-Identifier: ISC
"""A model that follows the kernel (tests/net/model-dump), and the facts by iproute2."""
import json
import os
import select
import subprocess
import time

from lib.isolate import die_with_parent
from lib.wait import wait_until

OPERSTATES = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"]
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
IFA_TEMPORARY = IFA_SECONDARY = 0x01
IFA_DADFAILED, IFA_DEPRECATED, IFA_TENTATIVE = 0x08, 0x20, 0x40
ADDR_FLAGS = {"temporary": IFA_TEMPORARY, "secondary": IFA_SECONDARY, "dadfailed": IFA_DADFAILED,
              "deprecated": IFA_DEPRECATED, "tentative": IFA_TENTATIVE}
NSID_OWN = -1


class ModelDump:
    """A running model-dump."""

    def __init__(self, path, *options, prefix=()):
        self.process = subprocess.Popen(
            [*prefix, path, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=die_with_parent)

    def ask(self, command, timeout=20):
        """Sends a command; returns the objects of its answer."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        answer = b""
        while answer != b"\n" and not answer.endswith(b"\n\n"):
            if not select.select([self.process.stdout], [], [], timeout)[0]:
                raise AssertionError(f"model-dump did not answer {command} within {timeout} s")
            part = os.read(self.process.stdout.fileno(), 1 << 20)
            if not part:
                raise AssertionError(f"model-dump ended: {self.process.stderr.read().decode()}")
            answer += part
        return [json.loads(line) for line in answer.splitlines() if line]

    def stats(self):
        return self.ask("dump")[-1]

    def changes(self):
        """The reports to the listener, after everything available has been read."""
        self.ask("dump")
        return self.ask("changes")

    def whole(self):
        """{nsid: {"info": …, "links": {ifindex: link}, "addrs": [addr]}} and "stats"."""
        whole = {}
        for item in self.ask("dump"):
            if item["what"] == "ns":
                whole[item["nsid"]] = {"info": item, "hostnames": [], "links": {}, "addrs": []}
            elif item["what"] == "hostname":
                whole[item["nsid"]]["hostnames"].append(item)
            elif item["what"] == "link":
                whole[item["nsid"]]["links"][item["ifindex"]] = item
            elif item["what"] == "addr":
                whole[item["nsid"]]["addrs"].append(item)
            else:
                whole["stats"] = item
        return whole

    def by_name(self, name):
        """The namespace of that name in the model, or None."""
        for nsid, ns in self.whole().items():
            if nsid != "stats" and ns["info"]["name"] == name:
                return ns
        return None

    def close(self):
        """Ends it; returns its log. It must have ended well."""
        self.process.stdin.close()
        log = self.process.stderr.read().decode()
        assert self.process.wait(timeout=10) == 0, log
        self.process.stdout.close()
        self.process.stderr.close()
        return log

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def seen(ns, with_alias=True):
    """The model's content for a namespace, in the form of truth()."""
    if ns is None:
        return None
    links = {(l["ifindex"], l["ifname"], l["alias"] if with_alias else "", l["mtu"],
              OPERSTATES[l["operstate"]], l["address"], l["master"], bool(l["flags"] & IFF_UP),
              bool(l["flags"] & IFF_LOWER_UP)) for l in ns["links"].values()}
    wanted = IFA_TEMPORARY | IFA_DADFAILED | IFA_DEPRECATED | IFA_TENTATIVE
    addrs = [(a["ifindex"], a["local"], a["peer"], a["prefixlen"], a["flags"] & wanted)
             for a in ns["addrs"]]
    assert len(addrs) == len(set(addrs)), "an address is in the model twice"
    return links, set(addrs)


def truth(ip, with_alias=True):
    """The facts by iproute2. `ip` runs `ip` with these arguments in the namespace."""
    listed = [l for l in json.loads(ip("-j -d addr show")) if l]
    index = {l["ifname"]: l["ifindex"] for l in listed}
    links = {(l["ifindex"], l["ifname"], l.get("ifalias", "") if with_alias else "", l["mtu"],
              l["operstate"], l.get("address", ""), index.get(l.get("master"), 0),
              "UP" in l["flags"], "LOWER_UP" in l["flags"]) for l in listed}
    addrs = set()
    for link in listed:
        for a in link["addr_info"]:
            if "local" not in a:
                continue
            flags = sum(bit for flag, bit in ADDR_FLAGS.items() if a.get(flag))
            addrs.add((link["ifindex"], a["local"], a.get("address", "-"), a["prefixlen"], flags))
    return links, addrs


def wait_equal(model, namespace, timeout=10, **how):
    """Waits until the model agrees with iproute2 about that namespace, and returns it."""
    deadline = time.monotonic() + timeout
    while True:
        ns = model.by_name(namespace.name)
        have, want = seen(ns, **how), truth(namespace.ip, **how)
        if have == want:
            return ns
        if time.monotonic() > deadline:
            have = have or (set(), set())
            lines = [f"{namespace.name}: the model is not what iproute2 says"]
            for kind, ours, theirs in zip(("link", "addr"), have, want):
                lines += [f"only the model has {kind} {x}" for x in sorted(ours - theirs)[:10]]
                lines += [f"only iproute2 has {kind} {x}" for x in sorted(theirs - ours)[:10]]
            raise AssertionError("\n".join(lines))
        time.sleep(0.01)


def addr_of(ns, local):
    """The address in a namespace of the model, or None."""
    return next((a for a in ns["addrs"] if a["local"] == local), None) if ns else None


def link_of(ns, ifname):
    return next((l for l in ns["links"].values() if l["ifname"] == ifname), None) if ns else None


def wait_addr(model, namespace, local, is_there=True, with_flags=0, without=0, timeout=8):
    """Waits until the address is in the model with the flags `with_flags` and none of `without`, or is gone."""
    def check():
        addr = addr_of(model.by_name(namespace.name), local)
        if not is_there:
            return addr is None
        return addr is not None and (addr["flags"] & with_flags) == with_flags and \
            (addr["flags"] & without) == 0
    wait_until(check, timeout,
               f"{local} there={is_there} with {with_flags:#x} without {without:#x}")


def batch(namespace, lines, timeout=120):
    """Runs `ip -batch` inside."""
    namespace.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", timeout=timeout)


def ipv4(n):
    return f"10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}"
