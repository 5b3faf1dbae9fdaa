/* SPDX-License-Identifier: ISC */
/*
 * Owns the rate of replies per network.
 * Never sees a packet or a clock.
 */
#include "serve/rrl.h"

#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"

/* A key: 56 bits of network, one of family, three of kind, four to count denials. */
enum { WAYS = 4, KEY_NETWORK = 8, KEY_FAMILY = 7, KEY_KIND = 4, DENIALS = 15 };

_Static_assert(LIMIT_RRL_ENTRIES % WAYS == 0, "whole sets");
_Static_assert((LIMIT_RRL_ENTRIES & (LIMIT_RRL_ENTRIES - 1)) == 0, "a power of two");

void rrl_init(struct rrl *rrl, uint64_t seed, uint32_t per_second)
{
	memset(rrl->entries, 0, sizeof(rrl->entries));
	rrl->seed = seed;
	rrl->part = NS_PER_S / per_second;
}

static uint64_t key_of(const struct addr *client, enum rrl_kind kind)
{
	uint64_t high = (uint64_t)get_u32(client->bytes) << 32;
	uint64_t network =
		client->family == ADDR_V4 ? high >> 40 : (high | get_u32(client->bytes + 4)) >> 8;
	return network << KEY_NETWORK | (uint64_t)(client->family == ADDR_V6) << KEY_FAMILY |
	       (uint64_t)kind << KEY_KIND;
}

/* Returns the entry of that key. If there is none, takes over the entry of the set that has used
 * the least of its rate. */
static struct rrl_entry *entry_of(struct rrl *rrl, uint64_t key)
{
	uint64_t set = hash_mix(rrl->seed, key) % (LIMIT_RRL_ENTRIES / WAYS);
	struct rrl_entry *first = &rrl->entries[set * WAYS], *least = first;
	for (struct rrl_entry *e = first; e < first + WAYS; e++) {
		if ((e->key & ~(uint64_t)DENIALS) == key)
			return e;
		if (e->used_up < least->used_up)
			least = e;
	}
	*least = (struct rrl_entry){.key = key};
	return least;
}

/* Uses up the share of one reply. False if it is not available. */
static bool take(const struct rrl *rrl, struct rrl_entry *e, ns_t now)
{
	ns_t used_up = (e->used_up > now ? e->used_up : now) + rrl->part;
	if (used_up > now + NS_PER_S)
		return false;
	e->used_up = used_up;
	return true;
}

bool rrl_may_give(struct rrl *rrl, const struct addr *client, enum rrl_kind kind, ns_t now)
{
	return take(rrl, entry_of(rrl, key_of(client, kind)), now);
}

enum rrl_verdict rrl_judge(struct rrl *rrl, const struct addr *client, enum rrl_kind kind, ns_t now)
{
	struct rrl_entry *e = entry_of(rrl, key_of(client, kind));
	if (take(rrl, e, now))
		return RRL_GIVE;
	uint64_t denials = (e->key + 1) & DENIALS;
	e->key = (e->key & ~(uint64_t)DENIALS) | denials;
	return denials & 1 ? RRL_TRUNCATE : RRL_DROP;
}
