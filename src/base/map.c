/* SPDX-License-Identifier: ISC */
/*
 * Owns the bucket arrays of hash tables: chains, doubled when there are more elements than buckets.
 * Never owns or compares elements. Called by model, names, zone and the mDNS engine.
 */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

enum { MAP_FIRST_BUCKETS = 16 };

void map_init(struct map *m)
{
	*m = (struct map){0};
}

void map_fini(struct map *m)
{
	free(m->buckets);
	map_init(m);
}

static struct map_node **bucket_of(const struct map *m, uint64_t hash)
{
	return &m->buckets[hash & (m->bucket_count - 1)];
}

static int map_grow(struct map *m)
{
	size_t count = m->bucket_count ? 2 * m->bucket_count : MAP_FIRST_BUCKETS;
	struct map_node **buckets = calloc(count, sizeof(*buckets));
	if (!buckets)
		return ERR_NOMEM;
	struct map bigger = {.buckets = buckets, .bucket_count = count, .count = m->count};
	for (size_t i = 0; i < m->bucket_count; i++)
		for (struct map_node *n = m->buckets[i], *next; n; n = next) {
			next = n->next;
			struct map_node **bucket = bucket_of(&bigger, n->hash);
			n->next = *bucket;
			*bucket = n;
		}
	free(m->buckets);
	*m = bigger;
	return 0;
}

int map_add(struct map *m, struct map_node *n, uint64_t hash)
{
	if (m->count >= m->bucket_count && map_grow(m) && m->bucket_count == 0)
		return ERR_NOMEM;
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
		assert(*link);
		link = &(*link)->next;
	}
	*link = n->next;
	m->count--;
}

static struct map_node *same_hash(struct map_node *n, uint64_t hash)
{
	while (n && n->hash != hash)
		n = n->next;
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

static struct map_node *first_from(const struct map *m, size_t bucket)
{
	for (; bucket < m->bucket_count; bucket++)
		if (m->buckets[bucket])
			return m->buckets[bucket];
	return NULL;
}

struct map_node *map_begin(const struct map *m)
{
	return first_from(m, 0);
}

struct map_node *map_after(const struct map *m, const struct map_node *n)
{
	return n->next ? n->next : first_from(m, (n->hash & (m->bucket_count - 1)) + 1);
}
