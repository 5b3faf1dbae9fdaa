# SPDX-License-Identifier: ISC
"""Starts the real ontapd, and speaks its protocol without the library (ontapd-protocol(7))."""
import os
import re
import socket
import struct

from lib.started import Started

CREATE, OPEN, REMOVE, WATCH = 1, 2, 3, 4
TYPE, MODE, IFNAME, ALIAS, QUEUES, FLAGS = 1, 2, 3, 4, 5, 6
STATUS, ERROR, TEXT, IFINDEX, HWADDR = 7, 8, 9, 10, 11
MTU = 13
KEEP, STAY_DOWN, CONNECTION = 1, 2, 4
OK, MALFORMED, VERSION, NAMESPACE, DENIED, LIMIT, EXISTS, ABSENT, UNSUPPORTED = range(9)


class Ontapd(Started):
    """ontapd in a namespace, with its own sockets and state in `work`."""

    def __init__(self, programs, ns, work, options):
        super().__init__(ns, os.path.join(work, "ontapd.log"))
        self.programs = programs
        self.sockets = os.path.join(work, "sockets")
        self.state = os.path.join(work, "state")
        self.options = options

    def port(self, parent):
        return os.path.join(self.sockets, "port." + parent)

    def start(self, *parents, timeout=20, prefix=(), **how):
        return self.start_ready(
            lambda fd: [*prefix, self.programs("ontapd"), f"--socket-dir={self.sockets}",
                        f"--state={self.state}", f"--ready-fd={fd}", *self.options, *parents],
            timeout, **how)

    @property
    def grants(self):
        """The directory of its grants."""
        return os.path.join(self.sockets, "grants")

    def fds(self):
        """Its open descriptors, as a list of link texts."""
        directory = f"/proc/{self.process.pid}/fd"
        found = []
        for name in os.listdir(directory):
            try:
                found.append(os.readlink(os.path.join(directory, name)))
            except FileNotFoundError:
                pass
        return found

    def memory(self):
        """Resident memory in kB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def attribute(kind, value):
    if isinstance(value, str):
        value = value.encode()
    elif isinstance(value, int):
        value = struct.pack("!H" if kind == QUEUES else "!I", value)
    return struct.pack("!HH", kind, len(value)) + value


def message(op, *attributes, version=1):
    """The bytes of a request; attributes are (type, value)."""
    return struct.pack("!BBH", version, op, 0) + b"".join(attribute(*a) for a in attributes)


def parse_reply(data):
    """{type: value}; always has STATUS."""
    version, op, zero = struct.unpack("!BBH", data[:4])
    assert version == 1 and op & 0x80 and zero == 0
    reply, at = {STATUS: 0}, 4
    while at < len(data):
        kind, length = struct.unpack("!HH", data[at:at + 4])
        value = data[at + 4:at + 4 + length]
        at += 4 + length
        kind &= 0x7fff
        if kind in (STATUS, ERROR, IFINDEX, FLAGS, QUEUES, MTU):
            value = int.from_bytes(value, "big")
        elif kind in (TEXT, IFNAME, ALIAS):
            value = value.decode()
        reply[kind] = value
    return reply


def connect(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(10)
    sock.connect(path)
    return sock


def request(sock, data, fds):
    """Sends bytes with descriptors; returns the reply and its descriptors."""
    socket.send_fds(sock, [data], list(fds))
    answer, got, _, _ = socket.recv_fds(sock, 4096, 64)
    return (parse_reply(answer) if answer else None), got
