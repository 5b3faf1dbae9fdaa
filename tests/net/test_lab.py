# SPDX-License-Identifier: ISC
"""The laboratory itself: namespaces are isolated and connected as requested, and questions cross them."""
import socket
import subprocess
import sys
import threading

import pytest

from lib.wait import wait_until


def test_the_run_does_not_see_the_links_of_the_machine():
    links = [name for _, name in socket.if_nameindex()]
    assert set(links) <= {"lo", "sit0", "tunl0", "ip6tnl0"}


def test_a_workload_reaches_the_host_of_its_bridge(topo):
    host = topo.namespace("host")
    topo.bridge(host, "br0", "10.9.0.1/24", "fd09::1/64")
    topo.workload("web", host, "br0", "10.9.0.2/24", "fd09::2/64", alias="web")
    with host.socket(socket.AF_INET6) as server:
        server.bind(("::", 5300))
        server.settimeout(5)
        web = topo.namespaces[-1]
        for target in ("::ffff:10.9.0.1", "fd09::1"):
            with web.socket() as client:
                client.sendto(b"question", (target, 5300))
                assert server.recv(100) == b"question"


def test_commands_run_inside(topo):
    ns = topo.namespace("inside")
    topo.bridge(ns, "br7")
    assert "br7" in ns.ip("-br link")
    assert ns.ifindex("br7") > 1
    with pytest.raises(AssertionError, match="nothere"):
        ns.ip("link show nothere")


def test_a_dns_question_crosses_namespaces(topo):
    pytest.importorskip("dns", reason="python3-dnspython is not installed")
    import dns.message
    from lib.query import addresses, ask

    host = topo.namespace("host")
    topo.bridge(host, "br0", "10.9.0.1/24")
    client = topo.workload("client", host, "br0", "10.9.0.2/24")

    def answer_one(server):
        question, peer = server.recvfrom(512)
        reply = dns.message.make_response(dns.message.from_wire(question))
        reply.answer.append(dns.rrset.from_text("a.test.", 60, "IN", "A", "192.0.2.1"))
        server.sendto(reply.to_wire(), peer)

    with host.socket(socket.AF_INET) as server:
        server.bind(("10.9.0.1", 53))
        server.settimeout(5)
        thread = threading.Thread(target=answer_one, args=(server,))
        thread.start()
        assert addresses(ask(client, "10.9.0.1", "a.test", "A")) == ["192.0.2.1"]
        thread.join()


def test_a_process_ends_with_the_run():
    """A child of a run that was killed: the grandchild gets the requested signal."""
    script = ("import subprocess, sys, os; sys.path.insert(0, sys.argv[1]);"
              "from lib.isolate import die_with_parent;"
              "p = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent);"
              "print(p.pid, flush=True); os.kill(os.getpid(), 9)")
    here = __file__.rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", script, here], stdout=subprocess.PIPE, text=True,
                          check=False)
    pid = int(done.stdout)

    def is_gone():
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):  # it was gone before it was opened, or read
            return True

    wait_until(is_gone, what="the end of the grandchild")
