/* SPDX-License-Identifier: ISC */
/*
 * The names as a tree, stored in the table. Every ancestor of a name exists (RFC 8020). But an
 * ancestor has a node only if it has records, is the apex of a zone, or is a name where the tree
 * branched when a name was added. If the parent of a name has no node, the name has one more
 * slot, its *edge*. The key of the edge is the name one label below the nearest ancestor that
 * has a node; the edge points to the name's own node. All names along the edge exist and are
 * empty. They are derived from the node's own name. So a reverse IPv6 name, up to 32 labels
 * below its zone, costs one node and one slot instead of 16 or more nodes.
 *
 *	zone ──edge "a"──► 1.2.3.b.a.zone        looking up 9.3.b.a.zone: the edge of "a" leads to a
 *	  │                                      name that has 3.b.a.zone in common with it: that is
 *	  └────► www.zone  (a child: no edge)    its closest encloser, and exists without a node
 *
 * Each step of a change is one store. The steps are ordered so that a reader between two steps
 * finds every name that exists both before and after the change. The root always exists.
 */
#pragma once

#include "zone/garbage.h"
#include "zone/table.h"

struct tree {
	struct zone_reader *reader; /* where the table is published; has the seed of the hash */
	struct garbage *garbage;    /* takes the blocks that readers may still see */
	size_t tables;              /* made so far: the number of the current table */
	size_t bytes;               /* of all nodes in the tree */
	size_t names, records;      /* nodes with records; their records */
	size_t features[TABLE_FEATURE_COUNT]; /* nodes that have the feature */
	bool hides;                           /* TABLE_HIDES */
};

/* The place of a name, whether the name exists or not. Valid until the next change. */
struct place {
	struct key key;
	struct key_labels labels;
	struct node *self;     /* the name's node, or NULL */
	struct node *apex;     /* the nearest apex at or above the name, or NULL */
	struct node *above;    /* the nearest ancestor with a node; NULL for the root */
	unsigned above_labels; /* number of labels of `above` */
	struct node
		*below; /* if `self` is NULL: end of the edge that the name or its ancestor is on */
	unsigned below_common; /* labels that `below` has in common with the name */
	struct node *spare; /* owned: an empty node, for the fork of an edge or to replace `self` */
};

/* Makes an empty tree, which has only the root. ERR_NOMEM. */
int tree_init(struct tree *t, struct zone_reader *reader, struct garbage *garbage) NONNULL
	MUSTCHECK;
/* Frees all nodes and the table. */
void tree_fini(struct tree *t) NONNULL;

/* Finds the place of a name. */
void tree_locate(const struct tree *t, const uint8_t *name, struct place *ret) NONNULL;

/* Allocates everything that one tree_put() or one tree_clear() at that place may need.
 * ERR_NOMEM: nothing has changed. */
int tree_reserve(struct tree *t, struct place *place, bool is_clearing) NONNULL MUSTCHECK;

/* Makes room for `names` names in total, so that the table need not grow for them (names with
 * edges need more room). Moves all existing slots at once. ERR_NOMEM. */
int tree_expect(struct tree *t, size_t names) NONNULL MUSTCHECK;

/* True if all names are in one table. Otherwise moves some of them. */
bool tree_is_settled(struct tree *t) NONNULL;

/* Publishes `n` at its place. If `self` exists, `n` replaces it, and `self` goes to the garbage
 * unless `keep_old`. Cannot fail after tree_reserve(). */
void tree_put(struct tree *t, struct place *place, struct node *n, bool keep_old) NONNULL;

/* Removes the data at `self`. If there are names below, an empty node replaces it. Otherwise
 * removes the node and the ancestors that only it needed. Cannot fail after tree_reserve(). */
void tree_clear(struct tree *t, struct place *place, bool keep_old) NONNULL;

/* Sets TABLE_HIDES. */
void tree_hide(struct tree *t, bool hides) NONNULL;

/* Frees what tree_reserve() allocated and was not used. */
void tree_release(struct place *place) NONNULL;
