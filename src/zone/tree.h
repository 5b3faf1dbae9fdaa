/* SPDX-License-Identifier: ISC */
/*
 * The names as a tree, kept in the table. Every ancestor of a name exists (RFC 8020), but only those
 * that have records, that are a zone's apex, or where the tree branched when a name was added, have a
 * node. A name whose nearest ancestor with a node is further up than its parent has one more slot,
 * its *edge*: under the name one label below that ancestor, pointing to the name's own node. All
 * names along the edge exist and are empty; which they are, the node's own name says. So a reverse
 * IPv6 name, up to 32 labels below its zone, costs one node and one slot, and not 16 or more nodes.
 *
 *	zone ──edge "a"──► 1.2.3.b.a.zone        looking up 9.3.b.a.zone: the edge of "a" leads to a
 *	  │                                      name that has 3.b.a.zone in common with it: that is
 *	  └────► www.zone  (a child: no edge)    its closest encloser, and exists without a node
 *
 * Each step of a change is one store, ordered so that a reader between two of them finds every
 * name that was there before and after. The root is always there.
 */
#pragma once

#include "zone/garbage.h"
#include "zone/table.h"

struct tree {
	struct zone_reader *reader; /* where the table is published; its seed is the hash's */
	struct garbage *garbage;    /* where what readers may still see is put */
	size_t tables;              /* that there were: a number for the one that is */
	size_t bytes;               /* of the nodes in the tree */
	size_t names, records;      /* nodes with records, and those */
	size_t features[TABLE_FEATURE_COUNT]; /* nodes that have the feature */
};

/* Where a name is or would be. Valid until the next change. */
struct place {
	struct key key;
	struct key_labels labels;
	struct node *self; /* the name's node, or NULL */
	struct node *apex; /* nearest at or above the name, or NULL */
	struct node
		*above; /* the nearest ancestor that has a node, not itself; NULL for the root */
	unsigned above_labels; /* how many labels that one has */
	struct node
		*below; /* `self` NULL: the end of the edge that the name or its ancestor is on */
	unsigned below_common; /* labels that it has in common with the name */
	struct node *spare;    /* owned: an empty node, to be put where the edge forks or where
	                        * `self` was, if that is needed */
};

/* Makes an empty tree: the root. ERR_NOMEM. */
int tree_init(struct tree *t, struct zone_reader *reader, struct garbage *garbage) NONNULL
	MUSTCHECK;
/* Frees all nodes and the table. */
void tree_fini(struct tree *t) NONNULL;

/* Finds the place of a name. */
void tree_locate(const struct tree *t, const uint8_t *name, struct place *ret) NONNULL;

/* Allocates all that one tree_put(), or else one tree_clear(), at that place may need. ERR_NOMEM: then
 * nothing has changed. */
int tree_reserve(struct tree *t, struct place *place, bool is_clearing) NONNULL MUSTCHECK;

/* Makes room for so many names in all, if they have no edges, so that the table need not grow for them; what
 * there are is moved at once. ERR_NOMEM. */
int tree_expect(struct tree *t, size_t names) NONNULL MUSTCHECK;

/* Whether all names are in one table. If not, some are moved. */
bool tree_is_settled(struct tree *t) NONNULL;

/* Publishes `n` at its place: new, or instead of `self`, which goes to the garbage unless `keep_old`.
 * Cannot fail after tree_reserve(). */
void tree_put(struct tree *t, struct place *place, struct node *n, bool keep_old) NONNULL;

/* Nothing is at `self` any more: it and ancestors that were there only for it go, or an empty node
 * takes its place where there are names below. Cannot fail after tree_reserve(). */
void tree_clear(struct tree *t, struct place *place, bool keep_old) NONNULL;

/* Gives back what tree_reserve() allocated and was not needed. */
void tree_release(struct place *place) NONNULL;
