# SPDX-License-Identifier: ISC
"""Services that devices register (RFC 9665), by messages made to the RFC: over UDP and TCP, with leases, and across a
restart."""
import socket
import struct
import time

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")
pytest.importorskip("cryptography", reason="python3-cryptography is not installed")

import dns.message  # noqa: E402
import dns.rcode  # noqa: E402

from lib.keypair import KEY, KeyPair  # noqa: E402
from lib.mdns import wire_name  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

IN, ANY, NONE = 1, 255, 254
A, PTR, SRV, TXT, OPT = 1, 12, 33, 16, 41


@pytest.fixture
def host(topo):
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    return ns


@pytest.fixture
def device(topo, host):
    return topo.workload("device", host, "br0", "10.8.0.9/24")


@pytest.fixture
def daemon(serve, host):
    return serve(host, "--domain=vanya", "--no-mdns", "--srp")


def record(owner, cls, rrtype, ttl=0, rdata=b""):
    return wire_name(owner) + struct.pack("!HHIH", rrtype, cls, ttl, len(rdata)) + rdata


def registration(key, zone, services=("Lamp",), address="10.8.0.9", lease=(3600, 86400), ident=7, gone=()):
    """An unsigned SRP Update. The name of the host is that of the key."""
    kind = f"_hap._udp.{zone}"
    updates = []
    for service in services:
        instance = f"{service}.{kind}"
        updates += [record(kind, IN, PTR, 120, wire_name(instance)), record(instance, ANY, 255),
                    record(instance, IN, SRV, 120, struct.pack("!HHH", 0, 0, 80) + wire_name(key.name)),
                    record(instance, IN, TXT, 120, b"\x04id=1")]
    for service in gone:
        updates += [record(kind, NONE, PTR, 0, wire_name(f"{service}.{kind}")), record(f"{service}.{kind}", ANY, 255)]
    updates.append(record(key.name, ANY, 255))
    if address:
        updates.append(record(key.name, IN, A, 120, bytes(int(part) for part in address.split("."))))
    updates.append(record(key.name, IN, KEY, 120, key.rdata))
    option = struct.pack("!HHII", 2, 8, *lease)
    opt = b"\0" + struct.pack("!HHIH", OPT, 1232, 0, len(option)) + option
    return struct.pack("!HHHHHH", ident, 5 << 11, 1, 0, len(updates), 1) + wire_name(zone) + \
        struct.pack("!HH", 6, IN) + b"".join(updates) + opt


def send(ns, message, server="10.8.0.1", tcp=False):
    """The reply's rcode, and the granted lease."""
    kind = "tcp" if tcp else "udp"
    reply = ns.call(lambda: exchange(message, server, kind))
    parsed = dns.message.from_wire(reply)
    leases = [option.data for option in parsed.options if option.otype == 2]
    return dns.rcode.to_text(parsed.rcode()), struct.unpack("!II", leases[0]) if leases else None


def exchange(message, server, kind):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.connect((server, 53))
        if kind == "udp":
            s.send(message)
            return s.recv(4096)
        s.sendall(struct.pack("!H", len(message)) + message)
        data = b""
        while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
            data += s.recv(4096)
        return data[2:]


def texts(ns, name, rdtype, server="127.0.0.1"):
    reply = ask(ns, server, name, rdtype)
    return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)


@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
@pytest.mark.parametrize("zone", ["vanya", "default.service.arpa"])
def test_a_device_registers_and_leaves(daemon, host, device, zone, tcp):
    key = KeyPair(f"lamp.{zone}")
    assert send(device, key.sign(registration(key, zone)), tcp=tcp) == ("NOERROR", (3600, 86400))
    assert texts(host, "lamp.vanya", "A") == ["10.8.0.9"]
    assert texts(host, "_hap._udp.vanya", "PTR") == ["Lamp._hap._udp.vanya."]
    assert texts(host, "Lamp._hap._udp.vanya", "SRV") == ["0 0 80 lamp.vanya."]
    assert texts(host, "lamp.vanya", "KEY") == []  # it would have rights
    assert send(device, key.sign(registration(key, zone, (), None, (0, 7200)), ), tcp=tcp)[0] == "NOERROR"
    assert texts(host, "lamp.vanya", "A") == [] and texts(host, "_hap._udp.vanya", "PTR") == []
    other = KeyPair(f"lamp.{zone}")
    assert send(device, other.sign(registration(other, zone)), tcp=tcp)[0] == "YXDOMAIN"


def test_one_service_goes(daemon, host, device):
    key = KeyPair("lamp.vanya")
    assert send(device, key.sign(registration(key, "vanya", ("One", "Two"))))[0] == "NOERROR"
    assert send(device, key.sign(registration(key, "vanya", ("One",), gone=("Two",))))[0] == "NOERROR"
    assert texts(host, "_hap._udp.vanya", "PTR") == ["One._hap._udp.vanya."]
    assert texts(host, "Two._hap._udp.vanya", "SRV") == []


