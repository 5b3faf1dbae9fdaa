/* SPDX-License-Identifier: ISC */
/*
 * Owns the handling of peers' responses about names claimed here: conflicts, renames, rescue
 * (RFC 6762 §6.6, §7.4, §8.1, §9).
 * Never answers questions.
 */
#include "mdns/conflict.h"

#include "mdns/identity.h"
#include "mdns/message.h"
#include "mdns/mrecord.h"
#include "mdns/state.h"
#include "mdns/yield.h"

enum { DEFENCES_MAX = 3 };

static const ns_t conflict_window = 10 * NS_PER_S, conflict_pause = 5 * NS_PER_S; /* §8.1 */
static const ns_t conflict_peace = 60 * NS_PER_S, conflict_step = NS_PER_S;
static const ns_t exhausted_pause = 3600 * NS_PER_S;
static const ns_t unicast_window = 2 * NS_PER_S; /* §6: unicast replies only after a probe */

/* Rate of attempts after conflicts (§8.1) */

/* After fifteen conflicts in ten seconds, each further attempt waits, until a minute has passed
 * without a conflict. */
static void note_conflict(struct mlink *link, ns_t now)
{
	ns_t last = link->conflicts[(link->conflict_next + LIMIT_MDNS_CONFLICTS - 1) %
				    LIMIT_MDNS_CONFLICTS];
	link->m->stats.conflicts++;
	link->conflicts[link->conflict_next] = now;
	link->conflict_next = (link->conflict_next + 1) % LIMIT_MDNS_CONFLICTS;
	if (last + conflict_peace <= now)
		link->is_contested = false;
	if (link->conflicts[link->conflict_next] + conflict_window > now)
		link->is_contested = true;
}

static void mname_try_again(struct mname *mname, ns_t at, ns_t now)
{
	if (mname->link->is_contested) {
		mname->link->m->stats.limited++;
		at = next_shared_moment(now + conflict_pause, conflict_step);
		mname_wait(mname, MDNS_CONFLICT, at, now);
	} else {
		mname_wait(mname, MDNS_PROBING, at, now);
	}
	mlink_touch(mname->link);
}

/* Renames (§9) */

/* Nothing was ever sent under the new name. */
static void forget_sent(struct mname *mname)
{
	static const ns_t unsent[LANE_COUNT] = {LONG_AGO, LONG_AGO};
	for (struct recset *set = mname->sets; set; set = set->next)
		for (uint16_t i = 0; i < set->count; i++)
			memcpy(set->records[i].sent, unsent, sizeof(unsent));
	memcpy(mname->nsec_record.sent, unsent, sizeof(unsent));
}

static void rename_everywhere(struct mname *mname, const struct addr *peer, ns_t now)
{
	struct identity *identity = mname->identity;
	struct mdns *m = mname->link->m;
	if (identity_rename(m, identity)) {
		mname_wait(mname, MDNS_CONFLICT, now + exhausted_pause, now);
		return;
	}
	m->stats.renames++;
	mdns_notify(mname, MDNS_NOTICE_RENAMED, peer);
	LIST_EACH(other, &identity->mnames, struct mname, of_identity) {
		forget_sent(other);
		if (other->link->is_up)
			mname_try_again(other, mlink_batch_time(other->link, true, now), now);
	}
	references_rename(identity, m, now);
}

/* Only host and service names can be changed: a reverse name follows from its address. */
static bool may_rename(const struct mname *mname)
{
	return mname_needs_probe(mname) && name_is_mdns(mname->identity->owner);
}

/* Announces a name that cannot be renamed again, a few times. Then the caches decide. */
static void defend(struct mname *mname, ns_t now)
{
	if (mname->defences >= DEFENCES_MAX || !mname_is_held(mname))
		return;
	mname->defences++;
	for (struct recset *set = mname->sets; set; set = set->next)
		if (set->is_unique)
			mname_announce(mname, set, 1, now);
}

/* Conflicts */

/* True if a record of that type, with other rdata than ours, contradicts us. While we probe for all
 * types, any record does (§8.1). Later, records of our unique sets do (§9), and addresses of the
 * other family, since we assert that there are none. */
static bool contradicts(const struct mname *mname, uint16_t type)
{
	const struct recset *set = mname_find_set(mname, type);
	if (set)
		return set->is_unique;
	if (mname->state == MDNS_PROBING)
		return true;
	set = type == RR_A      ? mname_find_set(mname, RR_AAAA)
	      : type == RR_AAAA ? mname_find_set(mname, RR_A)
				: NULL;
	return set && set->is_unique;
}

static void conflict(
	struct mname *mname, const struct peer_record *record, const struct addr *peer, ns_t now)
{
	bool is_probing = mname->state == MDNS_PROBING && mname->probes_sent > 0;
	if (!is_probing && !mname_is_held(mname))
		return;
	if (mname_is_workload(mname, peer)) {
		mname_yield(mname, peer, record->ttl, now);
		return;
	}
	mname->against = *peer;
	if (!may_rename(mname)) {
		defend(mname, now);
		return;
	}
	note_conflict(mname->link, now);
	if (is_probing) {
		rename_everywhere(mname, peer, now);
	} else {
		mdns_notify(mname, MDNS_NOTICE_CONFLICT, peer);
		mname_try_again(mname, now, now);
	}
}

