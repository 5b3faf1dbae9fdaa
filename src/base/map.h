/* SPDX-License-Identifier: ISC */
/*
 * A hash table with its links inside the elements: it allocates only its bucket array, so that an
 * element can be in several tables and adding one fails only while the table is still empty. It grows
 * by a few buckets with each element that is added, so that no addition takes long, however many
 * there are.
 * One thread. Which key an element has is its owner's business: find by hash, compare yourself:
 *
 *	for (struct map_node *n = map_first(&m, hash); n; n = map_next(n)) …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets; /* NULL while empty and never used */
	size_t bucket_count;       /* a power of two, or 0 */
	size_t count;              /* elements */
	struct map_node **smaller; /* while it grows: half as many buckets, of which the first */
	size_t moved;              /* so many have been moved; else NULL */
};

/* An empty table. Cannot fail; all zero bytes are an empty table too. */
void map_init(struct map *m) NONNULL;

/* Frees the bucket array. The elements are their owner's, and must be out of use by then. */
void map_fini(struct map *m) NONNULL;

/* Adds `n` under `hash`. Equal keys are not looked for. ERR_NOMEM only if no array could be had
 * at all; a table that cannot grow goes on with longer chains. */
int map_add(struct map *m, struct map_node *n, uint64_t hash) NONNULL MUSTCHECK;

/* Takes out `n`, which must be in. */
void map_remove(struct map *m, struct map_node *n) NONNULL;

/* The first element with that very hash, or NULL. */
struct map_node *map_first(const struct map *m, uint64_t hash) NONNULL;

/* The next element after `n` with the same hash, or NULL. */
struct map_node *map_next(const struct map_node *n) NONNULL;

/* Any order: the first element, and the one after `n`. Only `n` itself may be removed between,
 * and only after the one after it was asked for (MAP_FOR_EACH does). */
struct map_node *map_begin(const struct map *m) NONNULL;
struct map_node *map_after(const struct map *m, const struct map_node *n) NONNULL;

/* `p` is each element in turn; it may be removed and freed in the body. */
#define MAP_FOR_EACH(p, m)                                                                         \
	for (struct map_node *p = map_begin(m), *p##_next = p ? map_after(m, p) : NULL; p;         \
		p = p##_next, p##_next = p ? map_after(m, p) : NULL)
