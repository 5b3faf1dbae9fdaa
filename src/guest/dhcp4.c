/* SPDX-License-Identifier: ISC */
/*
 * Owns the format of DHCP messages for IPv4.
 * Never keeps state.
 */
#include "guest/dhcp4.h"

enum { BOOTREQUEST = 1, BOOTREPLY = 2, HTYPE_ETHERNET = 1, COOKIE = 0x63825363 };
enum { SNAME_LEN = 64, FILE_LEN = 128, CHADDR_LEN = 16 };
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };
enum { FQDN_HEAD = 3, FQDN_IS_WIRE = 4 }; /* option 81: flags and two result codes; bit E */

enum option {
	OPTION_PAD = 0,
	OPTION_ROUTER = 3,
	OPTION_HOST_NAME = 12,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_FQDN = 81,
	OPTION_END = 255
};

/* What is known while a message is read. */
struct reading {
	struct dhcp4 *to;
	uint8_t overload;
	bool has_fqdn; /* it counts more than a host name (RFC 4702 §4) */
};

static void take_addr(struct addr *to, const uint8_t *bytes, size_t len)
{
	if (len == 4 && to->family == ADDR_NONE)
		*to = addr_make(ADDR_V4, bytes);
}

static void take_routers(struct dhcp4 *to, const uint8_t *bytes, size_t len)
{
	if (len % 4 != 0 || to->router_count > 0)
		return;
	for (size_t at = 0; at < len && to->router_count < LIMIT_GUEST_ROUTERS; at += 4)
		to->routers[to->router_count++] = addr_make(ADDR_V4, bytes + at);
}

static void take_lease(struct dhcp4 *to, const uint8_t *bytes, size_t len)
{
	if (len != 4 || to->has_lease)
		return;
	to->has_lease = true;
	to->lease_s = get_u32(bytes);
}

static void take_fqdn(struct reading *state, const uint8_t *bytes, size_t len)
{
	char name[GUEST_NAME_CAP];
	if (len < FQDN_HEAD || state->has_fqdn)
		return;
	bool is_wire = (bytes[0] & FQDN_IS_WIRE) != 0;
	bytes += FQDN_HEAD;
	len -= FQDN_HEAD;
	if (!(is_wire ? hostname_from_wire(bytes, len, name)
		      : hostname_from_text(bytes, len, name)))
		return;
	state->has_fqdn = true;
	memcpy(state->to->name, name, sizeof(name));
}

static void take_option(struct reading *state, uint8_t code, const uint8_t *bytes, size_t len)
{
	struct dhcp4 *to = state->to;
	switch (code) {
	case OPTION_ROUTER: take_routers(to, bytes, len); break;
	case OPTION_HOST_NAME:
		if (to->name[0] == '\0')
			(void)hostname_from_text(bytes, len, to->name);
		break;
	case OPTION_REQUESTED: take_addr(&to->requested, bytes, len); break;
	case OPTION_LEASE: take_lease(to, bytes, len); break;
	case OPTION_OVERLOAD:
		if (len == 1)
			state->overload = bytes[0];
		break;
	case OPTION_TYPE:
		if (len == 1 && to->type == 0)
			to->type = bytes[0];
		break;
	case OPTION_SERVER: take_addr(&to->server, bytes, len); break;
	case OPTION_FQDN: take_fqdn(state, bytes, len); break;
	default: break;
	}
}

/* Reads options up to the end of the field, option 255, or one that is cut. */
static void read_options(struct reading *state, struct rd r)
{
	while (rd_left(&r) > 0) {
		uint8_t code = rd_u8(&r);
		if (code == OPTION_PAD)
			continue;
		if (code == OPTION_END)
			return;
		size_t len = rd_u8(&r);
		const uint8_t *bytes = rd_bytes(&r, len);
		if (!bytes)
			return;
		take_option(state, code, bytes, len);
	}
}

int dhcp4_read(struct rd body, struct dhcp4 *ret)
{
	uint8_t op = rd_u8(&body), htype = rd_u8(&body), hlen = rd_u8(&body);
	rd_u8(&body);
	uint32_t xid = rd_u32(&body);
	rd_u32(&body); /* secs, flags */
	const uint8_t *ciaddr = rd_bytes(&body, 4), *yiaddr = rd_bytes(&body, 4);
	rd_bytes(&body, 8); /* siaddr, giaddr */
	const uint8_t *chaddr = rd_bytes(&body, CHADDR_LEN);
	const uint8_t *sname = rd_bytes(&body, SNAME_LEN), *file = rd_bytes(&body, FILE_LEN);
	uint32_t cookie = rd_u32(&body);
	if (body.err)
		return body.err;
	if ((op != BOOTREQUEST && op != BOOTREPLY) || htype != HTYPE_ETHERNET ||
		hlen != GUEST_HWADDR_LEN || cookie != COOKIE)
		return ERR_SYNTAX;
	*ret = (struct dhcp4){.is_reply = op == BOOTREPLY,
		.xid = xid,
		.ciaddr = addr_make(ADDR_V4, ciaddr),
		.yiaddr = addr_make(ADDR_V4, yiaddr)};
	memcpy(ret->hwaddr, chaddr, sizeof(ret->hwaddr));
	struct reading state = {.to = ret};
	read_options(&state, body);
	uint8_t overload = state.overload; /* of the options field alone (RFC 2131 §4.1) */
	if (overload & OVERLOAD_FILE)
		read_options(&state, rd_init(file, FILE_LEN));
	if (overload & OVERLOAD_SNAME)
		read_options(&state, rd_init(sname, SNAME_LEN));
	return 0;
}
