/* SPDX-License-Identifier: ISC */
/*
 * Owns the input of records: takes the sets of an owner, finds the differences, and acts only on
 * these.
 * Never sends anything itself.
 */
#include "mdns/put.h"

#include <stdlib.h>

#include "mdns/identity.h"
#include "mdns/mrecord.h"
#include "mdns/neighbour.h"
#include "mdns/oneshot.h"
#include "mdns/respond.h"
#include "mdns/state.h"

static struct mname *identity_claim_on(const struct identity *identity, const struct mlink *link)
{
	LIST_EACH(mname, &identity->mnames, struct mname, of_identity) {
		if (mname->link == link)
			return mname;
	}
	return NULL;
}

static void free_sets(struct mdns *m, struct recset *sets)
{
	for (struct recset *next; sets; sets = next) {
		next = sets->next;
		recset_free(m, sets);
	}
}

static struct mname *mname_new(struct mlink *link, struct identity *identity)
{
	struct mname *mname = calloc(1, sizeof(*mname));
	if (!mname)
		return NULL;
	mname->link = link;
	mname->identity = identity;
	list_init(&mname->of_host);
	mname->state = MDNS_SILENT;
	mname->update_at = mname->update_credit = mname->doubted_at = LONG_AGO;
	mname->nsec_record = (struct mrecord){.sent = {LONG_AGO, LONG_AGO}};
	mname->nsec = (struct recset){
		.mname = mname,
		.type = RR_NSEC,
		.count = 1,
		.is_unique = true,
		.announce_at = NS_NEVER,
		.records = &mname->nsec_record,
	};
	uint64_t hash = name_hash(link->m->hash_seed, identity->current);
	if (map_add(&link->mnames, &mname->by_name, hash)) {
		free(mname);
		return NULL;
	}
	identity_use(link->m, identity);
	list_append(&identity->mnames, &mname->of_identity);
	return mname;
}

/* Peers may still have what was said, and reflectors may repeat it, when the name is put again. */
static void remember_sent(const struct mname *mname, ns_t now)
{
	for (const struct recset *set = mname->sets; set; set = set->next)
		for (uint16_t i = 0; set->is_unique && i < set->count; i++)
			identity_remember(mname->identity, set->records[i].hash, set->ttl, now);
}

void mname_free(struct mname *mname, ns_t now)
{
	struct mdns *m = mname->link->m;
	remember_sent(mname, now);
	mname_stop(mname, MDNS_SILENT, 0);
	free_sets(m, mname->sets);
	map_remove(&mname->link->mnames, &mname->by_name);
	list_remove(&mname->of_identity);
	list_remove(&mname->of_host);
	identity_release(m, mname->identity, now);
	free(mname);
}

static void say_goodbye_to_set(struct mname *mname, const struct recset *set)
{
	for (uint16_t i = 0; i < set->count; i++)
		goodbye_add(mname, set, &set->records[i]);
}

void mname_say_goodbye(struct mname *mname)
{
	/* Another host may have a name that is not held: send no goodbye. */
	if (!mname_is_held(mname))
		return;
	for (const struct recset *set = mname->sets; set; set = set->next)
		say_goodbye_to_set(mname, set);
}

/* Within the limits, one probe can propose all unique records, and each record fits in a packet. */
static bool is_within_limits(const struct mdns_rrset *sets, size_t count)
{
	size_t unique_bytes = 0;
	for (size_t i = 0; i < count; i++) {
		const struct rrset *set = &sets[i].set;
		const size_t most =
			LIMIT_MDNS_RDATA - (sets[i].is_public ? LIMIT_MDNS_SIGNATURE : 0);
		for (size_t j = 0; j < set->count; j++) {
			if (set->rdata[j].len > most)
				return false;
			if (sets[i].is_unique && !sets[i].is_quiet)
				unique_bytes += 12u + set->rdata[j].len;
		}
	}
	return unique_bytes <= LIMIT_MDNS_OWNER_BYTES;
}

/* Copies the sets to a list in the same order, without empty sets. NULL: out of memory. */
static struct recset *copy_sets(struct mdns *m, const struct mdns_rrset *from, size_t count)
{
	struct recset *first = NULL, **last = &first;
	for (size_t i = 0; i < count; i++) {
		if (from[i].set.count == 0)
			continue;
		*last = recset_new(m, &from[i]);
		if (!*last) {
			free_sets(m, first);
			return NULL;
		}
		last = &(*last)->next;
	}
	return first;
}

/* Remembers the records that `old` has and `set` has not. Sends goodbyes for shared ones; a unique
 * set is announced as a whole, and its flush bit removes them (§8.4, §10.2). */
static void retire_records(
	struct mname *mname, struct recset *old, const struct recset *set, ns_t now)
{
	struct mdns *m = mname->link->m;
	for (uint16_t i = 0; i < old->count; i++) {
		const struct mrecord *record = &old->records[i];
		if (set && recset_find(m, set, record->rdata, record->len))
			continue;
		identity_remember(mname->identity, record->hash, old->ttl, now);
		if (mname_is_held(mname) && (!set || !set->is_unique))
			goodbye_add(mname, old, record);
	}
}

