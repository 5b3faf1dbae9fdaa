/* SPDX-License-Identifier: ISC */
/*
 * The table of names. It uses open addressing over slots of eight bytes. The number of slots is
 * a power of two, and at most three quarters are used. A slot is one word, so a single store
 * changes what readers see:
 *
 *	bits 63-48  the same bits of the name's hash: a reader passes by other names without a look
 *	bits 47-1   the node
 *	bit 0       0: the slot is of the node's own name. 1: it is an edge, of an ancestor's name that
 *	            has no node of its own (zone/tree.h)
 *
 * 0 is a slot that was never used: a search ends there. 1 is a slot that was used and is free
 * again: a search continues after it.
 *
 * A full table is replaced by a larger one. Each change moves a few slots to the new table, so
 * that no change takes long. Until all slots are moved, a search continues in the *previous*
 * table. The previous table stays complete for readers that still use it: each addition, change
 * or removal is made in both tables.
 *
 * Memory order: the writer completes a node and then stores its slot with release. A reader
 * loads the slot with acquire, so it sees the whole node. The pointer to the table works the
 * same way. A reader loads `previous` before it searches the table, not after: if `previous` is
 * NULL, all moved slots are already in the table.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/key.h"
#include "zone/node.h"

typedef uint64_t slot_t;

#define SLOT_EMPTY   ((slot_t)0)
#define SLOT_REMOVED ((slot_t)1)

struct table {
	size_t mask;                      /* slots - 1 */
	_Atomic(struct table *) previous; /* NULL: all slots are in this table */
	size_t moved;                     /* writer only: slots of `previous` moved so far */
	uint64_t seed;                    /* of the hash */
	size_t used;                      /* writer only: slots with a node, also in `previous` */
	size_t removed;                   /* writer only: SLOT_REMOVED slots */
	_Atomic slot_t slots[];
};

struct zone_orders;

/* The entry point for readers. */
struct zone_reader {
	_Atomic(struct table *) table;
	_Atomic uint32_t
		features; /* bits by enum table_feature; relaxed: which walks can be skipped */
	uint64_t seed;
	_Atomic(struct zone_orders *) orders; /* of signed zones (zone/orders.h); NULL: none */
};

/* Features that exist anywhere in the table. If a feature does not exist, lookups need no walk
 * for it. */
enum table_feature {
	TABLE_CUTS, /* delegations or DNAME */
	TABLE_WILDCARDS,
	TABLE_VIEWS, /* sets that depend on the view */
	TABLE_FEATURE_COUNT,
	/* Not of nodes: names that have nothing for the wan view, at or below them, do not exist there. */
	TABLE_HIDES = TABLE_FEATURE_COUNT
};

/* The result of a search. */
struct table_hit {
	struct node *node; /* NULL: nothing */
	bool is_edge;      /* the name has no node, but is an ancestor of `node`'s name */
};

static inline struct node *slot_node(slot_t slot)
{
	return (struct node *)(uintptr_t)(slot & 0xfffffffffffeu);
}

static inline bool slot_is_edge(slot_t slot)
{
	return slot & 1;
}

/* True if the node of the edge is below the name that is in the key from `skip` on. */
bool table_edge_matches(const struct node *n, const struct key *key, unsigned skip) NONNULL;

static inline bool slot_matches(slot_t slot, const struct key *key, unsigned skip)
{
	const struct node *n = slot_node(slot);
	unsigned len = key->len - skip;
	if (slot_is_edge(slot))
		return table_edge_matches(n, key, skip);
	return n->name_len == len && key_is_at(key, skip, node_name(n), len);
}

/* Finds the name that is in the key from `skip` on; `hash` is its hash. The search always ends:
 * each table has a SLOT_EMPTY, and a previous table has no previous table itself. */
static inline struct table_hit table_find(
	const struct table *t, uint64_t hash, const struct key *key, unsigned skip)
{
	const struct table *previous;
	do {
		previous = atomic_load_explicit(&t->previous, memory_order_acquire);
		for (size_t i = hash & t->mask;; i = (i + 1) & t->mask) {
			slot_t slot = atomic_load_explicit(&t->slots[i], memory_order_acquire);
			if (slot == SLOT_EMPTY)
				break;
			if ((slot ^ hash) >> 48 || slot == SLOT_REMOVED)
				continue;
			if (LIKELY(slot_matches(slot, key, skip)))
				return (struct table_hit){slot_node(slot), slot_is_edge(slot)};
		}
	} while (UNLIKELY((t = previous) != NULL));
	return (struct table_hit){0};
}

/* Everything below is for the writer only. */

/* Returns an empty table with room for `names` used slots. NULL if out of memory. */
struct table *table_new(uint64_t seed, size_t names) MUSTCHECK;
/* Also frees the previous table. */
void table_free(struct table *t);

/* True if `more` slots fit and at most three quarters are used then. */
bool table_has_room(const struct table *t, size_t more) NONNULL;

/* Adds the slot of a node or of an edge. The slot must not be in the table yet, and there must
 * be room. */
void table_add(struct table *t, uint64_t hash, struct node *n, bool is_edge) NONNULL;

/* Returns the index of that slot, which must be in the table. Moves it from the previous table
 * if needed. The index stays valid while other slots are added. */
size_t table_locate(struct table *t, uint64_t hash, const struct node *n, bool is_edge) NONNULL;

/* Replaces the slot at index `i` by another node or another kind of slot. */
void table_replace(struct table *t, size_t i, uint64_t hash, struct node *n, bool is_edge) NONNULL;

/* Removes a slot, which must be in the table. */
void table_remove(struct table *t, uint64_t hash, const struct node *n, bool is_edge) NONNULL;

/* Returns a table that replaces `t` and has room for `more` slots in addition to the used ones.
 * All slots of the previous table of `t` must have been moved. `t` becomes the previous table of
 * the new one. NULL if out of memory. */
struct table *table_grow(struct table *t, size_t more) NONNULL MUSTCHECK;

/* Moves up to `slots` slots of the previous table. When all are moved, returns the previous
 * table: only readers that started earlier may still use it. Otherwise returns NULL. */
struct table *table_move_some(struct table *t, size_t slots) NONNULL MUSTCHECK;

static inline bool table_is_moving(const struct table *t)
{
	return atomic_load_explicit(&t->previous, memory_order_relaxed) != NULL;
}

/* Returns the size in bytes, including the previous table. */
size_t table_size(const struct table *t) NONNULL;

/* Returns the node whose own name is in slot `i` of this table, or NULL. Does not look into the
 * previous table. */
struct node *table_node_at(const struct table *t, size_t i) NONNULL;

/* For a walk over all nodes, each once, in any order. Returns the node of the first slot at or
 * after `*i` that holds a node's own name, and sets `*i` to the slot after it. The count of
 * slots continues through the previous table. NULL at the end. */
struct node *table_next(const struct table *t, size_t *i) NONNULL;
