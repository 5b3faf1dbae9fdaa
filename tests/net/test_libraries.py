# SPDX-License-Identifier: ISC
"""Which libraries ontap-zone has in memory, and what becomes of it where one is not there."""
import os
import re
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

# A line of a type that is left to ldns, and one that is not.
PLAIN = "www A 192.0.2.1\n"
LOC = "here LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m\n"


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.9.0.1/24")
    return ns


@pytest.fixture
def zone(tmp_path):
    """zone("www A 192.0.2.1\\n", …) -> the path of a zone file with these lines."""
    def write(*lines):
        path = tmp_path / "zone"
        path.write_text("".join(lines))
        return path
    return write


def libraries_of(daemon):
    """Names of what is mapped into its processes: the one that serves, then the other."""
    pid = daemon.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        pids = [pid, *map(int, file.read().split())]
    mapped = []
    for one in pids:
        with open(f"/proc/{one}/maps", encoding="utf-8") as file:
            mapped.append(set(re.findall(r"/(lib[^/ ]*)\.so", file.read())))
    return mapped


def test_no_library_is_loaded_that_is_not_used(host, serve, zone):
    """An unprivileged user is looked up besides: not at the cost of what knows of users."""
    plain = zone("$ORIGIN vanya.\n$TTL 300\n@ MX 10 mail\nwww A 192.0.2.1 ; plain\n",
                 "_http._tcp SRV 0 0 80 www\nwww TXT \"two words\" three\n")
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={plain}", "--user=root")
    assert addresses(ask(host, "127.0.0.1", "www.vanya")) == ["192.0.2.1"]
    serving, watching = libraries_of(daemon)
    spared = {"libldns", "libssl", "libcrypto", "libnss_systemd", "libbpf", "libelf"}
    assert "libmnl" in serving and not spared & serving
    assert not (spared - {"libbpf", "libelf"}) & watching


def test_ldns_is_loaded_for_what_it_takes_to_read(host, serve, zone):
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zone(LOC)}")
    assert ask(host, "127.0.0.1", "here.vanya", "LOC").answer
    assert "libldns" not in libraries_of(daemon)[0], "it is let go after"
    zone(LOC, PLAIN)
    daemon.reload()
    wait_until(lambda: ask(host, "127.0.0.1", "www.vanya").answer, what="the new file")


@pytest.fixture
def without_ldns(program):
    """What to start a program with, so that it finds no ldns."""
    with open(program("ontap-zone"), "rb") as file:
        soname = re.search(rb"libldns\.so[.0-9]*", file.read())[0].decode()
    found = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    path = os.path.realpath(re.search(rf"{re.escape(soname)} .*=> (\S+)", found)[1])
    return ["unshare", "-m", "sh", "-c", f'mount --bind /dev/null {path} && exec "$@"', "sh"]


def test_without_ldns_all_else_is_served(host, serve, zone, without_ldns):
    serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zone(PLAIN)}",
          prefix=without_ldns)
    assert addresses(ask(host, "127.0.0.1", "www.vanya")) == ["192.0.2.1"]


def test_without_ldns_the_line_that_takes_it_is_named(host, program, zone, without_ldns):
    file = zone(PLAIN, LOC)
    done = host.run([*without_ldns, program("ontap-zone"), "check", "--domain=vanya",
                     f"--zone-file={file}"], check=False)
    assert done.returncode == 100
    assert f"{file}:2: this line takes ldns to read: " in done.stderr, done.stderr
