/* SPDX-License-Identifier: ISC */
/*
 * A hash table with its links inside the elements: it allocates only its bucket array, so that an
 * element can be in several tables and adding one fails only while the table is still empty. It grows
 * by a few buckets with each element that is added, so that no addition takes long, however many
 * there are.
 * One thread. Which key an element has is its owner's business: find by hash, compare yourself:
 *
 *	MAP_FIND(&m, hash, struct thing, in_map, thing, thing->key == key)
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
 * and only after the one after it was asked for (MAP_EACH does). */
struct map_node *map_begin(const struct map *m) NONNULL;
struct map_node *map_after(const struct map *m, const struct map_node *n) NONNULL;

/* The element that has `n` at that offset; NULL for NULL. */
static inline void *map_owner(struct map_node *n, size_t offset)
{
	return n ? (char *)n - offset : NULL;
}

/* `p` is each element, a `type` with its links in `member`, in turn, in any order. It may be removed and freed in
 * the body. */
#define MAP_EACH(p, m, type, member)                                                               \
	for (type *p = map_owner(map_begin(m), offsetof(type, member)),                            \
		  *p##_next = p ? map_owner(map_after(m, &p->member), offsetof(type, member))      \
				: NULL;                                                            \
		p; p = p##_next,                                                                   \
		  p##_next = p ? map_owner(map_after(m, &p->member), offsetof(type, member))       \
			       : NULL)

/* `p` is each element with that very hash. It may not be removed in the body. */
#define MAP_EACH_WITH(p, m, key_hash, type, member)                                                \
	for (type *p = map_owner(map_first(m, key_hash), offsetof(type, member)); p;               \
		p = map_owner(map_next(&p->member), offsetof(type, member)))

/* The first element `p` with that hash for which `is_it`, an expression of `p`, is true; else NULL. */
#define MAP_FIND(m, key_hash, type, member, p, is_it)                                              \
	__extension__({                                                                            \
		type *p = map_owner(map_first(m, key_hash), offsetof(type, member));               \
		while (p && !(is_it))                                                              \
			p = map_owner(map_next(&p->member), offsetof(type, member));               \
		p;                                                                                 \
	})
