# SPDX-License-Identifier: ISC
"""Updates by others (RFC 2136), each signed by TSIG and with a name of its own: one at a time, and many at once. All servers keep
what they have acknowledged on the disk. The limit is the echo, for the same messages."""
import base64
import hashlib
import hmac
import select
import socket
import struct
import time

import peers
import questions
import servers
from lab import Missing, median, percentile
from part_record import copy_zone
from part_unicast import prepare

ONE, MANY, WINDOW, ROUNDS = 50, 300, 64, 5  # messages in a round: alone, and with so many in flight
PATIENCE_S = 10
SETTLE_S = 0.2  # what a server does after its answer is part of the cost
STARTERS = (
    ("ontap", lambda host, zone: servers.ontap_with_file(
        host, zone, f"--tsig={peers.KEY}:hmac-sha256:{peers.SECRET}", f"--allow-update=key:{peers.KEY}:*:A")),
    ("knot", lambda host, zone: peers.knot(host, zone, keeps_history=True)),
    ("bind", peers.bind))


def run(lab, report):
    for size in lab.sizes(1000, 100000):
        measure_size(lab, report, size)


def measure_size(lab, report, size):
    zone, asked = prepare(lab, size)
    running = [servers.echo(lab.host("echo"))]
    for name, start in STARTERS:
        try:
            server = start(lab.host(name), copy_zone(lab, zone, name, size))
            servers.wait_right(server, asked)
            server.wait_quiet()
            running.append(server)
        except Missing as missing:
            report.missing("update", f"{name}: {missing}")
    clients = [Client(lab, server) for server in running]
    one, many = (2, 8) if lab.is_smoke else (ONE, MANY)
    for _ in range(1 if lab.is_smoke else ROUNDS):
        for client in clients:
            client.measure("one at a time", one, 1)
            client.measure("many at once", many, WINDOW)
    for client in clients:
        client.report(report, size, clients[0])
    lab.stop_servers()


def signed(message, now_s):
    """The message with a TSIG record (RFC 8945)."""
    key, algorithm = questions.wire_name(peers.KEY), questions.wire_name("hmac-sha256")
    at = struct.pack(">HIH", now_s >> 32, now_s & 0xffffffff, 300)
    digest = hmac.new(base64.b64decode(peers.SECRET), message + key + struct.pack(">HI", 255, 0) + algorithm + at +
                      struct.pack(">HH", 0, 0), hashlib.sha256).digest()
    data = algorithm + at + struct.pack(">H", len(digest)) + digest + message[:2] + struct.pack(">HH", 0, 0)
    head = message[:10] + struct.pack(">H", 1) + message[12:]
    return head + key + struct.pack(">HHIH", 250, 255, 0, len(data)) + data


class Client:
    def __init__(self, lab, server):
        self.server, self.sent, self.results = server, 0, {}
        self.is_echo = server.name == "echo"
        self.sock = lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect((server.host.addr, 53))

    def messages(self, count):
        now_s = int(time.time())
        for _ in range(count):
            self.sent += 1
            yield signed(questions.add_message(self.sent, f"new{self.sent}.{questions.DOMAIN}", "192.0.2.1"), now_s)

    def measure(self, what, count, window):
        """Keeps `window` messages in flight. Signing is done before."""
        waiting = list(self.messages(count))
        cpu, begin = self.server.cpu_us(), time.monotonic()
        flying, spans = {}, []
        while waiting or flying:
            while waiting and len(flying) < window:
                message = waiting.pop()
                flying[message[:2]] = time.monotonic()
                self.sock.send(message)
            if not select.select([self.sock], [], [], PATIENCE_S)[0]:
                raise RuntimeError(f"{self.server.name} does not answer updates: {self.server.log()}")
            reply = self.sock.recv(4096)
            if reply[3] & 15:
                raise RuntimeError(f"{self.server.name} refuses an update: rcode {reply[3] & 15}")
            spans.append((time.monotonic() - flying.pop(reply[:2])) * 1e6)
        took = time.monotonic() - begin
        time.sleep(0 if self.is_echo else SETTLE_S)
        result = self.results.setdefault(what, {"spans": [], "cpu": [], "rates": []})
        result["spans"] += spans
        result["cpu"].append((self.server.cpu_us() - cpu) / count)
        result["rates"].append(count / took)

    def report(self, report, size, limit):
        name = self.server.name
        for what, got in self.results.items():
            report.add("update", f"{name}: {what}, to the answer, median", size, median(got["spans"]), "µs")
            report.add("update", f"{name}: {what}, to the answer, p99", size, percentile(got["spans"], 99), "µs")
            report.add("update", f"{name}: {what}, CPU an update", size, median(got["cpu"]), "µs",
                       ratio=median([own / echo for own, echo in zip(got["cpu"], limit.results[what]["cpu"])]))
            report.add("update", f"{name}: {what}, updates a second", size, median(got["rates"]), "1/s")
