# SPDX-License-Identifier: ISC
"""Certificates (ACME, DNS-01) by the recipes of contrib/acme, from pebble, which asks a resolver that asks two
secondaries: for a domain and its wildcard in one order, and for a name of a workload."""
import json
import os
import re
import shlex
import subprocess

import pytest

dns = pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import ask  # noqa: E402
from lib.secondary import Server, knot_secondary, write  # noqa: E402
from lib.transfer import HOST, SECRET, tsig_option  # noqa: E402
from lib.wait import wait_until  # noqa: E402

RECIPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "acme")
DOMAIN, RESOLVER, CA = "lab.example", "10.7.0.20", "10.7.0.30"
SECONDARIES = ("10.7.0.21", "10.7.0.22")
LONG = 240  # seconds for an order on a slow machine

ZONE = "\n".join([*(f"@ NS ns{i}\nns{i} A {addr}" for i, addr in enumerate(SECONDARIES)), ""])


def unbound(program, ns, work):
    stubs = "".join(f"    stub-addr: {addr}\n" for addr in SECONDARIES)
    conf = write(work, "unbound.conf", f"""
server:
    interface: {RESOLVER}
    access-control: 10.0.0.0/8 allow
    directory: "{work}"
    chroot: ""
    username: ""
    pidfile: ""
    module-config: "iterator"
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    do-ip6: no
    use-syslog: no
    num-threads: 1
    local-zone: "example." nodefault
stub-zone:
    name: "{DOMAIN}"
{stubs}""")
    return Server(ns, RESOLVER, work, "unbound", [program, "-d", "-c", conf])


def pebble(program, ns, work):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{work}/ca.key", "-out",
                    f"{work}/ca.pem", "-days", "2", "-subj", "/CN=pebble", "-addext", f"subjectAltName=IP:{CA}"],
                   check=True, capture_output=True)
    conf = write(work, "pebble.json", json.dumps({"pebble": {
        "listenAddress": f"{CA}:14000", "managementListenAddress": f"{CA}:15000", "certificate": f"{work}/ca.pem",
        "privateKey": f"{work}/ca.key", "httpPort": 5002, "tlsPort": 5001, "ocspResponderURL": "",
        "externalAccountBindingRequired": False}}))
    env = ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0"]
    return Server(ns, CA, work, "pebble", [*env, program, "-config", conf, "-dnsserver", f"{RESOLVER}:53"])


