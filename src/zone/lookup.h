/* SPDX-License-Identifier: ISC */
/*
 * How readers look up a name in the table. The rules are those of RFC 1034 §4.3.2, RFC 4592
 * (wildcards), RFC 6672 (DNAME) and RFC 8020. No lock, no allocation. The results are valid
 * until the reader's critical section ends.
 */
#pragma once

#include "zone/table.h"
#include "zone/zone.h"

enum zone_outcome {
	ZONE_FOUND,     /* `node` has the name; `set` may be NULL: NODATA */
	ZONE_ALIAS,     /* `set` is the CNAME at the name; another type was asked for */
	ZONE_RENAMED,   /* `set` is the DNAME of `node`; the name is below `node` */
	ZONE_DELEGATED, /* `set` is the NS of `node`, a cut at or above the name */
	ZONE_NO_NAME,   /* NXDOMAIN */
	ZONE_OUTSIDE,   /* the name is in none of our zones */
	ZONE_OUTCOME_COUNT
};

struct zone_answer {
	enum zone_outcome outcome;
	bool is_wildcard;        /* synthesised (RFC 4592 §3.3.1) */
	const struct node *node; /* NULL: an empty non-terminal without a node, or none */
	const struct node_set *set;
	const struct node *apex; /* of the zone; NULL if not needed: `set` is the answer */
};

/* Looks up a name and a type for a client in `view`. RR_ANY finds any one set. */
void zone_lookup(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret) NONNULL;

/* Answers from the node: with the type, an alias, or nothing. Sets only what the node tells. */
void zone_answer_from(
	const struct node *n, uint16_t type, unsigned view, struct zone_answer *ret) NONNULL;

/* Returns the node at exactly that name, in any zone, even below a delegation. Returns NULL if
 * there is none or if it is empty. */
const struct node *zone_node(const struct zone_reader *reader, const struct key *key) NONNULL;

/* Like zone_node(), but may also return the wildcard that matches the name. Used for the
 * addresses in the additional section. */
const struct node *zone_node_or_wildcard(
	const struct zone_reader *reader, const struct key *key) NONNULL;

/* Returns the hash of the name in the table. It stays the same as long as the store lives. */
static inline uint64_t zone_hash(const struct zone_reader *reader, const struct key *key)
{
	return key_hash(reader->seed, key, 0);
}

/* The lookup of a name in three steps, for callers that look up several names. While one name
 * waits for memory, the others make progress. All steps must be in one critical section.
 *
 * Step 1: prefetches the slot of the name with that hash. */
static inline void zone_prefetch(const struct zone_reader *reader, uint64_t hash)
{
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	__builtin_prefetch((const char *)t + offsetof(struct table, slots) +
			   (hash & t->mask) * sizeof(slot_t));
}

/* Step 2: finds the slot that matches the hash of the name, and prefetches its node. Returns
 * SLOT_EMPTY if there is none. */
static inline slot_t zone_guess(const struct zone_reader *reader, uint64_t hash)
{
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	for (size_t i = hash & t->mask;; i = (i + 1) & t->mask) {
		slot_t slot = atomic_load_explicit(&t->slots[i], memory_order_acquire);
		if (slot == SLOT_EMPTY)
			return SLOT_EMPTY;
		if ((slot ^ hash) >> 48 || slot == SLOT_REMOVED)
			continue;
		const uint8_t *node = (const uint8_t *)slot_node(slot);
		__builtin_prefetch(node);
		__builtin_prefetch(node + 64);
		return slot;
	}
}

/* Step 3: returns the node at exactly that name. This works only if the store has no delegation
 * and no DNAME, because then the node's records are the answer. Returns NULL if there is no
 * node, or if a walk from the root must decide. `guess` is the result of zone_guess(); it may be
 * wrong. */
static inline const struct node *zone_find_uncut(
	const struct zone_reader *reader, const struct key *key, uint64_t hash, slot_t guess)
{
	if (atomic_load_explicit(&reader->features, memory_order_relaxed) & 1u << TABLE_CUTS)
		return NULL;
	if (LIKELY(guess != SLOT_EMPTY && !slot_is_edge(guess) && slot_matches(guess, key, 0)))
		return slot_node(guess);
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	struct table_hit hit = table_find(t, hash, key, 0);
	return hit.is_edge ? NULL : hit.node;
}

/* True if any set in the store depends on the view. If not, the caller need not know the
 * client's view. */
static inline bool zone_has_views(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->features, memory_order_relaxed) & 1 << TABLE_VIEWS;
}
