/* SPDX-License-Identifier: ISC */
/*
 * Owns the slots of the table of names.
 * Never owns nodes, never frees what readers may see.
 */
#include "zone/table.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_MIN = 64 };

bool table_edge_matches(const struct node *n, const struct key *key, unsigned skip)
{
	const uint8_t *name = node_name(n);
	unsigned len = key->len - skip, left = n->name_len;
	/* A byte in a label may look like a length: only a walk finds where labels begin. */
	while (left > len) {
		left -= 1u + name[0];
		name = name_parent(name);
	}
	return left == len && key_is_at(key, skip, name, len);
}

/* Returns how many slots may be in use, so that searches stay short. */
static size_t room_of(size_t slots)
{
	return slots / 4 * 3;
}

struct table *table_new(uint64_t seed, size_t names)
{
	size_t slots = SLOTS_MIN;
	while (room_of(slots) < names) {
		if (slots > SIZE_MAX / 4 / sizeof(slot_t))
			return NULL;
		slots *= 2;
	}
	struct table *t = calloc(1, sizeof(*t) + slots * sizeof(slot_t));
	if (!t)
		return NULL;
	t->mask = slots - 1;
	t->seed = seed;
	return t;
}

/* Relaxed: this thread stored it. */
static struct table *previous_of(const struct table *t)
{
	return atomic_load_explicit(&t->previous, memory_order_relaxed);
}

void table_free(struct table *t)
{
	if (!t)
		return;
	free(previous_of(t));
	free(t);
}

bool table_has_room(const struct table *t, size_t more)
{
	return t->used + t->removed + more <= room_of(t->mask + 1);
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

/* Stores the slot at the first free place of its search. */
static size_t insert(struct table *t, uint64_t hash, slot_t slot)
{
	size_t i = hash & t->mask;
	while (load(t, i) != SLOT_EMPTY && load(t, i) != SLOT_REMOVED)
		i = (i + 1) & t->mask;
	if (load(t, i) == SLOT_REMOVED)
		t->removed--;
	store(t, i, slot);
	return i;
}

/* Finds this slot in this table. */
static bool find_slot(const struct table *t, uint64_t hash, slot_t slot, size_t *ret)
{
	size_t i = hash & t->mask;
	for (; load(t, i) != slot; i = (i + 1) & t->mask)
		if (load(t, i) == SLOT_EMPTY)
			return false;
	*ret = i;
	return true;
}

void table_add(struct table *t, uint64_t hash, struct node *n, bool is_edge)
{
	struct table *previous = previous_of(t);
	slot_t slot = slot_of(hash, n, is_edge);
	t->used++;
	/* A reader that began in the previous table finds the new slots through those that are
	 * replaced there. The previous table has room: a quarter of it is free, and everything is
	 * moved long before that is used. */
	if (previous)
		insert(previous, hash, slot);
	insert(t, hash, slot);
}

size_t table_locate(struct table *t, uint64_t hash, const struct node *n, bool is_edge)
{
	slot_t slot = slot_of(hash, n, is_edge);
	size_t i;
	if (find_slot(t, hash, slot, &i))
		return i;
	assert(table_is_moving(t));
	return insert(t, hash, slot);
}

void table_replace(struct table *t, size_t i, uint64_t hash, struct node *n, bool is_edge)
{
	struct table *previous = previous_of(t);
	slot_t old = load(t, i), slot = slot_of(hash, n, is_edge);
	size_t k;
	store(t, i, slot);
	if (previous && find_slot(previous, hash, old, &k))
		store(previous, k, slot);
}

static void remove_at(struct table *t, size_t i)
{
	if (load(t, (i + 1) & t->mask) != SLOT_EMPTY) {
		t->removed++;
		store(t, i, SLOT_REMOVED);
		return;
	}
	/* The next slot is empty, so no search continues here: this slot, and removed ones before
	 * it, can end searches again. */
	store(t, i, SLOT_EMPTY);
	for (i = (i - 1) & t->mask; load(t, i) == SLOT_REMOVED; i = (i - 1) & t->mask) {
		t->removed--;
		store(t, i, SLOT_EMPTY);
	}
}

void table_remove(struct table *t, uint64_t hash, const struct node *n, bool is_edge)
{
	slot_t slot = slot_of(hash, n, is_edge);
	struct table *previous = previous_of(t);
	size_t i;
	if (find_slot(t, hash, slot, &i))
		remove_at(t, i);
	if (previous && find_slot(previous, hash, slot, &i))
		remove_at(previous, i);
	t->used--;
}

struct table *table_grow(struct table *t, size_t more)
{
	assert(!table_is_moving(t));
	/* Room for half as many slots again, so that the next growth is not soon. */
	struct table *larger = table_new(t->seed, t->used + t->used / 2 + more);
	if (!larger)
		return NULL;
	larger->used = t->used;
	/* Readers see it together with the table. */
	atomic_store_explicit(&larger->previous, t, memory_order_relaxed);
	return larger;
}

static uint64_t hash_of(const struct table *t, slot_t slot)
{
	const struct node *n = slot_node(slot);
	struct key key;
	key_from_name(&key, node_name(n));
	return key_hash(t->seed, &key, slot_is_edge(slot) ? n->edge : 0);
}

/* True if slot `i` of the previous table has not been moved to `t` yet. */
static bool is_to_be_moved(const struct table *t, const struct table *previous, size_t i)
{
	slot_t slot = load(previous, i);
	size_t k;
	return slot != SLOT_EMPTY && slot != SLOT_REMOVED &&
	       !find_slot(t, hash_of(t, slot), slot, &k);
}

struct table *table_move_some(struct table *t, size_t slots)
{
	struct table *previous = previous_of(t);
	if (!previous)
		return NULL;
	for (; slots > 0 && t->moved <= previous->mask; slots--, t->moved++) {
		slot_t slot = load(previous, t->moved);
		if (is_to_be_moved(t, previous, t->moved))
			insert(t, hash_of(t, slot), slot);
	}
	if (t->moved <= previous->mask)
		return NULL;
	atomic_store_explicit(&t->previous, NULL, memory_order_release);
	return previous;
}

static size_t own_size(const struct table *t)
{
	return t ? sizeof(*t) + (t->mask + 1) * sizeof(slot_t) : 0;
}

size_t table_size(const struct table *t)
{
	return own_size(t) + own_size(previous_of(t));
}

struct node *table_node_at(const struct table *t, size_t i)
{
	slot_t slot = load(t, i);
	bool is_name = slot != SLOT_EMPTY && slot != SLOT_REMOVED && !slot_is_edge(slot);
	return is_name ? slot_node(slot) : NULL;
}

struct node *table_next(const struct table *t, size_t *i)
{
	const struct table *previous = previous_of(t);
	while (*i <= t->mask) {
		struct node *n = table_node_at(t, (*i)++);
		if (n)
			return n;
	}
	while (previous && *i - t->mask - 1 <= previous->mask) {
		size_t k = (*i)++ - t->mask - 1;
		struct node *n = k >= t->moved ? table_node_at(previous, k) : NULL;
		if (n && is_to_be_moved(t, previous, k))
			return n;
	}
	return NULL;
}
