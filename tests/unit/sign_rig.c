/* SPDX-License-Identifier: ISC */
/*
 * Owns the signing of zones for tests.
 * Never used by the product. Called by the tests of zone and serve, and by a fuzz target.
 */
#include "sign_rig.h"

#include <stdlib.h>
#include <string.h>

#include "../fuzz/require.h"
#include "base/array.h"
#include "zone/lookup.h"
#include "zone/order.h"
#include "zone/orders.h"
#include "zone/signing.h"
#include "zone/store.h"

enum { TTL = 30, ALG = 13, TAG = 4711 };

struct sign_rig {
	struct zone *zone;
	struct name apex;
	struct order *order;
	const struct node **owners;
	size_t count, cap;
};

/* True if the zone says nothing with authority there: below a cut or a DNAME (RFC 4035 §2). */
static bool is_hidden(const struct sign_rig *rig, const uint8_t *name)
{
	while (!name_equal(name, rig->apex.wire)) {
		struct key key;
		name = name_parent(name);
		key_from_name(&key, name);
		const struct node *n = zone_node(&rig->zone->reader, &key);
		if (n && n->flags & (NODE_CUT | NODE_DNAME))
			return true;
	}
	return false;
}

/* True if another zone begins at the name or between it and this zone's apex. */
static bool is_elsewhere(const struct sign_rig *rig, const uint8_t *name)
{
	for (; !name_equal(name, rig->apex.wire); name = name_parent(name))
		if (zone_has_apex(rig->zone, name))
			return true;
	return false;
}

static void note(void *arg, const struct node *n)
{
	struct sign_rig *rig = arg;
	const uint8_t *name = node_name(n);
	if (!name_is_below(name, rig->apex.wire) || is_elsewhere(rig, name) || is_hidden(rig, name))
		return;
	require(ARRAY_RESERVE(rig->owners, rig->cap, rig->count + 1) == 0);
	rig->owners[rig->count++] = n;
}

static int compare(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;
	return name_cmp(node_name(*x), node_name(*y));
}

static bool is_in_bitmap(const struct node *n, const struct node_set *set, unsigned view)
{
	return set->view & view &&
	       (!(n->flags & NODE_CUT) || set->type == RR_NS || set->type == RR_DS);
}

/* Writes the rdata of the link. All types of the tests are below 128. */
static uint16_t write_link(
	const struct node *n, const uint8_t *next, unsigned view, uint8_t out[NAME_CAP + 18])
{
	uint8_t bits[16] = {0};
	struct wr w = wr_init(out, NAME_CAP + 18);
	bits[RR_RRSIG / 8] |= 0x80 >> RR_RRSIG % 8;
	bits[RR_NSEC / 8] |= 0x80 >> RR_NSEC % 8;
	for (unsigned i = 0; i < n->set_count; i++)
		if (is_in_bitmap(n, &n->sets[i], view) && n->sets[i].type < 128)
			bits[n->sets[i].type / 8] |= 0x80 >> n->sets[i].type % 8;
	wr_bytes(&w, next, name_len(next));
	wr_u8(&w, 0);
	wr_u8(&w, sizeof(bits));
	wr_bytes(&w, bits, sizeof(bits));
	return (uint16_t)wr_len(&w);
}

static void fill_signatures(struct node *n, uint8_t mark)
{
	const struct dnssec_key_id key = {.tag = TAG, .alg = ALG};
	for (unsigned i = 0; i < n->set_count; i++) {
		if (!n->sets[i].is_signed)
			continue;
		struct node_sig *sig = (struct node_sig *)(uintptr_t)node_sigs(n, &n->sets[i]);
		for (bool has_more = true; has_more; sig++) {
			has_more = sig->has_more;
			sig->is_blank = false;
			signing_date(
				(struct node_stamp *)(uintptr_t)node_stamp(n, sig), key, 500, 1000);
			memset(sig->bytes, mark, sizeof(sig->bytes));
		}
	}
}

static struct node *make_signed(
	const struct sign_rig *rig, const struct node *n, const uint8_t *next, unsigned key_count)
{
	struct facts facts = {0};
	uint8_t links[VIEW_COUNT][NAME_CAP + 18];
	struct node *made;
	const struct node_form form = {.is_apex = n->flags & NODE_APEX,
		.sends_all = n->source == ZONE_STATIC,
		.source = n->source,
		.key_count = key_count,
		.stamp_count = key_count,
		.signer_len = rig->apex.len};
	require(facts_add_node(&facts, n) == 0);
	for (unsigned v = 0; v < VIEW_COUNT; v++) {
		struct fact link = {.type = RR_NSEC, .view = 1u << v, .bytes = links[v]};
		link.len = write_link(n, next, 1u << v, links[v]);
		link.ttl[v] = TTL;
		require(facts_add_one(&facts, &link) == 0);
	}
	facts_settle(&facts);
	require(node_new(node_spelling(n), &facts, form, &made) == 0);
	facts_fini(&facts);
	return made;
}

static void publish(struct sign_rig *rig, struct node *n)
{
	struct zone *z = rig->zone;
	struct place place;
	tree_locate(&z->tree, node_name(n), &place);
	struct owner *owner = zone_owner(z, &place.key, 0);
	bool keep_old = false;
	for (int s = 0; owner && s < SAY_COUNT; s++)
		keep_old |= owner->said[s] == place.self;
	require(tree_reserve(&z->tree, &place, false) == 0);
	tree_put(&z->tree, &place, n, keep_old);
	require(order_add(rig->order, &z->garbage, n) == 0);
	order_replace(rig->order, n);
}

struct sign_rig *rig_sign(struct zone *z, const char *apex, unsigned key_count, uint8_t mark)
{
	struct sign_rig *rig = calloc(1, sizeof(*rig));
	require(rig != NULL);
	rig->zone = z;
	rig->apex = name_of(apex);
	rig->order = order_new();
	require(rig->order != NULL);
	zone_each_node(z, note, rig);
	qsort(rig->owners, rig->count, sizeof(rig->owners[0]), compare);
	struct node **made = calloc(rig->count, sizeof(struct node *));
	require(made != NULL);
	for (size_t i = 0; i < rig->count; i++) {
		const struct node *next = rig->owners[i + 1 < rig->count ? i + 1 : 0];
		made[i] = make_signed(rig, rig->owners[i], node_name(next), key_count);
		fill_signatures(made[i], mark);
	}
	for (size_t i = 0; i < rig->count; i++)
		publish(rig, made[i]);
	free(made);
	require(orders_put(&z->reader, &z->garbage, rig->apex.wire, rig->order, NULL) == 0);
	return rig;
}

void rig_sign_free(struct sign_rig *rig)
{
	require(orders_put(&rig->zone->reader, &rig->zone->garbage, rig->apex.wire, NULL, NULL) ==
		0);
	order_free(rig->order);
	free(rig->owners);
	free(rig);
}
