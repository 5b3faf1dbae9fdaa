/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of ordered indexes that readers see.
 * Never owns an index.
 */
#include "zone/orders.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct named_order {
	const struct order *order, *wan;
	uint8_t apex_len;
	uint8_t apex[NAME_CAP];
};

struct zone_orders {
	size_t count, beginning; /* entries; those without an index */
	struct named_order at[];
};

static bool is_of(const struct named_order *named, const uint8_t *apex, size_t len)
{
	return named->apex_len == len && memcmp(named->apex, apex, len) == 0;
}

const struct order *zone_order(
	const struct zone_reader *reader, const struct node *apex, unsigned view)
{
	const struct zone_orders *all = atomic_load_explicit(&reader->orders, memory_order_acquire);
	for (size_t i = 0; all && i < all->count; i++)
		if (is_of(&all->at[i], node_name(apex), apex->name_len))
			return view == VIEW_WAN && all->at[i].wan ? all->at[i].wan
								  : all->at[i].order;
	return NULL;
}

/* Relaxed: this thread stored it. */
static struct zone_orders *orders_of(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->orders, memory_order_relaxed);
}

/* Replaces the entry of that apex; `named` NULL: removes it. The indexes are shown then; NULL: none. */
static int replace(struct zone_reader *reader, struct garbage *g, const uint8_t *apex,
	const struct named_order *named, struct order *order, struct order *wan)
{
	struct zone_orders *old = orders_of(reader), *made;
	size_t count = old ? old->count : 0, len = name_len(apex);
	if (garbage_reserve(g, 1))
		return ERR_NOMEM;
	made = malloc(sizeof(*made) + (count + 1) * sizeof(struct named_order));
	if (!made)
		return ERR_NOMEM;
	made->count = made->beginning = 0;
	for (size_t i = 0; i < count; i++)
		if (!is_of(&old->at[i], apex, len))
			made->at[made->count++] = old->at[i];
	if (named)
		made->at[made->count++] = *named;
	for (size_t i = 0; i < made->count; i++)
		made->beginning += made->at[i].order == NULL;
	if (wan)
		order_show(wan);
	if (order)
		order_show(order);
	atomic_store_explicit(&reader->orders, made, memory_order_release);
	garbage_add(g, old);
	return 0;
}

int orders_put(struct zone_reader *reader, struct garbage *g, const uint8_t *apex,
	struct order *order, struct order *wan)
{
	struct named_order named = {
		.order = order, .wan = wan, .apex_len = (uint8_t)name_len(apex)};
	memcpy(named.apex, apex, named.apex_len);
	return replace(reader, g, apex, order ? &named : NULL, order, wan);
}

int orders_begin(struct zone_reader *reader, struct garbage *g, const uint8_t *apex)
{
	struct named_order named = {.apex_len = (uint8_t)name_len(apex)};
	memcpy(named.apex, apex, named.apex_len);
	return replace(reader, g, apex, &named, NULL, NULL);
}

bool zone_is_beginning(const struct zone_reader *reader, const struct key *key)
{
	const struct zone_orders *all = atomic_load_explicit(&reader->orders, memory_order_acquire);
	for (size_t i = 0; all && all->beginning > 0 && i < all->count; i++)
		if (!all->at[i].order && name_is_below(key_lower(key), all->at[i].apex))
			return true;
	return false;
}

void orders_fini(struct zone_reader *reader)
{
	free(orders_of(reader));
	atomic_store_explicit(&reader->orders, NULL, memory_order_relaxed);
}
