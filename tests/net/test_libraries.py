# SPDX-License-Identifier: ISC
"""The memory of ontap-zone, above all its libraries, and its behaviour without one of them."""
import os
import re
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import addresses, ask  # noqa: E402
from lib.started import is_sanitized  # noqa: E402
from lib.wait import wait_until  # noqa: E402

# A line of a type that is left to ldns, and one of a type that is not.
PLAIN = "www A 192.0.2.1\n"
RARE = "here APL 1:192.0.2.0/24 !1:192.0.2.64/28\n"


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


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def about_each(daemon, name):
    """That file of /proc for its processes: the serving one, the watcher, the keeper."""
    pid = daemon.process.pid
    others = {read(f"/proc/{one}/comm").strip(): one for one in read(f"/proc/{pid}/task/{pid}/children").split()}
    return [read(f"/proc/{one}/{name}") for one in (pid, others["ontap-watcher"], others["ontap-keeper"])]


def libraries_of(daemon):
    return [set(re.findall(r"/(lib[^/ ]*)\.so", text)) for text in about_each(daemon, "maps")]


def test_no_library_is_loaded_that_is_not_used(host, serve, zone):
    """An unprivileged user is looked up, too, without the memory for the sources of users."""
    plain = zone("$ORIGIN vanya.\n$TTL 300\n@ SOA ns root 2026112101 3600 600 604800 60\n",
                 "@ NS ns\nns IN 60 A 192.0.2.2\n@ MX 10 mail\nwww A 192.0.2.1 ; plain\n",
                 "_http._tcp SRV 0 0 80 www\nwww TXT \"two words\" three\n")
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={plain}", "--user=root")
    assert addresses(ask(host, "127.0.0.1", "www.vanya")) == ["192.0.2.1"]
    serving, watching, keeping = libraries_of(daemon)
    spared = {"libldns", "libssl", "libcrypto", "libnss_systemd", "libbpf", "libelf"}
    assert "libmnl" in serving and not spared & (serving | keeping)
    assert not (spared - {"libbpf", "libelf"}) & watching


def test_ldns_is_loaded_for_what_it_takes_to_read(host, serve, zone):
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zone(RARE)}")
    assert ask(host, "127.0.0.1", "here.vanya", "APL").answer
    assert "libldns" not in set.union(*libraries_of(daemon)), "it is let go after"
    zone(RARE, PLAIN)
    daemon.reload()
    wait_until(lambda: ask(host, "127.0.0.1", "www.vanya").answer, what="the new file")


def test_the_watcher_keeps_nothing_of_zone_files(host, serve, zone):
    """The memory at its fork stays as long as it lives, and exists twice once it changes."""
    many = zone(*(f"h{i} A 192.0.2.1\n" for i in range(30000)))
    daemon = serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={many}")
    status = about_each(daemon, "status")
    if is_sanitized(daemon.program):
        pytest.skip("a sanitizer's own memory is in each process")
    serving, watching, _ = (int(re.search(r"RssAnon:\s*(\d+)", text)[1]) for text in status)
    assert watching < serving / 2


def test_a_zone_file_with_a_fault_ends_the_watcher_too(host, program, zone, tmp_path):
    """It has standard error open: while it lives, run() does not return."""
    file = zone(PLAIN, "www A 192.0.2\n")
    done = host.run([program("ontap-zone"), "serve", "--domain=vanya", "--no-mdns", "--no-assign-nsid",
                     f"--state={tmp_path}", f"--socket={tmp_path}/zone.sock", f"--zone-file={file}"],
                    check=False)
    assert done.returncode == 100
    assert f"{file}:2: " in done.stderr
    assert "watcher" not in done.stderr


@pytest.fixture
def soname(program):
    with open(program("ontap-zone"), "rb") as file:
        return re.search(rb"libldns\.so[.0-9]*", file.read())[0].decode()


@pytest.fixture
def without_ldns(soname):
    """A command that starts a program so that it finds no ldns."""
    found = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    path = os.path.realpath(re.search(rf"{re.escape(soname)} .*=> (\S+)", found)[1])
    return ["unshare", "-m", "sh", "-c", f'mount --bind /dev/null {path} && exec "$@"', "sh"]


def test_without_ldns_all_else_is_served(host, serve, zone, without_ldns):
    serve(host, "--domain=vanya", "--no-mdns", f"--zone-file={zone(PLAIN)}",
          prefix=without_ldns)
    assert addresses(ask(host, "127.0.0.1", "www.vanya")) == ["192.0.2.1"]


def test_without_ldns_the_line_that_takes_it_is_named(host, program, zone, without_ldns):
    file = zone(PLAIN, RARE)
    done = host.run([*without_ldns, program("ontap-zone"), "check", "--domain=vanya",
                     f"--zone-file={file}"], check=False)
    assert done.returncode == 100
    assert f"{file}:2: this type takes ldns to read: " in done.stderr, done.stderr


def test_what_an_ldns_that_does_not_fit_lacks_is_named(host, program, zone, soname, need, tmp_path):
    need("cc")
    subprocess.run(["cc", "-shared", f"-Wl,-soname,{soname}", "-o", tmp_path / soname, "-xc", "-"],
                   input="int nothing;\n", text=True, check=True)
    done = host.run(["env", f"LD_LIBRARY_PATH={tmp_path}", program("ontap-zone"), "check",
                     "--domain=vanya", f"--zone-file={zone(RARE)}"], check=False)
    assert done.returncode == 100
    assert "undefined symbol: ldns_" in done.stderr, done.stderr
