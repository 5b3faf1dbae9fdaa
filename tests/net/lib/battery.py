# SPDX-License-Identifier: ISC
"""Thousands of questions to a server within a second or two: without message objects, many in flight at a
time."""
import contextlib
import select
import socket
import struct
from typing import NamedTuple

RD, AD, CD = 0x0100, 0x0020, 0x0010
OPT = 41
WINDOW = 48  # questions in flight: their replies must fit in a socket's buffer
PATIENCE = 2.0  # seconds without any reply, after which the missing ones are asked for again, once


class Question(NamedTuple):
    """A question. `name` is in wire form; `payload` is the size offered by EDNS, None without EDNS."""
    name: bytes
    rdtype: int
    rdclass: int = 1
    flags: int = 0
    payload: int | None = None
    has_do: bool = False

    def body(self):
        """The message without its id."""
        head = struct.pack("!5H", self.flags, 1, 0, 0, 0 if self.payload is None else 1)
        opt = b""
        if self.payload is not None:
            opt = struct.pack("!BHHIH", 0, OPT, self.payload, 0x8000 if self.has_do else 0, 0)
        return head + self.name + struct.pack("!HH", self.rdtype, self.rdclass) + opt


def ask_udp(ns, addr, port, questions):
    """The replies in the order of the questions, without their ids; None where none came."""
    bodies = [question.body() for question in questions]
    replies = [None] * len(bodies)
    for start in range(0, len(bodies), 65536):
        _ask_numbered(ns, (addr, port), bodies[start:start + 65536], replies, start)
    return replies


def _ask_numbered(ns, target, bodies, replies, start):
    """The id of a message is the index of its question. A second round repeats lost questions."""
    with contextlib.closing(ns.socket(socket.AF_INET)) as sock:
        sock.setblocking(False)
        sock.connect(target)
        for _ in range(2):
            left = [i for i in range(len(bodies)) if replies[start + i] is None]
            _ask_round(sock, bodies, left, replies, start)


def _ask_round(sock, bodies, left, replies, start):
    under_way, at = 0, 0
    while under_way or at < len(left):
        while at < len(left) and under_way < WINDOW:
            sock.send(struct.pack("!H", left[at]) + bodies[left[at]])
            at += 1
            under_way += 1
        if not select.select([sock], [], [], PATIENCE)[0]:
            return
        with contextlib.suppress(BlockingIOError):
            while True:
                wire = sock.recv(65535)
                place = start + int.from_bytes(wire[:2], "big")
                under_way -= replies[place] is None
                replies[place] = wire[2:]


def ask_tcp(ns, addr, port, questions):
    """The same over one connection."""
    replies = [None] * len(questions)
    with contextlib.closing(ns.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        sock.settimeout(10)
        sock.connect((addr, port))
        with sock.makefile("rb") as stream:
            for start in range(0, len(questions), WINDOW):
                batch = range(start, min(start + WINDOW, len(questions)))
                wires = [struct.pack("!H", i) + questions[i].body() for i in batch]
                sock.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in wires))
                for _ in batch:
                    wire = stream.read(int.from_bytes(stream.read(2), "big"))
                    replies[int.from_bytes(wire[:2], "big")] = wire[2:]
    return replies
