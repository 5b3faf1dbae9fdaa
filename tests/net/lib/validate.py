# SPDX-License-Identifier: ISC
"""Programs of others that validate: delv, drill, unbound; and those that check whole zones."""
import re

from lib.query import ask
from lib.secondary import Server, write
from lib.wait import wait_until

COMMAND_S = 60


class Anchor:
    """The DS of a zone, in the forms that programs read."""

    def __init__(self, daemon, zone, work):
        self.zone = zone.rstrip(".") + "."
        found = re.findall(rf"^{re.escape(self.zone)}\s+(?:\d+\s+)?(?:IN\s+)?DS\s+(\d+)\s+(\d+)\s+(\d+)\s+([0-9A-Fa-f]+)",
                           daemon.ask("keys", "ds", self.zone), re.MULTILINE)
        assert len(found) == 1, found
        tag, alg, kind, digest = found[0]
        self.alg = int(alg)
        self.line = f"{self.zone} IN DS {tag} {alg} {kind} {digest}"
        label = self.zone.replace(".", "_")
        self.file = write(work, f"{label}ds", self.line + "\n")
        self.bind = write(work, f"{label}anchors",
                          f'trust-anchors {{ {self.zone} static-ds {tag} {alg} {kind} "{digest}"; }};\n')


def delv(ns, server, anchor, name, rdtype):
    """How delv judges the answer: "positive", "nxdomain", "nodata", or else all that it says."""
    done = ns.run(["delv", f"@{server}", "-a", anchor.bind, f"+root={anchor.zone}", name, rdtype],
                  check=False, timeout=COMMAND_S)
    said = done.stdout + done.stderr
    first = said.partition("\n")[0]
    if first == "; fully validated" and "resolution failed" not in said and "; unsigned" not in said:
        return "positive"
    if first == "; negative response, fully validated":
        for what in ("nxdomain", "nxrrset"):
            if f"resolution failed: ncache {what}" in said:
                return what.replace("nxrrset", "nodata")
    return said


def drill(ns, server, anchor, name, rdtype):
    """What drill says if it finds no chain of trust for the answer; otherwise nothing."""
    done = ns.run(["drill", "-S", "-k", anchor.file, f"@{server}", name, rdtype], check=False, timeout=COMMAND_S)
    said = done.stdout + done.stderr
    return "" if done.returncode == 0 and "Chase successful" in said else said


def unbound(program, ns, addr, work, anchors, server, is_forgetful=False):
    """A resolver that asks `server` for the zones that {zone: Anchor} has, and believes only what validates. With
    is_forgetful it asks each time."""
    kept = "" if not is_forgetful else ("    cache-max-ttl: 0\n    cache-max-negative-ttl: 0\n    val-bogus-ttl: 0\n"
                                        "    infra-host-ttl: 0\n")
    stubs = "".join(f"stub-zone:\n    name: {zone}\n    stub-addr: {server}\n" for zone in anchors)
    trusted = "".join(f'    trust-anchor: "{anchor.line}"\n' for anchor in anchors.values())
    # Of the zones that it denies by default, those of the addresses for examples.
    reverse = "".join(f"    local-zone: {zone} nodefault\n"
                      for zone in ("100.51.198.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa."))
    conf = write(work, "unbound.conf", f"""
server:
    interface: {addr}
    access-control: 0.0.0.0/0 allow
    username: ""
    chroot: ""
    directory: {work}
    pidfile: ""
    use-syslog: no
    logfile: ""
    verbosity: 1
    val-log-level: 2
    do-daemonize: no
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    aggressive-nsec: {"no" if is_forgetful else "yes"}
    root-hints: ""
    qname-minimisation: no
    trust-anchor-signaling: no
{kept}{trusted}{reverse}remote-control:
    control-enable: no
{stubs}""")
    made = Server(ns, addr, work, "unbound", [program, "-d", "-c", conf])
    wait_until(lambda: answers(ns, addr) or made.process.poll() is not None, 20, "unbound answers")
    assert made.process.poll() is None, made.log()
    return made


def answers(ns, addr):
    try:
        return ask(ns, addr, "version.bind", "A", timeout=1)
    except Exception:  # it is not ready yet
        return None


def check_zone(ns, path, zone, anchor):
    """What programs that check a whole signed zone find wrong: {program: its words}."""
    commands = {"ldns-verify-zone": ["-k", anchor.file, path],
                "dnssec-verify": ["-z", "-o", zone, path],
                "kzonecheck": ["-o", zone, "-d", "on", path],
                "named-checkzone": ["-i", "none", zone, path]}
    wrong = {}
    for name, words in commands.items():
        done = ns.run([name, *words], check=False, timeout=COMMAND_S)
        if done.returncode != 0:
            wrong[name] = (done.stdout + done.stderr)[-2000:]
    return wrong
