/* SPDX-License-Identifier: ISC */
/*
 * A hash table with its links inside the elements: it allocates only its bucket array. So an
 * element can be in several tables, and adding one can fail only while the table is still empty.
 * While the table grows, each addition moves a few buckets, so that no addition takes long, however
 * large the table is. One thread. The table does not know the keys: it finds elements by hash, and
 * the caller compares the keys:
 *
 *	MAP_FIND(&m, hash, struct thing, in_map, thing, thing->key == key)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/steps.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets; /* NULL while empty and never used */
	size_t bucket_count;       /* a power of two, or 0 */
	size_t count;              /* elements */
	struct map_node **smaller; /* while it grows: the old half-size array; else NULL */
	size_t moved;              /* buckets of `smaller` moved so far, from its start */
};

/* An empty table. Cannot fail; all zero bytes are an empty table too. */
void map_init(struct map *m) NONNULL;

/* Frees the bucket array. The elements belong to their owner, and must no longer be in use. */
void map_fini(struct map *m) NONNULL;

/* Adds `n` under `hash`. Does not check for equal keys. ERR_NOMEM only if there is no array at all
 * yet and none could be allocated. A table that cannot grow continues with longer chains. */
int map_add(struct map *m, struct map_node *n, uint64_t hash) NONNULL MUSTCHECK;

/* Removes `n`, which must be in the table. */
void map_remove(struct map *m, struct map_node *n) NONNULL;

/* Returns the first element with exactly that hash, or NULL. */
struct map_node *map_first(const struct map *m, uint64_t hash) NONNULL;

/* Returns the next element after `n` with the same hash, or NULL. */
struct map_node *map_next(const struct map_node *n) NONNULL;

/* Return the first element, and the element after `n`, in no particular order. Between two calls
 * only `n` itself may be removed, and only after map_after() was called for it (MAP_EACH does
 * that). */
struct map_node *map_begin(const struct map *m) NONNULL;
struct map_node *map_after(const struct map *m, const struct map_node *n) NONNULL;

/* Returns the element that contains `n` at that offset; NULL for NULL. */
static inline void *map_owner(struct map_node *n, size_t offset)
{
	return n ? (char *)n - offset : NULL;
}

/* Loops over the elements in any order: `p` is each element in turn, a `type` with its links in
 * `member`. The body may remove and free `p`. */
#define MAP_EACH(p, m, type, member)                                                               \
	for (type *p = map_owner(map_begin(m), offsetof(type, member)),                            \
		  *p##_next = p ? map_owner(map_after(m, &p->member), offsetof(type, member))      \
				: NULL;                                                            \
		p; STEPS(1), p = p##_next,                                                         \
		  p##_next = p ? map_owner(map_after(m, &p->member), offsetof(type, member))       \
			       : NULL)

/* Loops over the elements with exactly that hash: `p` is each in turn. The body may not remove
 * it. */
#define MAP_EACH_WITH(p, m, key_hash, type, member)                                                \
	for (type *p = map_owner(map_first(m, key_hash), offsetof(type, member)); p;               \
		p = map_owner(map_next(&p->member), offsetof(type, member)))

/* Returns the first element `p` with that hash for which the expression `is_it` (of `p`) is true;
 * else NULL. */
#define MAP_FIND(m, key_hash, type, member, p, is_it)                                              \
	__extension__({                                                                            \
		type *p = map_owner(map_first(m, key_hash), offsetof(type, member));               \
		while (p && !(is_it))                                                              \
			p = map_owner(map_next(&p->member), offsetof(type, member));               \
		p;                                                                                 \
	})