def test_a_server_is_found(daemon, host):
    assert [text.split()[:3] for text in texts(host, "_dnssd-srp._tcp.vanya", "SRV")] == [["0", "0", "53"]]
    assert texts(host, "lb._dns-sd._udp.vanya", "PTR") == ["vanya."]


def test_what_nobody_may_register(daemon, host, device):
    key = KeyPair("lamp.vanya")
    good = key.sign(registration(key, "vanya"))
    for at in (40, len(good) - 1):  # a byte of what is signed; of the signature
        bad = good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]
        assert send(device, bad)[0] in ("NOTAUTH", "FORMERR", "REFUSED")
    assert send(device, key.sign(registration(key, "vanya"), inception=1, expiration=2))[0] == "NOTAUTH"
    assert texts(host, "lamp.vanya", "A") == []
    # A device without a clock says no times.
    assert send(device, key.sign(registration(key, "vanya"), inception=0, expiration=0))[0] == "NOERROR"
    assert texts(host, "lamp.vanya", "A") == ["10.8.0.9"]


def test_who_comes_first_has_no_other_rights(serve, host, device):
    """A right for the name of a key is not a right of whoever registers that name."""
    serve(host, "--domain=vanya", "--no-mdns", "--srp", "--allow-update=sig0:lamp.vanya:*:ANY")
    key = KeyPair("lamp.vanya")
    assert send(device, key.sign(registration(key, "vanya")))[0] == "NOERROR"
    update = struct.pack("!HHHHHH", 8, 5 << 11, 1, 0, 1, 0) + wire_name("vanya") + struct.pack("!HH", 6, IN) + \
        record("bank.vanya", IN, TXT, 60, b"\x01x")
    assert send(device, key.sign(update))[0] == "NOTAUTH"
    assert texts(host, "bank.vanya", "TXT") == []


def test_only_the_lan_registers(serve, host, device):
    serve(host, "--domain=vanya", "--no-mdns", "--srp")
    key = KeyPair("lamp.vanya")
    host.run(["ip", "addr", "add", "192.0.2.1/32", "dev", "lo"])
    device.run(["ip", "addr", "add", "192.0.2.9/32", "dev", "lo"])
    host.run(["ip", "route", "add", "192.0.2.9/32", "via", "10.8.0.9"])
    device.run(["ip", "route", "add", "192.0.2.1/32", "via", "10.8.0.1", "src", "192.0.2.9"])
    assert send(device, key.sign(registration(key, "vanya")), server="192.0.2.1")[0] == "NOTAUTH"
    assert send(device, key.sign(registration(key, "vanya")))[0] == "NOERROR"


def test_a_lease_ends_and_outlives_a_restart(serve, host, device, tmp_path):
    daemon = serve(host, "--domain=vanya", "--no-mdns", "--srp")
    short, long = KeyPair("short.vanya"), KeyPair("long.vanya")
    assert send(device, long.sign(registration(long, "vanya", ("Long",))))[0] == "NOERROR"
    # The shortest lease there is: 30 s.
    begun = time.monotonic()
    assert send(device, short.sign(registration(short, "vanya", ("Short",), lease=(1, 3600))))[1] == (30, 3600)
    daemon.kill()
    daemon.start()
    assert texts(host, "long.vanya", "A") == ["10.8.0.9"]
    wait_until(lambda: texts(host, "short.vanya", "A") == [], timeout=120)
    assert time.monotonic() - begun > 25
    assert texts(host, "_hap._udp.vanya", "PTR") == ["Long._hap._udp.vanya."]
    other = KeyPair("short.vanya")
    assert send(device, other.sign(registration(other, "vanya", ("Short",))))[0] == "YXDOMAIN"


def send_all(ns, messages, server="10.8.0.1"):
    """Sends them at once, and returns the rcodes of all replies."""
    def exchange_all():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(20)
            sock.connect((server, 53))
            for message in messages:
                sock.send(message)
            return [sock.recv(4096)[3] & 15 for _ in messages]
    return [dns.rcode.to_text(rcode) for rcode in ns.call(exchange_all)]


@pytest.mark.parametrize("zone", ["vanya", "default.service.arpa"])
def test_many_at_once_are_as_one_after_the_other(daemon, host, device, zone):
    keys = [KeyPair(f"lamp{i}.{zone}") for i in range(12)]
    assert send_all(device, [key.sign(registration(key, zone, (f"Lamp{i}",), ident=i))
                             for i, key in enumerate(keys)]) == ["NOERROR"] * 12
    assert len(texts(host, "_hap._udp.vanya", "PTR")) == 12
    rivals = [KeyPair(f"desk.{zone}") for _ in range(6)]
    codes = send_all(device, [key.sign(registration(key, zone, (), ident=i)) for i, key in enumerate(rivals)])
    assert sorted(codes) == ["NOERROR"] + ["YXDOMAIN"] * 5
