/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision which view a client has, and why.
 * Never changes a table once built. Tables are built by the shell's main thread and read by the
 * answer path.
 */
#include "zone/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

/* An address as a 128-bit number; IPv4 as ::ffff:a.b.c.d, so that one order serves both. */
struct wide {
	uint64_t high, low;
};

struct entry {
	struct wide first, mask;
	size_t parent; /* index of the longest prefix that contains this one, or NO_PARENT */
	struct view_rule rule;
};

#define NO_PARENT SIZE_MAX

/* Sorted by first address, then by length. Take the last prefix that begins at or before an
 * address: the longest match is this prefix, or its nearest ancestor that contains the address. */
struct view_table {
	size_t count;
	bool has_wires;
	struct entry entries[];
};

static const struct view_rule by_default = {.view = VIEW_WAN, .reason = VIEW_BY_DEFAULT};

static const struct {
	uint8_t family, len, reason;
	uint8_t bytes[4]; /* the other bytes are zero */
} built_in[] = {
	{ADDR_V4, 8, VIEW_BY_LOOPBACK, {127}},
	{ADDR_V4, 8, VIEW_BY_PRIVATE, {10}},
	{ADDR_V4, 12, VIEW_BY_PRIVATE, {172, 16}},
	{ADDR_V4, 16, VIEW_BY_PRIVATE, {192, 168}},
	{ADDR_V4, 10, VIEW_BY_PRIVATE, {100, 64}},
	{ADDR_V4, 16, VIEW_BY_LINK_LOCAL, {169, 254}},
	{ADDR_V6, 7, VIEW_BY_PRIVATE, {0xfc}},
	{ADDR_V6, 10, VIEW_BY_LINK_LOCAL, {0xfe, 0x80}},
};

static struct wide widen(const struct addr *a)
{
	if (a->family == ADDR_V4)
		return (struct wide){0, 0xffff00000000u | get_u32(a->bytes)};
	return (struct wide){
		(uint64_t)get_u32(a->bytes) << 32 | get_u32(a->bytes + 4),
		(uint64_t)get_u32(a->bytes + 8) << 32 | get_u32(a->bytes + 12),
	};
}

/* Returns a 64-bit number whose first `len` bits are set. */
static uint64_t high_bits(unsigned len)
{
	return len == 0 ? 0 : len >= 64 ? UINT64_MAX : ~(UINT64_MAX >> len);
}

static bool covers(const struct entry *e, struct wide a)
{
	return ((a.high & e->mask.high) == e->first.high) & ((a.low & e->mask.low) == e->first.low);
}

static bool is_after(struct wide a, struct wide b)
{
	return a.high != b.high ? a.high > b.high : a.low > b.low;
}

static struct entry make_entry(const struct view_rule *rule)
{
	unsigned len = rule->prefix.len + (rule->prefix.addr.family == ADDR_V4 ? 96u : 0u);
	struct entry e = {
		.mask = {high_bits(len), high_bits(len > 64 ? len - 64 : 0)},
		.parent = NO_PARENT,
		.rule = *rule,
	};
	struct wide a = widen(&rule->prefix.addr);
	e.first = (struct wide){a.high & e.mask.high, a.low & e.mask.low};
	return e;
}

static int cmp_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* The order of the table. Equal prefixes are sorted by reason; the last one counts. */
static int cmp_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = cmp_numbers(a->first.high, b->first.high);
	if (!order)
		order = cmp_numbers(a->first.low, b->first.low);
	if (!order)
		order = cmp_numbers(a->mask.high, b->mask.high);
	if (!order)
		order = cmp_numbers(a->mask.low, b->mask.low);
	if (!order)
		order = a->rule.reason - b->rule.reason;
	return order ? order : strncmp(a->rule.detail, b->rule.detail, VIEW_DETAIL_CAP);
}

/* The parent of an entry is the entry before it, or the nearest ancestor of that one
 * that contains it. */
static void link_parents(struct view_table *t)
{
	for (size_t i = 1; i < t->count; i++) {
		size_t p = i - 1;
		while (p != NO_PARENT && !covers(&t->entries[p], t->entries[i].first))
			p = t->entries[p].parent;
		t->entries[i].parent = p;
	}
}

