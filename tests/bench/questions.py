# SPDX-License-Identifier: ISC
"""The zone and the questions that all servers get.

Each of N names has an A and two AAAA at NAME, NAME.wan and NAME.lan: nine records. Of a hundred questions, 45
ask for an existing AAAA and 35 for an existing A, 10 for names that do not exist, 5 for types that do not
exist, and 5 for the SOA or NS of the apex; all with EDNS. The same seed gives the same questions. The zone has
one more name, CHANGING, at the same place in each file (class ZoneFile).
"""
import random
import struct

DOMAIN = "example.org"  # one that may be signed
CHANGING = "changing"
FIRST_SERIAL = 2026000001
TYPES = {"A": 1, "NS": 2, "SOA": 6, "MX": 15, "AAAA": 28}
OPT = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0)
OPT_DO = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0)  # and wants signatures (RFC 3225)
ALL_OWNERS = ("", ".wan", ".lan")
WAN_OWNERS = (".wan",)


def label(number):
    return f"h{number:06d}"


def addresses(number):
    """IPv4 and IPv6 addresses of a name, wan and lan, and a second IPv6 address for each."""
    high, low = divmod(number, 65536)
    v4 = f"{low >> 8}.{low & 255}"
    return {"wan4": f"198.{18 + high}.{v4}", "lan4": f"10.{100 + high}.{v4}",
            "wan6": f"2001:db8::{high:x}:{low:x}", "lan6": f"fd00:bb::{high:x}:{low:x}",
            "wan6b": f"2001:db8:1::{high:x}:{low:x}", "lan6b": f"fd00:bb:1::{high:x}:{low:x}"}


def records(count):
    """Owner below the domain, type, address."""
    for number in range(count):
        at = addresses(number)
        for owner, scope in (("", "wan"), (".wan", "wan"), (".lan", "lan")):
            yield label(number) + owner, "A", at[scope + "4"]
            yield label(number) + owner, "AAAA", at[scope + "6"]
            yield label(number) + owner, "AAAA", at[scope + "6b"]


def write_zone(path, count):
    """A master file that all of them can read."""
    with open(path, "w", encoding="ascii") as file:
        file.write(f"$ORIGIN {DOMAIN}.\n$TTL 60\n"
                   f"@ IN SOA ns hostmaster {FIRST_SERIAL} 3600 600 604800 60\n@ IN NS ns\n"
                   f"ns IN A 192.0.2.1\n{CHANGING} IN A {changing_address(0)}\n")
        for owner, kind, address in records(count):
            file.write(f"{owner} IN {kind} {address}\n")


def write_tinydns(path, count):
    """The same for tinydns-data, which accepts AAAA only in its generic form."""
    import ipaddress  # here only
    with open(path, "w", encoding="ascii") as file:
        file.write(f"Z{DOMAIN}:ns.{DOMAIN}:hostmaster.{DOMAIN}:{FIRST_SERIAL}:3600:600:604800:60:60\n"
                   f"&{DOMAIN}:192.0.2.1:ns.{DOMAIN}:60\n"
                   f"+{CHANGING}.{DOMAIN}:{changing_address(0)}:60\n")
        for owner, kind, address in records(count):
            if kind == "A":
                file.write(f"+{owner}.{DOMAIN}:{address}:60\n")
            else:
                octets = "".join(f"\\{byte:03o}" for byte in ipaddress.IPv6Address(address).packed)
                file.write(f":{owner}.{DOMAIN}:28:{octets}:60\n")


def changing_address(change):
    """The address of CHANGING after so many changes: texts of the same length."""
    return f"192.0.3.{100 + change % 150}"


class ZoneFile:
    """A zone's file in which the address of CHANGING, and the serial, are overwritten in place."""

    def __init__(self, path):
        self.path = path
        self.changes = 0

    def change(self):
        """Returns the new address."""
        with open(self.path, "r+b") as file:
            head = file.read(1024)
            self.changes += 1
            for old, new in ((changing_address(self.changes - 1), changing_address(self.changes)),
                             (str(FIRST_SERIAL + self.changes - 1), str(FIRST_SERIAL + self.changes))):
                file.seek(head.index(old.encode()))
                file.write(new.encode())
        return changing_address(self.changes)


