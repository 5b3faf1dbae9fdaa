# SPDX-License-Identifier: ISC
"""Knot and NSD as secondaries and as primaries of zone files, and Knot as a primary that takes updates. The
configurations of the secondaries are those of the manual page."""
import os
import subprocess

from lib.transfer import HOST, SECRET


class Server:
    """A server in a namespace, with its files in `work`."""

    def __init__(self, ns, addr, work, name, command):
        self.ns, self.addr, self.log_path = ns, addr, os.path.join(work, name + ".log")
        with open(self.log_path, "wb") as log:
            self.process = ns.popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def write(work, name, text):
    path = os.path.join(work, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def knot_secondary(program, ns, addr, work, domain, is_validating=False):
    """With is_validating, it takes no zone whose signatures are not all right."""
    conf = write(work, "knot.conf", f"""
server:
    listen: {addr}@53
    rundir: {work}
    background-workers: 2
log:
  - target: stderr
    any: info
database:
    storage: {work}
key:
  - id: one
    algorithm: hmac-sha256
    secret: {SECRET}
remote:
  - id: ontap
    address: {HOST}@53
    key: one
acl:
  - id: from-ontap
    address: {HOST}
    key: one
    action: notify
  - id: test
    address: {addr}
    action: transfer
template:
  - id: default
    storage: {work}
    master: ontap
    acl: [from-ontap, test]
  - id: member
    storage: {work}
    master: ontap
    acl: [from-ontap, test]
    dnssec-validation: {"on" if is_validating else "off"}
zone:
  - domain: _catalog.{domain}
    catalog-role: interpret
    catalog-template: member
""")
    return Server(ns, addr, work, "knot", [program, "-c", conf])


def nsd_secondary(program, ns, addr, work, zones):
    conf = write(work, "nsd.conf", f"""
server:
    server-count: 1
    ip-address: {addr}
    username: ""
    database: ""
    zonesdir: {work}
    zonelistfile: {work}/zone.list
    xfrdfile: {work}/xfrd.state
    xfrdir: {work}
    pidfile: ""
    verbosity: 1
remote-control:
    control-enable: no
key:
    name: one
    algorithm: hmac-sha256
    secret: {SECRET}
pattern:
    name: ontap
    request-xfr: {HOST} one
    allow-notify: {HOST} one
    provide-xfr: {addr} NOKEY
""" + "".join(f"zone:\n    name: {zone}\n    include-pattern: ontap\n" for zone in zones))
    return Server(ns, addr, work, "nsd", [program, "-d", "-c", conf])


def bind_secondary(program, ns, addr, work, zones):
    """named with these zones."""
    conf = write(work, "named.conf", f"""
options {{
    directory "{work}";
    listen-on {{ {addr}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    pid-file none;
    session-keyfile none;
    managed-keys-directory "{work}";
    dnssec-validation no;
    notify no;
    allow-notify {{ {HOST}; }};
    allow-transfer {{ {addr}; }};
    masterfile-format text;
    min-refresh-time 1;
}};
controls {{ }};
key "one" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
""" + "".join(f"""zone "{zone}" {{
    type secondary;
    primaries {{ {HOST} key one; }};
    file "{zone}.db";
    ixfr-from-differences no;
}};
""" for zone in zones))
    return Server(ns, addr, work, "named", [program, "-g", "-n", "1", "-c", conf])


def knot_primary(program, ns, addr, work, domain, reverse=()):
    """Knot as a primary that takes updates of `domain`, and of these zones, which are empty at first."""
    apex = "@ 60 SOA ns hostmaster 1 3600 600 604800 60\n@ 60 NS ns\n"
    write(work, domain + ".zone", f"$ORIGIN {domain}.\n{apex}ns 60 A {addr}\n"
          'taken 60 TXT "the administrator\'s"\n')
    for zone in reverse:
        write(work, zone + ".zone", f"$ORIGIN {zone}.\n{apex}")
    zones = "".join(f"  - domain: {zone}\n    storage: {work}\n    file: {zone}.zone\n"
                    "    acl: [from-ontap, test]\n" for zone in (domain, *reverse))
    conf = write(work, "knot.conf", f"""
server:
    listen: {addr}@53
    rundir: {work}
log:
  - target: stderr
    any: info
database:
    storage: {work}
key:
  - id: one
    algorithm: hmac-sha256
    secret: {SECRET}
acl:
  - id: from-ontap
    key: one
    action: update
  - id: test
    address: {addr}
    action: transfer
zone:
{zones}""")
    return Server(ns, addr, work, "knot", [program, "-c", conf])


def knot_of_files(program, ns, addr, work, files):
    """Knot as a primary of zones: files is {domain: path}."""
    conf = write(work, "knot.conf", f"""
server:
    listen: {addr}@53
    rundir: {work}
    identity: ""
    version: ""
    udp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: {work}
acl:
  - id: test
    address: 127.0.0.0/8
    action: transfer
template:
  - id: default
    storage: {work}
    zonefile-sync: -1
    journal-content: none
    acl: test
zone:
""" + "".join(f"  - domain: {domain}\n    file: {path}\n" for domain, path in files.items()))
    return Server(ns, addr, work, "knot", [program, "-c", conf])


def nsd_of_files(program, ns, addr, work, files):
    """NSD as a primary of zones: files is {domain: path}."""
    conf = write(work, "nsd.conf", f"""
server:
    server-count: 1
    ip-address: {addr}
    username: ""
    database: ""
    zonelistfile: {work}/zone.list
    xfrdfile: {work}/xfrd.state
    xfrdir: {work}
    pidfile: ""
    hide-version: yes
    hide-identity: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
""" + "".join(f"zone:\n    name: {domain}\n    zonefile: {path}\n    provide-xfr: 127.0.0.0/8 NOKEY\n"
           for domain, path in files.items()))
    return Server(ns, addr, work, "nsd", [program, "-d", "-c", conf])