static void add_built_in(struct view_table *t)
{
	static const uint8_t loopback[16] = {[15] = 1};
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
		uint8_t bytes[16] = {0};
		memcpy(bytes, built_in[i].bytes, sizeof(built_in[i].bytes));
		struct addr a = addr_make(built_in[i].family, bytes);
		struct view_rule rule = {.prefix = prefix_make(&a, built_in[i].len),
			.view = VIEW_LAN,
			.reason = built_in[i].reason};
		t->entries[t->count++] = make_entry(&rule);
	}
	struct addr a = addr_make(ADDR_V6, loopback);
	struct view_rule rule = {
		.prefix = prefix_make(&a, 128), .view = VIEW_LAN, .reason = VIEW_BY_LOOPBACK};
	t->entries[t->count++] = make_entry(&rule);
}

struct view_table *view_table_new(const struct view_rule *rules, size_t count)
{
	size_t cap = count + ARRAY_LEN(built_in) + 1;
	struct view_table *t;
	if (cap < count || cap > (SIZE_MAX - sizeof(*t)) / sizeof(t->entries[0]))
		return NULL;
	t = calloc(1, sizeof(*t) + cap * sizeof(t->entries[0]));
	if (!t)
		return NULL;
	add_built_in(t);
	for (size_t i = 0; i < count; i++) {
		if (rules[i].prefix.addr.family == ADDR_NONE)
			continue;
		t->entries[t->count++] = make_entry(&rules[i]);
		t->has_wires |= rules[i].wire != 0;
	}
	qsort(t->entries, t->count, sizeof(t->entries[0]), cmp_entries);
	link_parents(t);
	return t;
}

void view_table_free(struct view_table *t)
{
	free(t);
}

const struct view_rule *view_table_match(const struct view_table *t, const struct addr *client)
{
	struct wide a = widen(client);
	size_t low = 0, high = t->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (is_after(t->entries[middle].first, a))
			high = middle;
		else
			low = middle + 1;
	}
	size_t i = low - 1; /* NO_PARENT, if there is none */
	while (i != NO_PARENT && !covers(&t->entries[i], a))
		i = t->entries[i].parent;
	return i == NO_PARENT ? &by_default : &t->entries[i].rule;
}

bool view_table_has_wires(const struct view_table *t)
{
	return t->has_wires;
}

uint64_t view_table_choose(const struct view_table *t, const struct view_rule *client,
	const uint8_t *rdata, unsigned len, unsigned count)
{
	uint64_t global = 0, near = 0, outer = 0, all = 0;
	if (!t->has_wires || count > VIEW_CHOICE_MAX)
		return UINT64_MAX;
	for (unsigned i = 0; i < count; i++) {
		struct addr a = addr_make(len == 4 ? ADDR_V4 : ADDR_V6, rdata + (size_t)i * len);
		uint64_t bit = UINT64_C(1) << i;
		all |= bit;
		if (addr_scope(&a) != ADDR_SCOPE_LAN) {
			global |= bit;
			continue;
		}
		const struct view_rule *rule = view_table_match(t, &a);
		if (rule->wire && rule->wire == client->wire)
			near |= bit;
		if (!rule->is_inner)
			outer |= bit;
	}
	return near ? near | global : outer | global ? outer | global : all;
}

const char *view_reason_text(enum view_reason reason)
{
	switch (reason) {
	case VIEW_BY_DEFAULT: return "no rule covers it";
	case VIEW_BY_LOOPBACK: return "loopback";
	case VIEW_BY_PRIVATE: return "private address";
	case VIEW_BY_LINK_LOCAL: return "link-local address";
	case VIEW_BY_LINK: return "on-link";
	case VIEW_BY_OPTION: return "option --lan";
	case VIEW_REASON_COUNT: break;
	}
	return "unknown";
}

enum view view_slot_of(const struct view_slot *slot, const struct addr *client)
{
	const struct view_table *table = atomic_load_explicit(&slot->table, memory_order_acquire);
	return table ? view_table_match(table, client)->view : VIEW_WAN;
}

struct view_table *view_slot_publish(struct view_slot *slot, struct view_table *t)
{
	/* Release: readers see the complete table. The cast removes the const of the
	 * published pointer. */
	return (struct view_table *)(uintptr_t)atomic_exchange_explicit(
		&slot->table, t, memory_order_acq_rel);
}
