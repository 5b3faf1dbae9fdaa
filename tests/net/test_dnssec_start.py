# SPDX-License-Identifier: ISC
"""Signed zones before they are signed, without keys, and at a reload."""
import os
import threading

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.rcode  # noqa: E402

from lib.query import addresses, ask  # noqa: E402
from lib.secondary import write  # noqa: E402
from lib.transfer import HOST, axfr  # noqa: E402
from lib.wait import wait_until  # noqa: E402

REVERSE = "0.0.0.0.7.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."


@pytest.fixture
def host(topo):
    made = topo.namespace("host")
    topo.bridge(made, "br0", f"{HOST}/16")
    return made


@pytest.fixture
def web(topo, host):
    return topo.workload("web", host, "br0", "10.7.0.2/16", alias="web")


def options(tmp_path, *more):
    tmp_path.chmod(0o777)
    return ["--domain=vanya", "--no-mdns", "--dnssec", f"--state={tmp_path}/state", "--allow-transfer=10.7.0.0/16", *more]


def test_a_zone_without_keys_says_servfail_and_stops_no_other(host, web, serve, tmp_path):
    """Its names are not denied, transfers of others go on, and the daemon gets ready."""
    web.batch(["addr add 2001:db8:7::2/64 dev eth0 nodad"])
    daemon = serve(host, *options(tmp_path))
    assert ask(host, HOST, REVERSE, "SOA", want_dnssec=True).rcode() == dns.rcode.NOERROR
    daemon.stop()
    keys = tmp_path / "state" / "keys"
    (conf,) = [name for name in os.listdir(keys) if name.startswith("0.0.0.0.7.") and name.endswith(".conf")]
    good = (keys / conf).read_text()
    (keys / conf).write_text("nonsense\n")
    daemon = serve(host, *options(tmp_path))  # ready
    for name in (REVERSE, "2.0.0.0." + "0.0.0.0." * 3 + REVERSE, "nothing." + REVERSE):
        assert ask(host, HOST, name, "PTR").rcode() == dns.rcode.SERVFAIL, name
    assert addresses(ask(host, HOST, "web.lan.vanya")) == ["10.7.0.2"]
    for i in range(3):
        web.set_alias("eth0", f"web other{i}")
        wait_until(lambda: any(name == f"other{i}.lan.vanya." for name, _, kind, _ in axfr(web, "vanya.") if kind == "A"), 20)
    daemon.stop()
    (keys / conf).write_text(good)
    serve(host, *options(tmp_path))
    assert ask(host, HOST, REVERSE, "SOA").rcode() == dns.rcode.NOERROR


def test_a_large_zone_denies_nothing_before_it_is_signed(host, web, serve, tmp_path):
    """Asked from the first moment on, each name is answered or SERVFAIL is said."""
    zone = write(str(tmp_path), "vanya.zone", "".join(f"n{i} A 192.0.2.1\n" for i in range(4000)))
    said, is_over = [], threading.Event()

    def ask_on():
        while not is_over.is_set():
            try:
                said.append(dns.rcode.to_text(ask(host, HOST, "n3999.vanya", "A", timeout=0.5).rcode()))
            except Exception:  # nobody listens yet
                is_over.wait(0.01)
    asker = threading.Thread(target=ask_on)
    asker.start()
    try:
        serve(host, *options(tmp_path, f"--zone-file={zone}"))
        wait_until(lambda: "NOERROR" in said, 20)
    finally:
        is_over.set()
        asker.join()
    assert set(said) <= {"NOERROR", "SERVFAIL"} and said.index("NOERROR") >= 0


def test_a_reload_cannot_change_a_signed_domain(host, web, serve, tmp_path):
    conf = tmp_path / "zone.conf"
    conf.write_text("domain = vanya\n")
    daemon = serve(host, f"--config={conf}", "--no-mdns", "--dnssec", "--listen=any", f"--state={tmp_path}/state")
    conf.write_text("domain = lab.example\n")
    before = len(daemon.log())
    daemon.reload()
    wait_until(lambda: "not reloaded: key=domain" in daemon.log()[before:], 20)
    assert addresses(ask(host, HOST, "web.lan.vanya")) == ["10.7.0.2"]
    assert ask(host, HOST, "web.lan.lab.example").rcode() == dns.rcode.REFUSED
