/* SPDX-License-Identifier: ISC */
/*
 * Owns the input format of tinydns-data: one letter per type, fields between colons.
 * Never lets a byte of a name or of rdata end a field or line.
 *
 * Locations: a client is in the location with the longest prefix that its address begins with.
 * Prefixes consist of whole octets of IPv4 addresses, so other prefixes are expanded. There are no
 * IPv6 prefixes, because tinydns has no IPv6 clients. If all records of a name are in the other
 * location, the name does not exist (NXDOMAIN) for the client, while we answer NODATA.
 */
#include "base/cursor.h"
#include "export/formats.h"

#define LOCATION_LAN       "la"
#define LOCATION_ELSEWHERE "ex"

/* Clients in these prefixes are "lan" clients without a rule (zone/view.h). */
static const struct prefix lan_always[] = {
	{{ADDR_V4, {10}}, 8},
	{{ADDR_V4, {100, 64}}, 10},
	{{ADDR_V4, {127}}, 8},
	{{ADDR_V4, {169, 254}}, 16},
	{{ADDR_V4, {172, 16}}, 12},
	{{ADDR_V4, {192, 168}}, 16},
};

static void put_location(
	struct buf *out, const char *location, const uint8_t *octets, unsigned count)
{
	buf_printf(out, "%%%s:", location);
	for (unsigned i = 0; i < count; i++)
		buf_printf(out, i > 0 ? ".%u" : "%u", octets[i]);
	buf_puts(out, "\n");
}

/* Writes one line, or as many as a prefix needs in whole octets: at most 128. */
static void put_prefix(struct buf *out, const char *location, const struct prefix *p)
{
	unsigned octets = (p->len + 7u) / 8, spare = 8 * octets - p->len;
	uint8_t bytes[4];
	if (p->addr.family != ADDR_V4)
		return;
	memcpy(bytes, p->addr.bytes, sizeof(bytes));
	for (unsigned i = 0; i < 1u << spare; i++) {
		if (octets > 0)
			bytes[octets - 1] = (uint8_t)(p->addr.bytes[octets - 1] + i);
		put_location(out, location, bytes, octets);
	}
}

/* True if one of those prefixes contains it: then a line would be redundant. */
static bool is_always_lan(const struct prefix *p)
{
	for (size_t i = 0; i < ARRAY_LEN(lan_always); i++)
		if (p->len >= lan_always[i].len && prefix_has(&lan_always[i], &p->addr))
			return true;
	return false;
}

static int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int diff = addr_cmp(&a->addr, &b->addr);
	return diff ? diff : a->len - b->len;
}

/* Returns the first rule after `after` in the order of prefixes (NULL: the first of all). There are
 * few rules; this needs no memory for a sorted copy. */
static const struct view_rule *next_rule(
	const struct export_options *o, const struct view_rule *after)
{
	const struct view_rule *next = NULL;
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct view_rule *rule = &o->rules[i];
		if (after && prefix_cmp(&rule->prefix, &after->prefix) <= 0)
			continue;
		if (!next || prefix_cmp(&rule->prefix, &next->prefix) < 0)
			next = rule;
	}
	return next;
}

static void put_locations(struct buf *out, const struct export_options *options)
{
	static const struct prefix all = {{ADDR_V4, {0}}, 0};
	bool has_all = false;
	for (size_t i = 0; i < ARRAY_LEN(lan_always); i++)
		put_prefix(out, LOCATION_LAN, &lan_always[i]);
	const struct view_rule *rule = NULL;
	while ((rule = next_rule(options, rule))) {
		bool is_lan = rule->view & VIEW_LAN;
		has_all |= prefix_equal(&rule->prefix, &all);
		if (!is_lan || !is_always_lan(&rule->prefix))
			put_prefix(out, is_lan ? LOCATION_LAN : LOCATION_ELSEWHERE, &rule->prefix);
	}
	if (!has_all)
		put_prefix(out, LOCATION_ELSEWHERE, &all);
}

static bool is_plain(uint8_t c)
{
	uint8_t lower = byte_lower(c);
	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Writes all bytes except letters, digits, hyphens and underscores as \OOO. */
static void put_bytes(struct buf *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_plain(bytes[i]))
			buf_add(out, &bytes[i], 1);
		else
			buf_printf(out, "\\%03o", bytes[i]);
	}
}

/* With a final dot: a name without any dot would be completed. */
static void put_name(struct buf *out, const uint8_t *name)
{
	if (name[0] == 0)
		buf_puts(out, ".");
	for (; name[0]; name = name_parent(name)) {
		put_bytes(out, name + 1, name[0]);
		buf_puts(out, ".");
	}
}

/* Writes the fields after the letter and the owner, for types that have a letter. */
static void put_soa(struct buf *out, struct rd *r)
{
	struct name name;
	for (int i = 0; i < 2; i++) {
		rd_name(r, &name);
		put_name(out, name.wire);
		buf_puts(out, ":");
	}
	for (int i = 0; i < 5; i++)
		buf_printf(out, i < 4 ? "%u:" : "%u", rd_u32(r));
}

static void put_mx(struct buf *out, struct rd *r)
{
	struct name name;
	uint16_t preference = rd_u16(r);
	rd_name(r, &name);
	buf_puts(out, ":");
	put_name(out, name.wire);
	buf_printf(out, ":%u", preference);
}

static void put_target(struct buf *out, struct rd *r)
{
	struct name name;
	rd_name(r, &name);
	put_name(out, name.wire);
}

/* Returns the letter of a type. tinydns-data refuses the generic form for types that have a letter,
 * except A, and has no letter for AAAA. */
static char letter_of(uint16_t type)
{
	switch (type) {
	case RR_A: return '+';
	case RR_NS: return '&';
	case RR_CNAME: return 'C';
	case RR_SOA: return 'Z';
	case RR_PTR: return '^';
	case RR_MX: return '@';
	default: return ':';
	}
}

static void put_fields(struct buf *out, const struct erecord *r)
{
	struct rd rdata = rd_init(r->rdata, r->rdata_len);
	switch (r->type) {
	case RR_A:
		buf_printf(out, "%u.%u.%u.%u", r->rdata[0], r->rdata[1], r->rdata[2], r->rdata[3]);
		break;
	case RR_NS:
		buf_puts(out, ":");
		put_target(out, &rdata);
		break;
	case RR_CNAME:
	case RR_PTR: put_target(out, &rdata); break;
	case RR_SOA: put_soa(out, &rdata); break;
	case RR_MX: put_mx(out, &rdata); break;
	default:
		buf_printf(out, "%u:", r->type);
		put_bytes(out, r->rdata, r->rdata_len);
		break;
	}
}

static void put_record(struct buf *out, const struct erecord *r)
{
	if (rr_type_is_meta(r->type) || !rdata_is_valid(r->type, r->rdata, r->rdata_len))
		return;
	buf_printf(out, "%c", letter_of(r->type));
	put_name(out, r->owner);
	buf_puts(out, ":");
	put_fields(out, r);
	buf_printf(out, ":%u", r->ttl);
	if (r->view != VIEW_ANY)
		buf_printf(out, "::%s", r->view & VIEW_LAN ? LOCATION_LAN : LOCATION_ELSEWHERE);
	buf_puts(out, "\n");
}

void export_tinydns(struct erecords r, const struct export_options *options, struct buf *out)
{
	put_locations(out, options);
	for (size_t i = 0; i < r.count; i++)
		put_record(out, r.at[i]);
}
