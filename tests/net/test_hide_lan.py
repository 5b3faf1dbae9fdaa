# SPDX-License-Identifier: ISC
"""--hide-lan: what is for lan clients only does not exist for others, in answers, proofs and transfers."""
import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

import dns.rcode  # noqa: E402

from lib.query import ask  # noqa: E402
from lib.secondary import write  # noqa: E402
from lib.transfer import HOST, axfr  # noqa: E402
from lib.validate import Anchor, check_zone, delv  # noqa: E402
from lib.wait import wait_until  # noqa: E402

FAR_HOST = "192.0.2.1"
ZONE = f"""$ORIGIN vanya.
$TTL 300
ns           A     {HOST}
static       A     192.0.2.10
extra.lan    TXT   "inside"
svc.private  TXT   "seen by all, so the name above it exists"
"""
HIDDEN = ["private2.vanya", "private2.lan.vanya", "web.lan.vanya", "extra.lan.vanya", "lan.vanya"]


class Lab:
    def __init__(self, topo, serve, work, *options):
        self.work = str(work)
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/16", "2001:db8:7::1/64")
        self.web = topo.workload("web", self.host, "br0", "10.7.0.2/16", "2001:db8:7::2/64", alias="web")
        topo.workload("private", self.host, "br0", "10.7.0.3/16", alias="private")
        self.private2 = topo.workload("private2", self.host, "br0", "10.7.0.4/16", alias="private2")
        self.near = topo.workload("near", self.host, "br0", "10.7.0.9/16")
        self.far = topo.far_client(self.host)
        self.daemon = serve(self.host, "--domain=vanya", "--ns=ns.vanya.", "--no-mdns", "--hide-lan", *options,
                            f"--zone-file={write(self.work, 'vanya.zone', ZONE)}",
                            "--allow-transfer=10.7.0.9", "--allow-transfer=198.18.0.9")

    def rcode(self, client, name, rdtype="A"):
        server = HOST if client is self.near else FAR_HOST
        reply = ask(client, server, name, rdtype)
        return "nodata" if reply.rcode() == dns.rcode.NOERROR and not reply.answer else dns.rcode.to_text(reply.rcode())


def make(topo, serve, need, tmp_path, *options):
    need("delv")
    tmp_path.chmod(0o777)
    return Lab(topo, serve, tmp_path, *options)


@pytest.mark.parametrize("options", [[], ["--dnssec"]], ids=["unsigned", "signed"])
def test_names_of_the_lan_do_not_exist_outside(topo, serve, need, tmp_path, options):
    lab = make(topo, serve, need, tmp_path, *options)
    for name in HIDDEN:
        assert lab.rcode(lab.near, name) != "NXDOMAIN", name
        assert lab.rcode(lab.far, name) == "NXDOMAIN", name
    # a name below has something for everybody
    assert lab.rcode(lab.near, "private.vanya") == "NOERROR"
    assert lab.rcode(lab.far, "private.vanya") == "nodata"
    assert lab.rcode(lab.far, "svc.private.vanya", "TXT") == "NOERROR"
    assert lab.rcode(lab.far, "web.vanya", "AAAA") == "NOERROR" and lab.rcode(lab.far, "web.vanya", "A") == "nodata"
    assert lab.rcode(lab.near, "4.0.7.10.in-addr.arpa", "PTR") == "NOERROR"
    assert lab.rcode(lab.far, "4.0.7.10.in-addr.arpa", "PTR") == "NXDOMAIN"


def test_a_name_appears_outside_with_its_first_wan_address(topo, serve, need, tmp_path):
    lab = make(topo, serve, need, tmp_path, "--dnssec")
    for _ in range(3):
        lab.private2.batch(["addr add 2001:db8:7::4/64 dev eth0 nodad"])
        wait_until(lambda: lab.rcode(lab.far, "private2.vanya", "AAAA") == "NOERROR", 10)
        lab.private2.batch(["addr del 2001:db8:7::4/64 dev eth0"])
        wait_until(lambda: lab.rcode(lab.far, "private2.vanya", "AAAA") == "NXDOMAIN", 10)
        assert lab.rcode(lab.near, "private2.vanya") == "NOERROR"


def test_signed_zones_list_and_prove_only_what_a_view_has(topo, serve, need, tmp_path):
    lab = make(topo, serve, need, tmp_path, "--dnssec")
    anchor = Anchor(lab.daemon, "vanya.", lab.work)
    for name in HIDDEN:
        assert delv(lab.far, FAR_HOST, anchor, name, "A") == "nxdomain"
        assert delv(lab.near, HOST, anchor, name, "A") in ("positive", "nodata")
    assert delv(lab.far, FAR_HOST, anchor, "private.vanya", "A") == "nodata"
    for client, server, is_inside in ((lab.near, HOST, True), (lab.far, FAR_HOST, False)):
        records = axfr(client, "vanya.", server=server)
        text = "".join(f"{name} {ttl} IN {rdtype} {rdata}\n" for name, ttl, rdtype, rdata in records[:-1])
        for secret in ("private2", "lan.vanya", "10.7.0.2", "10.7.0.4"):
            assert (secret in text) == is_inside, (secret, text)
        assert check_zone(lab.near, write(lab.work, f"zone{is_inside}", text), "vanya.", anchor) == {}
