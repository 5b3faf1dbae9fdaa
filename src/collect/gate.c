/* SPDX-License-Identifier: ISC */
/*
 * Owns the bound of the work for signatures.
 * Never verifies one.
 */
#include "collect/gate.h"

static struct addr *proven_of(struct ckey *key, const struct addr *peer)
{
	return &key->proven[peer->family == ADDR_V6];
}

static bool is_proven(struct ckey *key, const struct addr *peer)
{
	return addr_equal(proven_of(key, peer), peer);
}

static bool may(struct budget *b, ns_t now, unsigned a_second)
{
	return budget_may(b, now, a_second, NS_PER_S / a_second);
}

bool gate_may_verify(struct collect *c, struct ckey *key, const struct addr *peer)
{
	const unsigned half = LIMIT_COLLECT_VERIFY_S / 2;
	const uint64_t hash = hash_bytes(c->seed, peer, sizeof(*peer));
	if (key && is_proven(key, peer))
		return may(&key->budget, c->now, LIMIT_COLLECT_SOURCE_S) &&
		       may(&c->proven, c->now, half);
	return may(&c->sources[hash % LIMIT_COLLECT_SOURCES], c->now, LIMIT_COLLECT_SOURCE_S) &&
	       may(&c->strangers, c->now, half);
}

void gate_note(struct ckey *key, const struct addr *peer, bool is_good)
{
	if (is_good)
		*proven_of(key, peer) = *peer;
	else if (is_proven(key, peer))
		*proven_of(key, peer) = (struct addr){0};
}
