# SPDX-License-Identifier: ISC
"""Knot and NSD as secondaries, and Knot as a primary that takes updates; the configurations are those
that the manual page gives."""
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


def knot_secondary(program, ns, addr, work, domain):
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
zone:
  - domain: _catalog.{domain}
    catalog-role: interpret
    catalog-template: default
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


def knot_primary(program, ns, addr, work, domain):
    write(work, domain + ".zone", f"""$ORIGIN {domain}.
@ 60 SOA ns hostmaster 1 3600 600 604800 60
@ 60 NS ns
ns 60 A {addr}
taken 60 TXT "the administrator's"
""")
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
  - domain: {domain}
    storage: {work}
    file: {domain}.zone
    acl: [from-ontap, test]
""")
    return Server(ns, addr, work, "knot", [program, "-c", conf])
