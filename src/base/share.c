/* SPDX-License-Identifier: ISC */
/* Owns the counts of each user. Never decides what is too much. */
#include "base/share.h"

#include <stdlib.h>

#include "base/hash.h"

void shares_fini(struct shares *s)
{
	MAP_EACH(share, &s->by_uid, struct share, node) {
		map_remove(&s->by_uid, &share->node);
		free(share);
	}
	map_fini(&s->by_uid);
	*s = (struct shares){0};
}

/* No seed: a user has few ids, and cannot choose them. */
static uint64_t uid_hash(uint32_t uid)
{
	return hash_mix(0, uid);
}

static struct share *share_find(const struct shares *s, uint32_t uid)
{
	return MAP_FIND(&s->by_uid, uid_hash(uid), struct share, node, share, share->uid == uid);
}

size_t share_count(const struct shares *s, uint32_t uid, unsigned pot)
{
	const struct share *share = share_find(s, uid);
	return share ? share->counts[pot] : 0;
}

struct share *share_get(struct shares *s, uint32_t uid)
{
	struct share *share = share_find(s, uid);
	if (share)
		return share;
	share = calloc(1, sizeof(*share));
	if (!share || map_add(&s->by_uid, &share->node, uid_hash(uid))) {
		free(share);
		return NULL;
	}
	share->uid = uid;
	return share;
}

void share_add(struct shares *s, struct share *share, unsigned pot, size_t count)
{
	share->counts[pot] += count;
	s->sums[pot] += count;
}

static bool is_empty(const struct share *share)
{
	for (unsigned pot = 0; pot < SHARE_POTS; pot++)
		if (share->counts[pot] > 0)
			return false;
	return true;
}

void share_take(struct shares *s, struct share *share, unsigned pot, size_t count)
{
	share->counts[pot] -= count;
	s->sums[pot] -= count;
	if (!is_empty(share))
		return;
	map_remove(&s->by_uid, &share->node);
	free(share);
}
