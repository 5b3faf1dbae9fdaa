# SPDX-License-Identifier: ISC
"""The other servers of unicast DNS: each with one worker, or more, for the same zone. All of them let the
client change the zone and transfer it, if they can; `keeps_history` is for IXFR."""
import os
import pwd
import shutil
import subprocess
import time

from lab import Server
from questions import DOMAIN
from servers import need, write

CLIENTS = "10.88.0.0/16"
KEY, SECRET = "bench", "c2VjcmV0IG9mIHRoZSBiZW5jaCwgMzIgYnl0ZXMgbG9uZw=="  # of signed updates: hmac-sha256


def work_directory(host, name):
    return host.lab.directory(f"{name}-{time.monotonic_ns()}")


SIGNING = """policy:
  - id: one
    algorithm: ecdsap256sha256
    single-type-signing: on
"""
SIGNED = """    dnssec-signing: on
    dnssec-policy: one
"""


def knot(host, zone, workers=1, keeps_history=False, signs=False):
    """With `signs`, it signs the zone itself, by a key that it makes."""
    work = work_directory(host, "knot")
    conf = write(f"{work}/knot.conf", f"""
server:
    listen: {host.addr}@53
    rundir: {work}
    udp-workers: {workers}
    tcp-workers: {workers}
    background-workers: 1
log:
  - target: stderr
    any: error
database:
    storage: {work}
key:
  - id: {KEY}
    algorithm: hmac-sha256
    secret: {SECRET}
acl:
  - id: clients
    address: {CLIENTS}
    action: [transfer, update]
  - id: signed
    key: {KEY}
    action: update
{SIGNING if signs else ""}zone:
  - domain: {DOMAIN}
    file: {zone}
    storage: {work}
    zonefile-sync: -1
    journal-content: {"changes" if keeps_history or signs else "none"}
    semantic-checks: off
    acl: [clients, signed]
{SIGNED if signs else ""}
""")
    return Server(host, "knot", [need("knotd"), "-c", conf], cores=workers)


def nsd(host, zone, workers=1, keeps_history=False):
    work = work_directory(host, "nsd")
    conf = write(f"{work}/nsd.conf", f"""
server:
    server-count: {workers}
    ip-address: {host.addr}
    username: ""
    database: ""
    zonesdir: {work}
    zonelistfile: {work}/zone.list
    xfrdfile: {work}/xfrd.state
    xfrdir: {work}
    pidfile: ""
    rrl-ratelimit: 0
    minimal-responses: yes
    reuseport: {"yes" if workers > 1 else "no"}
remote-control:
    control-enable: no
zone:
    name: {DOMAIN}
    zonefile: {zone}
    provide-xfr: {CLIENTS} NOKEY
    store-ixfr: {"yes" if keeps_history else "no"}
    create-ixfr: {"yes" if keeps_history else "no"}
""")
    return Server(host, "nsd", [need("nsd"), "-d", "-c", conf], cores=workers)


def gdnsd(host, zone, workers=1):
    work = work_directory(host, "gdnsd")
    os.mkdir(f"{work}/zones")
    os.symlink(zone, f"{work}/zones/{DOMAIN}")
    write(f"{work}/config", f"""
options => {{
    listen => "{host.addr}",
    udp_threads => {workers},
    tcp_threads => {workers},
    run_dir => "{work}/run",
    state_dir => "{work}/state",
}}
""")
    server = Server(host, "gdnsd", [need("gdnsd"), "-c", work, "start"], cores=workers)
    server.work = work
    return server


def bind(host, zone, workers=1, keeps_history=True):
    work = work_directory(host, "bind")
    conf = write(f"{work}/named.conf", f"""
options {{
    directory "{work}";
    pid-file none;
    session-keyfile none;
    listen-on {{ {host.addr}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    minimal-responses yes;
    notify no;
}};
controls {{ }};
key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
zone "{DOMAIN}" {{
    type primary;
    file "{zone}";
    journal "{work}/journal";
    masterfile-format text;
    check-integrity no;
    allow-update {{ {CLIENTS}; }};
    allow-transfer {{ {CLIENTS}; }};
}};
""")
    return Server(host, "bind", [need("named"), "-g", "-n", str(workers), "-U", str(workers), "-c", conf],
                  cores=workers)


def tinydns(host, zone):
    program = need("tinydns")
    work = work_directory(host, "tinydns")
    shutil.copy(data_file(zone), f"{work}/data")
    tinydns_compile(work)
    os.chmod(work, 0o755)
    nobody = pwd.getpwnam("nobody")
    server = Server(host, "tinydns", [program], environ={
        "IP": host.addr, "ROOT": work, "UID": str(nobody.pw_uid), "GID": str(nobody.pw_gid)})
    server.work = work
    return server


def data_file(zone):
    """The zone in tinydns-data's form, in a file beside it."""
    return zone + ".data"


def tinydns_compile(work):
    subprocess.run([need("tinydns-data")], cwd=work, check=True)
