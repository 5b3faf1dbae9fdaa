/* SPDX-License-Identifier: ISC */
/*
 * What is at one owner name, in one block: header, directory of sets, name, rdata. Immutable once it
 * is published, but for two fields of the writer's own that readers never look at.
 *
 *	struct node | struct node_set × set_count | name in lower case | its spelling | rdata …
 *
 * The spelling is there only if it has capitals (NODE_CASED).
 *
 * Rdata of a set stands back to back, without the ten bytes that a record in a message has more:
 * they are the same for each record, so the answer path writes them from the directory, and a name
 * with an A and two AAAA takes two or three cache lines.
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
	NODE_CUT = 2,       /* NS, and no apex: a delegation (RFC 1034 §4.2.1) */
	NODE_DNAME = 4,     /* what is below is elsewhere (RFC 6672) */
	NODE_CNAME = 8,     /* this is an alias */
	NODE_VIEWS = 16,    /* some set depends on the view */
	NODE_WILDCARD = 32, /* a label is "*": it or an ancestor is a wildcard (RFC 4592 §2.1.1) */
	NODE_STATIC = 64,   /* writer's own: a static source says all this */
	NODE_CASED = 128    /* the name was given with capitals */
};

/* The records of one type at an owner, as seen by some views. */
struct node_set {
	uint16_t type;
	uint16_t off; /* of the first rdata, from the start of the node */
	uint16_t len; /* of each rdata; 0: a length of two bytes stands before each */
	uint16_t count : 13;
	uint16_t is_near : 1; /* several addresses, private ones among them: see serve/near.h */
	uint16_t view : 2;
	uint32_t ttl;
};

struct node {
	uint32_t children; /* writer's own: nodes and edges right below (zone/tree.h) */
	uint8_t edge;      /* writer's own: offset in the name at which its edge begins, 0: none */
	uint8_t name_len;
	uint8_t flags;     /* enum node_flag */
	uint8_t set_count; /* 0: an empty non-terminal */
	struct node_set sets[];
};

/* The name, in lower case. */
static inline const uint8_t *node_name(const struct node *n)
{
	return (const uint8_t *)&n->sets[n->set_count];
}

/* The name as it was given. */
static inline const uint8_t *node_spelling(const struct node *n)
{
	return node_name(n) + (n->flags & NODE_CASED ? n->name_len : 0);
}

/* The set of that type which that view gets, or NULL. */
static inline const struct node_set *node_set(const struct node *n, uint16_t type, unsigned view)
{
	for (unsigned i = 0; i < n->set_count; i++)
		if (n->sets[i].type == type && n->sets[i].view & view)
			return &n->sets[i];
	return NULL;
}

/* The rdata at `*at`, which begins at the set's start and is moved to the next. */
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

/* Whole size in bytes. */
size_t node_size(const struct node *n) NONNULL;

/* Records in it; one that differs by view counts in each. */
size_t node_records(const struct node *n) NONNULL;

/* A node of settled facts (facts_settle()), its rdata copied. ERR_NOMEM; ERR_RANGE if it is more
 * than a node can hold (64 KiB, 8191 records a set, more than a message can). */
int node_new(const uint8_t *name, const struct facts *facts, bool is_apex,
	struct node **ret) NONNULL MUSTCHECK;
void node_free(struct node *n);

/* Whether both say the same of the same name, spelling included. */
bool node_equal(const struct node *a, const struct node *b) NONNULL;

/* Adds what the node says. ERR_NOMEM. */
int facts_add_node(struct facts *facts, const struct node *n) NONNULL MUSTCHECK;
