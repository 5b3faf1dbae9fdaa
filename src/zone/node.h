/* SPDX-License-Identifier: ISC */
/*
 * All data of one owner name, in one block: header, directory of sets, name, rdata. A node is
 * immutable once it is published, except for the fields that only the writer uses.
 *
 *	struct node | struct node_set × set_count | name in lower case | its spelling | rdata …
 *
 * The spelling is stored only if it has capital letters (NODE_CASED).
 *
 * The rdata of a set is stored back to back, without the ten bytes of type, class, TTL and
 * length that each record in a message has. These are the same for each record, so the answer
 * path writes them from the directory. A name with one A and two AAAA records takes two or three
 * cache lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/rrset.h"
#include "zone/fact.h"

enum node_flag {
	NODE_APEX = 1,      /* a zone begins here */
	NODE_CUT = 2,       /* has NS and is no apex: a delegation (RFC 1034 §4.2.1) */
	NODE_DNAME = 4,     /* names below are redirected (RFC 6672) */
	NODE_CNAME = 8,     /* this is an alias */
	NODE_VIEWS = 16,    /* some set depends on the view */
	NODE_WILDCARD = 32, /* a label is "*": it or an ancestor is a wildcard (RFC 4592 §2.1.1) */
	NODE_CASED = 128    /* the name was given with capital letters */
};

/* The records of one type at an owner, as seen by some views. */
struct node_set {
	uint16_t type;
	uint16_t off; /* of the first rdata, from the start of the node */
	uint16_t len; /* of each rdata; 0: each rdata has a two-byte length before it */
	uint16_t count : 13;
	uint16_t is_near : 1; /* a client may get only some of the addresses: serve/near.h */
	uint16_t view : 2;
	uint32_t ttl;
};

struct node {
	/* Writer only: nodes and edges directly below (zone/tree.h), and which source has said all
	 * of it (enum zone_source), if only one has. */
	uint32_t children : 29;
	uint32_t source : 3;
	uint8_t edge; /* writer only: offset in the name where its edge begins; 0: none */
	uint8_t name_len;
	uint8_t flags;     /* enum node_flag */
	uint8_t set_count; /* 0: an empty non-terminal */
	struct node_set sets[];
};

/* Returns the name in lower case. */
static inline const uint8_t *node_name(const struct node *n)
{
	return (const uint8_t *)&n->sets[n->set_count];
}

/* Returns the name in its original spelling. */
static inline const uint8_t *node_spelling(const struct node *n)
{
	return node_name(n) + (n->flags & NODE_CASED ? n->name_len : 0);
}

/* Returns the set of that type for that view, or NULL. */
static inline const struct node_set *node_set(const struct node *n, uint16_t type, unsigned view)
{
	for (unsigned i = 0; i < n->set_count; i++)
		if (n->sets[i].type == type && n->sets[i].view & view)
			return &n->sets[i];
	return NULL;
}

/* Returns the rdata at `*at` and moves `*at` to the next one. `*at` starts at node_rdata(). */
static inline struct rdata node_next_rdata(const struct node_set *set, const uint8_t **at)
{
	struct rdata rdata = {*at, set->len};
	if (set->len == 0) {
		rdata.len = get_u16(*at);
		rdata.bytes += 2;
	}
	*at = rdata.bytes + rdata.len;
	return rdata;
}

static inline const uint8_t *node_rdata(const struct node *n, const struct node_set *set)
{
	return (const uint8_t *)n + set->off;
}

/* Returns the total size in bytes. */
size_t node_size(const struct node *n) NONNULL;

/* Returns the number of records. A record that differs by view counts once per view. */
size_t node_records(const struct node *n) NONNULL;

/* Makes a node of settled facts (facts_settle()). Copies the rdata. ERR_NOMEM. ERR_RANGE if a
 * node cannot hold them (64 KiB, 8191 records per set; this is more than a message can hold). */
int node_new(const uint8_t *name, const struct facts *facts, bool is_apex,
	struct node **ret) NONNULL MUSTCHECK;
void node_free(struct node *n);

/* Whether both say the same of the same name, spelling included, whoever says it. */
bool node_equal(const struct node *a, const struct node *b) NONNULL;

/* Adds what the node says. ERR_NOMEM. */
int facts_add_node(struct facts *facts, const struct node *n) NONNULL MUSTCHECK;
