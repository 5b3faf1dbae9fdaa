# SPDX-License-Identifier: ISC
"""Of several private addresses of a name, a client gets those that it can reach.

The host has a wire to the LAN and a bridge that has only containers, like those of podman and docker. A
workload is on both, and so is the host itself."""
import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

LAN_HOST, LAN_WEB, LAN_CLIENT = "192.168.7.1", "192.168.7.5", "192.168.7.9"
INNER_HOST, INNER_WEB, INNER_CLIENT = "10.88.0.1", "10.88.0.5", "10.88.0.9"


class Lab:
    def __init__(self, topo, serve):
        self.host, self.switch = topo.namespace("host"), topo.namespace("switch")
        topo.bridge(self.switch, "sw")
        topo.bridge(self.host, "br0", f"{INNER_HOST}/16", "fd88::1/64")
        self.join(self.host, "lan0", f"{LAN_HOST}/24", "fd07::1/64")
        self.web = topo.workload("web", self.host, "br0", f"{INNER_WEB}/16", "fd88::5/64", alias="web")
        self.join(self.web, "eth1", f"{LAN_WEB}/24", "fd07::5/64")
        self.web.ip("link set eth1 alias web")
        self.lan = topo.workload("lanclient", self.switch, "sw", f"{LAN_CLIENT}/24", "fd07::9/64")
        self.inner = topo.workload("innerclient", self.host, "br0", f"{INNER_CLIENT}/16", "fd88::9/64")
        self.daemon = serve(self.host, "--domain=vanya", "--no-mdns", "--self", "--listen=0.0.0.0",
                            "--listen=[::]", prefix=["unshare", "-u", "sh", "-c",
                                                     'hostname hub; exec "$@"', "sh"])

    def join(self, ns, name, *addrs):
        """A wire from the namespace to the switch."""
        ns.ip(f"link add {name} type veth peer name p-{name} netns {self.switch.name}")
        self.switch.ip(f"link set p-{name} master sw up")
        ns.ip(f"link set {name} up")
        ns.add_addr(name, *addrs)


@pytest.fixture(scope="module")
def lab(module_topo, module_serve):
    return Lab(module_topo, module_serve)


def told(client, server, name, rdtype="A"):
    return addresses(ask(client, server, name, rdtype))


@pytest.mark.parametrize("name", ["web.vanya", "web.lan.vanya"])
def test_a_client_is_told_the_addresses_on_its_own_wire(lab, name):
    assert told(lab.lan, LAN_HOST, name) == [LAN_WEB]
    assert told(lab.lan, LAN_HOST, name, "AAAA") == ["fd07::5"]
    assert told(lab.inner, INNER_HOST, name) == [INNER_WEB]
    assert told(lab.inner, INNER_HOST, name, "AAAA") == ["fd88::5"]


def test_the_family_that_is_asked_by_does_not_matter(lab):
    assert told(lab.lan, "fd07::1", "web.vanya") == [LAN_WEB]
    assert told(lab.inner, "fd88::1", "web.vanya") == [INNER_WEB]


def test_others_are_not_told_an_address_behind_a_bridge_of_containers(lab):
    assert told(lab.host, "127.0.0.1", "web.vanya") == [LAN_WEB]
    assert told(lab.lan, LAN_HOST, "hub.vanya") == [LAN_HOST]
    assert told(lab.inner, INNER_HOST, "hub.vanya") == [INNER_HOST]


def test_a_name_with_one_address_is_told_it_from_anywhere(lab, module_topo):
    module_topo.workload("only", lab.host, "br0", "10.88.0.6/16", alias="only")
    wait_until(lambda: told(lab.lan, LAN_HOST, "only.vanya") == ["10.88.0.6"], what="the only address")


def test_a_bridge_that_gets_a_port_to_the_outside_is_inner_no_more(lab):
    lab.host.ip("link add link lan0 name lan0.7 type macvlan mode bridge")
    lab.host.ip("link set lan0.7 master br0 up")
    wait_until(lambda: told(lab.host, "127.0.0.1", "web.vanya") == sorted([LAN_WEB, INNER_WEB]),
               what="both addresses")
    lab.host.ip("link del lan0.7")
    wait_until(lambda: told(lab.host, "127.0.0.1", "web.vanya") == [LAN_WEB], what="one address")
