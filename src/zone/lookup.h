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
	ZONE_FOUND,      /* `node` is what is at the name; `set` may be NULL: NODATA */
	ZONE_ALIAS,      /* `set` is the CNAME at the name, and the type is another */
	ZONE_RENAMED,    /* `set` is the DNAME of `node`, which the name is below of */
	ZONE_DELEGATED,  /* `set` is the NS of `node`, a cut at or above the name */
	ZONE_NO_NAME,    /* NXDOMAIN */
	ZONE_OUTSIDE,    /* in no zone of ours */
	ZONE_OUTCOME_COUNT
};

struct zone_answer {
	enum zone_outcome outcome;
	bool is_wildcard;             /* synthesised (RFC 4592 §3.3.1) */
	const struct node *node;      /* NULL: an empty non-terminal without a node, or none */
	const struct node_set *set;
	const struct node *apex;      /* of the zone; NULL if it was not needed: `set` is the answer */
};

/* Looks up a name and a type (RR_ANY: any one set) for a client in `view`. */
void zone_lookup(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret) NONNULL;

/* The node at exactly that name, in whatever zone; NULL if there is none or it is empty: for
 * addresses that go along with an answer. */
const struct node *zone_node(const struct zone_reader *reader, const struct key *key) NONNULL;

/* The node at exactly that name, if no delegation or DNAME is anywhere in the store, so that whatever it
 * has is the answer; NULL if there is none, or the walk from the root has to tell. */
static inline const struct node *zone_find_uncut(const struct zone_reader *reader,
	const struct key *key)
{
	if (atomic_load_explicit(&reader->features, memory_order_relaxed) & 1u << TABLE_CUTS)
		return NULL;
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	struct table_hit hit = table_find(t, key_hash(reader->seed, key, 0), key, 0);
	return hit.is_edge ? NULL : hit.node;
}

/* A table larger than this does not stay in a core's caches: its slots and nodes are worth asking
 * memory for ahead of time, where several names are to be looked up. */
enum { ZONE_PREFETCH_SLOTS = 32768 };

static inline bool zone_is_worth_prefetching(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->table, memory_order_acquire)->mask >= ZONE_PREFETCH_SLOTS;
}

/* Two steps of asking memory for what a lookup of the name will need, some time before it: first for
 * its slot, then, by the hash that this returns, for the node. */
static inline uint64_t zone_prefetch_slot(const struct zone_reader *reader, const uint8_t *name,
	unsigned len)
{
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	struct key key;
	key_from_message(&key, name, len);
	uint64_t hash = key_hash(reader->seed, &key, 0);
	__builtin_prefetch((const char *)t + offsetof(struct table, slots) +
		(hash & t->mask) * sizeof(slot_t));
	return hash;
}

static inline void zone_prefetch_node(const struct zone_reader *reader, uint64_t hash)
{
	const struct table *t = atomic_load_explicit(&reader->table, memory_order_acquire);
	slot_t slot = atomic_load_explicit(&t->slots[hash & t->mask], memory_order_relaxed);
	const uint8_t *node = (const uint8_t *)slot_node(slot);
	if (!node)
		return;
	__builtin_prefetch(node);
	__builtin_prefetch(node + 64);
}

/* Whether any set in the store depends on the view: if not, there is no need to know it. */
static inline bool zone_has_views(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->features, memory_order_relaxed) & 1 << TABLE_VIEWS;
}
