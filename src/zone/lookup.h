/* SPDX-License-Identifier: ISC */
/*
 * What a reader finds: a name in the table, by the rules of RFC 1034 §4.3.2, RFC 4592 (wildcards),
 * RFC 6672 (DNAME) and RFC 8020. No lock, no allocation. What is returned may be looked at until the
 * reader's critical section ends.
 */
#pragma once

#include "zone/table.h"
#include "zone/zone.h"

enum zone_outcome {
	ZONE_FOUND,     /* `node` is what is at the name; `set` may be NULL: NODATA */
	ZONE_ALIAS,     /* `set` is the CNAME at the name, and the type is another */
	ZONE_RENAMED,   /* `set` is the DNAME of `node`, which the name is below of */
	ZONE_DELEGATED, /* `set` is the NS of `node`, a cut at or above the name */
	ZONE_NO_NAME,   /* NXDOMAIN */
	ZONE_OUTSIDE,   /* in no zone of ours */
	ZONE_OUTCOME_COUNT
};

struct zone_answer {
	enum zone_outcome outcome;
	bool is_wildcard;        /* synthesised (RFC 4592 §3.3.1) */
	const struct node *node; /* NULL: an empty non-terminal without a node, or none */
	const struct node_set *set;
	const struct node *apex; /* of the zone; NULL if it was not needed: `set` is the answer */
};

/* Looks up a name and a type (RR_ANY: any one set) for a client in `view`. */
void zone_lookup(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret) NONNULL;

/* The node at exactly that name, in whatever zone, be it below a delegation; NULL if there is none or it
 * is empty. */
const struct node *zone_node(const struct zone_reader *reader, const struct key *key) NONNULL;

/* The same, or the wildcard that stands for the name: for addresses that go along with an answer. */
const struct node *zone_node_or_wildcard(
	const struct zone_reader *reader, const struct key *key) NONNULL;

/* What the table finds the name by; the same for as long as the store lives. */
static inline uint64_t zone_hash(const struct zone_reader *reader, const struct key *key)
{
	return key_hash(reader->seed, key, 0);
}

/* The search for a name in steps, for those who look for several, so that memory has the time of the
 * others to find what is asked of it. All in one critical section.
 *
 * First: asks for the slot of the name with that hash. */
static inline void zone_prefetch(const struct zone_reader *reader, uint64_t hash)
{
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	__builtin_prefetch((const char *)t + offsetof(struct table, slots) +
			   (hash & t->mask) * sizeof(slot_t));
}

/* Second: finds the slot that is the name's by all that slots know of names, and asks for its node.
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

/* Third: the node at exactly that name, if no delegation or DNAME is anywhere in the store, so that
 * whatever it has is the answer; NULL if there is none, or the walk from the root has to tell. `guess`:
 * of zone_guess(), right or wrong. */
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

/* Whether any set in the store depends on the view: if not, there is no need to know it. */
static inline bool zone_has_views(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->features, memory_order_relaxed) & 1 << TABLE_VIEWS;
}
