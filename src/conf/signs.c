/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer to which zones are signed, and the list of those that everybody has for himself, so that no parent
 * has a DS for them.
 * Never knows which zones there are.
 */
#include "conf/conf.h"

/* Zones, and all below them. */
static const char *const nobodys[] = {"home.arpa.", "local.", "localhost.", "test.", "invalid.",
	"onion.", "internal.", "alt.", "resolver.arpa.", "service.arpa.", "ipv4only.arpa.",
	/* RFC 6303 §4: private, link-local, this host, broadcast; but for documentation */
	"10.in-addr.arpa.", "168.192.in-addr.arpa.", "0.in-addr.arpa.", "127.in-addr.arpa.",
	"254.169.in-addr.arpa.", "255.255.255.255.in-addr.arpa.", "d.f.ip6.arpa.",
	"8.e.f.ip6.arpa.", "9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", "b.e.f.ip6.arpa.",
	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa."};

/* The number of a label of decimal digits; -1: it is none. */
static int number_of(const uint8_t *label)
{
	int value = 0;
	if (label[0] == 0 || label[0] > 3)
		return -1;
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return -1;
		value = 10 * value + (label[i] - '0');
	}
	return value;
}

/* 172.16.0.0/12 (RFC 6303 §4.1) and 100.64.0.0/10 (RFC 7793), of which each /16 is a zone. */
static bool is_of_range(const uint8_t *apex)
{
	static const struct {
		const char *above;
		int first, last;
	} ranges[] = {{"172.in-addr.arpa.", 16, 31}, {"100.in-addr.arpa.", 64, 127}};
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct name above;
		if (name_from_text(ranges[i].above, NULL, &above))
			continue;
		for (const uint8_t *at = apex; *at; at = name_parent(at)) {
			const int number = number_of(at);
			if (name_equal(name_parent(at), above.wire) && number >= ranges[i].first &&
				number <= ranges[i].last)
				return true;
		}
	}
	return false;
}

bool conf_is_nobodys(const uint8_t *apex)
{
	for (size_t i = 0; i < ARRAY_LEN(nobodys); i++) {
		struct name name;
		if (name_from_text(nobodys[i], NULL, &name) == 0 && name_is_below(apex, name.wire))
			return true;
	}
	return is_of_range(apex);
}

bool conf_signs(const struct conf *c, const uint8_t *apex)
{
	if (c->dnssec == CONF_DNSSEC_AUTO)
		return !conf_is_nobodys(apex) &&
		       (name_equal(apex, c->domain.wire) || name_is_reverse(apex));
	for (size_t i = 0; i < c->signed_zones.count; i++)
		if (name_equal(c->signed_zones.at[i].wire, apex))
			return true;
	return false;
}