/* Handles a record that equals one of ours. */
static void own_record_seen(struct mname *mname, struct recset *set, struct mrecord *record,
	const struct peer_record *seen, struct query *q)
{
	if (mname_is_held(mname) && (seen->ttl == 0 || seen->ttl < set->ttl / 2)) {
		mname_announce_record(mname, set, record, q->now); /* §6.6; rescue from a goodbye */
		return;
	}
	bool knows_all = recset_note_known(set, record, q->serial);
	q->has_own_sets = q->has_own_sets || (set->is_unique && seen->has_flush);
	if (!mname_is_held(mname) || q->is_direct || seen->ttl < set->ttl)
		return;
	if (!set->is_unique)
		record->wanted &= (uint8_t) ~(1u << q->lane); /* §7.4: a peer has sent it */
	else if (knows_all)
		recset_forget_answers(set, 1u << q->lane);
}

static void record_seen(struct mname *mname, const struct peer_record *seen, struct query *q)
{
	const struct addr *peer = &q->from->peer;
	bool may_be_yielded =
		mname->state == MDNS_YIELDED ||
		(mname->state == MDNS_PROBING && mname->was_yielded && mname->probes_sent > 0);
	if (may_be_yielded && mname_is_workload(mname, peer)) {
		mname_hear_workload(mname, seen, peer, q->now);
		return;
	}
	struct recset *set = mname_find_set(mname, seen->type);
	struct mrecord *record = set ? recset_find(q->m, set, seen->rdata, seen->len) : NULL;
	if (record) {
		own_record_seen(mname, set, record, seen, q);
		return;
	}
	if (seen->ttl == 0 || seen->type == RR_NSEC || !contradicts(mname, seen->type))
		return;
	if (!identity_has(q->m, mname->identity, seen->type, seen->rdata, seen->len, q->now))
		conflict(mname, seen, peer, q->now);
}

/* The message has our unique set or a part of it, with the flush bit, as if that were all. If the
 * workload sent it, it speaks for itself, and we yield. But if it was sent by us, it has only come
 * back. */
static void own_set_seen(struct mname *mname, const struct peer_record *seen, struct query *q)
{
	struct recset *set = mname_find_set(mname, seen->type);
	uint64_t sum = 0;
	if (!set || !set->is_unique || !seen->has_flush || set->known_in != q->serial ||
		(!mname_is_held(mname) && mname->state != MDNS_PROBING) ||
		set->asked_in == q->serial)
		return;
	set->asked_in = q->serial; /* once per message */
	if (set->known_count == set->count && mdns_has_addr(q->m, &q->from->peer))
		return;
	for (uint16_t i = 0; i < set->count; i++)
		if (set->records[i].known_in == q->serial)
			sum += set->records[i].hash;
	if (mname_is_workload(mname, &q->from->peer) &&
		!mname_is_echo(mname, &q->from->peer, sum, q->now))
		mname_yield(mname, &q->from->peer, seen->ttl, q->now);
}

/* Calls `visit` for each record about a name that is claimed here. */
static void each_record(struct query *q, struct rd r, unsigned count,
	void (*visit)(struct mname *mname, const struct peer_record *seen, struct query *q))
{
	for (unsigned i = 0; i < count; i++) {
		struct rr rr;
		struct peer_record seen;
		size_t at = 0;
		rd_rr(&r, &rr);
		if (r.err)
			return;
		struct mname *mname = mname_find(
			q->link, rr.owner.wire, name_hash(q->m->hash_seed, rr.owner.wire));
		if (mname && rr.type != RR_SIG && (rr.class & CLASS_MASK) == CLASS_IN &&
			!peer_record_read(q->m, &r, &rr, &at, &seen))
			visit(mname, &seen, q);
	}
}

void response_input(struct mdns *m, struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	struct query q = {
		.m = m,
		.link = link,
		.lane = lane_of(&from->peer),
		.now = now,
		.from = from,
		.serial = m->serial,
		.is_direct = !from->is_multicast,
	};
	struct rd r = rd_init(packet, len);
	if (from->peer_port != MDNS_PORT ||
		(q.is_direct && now - link->last_probe > unicast_window)) {
		m->stats.ignored++;
		return;
	}
	rd_header(&r, &q.header);
	rd_skip_questions(&r, q.header.qdcount); /* §6: questions in a response are ignored */
	unsigned count = (unsigned)q.header.count[SECTION_ANSWER] +
			 q.header.count[SECTION_AUTHORITY] + q.header.count[SECTION_ADDITIONAL];
	struct rd end = r;
	rd_skip_rrs(&end, count);
	if (end.err) {
		m->stats.malformed++;
		return;
	}
	each_record(&q, r, count, record_seen);
	if (q.has_own_sets)
		each_record(&q, r, count, own_set_seen);
}
