# SPDX-License-Identifier: ISC
"""Transfers as a client sees them, and their comparison."""
import dns.name
import dns.query
import dns.rdatatype
import dns.tsigkeyring

HOST = "10.7.0.1"
SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMgbG9uZw=="
ALGORITHMS = {"other": "hmac-sha512"}
KEYS = dns.tsigkeyring.from_text({name: (ALGORITHMS.get(name, "hmac-sha256"), SECRET)
                                  for name in ("one", "two", "other")})


def tsig_option(name, algorithm="hmac-sha256"):
    return f"--tsig={name}:{algorithm}:{SECRET}"


def axfr(ns, zone, key=None, server=HOST, port=53):
    """[(name, ttl, type, text)] in the order of the records."""
    def fetch():
        found = []
        keys = {}
        if key:
            keys = {"keyring": KEYS, "keyname": dns.name.from_text(key),
                    "keyalgorithm": ALGORITHMS.get(key, "hmac-sha256")}
        for message in dns.query.xfr(server, zone, port=port, timeout=10, relativize=False, **keys):
            for rrset in message.answer:
                found += [(rrset.name.to_text(), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype),
                           rdata.to_text()) for rdata in rrset]
        return found
    return ns.call(fetch)


def rows(records):
    """The form in which two servers of one zone must agree: names in lower case, no TTL of apex records."""
    return [(name.lower(), rdtype, text) for name, _, rdtype, text in records]
