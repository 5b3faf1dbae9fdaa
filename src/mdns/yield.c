/* SPDX-License-Identifier: ISC */
/*
 * Owns silence for workloads that speak for themselves, and the memory of what we said ourselves.
 *
 * A peer with an address that we publish for the name is the workload itself. When it says
 * something else of the name than we do, it is not in the wrong: we are silent on that link until
 * its records would have expired. Then a probe tells whether it is still there, and each time that
 * it is, the next silence is twice as long.
 *
 * Never renames. Called for responses and probes that come in, and by what writes packets.
 */
#include "mdns/engine.h"

static const ns_t lease_min = 10 * NS_PER_S, lease_max = 3600 * NS_PER_S;

bool claim_is_workload(const struct claim *claim, const struct addr *peer)
{
	return identity_is_spoken_for_by(claim->link->m, claim->identity, peer);
}

static void yield_for(struct claim *claim, const struct addr *peer, ns_t lease, ns_t now)
{
	ns_t until = now + lease;
	bool is_first = claim->lease == 0;
	if (claim->state == MDNS_YIELDED && claim->timer.at > until)
		until = claim->timer.at;
	if (claim->lease < lease)
		claim->lease = lease;
	claim->against = *peer;
	claim_wait(claim, MDNS_YIELDED, until, now);
	if (is_first)
		mdns_notify(claim, MDNS_NOTICE_YIELDED, peer);
}

static ns_t ttl_lease(uint32_t ttl)
{
	ns_t lease = ttl * NS_PER_S;
	return lease < lease_min ? lease_min : lease > lease_max ? lease_max : lease;
}

void claim_yield(struct claim *claim, const struct addr *peer, uint32_t ttl, ns_t now)
{
	yield_for(claim, peer, ttl_lease(ttl), now);
}

void claim_hear_workload(
	struct claim *claim, const struct peer_record *record, const struct addr *peer, ns_t now)
{
	if (record->ttl == 0) {
		if (claim->state == MDNS_YIELDED)
			claim_start(claim, now);
		return;
	}
	ns_t lease = ttl_lease(record->ttl);
	if (claim->state == MDNS_PROBING && lease < 2 * claim->lease)
		lease = 2 * claim->lease < lease_max ? 2 * claim->lease : lease_max;
	yield_for(claim, peer, lease, now);
}

/* What we said ourselves comes back from reflectors and from our own sockets. It is known again
 * by the sum of its records' hashes, which does not depend on their order. */

uint64_t claim_sum(const struct claim *claim)
{
	uint64_t sum = 0;
	for (const struct recset *set = claim->sets; set; set = set->next)
		for (uint16_t i = 0; set->is_unique && i < set->count; i++)
			sum += set->records[i].hash;
	return sum;
}

bool identity_has_said(const struct identity *identity, uint64_t sum)
{
	for (int i = 0; i < IDENTITY_SAID; i++)
		if (identity->said[i] == sum)
			return true;
	return false;
}

void identity_note_said(struct identity *identity, uint64_t sum)
{
	if (identity_has_said(identity, sum))
		return;
	identity->said[identity->said_next] = sum;
	identity->said_next = (identity->said_next + 1) % IDENTITY_SAID;
}
