/* SPDX-License-Identifier: ISC */
/*
 * Owns the slots of the table of names.
 * Never owns nodes, never frees what readers may see. Called by the tree; searched by the lookup.
 */
#include "zone/table.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_MIN = 64 };

bool table_edge_matches(const struct node *n, const struct key *key, unsigned skip)
{
	const uint8_t *name = node_name(n);
	unsigned len = key->len - skip, left = n->name_len;
	/* Bytes in a label may look like a length: only a walk finds where labels begin. */
	while (left > len) {
		left -= 1u + name[0];
		name = name_parent(name);
	}
	return left == len && key_is_at(key, skip, name, len);
}

struct table *table_new(size_t names)
{
	size_t slots = SLOTS_MIN;
	while (slots / 2 < names) {
		if (slots > SIZE_MAX / 4 / sizeof(slot_t))
			return NULL;
		slots *= 2;
	}
	struct table *t = calloc(1, sizeof(*t) + slots * sizeof(slot_t));
	if (t)
		t->mask = slots - 1;
	return t;
}

void table_free(struct table *t)
{
	free(t);
}

bool table_has_room(const struct table *t, size_t more)
{
	return t->used + t->removed + more <= (t->mask + 1) / 4 * 3;
}

static slot_t slot_of(uint64_t hash, const struct node *n, bool is_edge)
{
	assert(((uintptr_t)n & ~(uintptr_t)0xfffffffffffe) == 0);
	return (slot_t)(uintptr_t)n | (hash & (slot_t)0xffff << 48) | is_edge;
}

static void store(struct table *t, size_t i, slot_t slot)
{
	atomic_store_explicit(&t->slots[i], slot, memory_order_release);
}

static slot_t load(const struct table *t, size_t i)
{
	return atomic_load_explicit(&t->slots[i], memory_order_relaxed);
}

void table_add(struct table *t, uint64_t hash, struct node *n, bool is_edge)
{
	size_t i = hash & t->mask;
	while (load(t, i) != SLOT_EMPTY && load(t, i) != SLOT_REMOVED)
		i = (i + 1) & t->mask;
	if (load(t, i) == SLOT_REMOVED)
		t->removed--;
	t->used++;
	store(t, i, slot_of(hash, n, is_edge));
}

size_t table_locate(const struct table *t, uint64_t hash, const struct node *n, bool is_edge)
{
	slot_t slot = slot_of(hash, n, is_edge);
	size_t i = hash & t->mask;
	while (load(t, i) != slot) {
		assert(load(t, i) != SLOT_EMPTY);
		i = (i + 1) & t->mask;
	}
	return i;
}

void table_replace(struct table *t, size_t i, uint64_t hash, struct node *n, bool is_edge)
{
	store(t, i, slot_of(hash, n, is_edge));
}

void table_remove(struct table *t, uint64_t hash, const struct node *n, bool is_edge)
{
	size_t i = table_locate(t, hash, n, is_edge);
	t->used--;
	if (load(t, (i + 1) & t->mask) != SLOT_EMPTY) {
		t->removed++;
		store(t, i, SLOT_REMOVED);
		return;
	}
	/* No search goes on from here to a slot in use: so this one, and removed ones before it, can
	 * end searches again. */
	store(t, i, SLOT_EMPTY);
	for (i = (i - 1) & t->mask; load(t, i) == SLOT_REMOVED; i = (i - 1) & t->mask) {
		t->removed--;
		store(t, i, SLOT_EMPTY);
	}
}

struct table *table_copy(const struct table *t, uint64_t seed, size_t more)
{
	struct table *copy = table_new(t->used + more);
	if (!copy)
		return NULL;
	for (size_t i = 0; i <= t->mask; i++) {
		slot_t slot = load(t, i);
		if (slot == SLOT_EMPTY || slot == SLOT_REMOVED)
			continue;
		struct node *n = slot_node(slot);
		struct key key;
		key_from_name(&key, node_name(n));
		unsigned skip = slot_is_edge(slot) ? n->edge : 0;
		table_add(copy, key_hash(seed, &key, skip), n, slot_is_edge(slot));
	}
	return copy;
}

struct node *table_next(const struct table *t, size_t *i)
{
	while (*i <= t->mask) {
		slot_t slot = load(t, (*i)++);
		if (slot != SLOT_EMPTY && slot != SLOT_REMOVED && !slot_is_edge(slot))
			return slot_node(slot);
	}
	return NULL;
}
