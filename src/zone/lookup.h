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

/* Whether any set in the store depends on the view: if not, there is no need to know it. */
static inline bool zone_has_views(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->features, memory_order_relaxed) & 1 << TABLE_VIEWS;
}
