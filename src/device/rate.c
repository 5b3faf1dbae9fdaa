/* SPDX-License-Identifier: ISC */
/*
 * Owns the number of requests per user and time.
 * Never reads a clock.
 */
#include "device/rate.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"

/* A bucket, stored as a time (GCRA): it is full again at `full_at`. */
struct bucket {
	struct map_node node;
	uint32_t uid;
	ns_t full_at;
};

void rate_init(struct rate *r, unsigned per_second)
{
	*r = (struct rate){.per_second = per_second};
	map_init(&r->users);
}

void rate_fini(struct rate *r)
{
	MAP_EACH(bucket, &r->users, struct bucket, node)
		free(bucket);
	map_fini(&r->users);
}

static struct bucket *find(const struct rate *r, uint32_t uid, uint64_t hash)
{
	return MAP_FIND(&r->users, hash, struct bucket, node, b, b->uid == uid);
}

/* Frees full buckets: a new one would be equal. */
static void forget_full(struct rate *r, ns_t now)
{
	MAP_EACH(b, &r->users, struct bucket, node) {
		if (b->full_at > now)
			continue;
		map_remove(&r->users, &b->node);
		free(b);
	}
}

static struct bucket *find_or_make(struct rate *r, uint32_t uid, ns_t now)
{
	uint64_t hash = hash_mix(0, uid);
	struct bucket *b = find(r, uid, hash);
	if (b)
		return b;
	if (r->users.count >= LIMIT_DEVICE_USERS)
		forget_full(r, now);
	if (r->users.count >= LIMIT_DEVICE_USERS)
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->uid = uid;
	b->full_at = now;
	if (map_add(&r->users, &b->node, hash)) {
		free(b);
		return NULL;
	}
	return b;
}

bool rate_may(struct rate *r, uint32_t uid, ns_t now)
{
	if (r->per_second == 0)
		return true;
	struct bucket *b = find_or_make(r, uid, now);
	if (!b)
		return false;
	if (b->full_at < now)
		b->full_at = now;
	ns_t full_at = b->full_at + NS_PER_S / r->per_second;
	if (full_at > now + NS_PER_S)
		return false;
	b->full_at = full_at;
	return true;
}
