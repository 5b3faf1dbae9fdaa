/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing and writing of EDNS options.
 * Never decides what effect they have.
 */
#include "serve/edns_options.h"

#include <assert.h>

enum { SUBNET_V4 = 1, SUBNET_V6 = 2, SUBNET_HEAD_LEN = 4 };

static bool is_cookie_len(unsigned len)
{
	return len == COOKIE_CLIENT_LEN || (len >= COOKIE_CLIENT_LEN + 8 && len <= COOKIE_CAP);
}

/* Stores one option. If an option is repeated, the first counts. */
static bool take(struct edns_options *o, unsigned code, const uint8_t *bytes, unsigned len)
{
	switch (code) {
	case OPTION_NSID: o->are_any = o->has_nsid = true; return true;
	case OPTION_KEEPALIVE: o->are_any = o->has_keepalive = true; return true;
	case OPTION_COOKIE:
		if (!is_cookie_len(len))
			return false;
		if (!o->cookie) {
			o->cookie = bytes;
			o->cookie_len = len;
		}
		o->are_any = true;
		return true;
	case OPTION_SUBNET:
		if (!o->subnet) {
			o->subnet = bytes;
			o->subnet_len = len;
		}
		o->are_any = true;
		return true;
	default: return true;
	}
}

bool edns_options_parse(const struct edns *edns, struct edns_options *ret)
{
	struct rd r = rd_init(edns->options, edns->options_len);
	*ret = (struct edns_options){0};
	/* Progress: each turn reads at least four bytes, or sets the error. */
	while (rd_left(&r) > 0) {
		unsigned code = rd_u16(&r), len = rd_u16(&r);
		const uint8_t *bytes = rd_bytes(&r, len);
		if (r.err || !take(ret, code, bytes, len))
			return false;
	}
	return true;
}

/* Returns how many bytes hold a prefix of `bits` bits (RFC 7871 §6). */
static unsigned bytes_of(unsigned bits)
{
	return (bits + 7) / 8;
}

bool subnet_parse(const struct edns_options *options, struct subnet *ret)
{
	const uint8_t *p = options->subnet;
	struct subnet s = {0};
	if (options->subnet_len < SUBNET_HEAD_LEN)
		return false;
	s.family = get_u16(p);
	unsigned len = p[2], scope_len = p[3], left = options->subnet_len - SUBNET_HEAD_LEN;
	unsigned len_max = s.family == SUBNET_V4 ? 32 : s.family == SUBNET_V6 ? 128 : 0;
	if (len > len_max || scope_len != 0 || left != bytes_of(len))
		return false;
	if (len > 0) {
		s.prefix.addr.family = s.family == SUBNET_V4 ? ADDR_V4 : ADDR_V6;
		memcpy(s.prefix.addr.bytes, p + SUBNET_HEAD_LEN, left);
		struct prefix strict = prefix_make(&s.prefix.addr, len);
		/* Bits beyond the length must be zero (§6). */
		if (!addr_equal(&strict.addr, &s.prefix.addr))
			return false;
		s.prefix = strict;
	}
	*ret = s;
	return true;
}

uint8_t *edns_options_add(struct options_reply *r, enum option_code code, unsigned len)
{
	uint8_t *to = r->bytes + r->len;
	assert(sizeof(r->bytes) - r->len >= OPTION_HEAD_LEN + len);
	put_u16(to, (uint16_t)code);
	put_u16(to + 2, (uint16_t)len);
	r->len += OPTION_HEAD_LEN + len;
	return to + OPTION_HEAD_LEN;
}

void edns_options_add_subnet(
	struct options_reply *r, const struct subnet *subnet, unsigned scope_len)
{
	unsigned len = subnet->prefix.len;
	uint8_t *to = edns_options_add(r, OPTION_SUBNET, SUBNET_HEAD_LEN + bytes_of(len));
	put_u16(to, subnet->family);
	to[2] = (uint8_t)len;
	to[3] = (uint8_t)scope_len;
	memcpy(to + SUBNET_HEAD_LEN, subnet->prefix.addr.bytes, bytes_of(len));
}