def update_message(address):
    """RFC 2136: CHANGING gets that address instead of its present one."""
    owner = wire_name(f"{CHANGING}.{DOMAIN}")
    packed = bytes(int(part) for part in address.split("."))
    return (struct.pack(">6H", 1, 5 << 11, 1, 0, 2, 0) + wire_name(DOMAIN) + struct.pack(">HH", 6, 1)
            + owner + struct.pack(">HHIH", 1, 255, 0, 0)  # §2.5.2: the set is removed
            + owner + struct.pack(">HHIH", 1, 1, 60, 4) + packed)


def add_message(number, name, address):
    """RFC 2136: one more address at that name; the id of the message is the number's low bits."""
    packed = bytes(int(part) for part in address.split("."))
    return (struct.pack(">6H", number & 0xffff, 5 << 11, 1, 0, 1, 0) + wire_name(DOMAIN) + struct.pack(">HH", 6, 1)
            + wire_name(name) + struct.pack(">HHIH", 1, 1, 60, 4) + packed)


def write_local_zone(path, count):
    """Names for mDNS: A and AAAA at NAME.local."""
    with open(path, "w", encoding="ascii") as file:
        file.write("$ORIGIN local.\n$TTL 120\n")
        for number in range(count):
            at = addresses(number)
            file.write(f"{label(number)} IN A {at['lan4']}\n{label(number)} IN AAAA {at['lan6']}\n")


def write_avahi_hosts(path, count):
    with open(path, "w", encoding="ascii") as file:
        for number in range(count):
            at = addresses(number)
            file.write(f"{at['lan4']} {label(number)}.local\n{at['lan6']} {label(number)}.local\n")


def wire_name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"


def question(name, kind, has_edns=True, has_do=False):
    head = struct.pack(">6H", 0, 0, 1, 0, 0, 1 if has_edns else 0)
    opt = OPT_DO if has_do else OPT
    return head + wire_name(name) + struct.pack(">HH", TYPES[kind], 1) + (opt if has_edns else b"")


def write_entry(file, message, rcode, answers):
    file.write(struct.pack(">HBB", len(message), rcode, answers) + message)


def write_questions(path, count, owners=ALL_OWNERS, questions=20000, seed=1, has_do=False):
    """The mix, for a zone of `count` names; the first question asks for an existing name. With `has_do`, the
    clients want signatures, and what exists must have one."""
    dice = random.Random(seed)
    least = 2 if has_do else 1

    def write(name, kind, rcode, answers):
        write_entry(file, question(f"{name}.{DOMAIN}", kind, has_do=has_do), rcode, answers)

    with open(path, "wb") as file:
        for i in range(questions):
            name = label(dice.randrange(count)) + dice.choice(owners)
            throw = dice.randrange(100) if i else 0
            if throw < 80:
                write(name, "AAAA" if throw < 45 else "A", 0, least)
            elif throw < 90:
                write(f"none{dice.randrange(10 ** 6)}", "AAAA", 3, 0)
            elif throw < 95:
                write(name, "MX", 0, 0)
            else:
                write("", dice.choice(("SOA", "NS")), 0, least)


def write_nonsense(path, questions=20000, seed=2):
    """Only names that do not exist, for clients that want the proof."""
    dice = random.Random(seed)
    with open(path, "wb") as file:
        for _ in range(questions):
            name = f"{dice.randrange(16 ** 8):08x}{dice.choice(ALL_OWNERS)}.{DOMAIN}"
            write_entry(file, question(name, "A", has_do=True), 3, 0)


def write_local_questions(path, count, questions=4000, seed=1):
    """A phone's queries, one-shot (RFC 6762 §5.1): A and AAAA, no EDNS."""
    dice = random.Random(seed)
    with open(path, "wb") as file:
        for _ in range(questions):
            name = label(dice.randrange(count)) + ".local"
            write_entry(file, question(name, dice.choice(("A", "AAAA")), has_edns=False), 0, 1)


def entries(path):
    """The content of a question file: message, rcode, answers."""
    with open(path, "rb") as file:
        content = file.read()
    at = 0
    while at < len(content):
        length, rcode, answers = struct.unpack_from(">HBB", content, at)
        yield content[at + 4:at + 4 + length], rcode, answers
        at += 4 + length
