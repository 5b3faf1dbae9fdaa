/* SPDX-License-Identifier: ISC */
/*
 * Owns the bucket arrays of hash tables. Buckets are chains. When there are more elements than
 * buckets, the number of buckets doubles, and each element that is added moves two buckets to the
 * new array. So all have moved when half of the new room is used, long before the next growth.
 * Never owns or compares elements.
 */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

enum { MAP_FIRST_BUCKETS = 16, MOVES_AN_ADDITION = 2 };

void map_init(struct map *m)
{
	*m = (struct map){0};
}

void map_fini(struct map *m)
{
	free(m->buckets);
	free(m->smaller);
	map_init(m);
}

static size_t smaller_count(const struct map *m)
{
	return m->smaller ? m->bucket_count / 2 : 0;
}

static struct map_node **bucket_of(const struct map *m, uint64_t hash)
{
	size_t smaller = hash & (m->bucket_count / 2 - 1);
	if (UNLIKELY(m->smaller != NULL) && smaller >= m->moved)
		return &m->smaller[smaller];
	return &m->buckets[hash & (m->bucket_count - 1)];
}

/* Moves the next bucket to the new array, if the map is growing. */
static void move_one(struct map *m)
{
	if (!m->smaller)
		return;
	struct map_node *n = m->smaller[m->moved++];
	for (struct map_node *next; n; n = next) {
		struct map_node **bucket = bucket_of(m, n->hash);
		next = n->next;
		n->next = *bucket;
		*bucket = n;
	}
	if (m->moved < smaller_count(m))
		return;
	free(m->smaller);
	m->smaller = NULL;
}

/* Begins to grow. ERR_NOMEM. */
static int map_grow(struct map *m)
{
	size_t count = m->bucket_count ? 2 * m->bucket_count : MAP_FIRST_BUCKETS;
	struct map_node **buckets = m->smaller ? NULL : calloc(count, sizeof(*buckets));
	if (!buckets)
		return ERR_NOMEM;
	m->smaller = m->buckets;
	m->moved = 0;
	m->buckets = buckets;
	m->bucket_count = count;
	return 0;
}

int map_add(struct map *m, struct map_node *n, uint64_t hash)
{
	if (m->count >= m->bucket_count && map_grow(m) && m->bucket_count == 0)
		return ERR_NOMEM;
	for (int i = 0; i < MOVES_AN_ADDITION; i++)
		move_one(m);
	struct map_node **bucket = bucket_of(m, hash);
	n->hash = hash;
	n->next = *bucket;
	*bucket = n;
	m->count++;
	return 0;
}

void map_remove(struct map *m, struct map_node *n)
{
	struct map_node **link = bucket_of(m, n->hash);
	while (*link != n) {
		STEPS(1);
		assert(*link);
		link = &(*link)->next;
	}
	*link = n->next;
	m->count--;
}

static struct map_node *same_hash(struct map_node *n, uint64_t hash)
{
	while (n && n->hash != hash) {
		STEPS(1);
		n = n->next;
	}
	STEPS(1);
	return n;
}

struct map_node *map_first(const struct map *m, uint64_t hash)
{
	return m->count ? same_hash(*bucket_of(m, hash), hash) : NULL;
}

struct map_node *map_next(const struct map_node *n)
{
	return same_hash(n->next, n->hash);
}

/* Returns the first element in the buckets from number `at` on. Buckets that have not been moved
 * yet are numbered first, then the others. */
static struct map_node *first_from(const struct map *m, size_t at)
{
	size_t smaller = smaller_count(m);
	for (; at < smaller; at++)
		if (at >= m->moved && m->smaller[at])
			return m->smaller[at];
	for (; at < smaller + m->bucket_count; at++)
		if (m->buckets[at - smaller])
			return m->buckets[at - smaller];
	return NULL;
}

struct map_node *map_begin(const struct map *m)
{
	return first_from(m, 0);
}

struct map_node *map_after(const struct map *m, const struct map_node *n)
{
	if (n->next)
		return n->next;
	size_t smaller = smaller_count(m), at = n->hash & (m->bucket_count / 2 - 1);
	if (!m->smaller || at < m->moved)
		at = smaller + (n->hash & (m->bucket_count - 1));
	return first_from(m, at + 1);
}
