/* SPDX-License-Identifier: ISC */
/*
 * Owns the bound of the work for packets that are signed.
 * Never reads or verifies one.
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

/* The budgets of a packet: of its key or source, and of all such ones together. */
struct parts {
	struct budget *own, *all;
	unsigned burst; /* of all */
	bool is_proven;
};

enum { HALF_S = LIMIT_COLLECT_VERIFY_S / 2 };
#define OWN_STEP (NS_PER_S / LIMIT_COLLECT_SOURCE_S)
#define ALL_STEP (NS_PER_S / HALF_S)

static struct parts parts_of(struct collect *c, struct ckey *key, const struct addr *peer)
{
	if (key && is_proven(key, peer))
		return (struct parts){&key->budget, &c->proven, HALF_S, true};
	const uint64_t hash = hash_bytes(c->seed, peer, sizeof(*peer));
	return (struct parts){&c->sources[hash % LIMIT_COLLECT_SOURCES], &c->strangers,
		LIMIT_COLLECT_STRANGERS, false};
}

bool gate_may_read(struct collect *c, struct ckey *key, const struct addr *peer)
{
	const struct parts p = parts_of(c, key, peer);
	if (!budget_has(p.own, c->now, LIMIT_COLLECT_SOURCE_S, OWN_STEP) ||
		!budget_has(p.all, c->now, p.burst, ALL_STEP))
		return false;
	budget_spend(p.own, c->now, OWN_STEP);
	if (!p.is_proven)
		budget_spend(p.all, c->now, ALL_STEP);
	return true;
}

void gate_count_verify(struct collect *c, struct ckey *key, const struct addr *peer)
{
	if (key && is_proven(key, peer))
		budget_spend(&c->proven, c->now, ALL_STEP);
}

void gate_note(struct ckey *key, const struct addr *peer, bool is_good)
{
	if (is_good)
		*proven_of(key, peer) = *peer;
	else if (is_proven(key, peer))
		*proven_of(key, peer) = (struct addr){0};
}
