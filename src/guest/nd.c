/* SPDX-License-Identifier: ISC */
/*
 * Owns the format of messages of neighbour discovery.
 * Never keeps state.
 */
#include "guest/nd.h"

enum { OPTION_PREFIX = 3, OPTION_PREFIX_LEN = 4 /* units of eight bytes */ };
enum { PREFIX_ON_LINK = 0x80, PREFIX_AUTONOMOUS = 0x40 };

static void read_prefix(struct rd r, struct nd *to)
{
	uint8_t bits = rd_u8(&r), flags = rd_u8(&r);
	uint32_t valid_s = rd_u32(&r);
	rd_bytes(&r, 8); /* preferred lifetime, reserved */
	const uint8_t *bytes = rd_bytes(&r, 16);
	if (!bytes || bits < LIMIT_GUEST_PREFIX_BITS || bits > 128 ||
		to->prefix_count >= LIMIT_GUEST_PREFIXES ||
		(flags & (PREFIX_ON_LINK | PREFIX_AUTONOMOUS)) == 0)
		return;
	struct addr addr = addr_make(ADDR_V6, bytes);
	if (addr_scope(&addr) == ADDR_SCOPE_LOCAL || addr_is_multicast(&addr))
		return;
	to->prefixes[to->prefix_count++] =
		(struct nd_prefix){.prefix = prefix_make(&addr, bits), .valid_s = valid_s};
}

static int read_options(struct rd *r, struct nd *to)
{
	while (rd_left(r) > 0) {
		uint8_t type = rd_u8(r), units = rd_u8(r);
		if (!r->err && units == 0)
			return ERR_SYNTAX;
		size_t len = units ? 8u * units - 2u : 0;
		const uint8_t *bytes = rd_bytes(r, len);
		if (!bytes)
			return ERR_SHORT;
		if (to->type == ND_RA && type == OPTION_PREFIX && units == OPTION_PREFIX_LEN)
			read_prefix(rd_init(bytes, len), to);
	}
	return 0;
}

static int read_target(struct rd *r, struct nd *to)
{
	rd_u32(r); /* flags, reserved */
	const uint8_t *target = rd_bytes(r, 16);
	if (!target)
		return ERR_SHORT;
	to->target = addr_make(ADDR_V6, target);
	return addr_is_multicast(&to->target) ? ERR_SYNTAX : 0;
}

int nd_read(struct rd body, struct nd *ret)
{
	uint8_t type = rd_u8(&body), code = rd_u8(&body);
	rd_u16(&body); /* checksum */
	if (body.err)
		return body.err;
	if (type < ND_RS || type > ND_NA || code != 0)
		return ERR_SYNTAX;
	*ret = (struct nd){.type = type};
	int err = 0;
	if (type == ND_NS || type == ND_NA)
		err = read_target(&body, ret);
	else
		rd_bytes(&body, type == ND_RA ? 12 : 4);
	if (err || body.err)
		return err ? err : body.err;
	return read_options(&body, ret);
}
