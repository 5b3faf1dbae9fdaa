/* SPDX-License-Identifier: ISC */
/*
 * Owns the format of DHCPv6 messages.
 * Never keeps state.
 */
#include "guest/dhcp6.h"

enum option {
	OPTION_IA_NA = 3,
	OPTION_IA_TA = 4,
	OPTION_IAADDR = 5,
	OPTION_STATUS = 13,
	OPTION_FQDN = 39
};
enum { IA_NA_HEAD = 12, IA_TA_HEAD = 4, FQDN_HEAD = 1 };

/* Reads one option into a cursor of its own. Returns its code, or an error. */
static int next_option(struct rd *r, struct rd *ret_content)
{
	uint16_t code = rd_u16(r), len = rd_u16(r);
	const uint8_t *bytes = rd_bytes(r, len);
	if (r->err)
		return r->err;
	*ret_content = rd_init(bytes, len);
	return code;
}

/* Finds the code of an option "status code" among options; 0 (success) without one. ERR_SHORT. */
static int find_status(struct rd options, uint16_t *ret)
{
	struct rd content;
	*ret = 0;
	while (rd_left(&options) > 0) {
		int code = next_option(&options, &content);
		if (code < 0)
			return code;
		if (code == OPTION_STATUS)
			*ret = rd_u16(&content);
	}
	return 0;
}

static int read_iaaddr(struct rd r, struct dhcp6 *to)
{
	const uint8_t *addr = rd_bytes(&r, 16);
	rd_u32(&r); /* preferred lifetime */
	uint32_t valid_s = rd_u32(&r);
	if (r.err)
		return r.err;
	uint16_t status;
	int err = find_status(r, &status);
	if (err || status != 0 || to->lease_count >= LIMIT_GUEST_ADDRS)
		return err;
	to->leases[to->lease_count++] =
		(struct dhcp6_lease){.addr = addr_make(ADDR_V6, addr), .valid_s = valid_s};
	return 0;
}

static int read_ia(struct rd r, size_t head, struct dhcp6 *to)
{
	struct rd content;
	uint16_t status;
	rd_bytes(&r, head);
	int err = r.err ? r.err : find_status(r, &status);
	if (err || status != 0)
		return err;
	while (rd_left(&r) > 0) {
		int code = next_option(&r, &content);
		err = code < 0 ? code : code == OPTION_IAADDR ? read_iaaddr(content, to) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* RFC 4704 §4: a byte of flags, then the name. */
static void read_fqdn(struct rd r, struct dhcp6 *to)
{
	rd_bytes(&r, FQDN_HEAD);
	if (!r.err && to->name[0] == '\0')
		(void)hostname_from_wire(r.at, rd_left(&r), to->name);
}

static int read_option(struct rd *r, struct dhcp6 *to)
{
	struct rd content;
	int code = next_option(r, &content);
	switch (code) {
	case OPTION_IA_NA: return read_ia(content, IA_NA_HEAD, to);
	case OPTION_IA_TA: return read_ia(content, IA_TA_HEAD, to);
	case OPTION_STATUS: to->status = rd_u16(&content); return 0;
	case OPTION_FQDN: read_fqdn(content, to); return 0;
	default: return code < 0 ? code : 0;
	}
}

int dhcp6_read(struct rd body, struct dhcp6 *ret)
{
	uint32_t head = rd_u32(&body);
	if (body.err)
		return body.err;
	*ret = (struct dhcp6){.type = (uint8_t)(head >> 24), .xid = head & 0xffffff};
	while (rd_left(&body) > 0) {
		int err = read_option(&body, ret);
		if (err)
			return err;
	}
	return 0;
}
