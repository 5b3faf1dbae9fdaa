# SPDX-License-Identifier: ISC
"""DNS questions from inside a namespace."""
import contextlib
import socket

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype


def family_of(server):
    return socket.AF_INET6 if ":" in server else socket.AF_INET


def address_of(server, port):
    """("fe80::1%eth0", 53) -> the tuple for connect(); call it inside the namespace."""
    return socket.getaddrinfo(server, port, family_of(server), socket.SOCK_DGRAM,
                              flags=socket.AI_NUMERICHOST)[0][4]


def ask(ns, server, name, rdtype="A", *, tcp=False, port=53, timeout=3, source=None, edns=None,
        want_dnssec=False):
    """Asks `server` from inside `ns` and returns the dns.message.Message of the reply."""
    message = dns.message.make_query(name, rdtype, use_edns=edns, want_dnssec=want_dnssec)
    return exchange(ns, server, message, tcp=tcp, port=port, timeout=timeout, source=source)


def exchange(ns, server, message, *, tcp=False, port=53, timeout=3, source=None):
    """The same for a message made by the caller."""
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with contextlib.closing(ns.socket(family_of(server), kind)) as sock:
        if source:
            sock.bind(ns.call(address_of, source, 0))
        if not tcp:
            sock.setblocking(False)
            return dns.query.udp(message, server.partition("%")[0], timeout=timeout, port=port,
                                 sock=sock, ignore_unexpected=False)
        sock.settimeout(timeout)
        sock.connect(ns.call(address_of, server, port))
        sock.setblocking(False)
        return dns.query.tcp(message, server, timeout=timeout, port=port, sock=sock)


def addresses(reply, rdtype=None):
    """The addresses in the answer section, sorted, as text."""
    wanted = {dns.rdatatype.from_text(rdtype)} if rdtype else {dns.rdatatype.A, dns.rdatatype.AAAA}
    return sorted(rdata.to_text() for rrset in reply.answer if rrset.rdtype in wanted
                  for rdata in rrset)


def send_raw(ns, server, payload, *, port=53, timeout=1, size=65535):
    """Sends bytes unchanged by UDP; returns the bytes of the reply, or None if none arrives in time."""
    with contextlib.closing(ns.socket(family_of(server))) as sock:
        sock.settimeout(timeout)
        sock.sendto(payload, ns.call(address_of, server, port))
        try:
            return sock.recv(size)
        except socket.timeout:
            return None


def has_addresses(ns, name, *expected, server="127.0.0.1"):
    """True if `name` has exactly these IPv4 addresses; also False while nobody answers."""
    try:
        return addresses(ask(ns, server, name, "A", timeout=1)) == sorted(expected)
    except (OSError, dns.exception.Timeout):
        return False