/* Replaces `old` by `set`, including pending answers. */
static void replace_set(struct mname *mname, struct recset *old, struct recset *set, ns_t now)
{
	struct mdns *m = mname->link->m;
	retire_records(mname, old, set, now);
	recset_inherit(set, old);
	for (int lane = 0; lane < LANE_COUNT; lane++)
		if (heap_has(&old->due[lane]))
			respond_later(set, lane, old->due[lane].at, NS_PER_S, ++m->serial);
	recset_free(m, old);
}

static struct recset *take_set(struct recset **sets, uint16_t type)
{
	while (*sets && (*sets)->type != type)
		sets = &(*sets)->next;
	struct recset *set = *sets;
	if (set) {
		*sets = set->next;
		set->next = NULL;
	}
	return set;
}

/* Gives the mname the sets of the list `fresh`. A set with the same content as before stays as it
 * is. The others are announced if the name is held: new data of a name that is ours needs no new
 * probing (§8.4). */
static void mname_set_sets(struct mname *mname, struct recset *fresh, ns_t now)
{
	struct mdns *m = mname->link->m;
	bool did_need_probe = mname_needs_probe(mname), has_changed = false;
	struct recset *old = mname->sets, **last = &mname->sets;
	ns_t announce_at = NS_NEVER;

	mname->sets = NULL;
	mname->nsec.is_public = false;
	for (struct recset *set; (set = fresh) != NULL; last = &(*last)->next) {
		struct recset *before = take_set(&old, set->type);
		fresh = set->next;
		set->next = NULL;
		mname->nsec.is_public |= set->is_public && !set->is_quiet;
		if (before && recset_equal(before, set)) {
			recset_free(m, set);
			*last = before;
			continue;
		}
		set->mname = mname;
		*last = set;
		has_changed = true;
		/* §8.4: of a shared set, only what is new. */
		const bool has_same_form =
			before && !set->is_unique && !before->is_unique && set->ttl == before->ttl;
		if (before)
			replace_set(mname, before, set, now);
		if (mname_is_held(mname)) {
			if (announce_at == NS_NEVER)
				announce_at = mname_update_at(mname, now);
			if (has_same_form)
				mname_announce_new(mname, set, 2, announce_at);
			else
				mname_announce(mname, set, 2, announce_at);
		}
	}
	for (struct recset *set = old; set; set = set->next) {
		retire_records(mname, set, NULL, now);
		has_changed = true;
	}
	free_sets(m, old);
	if (!has_changed)
		return;
	oneshot_forget(mname);
	mname->defences = 0;
	if (mname->state == MDNS_SILENT)
		return;
	/* Its workload sees the same change, and may be about to probe. */
	if (mname->state == MDNS_YIELDED)
		mname_await_workload(mname, now);
	else if (mname->state == MDNS_DEFERRED || (mname_needs_probe(mname) && !did_need_probe))
		mname_start(mname, now);
}

static bool has_records(const struct mdns_rrset *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sets[i].set.count > 0)
			return true;
	return false;
}

static bool is_of_host(const struct mdns_rrset *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sets[i].is_of_host)
			return true;
	return false;
}

static void put_nothing(struct mdns *m, ns_t now, uint32_t id, const uint8_t *owner)
{
	struct identity *identity = identity_find(m, owner);
	struct mlink *link = mlink_find(m, id);
	struct mname *mname = identity && link ? identity_claim_on(identity, link) : NULL;
	if (!mname)
		return;
	mname_say_goodbye(mname);
	mname_free(mname, now);
	mlink_touch(link);
}

int mdns_put(struct mdns *m, ns_t now, uint32_t id, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count)
{
	if (!is_within_limits(sets, count))
		return ERR_RANGE;
	if (!has_records(sets, count)) {
		put_nothing(m, now, id, owner);
		return 0;
	}
	struct recset *fresh = copy_sets(m, sets, count);
	if (!fresh)
		return ERR_NOMEM;
	struct mlink *link = mlink_get(m, id);
	struct identity *identity = link ? identity_get(m, owner) : NULL;
	if (!identity)
		goto fail;
	struct mname *mname = identity_claim_on(identity, link);
	if (mname) {
		mname_set_of_host(mname, is_of_host(sets, count), now);
		mname_set_sets(mname, fresh, now);
	} else {
		mname = mname_new(link, identity);
		if (!mname)
			goto fail_identity;
		mname_set_of_host(mname, is_of_host(sets, count), now);
		mname_set_sets(mname, fresh, now);
		mname_start(mname, now);
	}
	mlink_touch(link);
	return 0;

fail_identity:
	identity_release(m, identity, now);
fail:
	free_sets(m, fresh);
	return ERR_NOMEM;
}
