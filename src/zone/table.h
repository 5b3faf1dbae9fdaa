/* SPDX-License-Identifier: ISC */
/*
 * The table of names: open addressing over slots of eight bytes, a power of two of them, never more
 * than three quarters used. A slot is one word, so that one store changes what readers see:
 *
 *	bits 63-48  the same bits of the name's hash: a reader passes by other names without a look
 *	bits 47-1   the node
 *	bit 0       0: the slot is of the node's own name. 1: it is an edge, of an ancestor's name that
 *	            has no node of its own (zone/tree.h)
 *
 * 0 is a slot never used, at which a search ends; 1 one that was used, which it passes.
 *
 * A table that has become full is replaced by a larger one, into which the slots are moved a few with
 * each change, so that no change takes long. Until all are moved a search goes on in the *previous*
 * table, which stays complete, for its own readers as well: what is added, changed or removed is so in
 * both.
 *
 * Memory order: the writer stores a slot with release after the node is complete; a reader loads
 * it with acquire and so sees the node whole. The table's own pointer likewise. `previous` is loaded
 * before the search and not after it: who finds NULL there finds in the table all that was moved.
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
	_Atomic(struct table *) previous; /* NULL: all are here */
	size_t moved;                     /* writer's own: slots of `previous` that have been */
	uint64_t seed;                    /* of the hash */
	size_t used;    /* writer's own: with a node, those in `previous` included */
	size_t removed; /* writer's own: SLOT_REMOVED */
	_Atomic slot_t slots[];
};

/* What readers hold on to. */
struct zone_reader {
	_Atomic(struct table *) table;
	_Atomic uint32_t
		features; /* bits by enum table_feature; relaxed: which walks are needless */
	uint64_t seed;
};

/* What is anywhere in the table: names without such neighbours are answered without a walk. */
enum table_feature {
	TABLE_CUTS, /* delegations or DNAME */
	TABLE_WILDCARDS,
	TABLE_VIEWS, /* sets that depend on the view */
	TABLE_FEATURE_COUNT
};

/* What a search finds. */
struct table_hit {
	struct node *node; /* NULL: nothing */
	bool is_edge;      /* the name has no node, but is an ancestor of `node`'s */
};

static inline struct node *slot_node(slot_t slot)
{
	return (struct node *)(uintptr_t)(slot & 0xfffffffffffeu);
}

static inline bool slot_is_edge(slot_t slot)
{
	return slot & 1;
}

/* Whether the node of the edge is below what the key is from `skip` on. */
bool table_edge_matches(const struct node *n, const struct key *key, unsigned skip) NONNULL;

static inline bool slot_matches(slot_t slot, const struct key *key, unsigned skip)
{
	const struct node *n = slot_node(slot);
	unsigned len = key->len - skip;
	if (slot_is_edge(slot))
		return table_edge_matches(n, key, skip);
	return n->name_len == len && key_is_at(key, skip, node_name(n), len);
}

/* Finds what the key is from `skip` on, whose hash is `hash`. Ends: there is always a SLOT_EMPTY, and
 * a previous table has none before it. */
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

/* The rest is the writer's. */

/* An empty table with room for `names` slots in use. NULL if out of memory. */
struct table *table_new(uint64_t seed, size_t names) MUSTCHECK;
/* With the previous one. */
void table_free(struct table *t);

/* Whether `more` slots fit without going past three quarters. */
bool table_has_room(const struct table *t, size_t more) NONNULL;

/* Puts a node's or an edge's slot in, which is not in yet; there must be room. */
void table_add(struct table *t, uint64_t hash, struct node *n, bool is_edge) NONNULL;

/* Index of that very slot, which is in, and is moved if it was not yet. It stays there while others are
 * added. */
size_t table_locate(struct table *t, uint64_t hash, const struct node *n, bool is_edge) NONNULL;

/* Puts another node, or kind of slot, in the place of the one at index `i`. */
void table_replace(struct table *t, size_t i, uint64_t hash, struct node *n, bool is_edge) NONNULL;

/* Takes a slot out that is in. */
void table_remove(struct table *t, uint64_t hash, const struct node *n, bool is_edge) NONNULL;

/* A table that replaces `t`, all of which has been moved, with room for `more` slots above what is
 * used; `t` is its previous one from now on. NULL if out of memory. */
struct table *table_grow(struct table *t, size_t more) NONNULL MUSTCHECK;

/* Moves some of the previous table's slots. Returns that table when it is used up and only readers of
 * before may still look at it, else NULL. */
struct table *table_move_some(struct table *t, size_t slots) NONNULL MUSTCHECK;

static inline bool table_is_moving(const struct table *t)
{
	return atomic_load_explicit(&t->previous, memory_order_relaxed) != NULL;
}

/* Bytes, with the previous one. */
size_t table_size(const struct table *t) NONNULL;

/* The node whose own name slot `i` of this very table holds, or NULL. */
struct node *table_node_at(const struct table *t, size_t i) NONNULL;

/* Each node once, in any order: the one in slot `*i` or the next after it that holds a node's own name,
 * counted on through the previous table; moves `*i` behind. NULL at the end. */
struct node *table_next(const struct table *t, size_t *i) NONNULL;
