# SPDX-License-Identifier: ISC
"""The content of a DNS reply, in a form that can be compared between servers: independent of compression, of
the case of names in data, and of the order of records in their set."""
import struct
from typing import NamedTuple

OPT = 41
SOA, HINFO, NAPTR = 6, 13, 35
# The positions of names in rdata: number of bytes before the first one, and number of names.
NAMES = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), SOA: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1),
         12: (0, 1), 14: (0, 2), 15: (2, 1), 17: (0, 2), 18: (2, 1), 21: (2, 1), 26: (2, 2),
         33: (6, 1), 36: (2, 1), 39: (0, 1), 107: (2, 1)}


class Malformed(Exception):
    """The bytes are not a message."""


class RRset(NamedTuple):
    owner: bytes
    rdtype: int
    rdclass: int
    ttl: int
    rdata: tuple  # sorted; a repeated record is in it twice


class Edns(NamedTuple):
    version: int
    payload: int
    has_do: bool
    flags: int
    options: bytes


class Reply(NamedTuple):
    rcode: int
    aa: bool
    tc: bool
    ra: bool
    ad: bool
    other: int         # the other bits: QR, opcode, RD, Z, CD
    question: bytes    # unchanged
    answer: tuple      # of RRset, in the order of their first records
    authority: tuple
    additional: tuple
    edns: Edns | None


def _name(wire, at):
    """Returns the name in lower case, and the offset after it. `wire` begins with the two bytes of an id."""
    labels, end = [], None
    for _ in range(256):  # labels and pointers: more means a loop
        if at >= len(wire):
            raise Malformed("a name runs over the end")
        length = wire[at]
        if length >= 0xc0:
            if at + 1 >= len(wire):
                raise Malformed("half a pointer")
            end = at + 2 if end is None else end
            target = (length & 0x3f) << 8 | wire[at + 1]
            if target >= at:
                raise Malformed("a pointer does not lead back")
            at = target
            continue
        if length > 63:
            raise Malformed("no kind of label")
        labels.append(wire[at:at + 1 + length])
        at += 1 + length
        if length == 0:
            name = b"".join(labels)
            if len(name) > 255:
                raise Malformed("a name is too long")
            return name.lower(), at if end is None else end
    raise Malformed("a name does not end")


def _skip_strings(wire, at, count):
    for _ in range(count):
        at += 1 + wire[at]
    return at


def _rdata(wire, rdtype, at, end):
    """With names expanded and in lower case."""
    if rdtype == NAPTR:
        name_at = _skip_strings(wire, at + 4, 3)
        return wire[at:name_at] + _name(wire, name_at)[0]
    lead, count = NAMES.get(rdtype, (0, 0))
    if not count:
        return wire[at:end]
    parts = [wire[at:at + lead]]
    at += lead
    for _ in range(count):
        name, at = _name(wire, at)
        parts.append(name)
    if at > end:
        raise Malformed("a name runs out of its rdata")
    return b"".join(parts) + wire[at:end]


def _section(wire, at, count):
    sets, opt = {}, None
    for _ in range(count):
        owner, at = _name(wire, at)
        rdtype, rdclass, ttl, length = struct.unpack_from("!HHIH", wire, at)
        at += 10
        if at + length > len(wire):
            raise Malformed("rdata runs over the end")
        if rdtype == OPT:
            if opt is not None:
                raise Malformed("two OPT records")
            opt = (rdclass, ttl, wire[at:at + length])
        else:
            rdata = _rdata(wire, rdtype, at, at + length)
            sets.setdefault((owner, rdtype, rdclass, ttl), []).append(rdata)
        at += length
    return tuple(RRset(*key, tuple(sorted(rdata))) for key, rdata in sets.items()), opt, at


def parse(body):
    """Parses a message; `body` is without its id. Raises Malformed."""
    wire = b"\0\0" + body
    try:
        flags, questions, *counts = struct.unpack_from("!5H", wire, 2)
        at = 12
        for _ in range(questions):
            at = _name(wire, at)[1] + 4
        question = wire[12:at]
        sections = []
        opt = None
        for count in counts:
            sets, opt, at = _section(wire, at, count)
            sections.append(sets)
    except (struct.error, IndexError) as fault:
        raise Malformed(str(fault)) from None
    if at != len(wire):
        raise Malformed(f"{len(wire) - at} bytes behind the last record")
    edns, rcode = None, flags & 15
    if opt:
        payload, fields, options = opt
        rcode |= fields >> 20 & 0xff0
        edns = Edns(fields >> 16 & 255, payload, bool(fields & 0x8000), fields & 0x7fff, options)
    return Reply(rcode, bool(flags & 0x400), bool(flags & 0x200), bool(flags & 0x80),
                 bool(flags & 0x20), flags & 0xf950, question, *sections, edns)
