# SPDX-License-Identifier: ISC
"""Names of single addresses: --address-names, and the labels of IPv4 addresses."""
import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24", "fd08::1/64")
    return ns


def found(host, name):
    return addresses(ask(host, "10.8.0.1", name), "A")


def is_named(host, name, *wanted):
    return wait_until(lambda: found(host, name) == sorted(wanted), 10, f"{name} at {wanted}")


def sources(daemon, name):
    return [place["source"] for place in daemon.lines("explain", name)[0]["addresses"]]


def test_a_label_names_its_address_and_goes_with_it(host, serve):
    daemon = serve(host, "--domain=vanya", "--names=alias,label", "--no-mdns", "--listen=10.8.0.1")
    host.ip("link set br0 alias box")
    host.ip("addr add 10.8.0.7/24 dev br0 label br0:git")
    assert is_named(host, "git.vanya", "10.8.0.7")
    assert is_named(host, "box.vanya", "10.8.0.1", "10.8.0.7")
    host.ip("link set br0 down")
    host.ip("link set br0 name lan0")  # the kernel renames the label, too
    host.ip("link set lan0 up")
    assert is_named(host, "git.vanya", "10.8.0.7")
    assert sources(daemon, "git") == ["label"]
    host.ip("addr del 10.8.0.7/24 dev lan0")
    assert is_named(host, "git.vanya")


def test_a_file_names_addresses_and_is_read_again(host, serve, tmp_path):
    names = tmp_path / "names"
    names.write_text("# programs\n10.8.0.7 git code\nfd08::7 git\n")
    daemon = serve(host, "--domain=vanya", f"--address-names={names}", "--no-mdns", "--listen=10.8.0.1")
    assert not found(host, "git.vanya")
    host.ip("addr add 10.8.0.7/24 dev br0")
    assert is_named(host, "git.vanya", "10.8.0.7")
    assert is_named(host, "code.vanya", "10.8.0.7")
    assert sources(daemon, "git") == ["address"]

    names.write_text("10.8.0.7 git\n10.8.0.8 a.b\n")
    refused = host.run([daemon.program, "reload", f"--socket={daemon.socket}"], check=False)
    assert refused.returncode == 100
    assert f"{names}:2: 'a.b' has a byte" in refused.stderr
    assert is_named(host, "code.vanya", "10.8.0.7")  # the old names stay

    names.write_text("10.8.0.7 git\n")
    daemon.ask("reload")
    assert is_named(host, "code.vanya")
    assert is_named(host, "git.vanya", "10.8.0.7")
