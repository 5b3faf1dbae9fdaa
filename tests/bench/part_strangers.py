# SPDX-License-Identifier: ISC
"""What strangers can cost: the CPU time of messages that are made to be expensive, and what others notice of them."""
import contextlib
import socket
import struct
import threading
import time

import servers
from lab import percentile
from part_mdns import GROUP, PORT
from questions import DOMAIN

FLOOD_BYTES_S, MDNS_LEN, UDP_LEN, TCP_LEN = 300_000, 8900, 2038, 4096
SHAPES = {"plain": "records without pointers", "chain": "pointers that lead to pointers",
          "labels": "a label and a pointer to the last owner"}


def message(length, shape, is_mdns=False, flags=0):
    """A query of about `length` bytes, the rest of it records: known answers for mDNS, else additional ones."""
    question = b"\x01a\x05local\x00" + struct.pack("!HH", 255, 1)
    parts, size, count, last = [question], 12 + len(question), 0, 12
    while size + 16 <= length:
        owner = {"plain": b"\x00", "chain": struct.pack("!H", 0xC000 | last),
                 "labels": b"\x01b" + struct.pack("!H", 0xC000 | last)}[shape]
        if last < 0x3FFF:
            last = size if shape != "labels" or count % 100 != 99 else 12
        parts.append(owner + struct.pack("!HHIH", 1, 1, 60, 0))
        size += len(parts[-1])
        count += 1
    answers, additional = (count, 0) if is_mdns else (0, count)
    return struct.pack("!6H", 7, flags, 1, answers, 0, additional) + b"".join(parts)


def cost_of(server, send, count):
    """CPU time of one message, in microseconds."""
    server.wait_quiet()
    before = server.cpu_us()
    for i in range(count):
        send()
        if i % 16 == 15:
            time.sleep(0.01)  # so that none is lost
    server.wait_quiet()
    return (server.cpu_us() - before) / count


def run(lab, report):
    host = lab.host("strangers")
    server = servers.ontap(host, f"--listen={host.addr}", "--mdns=s0", "--assign-nsid=/run/netns",
                           "--hostnames-by=none", "--threads=1")
    count = 32 if lab.is_smoke else 1000
    with contextlib.closing(lab.client.socket(socket.AF_INET)) as sock:
        for shape, text in SHAPES.items():
            bytes_ = message(UDP_LEN, shape)
            report.add("strangers", f"UDP, {UDP_LEN} bytes, {text}: CPU a message", 1,
                       cost_of(server, lambda b=bytes_: sock.sendto(b, (host.addr, 53)), count), "us", target=1000)
    for shape, text in SHAPES.items():
        bytes_ = message(TCP_LEN, shape)
        framed = struct.pack("!H", len(bytes_)) + bytes_
        report.add("strangers", f"TCP, {TCP_LEN} bytes, {text}: CPU a connection with a message", 1,
                   cost_of(server, lambda f=framed: one_connection(lab, host, f), count // 4), "us", target=1000)
    whole = struct.pack("!H", 65498) + message(65498, "plain")
    report.add("strangers", "TCP, 65 498 bytes, refused: CPU a connection with a message", 1,
               cost_of(server, lambda: one_connection(lab, host, whole), count // 4), "us", target=1000)
    measure_mdns(lab, report, host, server, count)
    server.stop()


def one_connection(lab, host, framed):
    with contextlib.closing(lab.client.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        sock.settimeout(2)
        sock.connect((host.addr, 53))
        with contextlib.suppress(OSError):
            sock.sendall(framed)
            sock.recv(65535)


def measure_mdns(lab, report, host, server, count):
    with contextlib.closing(lab.client.socket(socket.AF_INET)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host.addr[:-1] + "2"))
        sock.bind(("", PORT))
        for shape, text in SHAPES.items():
            for flags, kind in ((0, ""), (0x0200, ", truncated, each from one peer")):
                bytes_ = message(MDNS_LEN, shape, True, flags)
                cost = cost_of(server, lambda b=bytes_: sock.sendto(b, (GROUP, PORT)), count // 4)
                report.add("strangers", f"mDNS, {MDNS_LEN} bytes, {text}{kind}: CPU a message", 1, cost, "us")
        for is_flooded in (False, True):
            measure_names(lab, report, host, sock, is_flooded)


def measure_names(lab, report, host, sock, is_flooded):
    """From the command that adds an address to the first answer with it, while somebody floods mDNS."""
    is_over, took = threading.Event(), []
    packets = [message(MDNS_LEN, shape, True, 0x0200) for shape in SHAPES]

    def flood():
        while not is_over.is_set():
            for packet in packets:
                sock.sendto(packet, (GROUP, PORT))
                time.sleep(len(packet) / FLOOD_BYTES_S)
    thread = threading.Thread(target=flood, daemon=True)
    if is_flooded:
        thread.start()
        time.sleep(1)
    host.ns.set_alias("s0", "flooded")
    for i in range(3 if lab.is_smoke else 30):
        address = ("203.0.113." if is_flooded else "198.51.100.") + str(i + 1)
        host.ns.ip(f"addr add {address}/32 dev s0")
        began = time.monotonic()
        while socket.inet_aton(address) not in answer(lab, host):
            if time.monotonic() - began > 60:
                raise AssertionError(f"{address} is not answered")
        took.append((time.monotonic() - began) * 1000)
        host.ns.ip(f"addr del {address}/32 dev s0")
    is_over.set()
    if is_flooded:
        thread.join()
    text = f"while {FLOOD_BYTES_S // 1000} kB/s of mDNS arrive" if is_flooded else "while nothing else happens"
    for percent, name in ((50, "median"), (100, "worst")):
        report.add("strangers", f"new address to the answer, {text}, {name}", len(took), percentile(took, percent),
                   "ms", target=50)


def answer(lab, host):
    name = b"\x07flooded\x03wan" + b"".join(bytes([len(p)]) + p.encode() for p in DOMAIN.split(".") if p) + b"\0"
    with contextlib.closing(lab.client.socket(socket.AF_INET)) as sock:
        sock.settimeout(5)
        sock.sendto(struct.pack("!6H", 7, 0, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1), (host.addr, 53))
        return sock.recv(65535)
