/* SPDX-License-Identifier: ISC */
/*
 * Owns the search for the keys of a signer.
 * Never decides what a key may do.
 */
#include "update/signer_key.h"

#include "base/err.h"
#include "base/limits.h"
#include "zone/node.h"

enum { KEYS_TRIED = 2 };

/* Finds the keys with the tag. Returns how many, at most KEYS_TRIED. */
static unsigned find_keys(
	const struct zone *zone, const struct sig0 *sig, struct rdata ret[KEYS_TRIED])
{
	const struct node *n = zone_latest(zone, sig->signer.wire);
	unsigned count = 0;
	for (unsigned i = 0; n && i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		for (unsigned r = 0; set->type == RR_KEY && r < set->count; r++) {
			struct rdata key = node_next_rdata(set, &at);
			if (count < KEYS_TRIED && sig0_is_by(sig, key))
				ret[count++] = key;
		}
	}
	return count;
}

int signer_key_verify(
	const struct zone *zone, const uint8_t *msg, const struct sig0 *sig, uint64_t now_s)
{
	struct rdata keys[KEYS_TRIED];
	unsigned count = find_keys(zone, sig, keys);
	if (count == 0)
		return ERR_ABSENT;
	if (!sig0_is_valid(sig, now_s, LIMIT_SIG0_VALID_S))
		return ERR_RANGE;
	int err = ERR_DENIED;
	for (unsigned i = 0; i < count && err == ERR_DENIED; i++)
		err = sig0_verify(msg, sig, keys[i]);
	return err;
}
