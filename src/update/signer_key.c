/* SPDX-License-Identifier: ISC */
/*
 * Owns the keys of signers that files have, and the search for those of one signer.
 * Never decides what a key may do.
 */
#include "update/signer_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "zone/node.h"

enum { KEYS_TRIED = 2 };

/* The keys that a signature may be by. */
struct candidates {
	const struct sig0 *sig;
	struct rdata at[KEYS_TRIED];
	unsigned count;
};

int signer_keys_add(struct signer_keys *keys, const uint8_t *name, struct rdata rdata)
{
	if (ARRAY_RESERVE(keys->at, keys->cap, keys->count + 1))
		return ERR_NOMEM;
	struct signer_key *key = &keys->at[keys->count++];
	*key = (struct signer_key){.len = rdata.len};
	name_copy(&key->name, name);
	name_lower(&key->name);
	memcpy(key->rdata, rdata.bytes, rdata.len);
	return 0;
}

void signer_keys_fini(struct signer_keys *keys)
{
	free(keys->at);
	*keys = (struct signer_keys){0};
}

static void consider(void *arg, struct rdata key)
{
	struct candidates *c = arg;
	if (c->count < KEYS_TRIED && sig0_is_by(c->sig, key))
		c->at[c->count++] = key;
}

static void consider_files(struct candidates *c, const struct signer_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct signer_key *key = &keys->at[i];
		if (name_equal(key->name.wire, c->sig->signer.wire))
			consider(c, (struct rdata){key->rdata, key->len});
	}
}

void signer_keys_of_zone(const struct zone *zone, const uint8_t *name,
	void (*take)(void *arg, struct rdata key), void *arg)
{
	const struct node *n = zone_latest(zone, name);
	for (unsigned i = 0; n && i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		for (unsigned r = 0; set->type == RR_KEY && r < set->count; r++)
			take(arg, node_next_rdata(set, &at));
	}
}

int signer_keys_verify(const struct signer_keys *keys, const struct zone *zone, const uint8_t *msg,
	const struct sig0 *sig, uint64_t now_s)
{
	struct candidates c = {.sig = sig};
	consider_files(&c, keys);
	signer_keys_of_zone(zone, sig->signer.wire, consider, &c);
	if (c.count == 0)
		return ERR_ABSENT;
	if (!sig0_is_valid(sig, now_s, LIMIT_SIG0_VALID_S))
		return ERR_RANGE;
	int err = ERR_DENIED;
	for (unsigned i = 0; i < c.count && err == ERR_DENIED; i++)
		err = sig0_verify(msg, sig, c.at[i]);
	return err;
}