class Lab:
    """ontap-zone, two secondaries, a resolver that knows only these, a CA that asks it, and a client."""

    def __init__(self, topo, serve, tools, directory):
        self.servers, self.directory = [], directory
        self.host = topo.namespace("host")
        topo.bridge(self.host, "br0", f"{HOST}/24")
        self.client = topo.workload("client", self.host, "br0", "10.7.0.40/24")
        topo.workload("web", self.host, "br0", "10.7.0.2/24", "198.51.100.2/24", alias="web")
        self.daemon = serve(self.host, f"--domain={DOMAIN}", "--no-mdns", tsig_option("one"), "--allow-transfer=key:one",
                            *(f"--notify={addr},key:one" for addr in SECONDARIES),
                            f"--zone-file={write(self.work('zone'), 'zone', ZONE)}",
                            "--allow-update=key:one:@", "--allow-update=key:one:*.wan")
        for i, addr in enumerate(SECONDARIES):
            ns = topo.workload(f"ns{i}", self.host, "br0", f"{addr}/24")
            self.servers.append(knot_secondary(tools["knotd"], ns, addr, self.work(f"ns{i}"), DOMAIN))
        self.resolver = topo.workload("resolver", self.host, "br0", f"{RESOLVER}/24")
        self.servers.append(unbound(tools["unbound"], self.resolver, self.work("unbound")))
        self.servers.append(pebble(tools["pebble"], topo.workload("ca", self.host, "br0", f"{CA}/24"), self.work("ca")))
        wait_until(self.is_up, 60, "the zone at the resolver, and the CA")

    def work(self, name):
        path = self.directory / name
        path.mkdir()
        return str(path)

    def is_up(self):
        if any(server.process.poll() is not None for server in self.servers):
            raise AssertionError("a server has ended")
        done = self.client.run(["curl", "-s", "--cacert", self.ca, f"https://{CA}:14000/dir"], check=False)
        return done.returncode == 0 and self.txt("@", SECONDARIES[0], "NS") and self.txt("@", SECONDARIES[1], "NS") and \
            self.txt("@", RESOLVER, "NS")

    @property
    def ca(self):
        return str(self.directory / "ca" / "ca.pem")

    def txt(self, name, server, rdtype="TXT"):
        try:
            reply = self.client.call(lambda: ask(self.client, server, DOMAIN if name == "@" else f"{name}.{DOMAIN}", rdtype))
        except (OSError, dns.exception.DNSException):
            return []
        return [rdata.to_text() for rrset in reply.answer for rdata in rrset]

    def run(self, command, env=(), directory=None):
        """Runs a client with that resolver, and with the CA among those that it trusts."""
        files = self.directory / "files"
        files.mkdir(exist_ok=True)
        (files / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
        script = (f"mount --bind {files}/resolv.conf /etc/resolv.conf && "
                  f"mount --bind {self.ca} /etc/ssl/certs/ca-certificates.crt && exec {shlex.join(command)}")
        done = self.client.run(["unshare", "-m", "sh", "-c", script], check=False, timeout=LONG, cwd=directory,
                               env={**os.environ, "HOME": str(directory or self.directory), **dict(env)})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def stop(self):
        for server in reversed(self.servers):
            server.stop()
            print(f"--- {server.log_path}\n{server.log()[-6000:]}")


@pytest.fixture(scope="module")
def lab(module_topo, module_serve, need, tmp_path_factory):
    tools = {name: need(name) for name in ("knotd", "unbound", "pebble", "openssl", "curl", "dig", "nsupdate")}
    made = Lab.__new__(Lab)
    made.servers = []
    try:
        made.__init__(module_topo, module_serve, tools, tmp_path_factory.mktemp("acme"))
        yield made
    finally:
        made.stop()


def recipe(name, directory):
    """A copy of a file of the recipes, with our address and secret."""
    with open(os.path.join(RECIPES, name), encoding="ascii") as file:
        text = file.read().replace("127.0.0.56", HOST).replace("c2VjcmV0...", SECRET)
    path = directory / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def hook_environ(directory):
    key = directory / "acme.key"
    key.write_text(f'key "one" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n')
    return {"ONTAP_ACME_SERVER": HOST, "ONTAP_ACME_KEY": str(key)}


HOOK = os.path.join(RECIPES, "ontap-acme-hook")


def lego(lab, directory, names):
    text = recipe("lego.env", directory).read_text()
    env = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    lab.run(["lego", "--accept-tos", "--email", "a@example.org", "--server", f"https://{CA}:14000/dir", "--dns",
             "rfc2136", "--path", str(directory), *(word for name in names for word in ("-d", name)), "run"],
            {**env, "LEGO_CA_CERTIFICATES": lab.ca}, directory)


def certbot(lab, directory, names):
    lab.run(["certbot", "certonly", "--dns-rfc2136", "--dns-rfc2136-credentials",
             str(recipe("certbot.ini", directory)), "--dns-rfc2136-propagation-seconds", "10", "-n", "--agree-tos",
             "--register-unsafely-without-email", "--server", f"https://{CA}:14000/dir",
             *(word for name in names for word in ("-d", name)),
             *(word for kind in ("config", "work", "logs") for word in (f"--{kind}-dir", str(directory / kind)))],
            {"REQUESTS_CA_BUNDLE": lab.ca}, directory)


def uacme(lab, directory, names):
    words = ["uacme", "-v", "-a", f"https://{CA}:14000/dir", "-c", str(directory)]
    lab.run([*words, "-y", "new"], directory=directory)
    lab.run([*words, "-h", HOOK, "issue", *names], hook_environ(directory), directory)


def dehydrated(lab, directory, names):
    (directory / "config").write_text(
        f'CA="https://{CA}:14000/dir"\nBASEDIR={directory}\nCHALLENGETYPE=dns-01\nHOOK={HOOK}\nHOOK_CHAIN=yes\n')
    (directory / "domains.txt").write_text(" ".join(names) + "\n")
    words = ["dehydrated", "-f", str(directory / "config")]
    lab.run([*words, "--register", "--accept-terms"], hook_environ(directory), directory)
    lab.run([*words, "-c"], hook_environ(directory), directory)


def certificate_names(directory):
    """Of all certificates below the directory."""
    found = set()
    for path in directory.rglob("*"):
        if path.suffix not in (".crt", ".pem") or not path.is_file() or "BEGIN CERTIFICATE" not in path.read_text():
            continue
        text = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", str(path)],
                              capture_output=True, text=True, check=False).stdout
        found |= set(re.findall(r"DNS:(\S+?)(?:,|\s)", text + " "))
    return found


@pytest.mark.parametrize("client", [lego, certbot, uacme, dehydrated], ids=lambda client: client.__name__)
def test_a_wildcard_and_its_domain_in_one_order(lab, client, need, tmp_path):
    need(client.__name__)
    before = lab.daemon.status()["receiver"]["done"]
    client(lab, tmp_path, [DOMAIN, f"*.{DOMAIN}"])
    assert {DOMAIN, f"*.{DOMAIN}"} <= certificate_names(tmp_path)
    assert lab.daemon.status()["receiver"]["done"] >= before + 4, "two were added, and removed"
    assert lab.txt("_acme-challenge", HOST) == []


@pytest.mark.parametrize("client", [lego, uacme], ids=lambda client: client.__name__)
def test_the_name_of_a_workload(lab, client, need, tmp_path):
    need(client.__name__)
    client(lab, tmp_path, [f"web.wan.{DOMAIN}"])
    assert f"web.wan.{DOMAIN}" in certificate_names(tmp_path)
