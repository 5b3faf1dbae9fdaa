/* SPDX-License-Identifier: ISC */
/*
 * Owns the known ids, and the shares of those that were given.
 * Never gives one.
 */
#include "watch/known_ids.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"

/* A network namespace whose id is known. */
struct known_id {
	struct map_node node; /* key: nsid */
	nsid_t nsid;
	struct event_ns info;
	struct share *share; /* of the user, if it was given and is not the host's; else NULL */
};

static uint64_t nsid_hash(nsid_t nsid)
{
	return hash_mix(0, (uint32_t)nsid);
}

static struct known_id *find(const struct known_ids *k, nsid_t nsid)
{
	return MAP_FIND(
		&k->by_nsid, nsid_hash(nsid), struct known_id, node, known, known->nsid == nsid);
}

/* The id counts for that user from now on; NULL: for none. */
static void count(struct known_ids *k, struct known_id *known, struct share *share)
{
	if (share)
		share_add(&k->given, share, 0, 1);
	if (known->share)
		share_take(&k->given, known->share, 0, 1);
	known->share = share;
}

static void forget(struct known_ids *k, struct known_id *known)
{
	map_remove(&k->by_nsid, &known->node);
	count(k, known, NULL);
	free(known);
}

void known_ids_fini(struct known_ids *k)
{
	MAP_EACH(known_id, &k->by_nsid, struct known_id, node)
		forget(k, known_id);
	map_fini(&k->by_nsid);
	shares_fini(&k->given);
}

const struct event_ns *known_ids_info(const struct known_ids *k, nsid_t nsid)
{
	const struct known_id *known = find(k, nsid);
	return known ? &known->info : NULL;
}

int known_ids_set(struct known_ids *k, nsid_t nsid, const struct event_ns *info, bool is_given)
{
	struct known_id *known = find(k, nsid);
	struct share *share = NULL;
	if (!known) {
		known = calloc(1, sizeof(*known));
		if (!known || map_add(&k->by_nsid, &known->node, nsid_hash(nsid))) {
			free(known);
			return ERR_NOMEM;
		}
		known->nsid = nsid;
	}
	if (is_given && !(share = share_get(&k->given, event_ns_account(info))))
		return ERR_NOMEM;
	count(k, known, share);
	known->info = *info;
	return 0;
}

bool known_ids_forget(struct known_ids *k, nsid_t nsid)
{
	struct known_id *known = find(k, nsid);
	const bool makes_room = known && known->share;
	if (known)
		forget(k, known);
	return makes_room;
}

bool known_ids_has_share(const struct known_ids *k, const struct event_ns *info)
{
	return k->given.sums[0] < LIMIT_NSID_ROOTLESS &&
	       share_count(&k->given, event_ns_account(info), 0) <
		       LIMIT_NSID_ROOTLESS / LIMIT_MODEL_USER_PART;
}
