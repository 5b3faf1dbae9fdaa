/* SPDX-License-Identifier: ISC */
/*
 * Owns what peers say about names that are claimed here: conflicts, ties, renames, yielding to
 * workloads, rescue (RFC 6762 §6.6, §7.4, §8.2, §9). Never answers questions. Called for each
 * response and each probe that comes in.
 */
#include "mdns/engine.h"

#include <stdlib.h>

enum { DEFENCES_MAX = 3 };

static const ns_t conflict_window = 10 * NS_PER_S, conflict_pause = 5 * NS_PER_S; /* §8.1 */
static const ns_t conflict_peace = 60 * NS_PER_S, conflict_step = NS_PER_S;
static const ns_t tie_pause = NS_PER_S, tie_step = 50 * NS_PER_MS; /* §8.2 */
static const ns_t exhausted_pause = 3600 * NS_PER_S;
static const ns_t unicast_window =
	2 * NS_PER_S; /* §6: a unicast response must have been asked for */
static const ns_t lease_min = 10 * NS_PER_S, lease_max = 3600 * NS_PER_S;

/* How often it may be tried again (§8.1) */

/* After fifteen in ten seconds each further attempt waits, until there was peace for a minute. */
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

/* Names that wait share the moments when they go on, and so their packets. */
static ns_t next_multiple(ns_t at, ns_t step)
{
	return (at + step - 1) / step * step;
}

static void claim_try_again(struct claim *claim, ns_t at, ns_t now)
{
	if (claim->link->is_contested) {
		claim->link->m->stats.limited++;
		at = next_multiple(now + conflict_pause, conflict_step);
		claim_wait(claim, MDNS_CONFLICT, at, now);
	} else {
		claim_wait(claim, MDNS_PROBING, at, now);
	}
	mlink_touch(claim->link);
}

/* Renames (§9) */

/* Under its new name nothing was ever sent. */
static void forget_sent(struct claim *claim)
{
	static const struct record unsent = {.sent = {LONG_AGO, LONG_AGO}};
	for (struct recset *set = claim->sets; set; set = set->next)
		for (uint16_t i = 0; i < set->count; i++)
			memcpy(set->records[i].sent, unsent.sent, sizeof(unsent.sent));
	claim->nsec_record = unsent;
}

static void rename_everywhere(struct claim *claim, const struct addr *peer, ns_t now)
{
	struct identity *identity = claim->identity;
	struct mdns *m = claim->link->m;
	if (identity_rename(m, identity)) {
		claim_wait(claim, MDNS_CONFLICT, now + exhausted_pause, now);
		return;
	}
	m->stats.renames++;
	mdns_notify(claim, MDNS_NOTICE_RENAMED, peer);
	LIST_FOR_EACH(p, &identity->claims) {
		struct claim *other = container_of(p, struct claim, of_identity);
		forget_sent(other);
		if (other->link->is_up)
			claim_try_again(other, mlink_batch_time(other->link, true, now), now);
	}
	references_rename(identity, m, now);
}

/* Only host and service names can be others: a reverse name is what its address makes it. */
static bool may_rename(const struct claim *claim)
{
	static const uint8_t local[] = "\5local";
	return claim_needs_probe(claim) && name_is_below(claim->identity->owner, local);
}

/* A name that cannot be renamed is said again, a few times, and then left to the caches. */
static void defend(struct claim *claim, ns_t now)
{
	if (claim->defences >= DEFENCES_MAX)
		return;
	claim->defences++;
	for (struct recset *set = claim->sets; set; set = set->next)
		if (set->is_unique)
			claim_announce(claim, set, 1, now);
}

/* Yielding: the peer has an address that we publish for the name, so it is the workload itself and
 * speaks for itself. Silence until its records would have expired; then a probe tells whether it is
 * still there, and each time that it is the next silence is twice as long. */

static bool is_workload(const struct claim *claim, const struct addr *peer)
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

/* The workload to which the name is yielded, or was until a moment ago, says something about it. */
static void hear_workload(
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

/* Conflicts */

/* Whether a record of that type with other rdata than ours contradicts us. While probing for all
 * types, any does (§8.1); later those of our unique sets (§9), and an address of the other
 * family too: we say that there is none. */
static bool contradicts(const struct claim *claim, uint16_t type)
{
	const struct recset *set = claim_find_set(claim, type);
	if (set)
		return set->is_unique;
	if (claim->state == MDNS_PROBING)
		return true;
	set = type == RR_A      ? claim_find_set(claim, RR_AAAA)
	      : type == RR_AAAA ? claim_find_set(claim, RR_A)
				: NULL;
	return set && set->is_unique;
}

static void conflict(
	struct claim *claim, const struct peer_record *record, const struct addr *peer, ns_t now)
{
	bool is_probing = claim->state == MDNS_PROBING && claim->probes_sent > 0;
	if (!is_probing && !claim_is_held(claim))
		return;
	if (is_workload(claim, peer)) {
		yield_for(claim, peer, ttl_lease(record->ttl), now);
		return;
	}
	claim->against = *peer;
	if (!may_rename(claim)) {
		defend(claim, now);
		return;
	}
	note_conflict(claim->link, now);
	if (is_probing) {
		rename_everywhere(claim, peer, now);
	} else {
		mdns_notify(claim, MDNS_NOTICE_CONFLICT, peer);
		claim_try_again(claim, now, now);
	}
}

/* A record that we have too. */
static void own_record_seen(struct claim *claim, struct recset *set, struct record *record,
	const struct peer_record *seen, const struct query *q)
{
	if (!claim_is_held(claim))
		return;
	if (seen->ttl == 0 || seen->ttl < set->ttl / 2) {
		claim_announce_record(claim, set, record, q->now); /* §6.6; rescue from a goodbye */
		return;
	}
	bool knows_all = recset_note_known(set, record, q->serial);
	if (q->is_direct || seen->ttl < set->ttl)
		return;
	if (!set->is_unique)
		record->wanted &= (uint8_t)~(1u << q->lane); /* §7.4: said by somebody else */
	else if (knows_all)
		recset_forget_answers(set, 1u << q->lane);
}

static void record_seen(struct claim *claim, const struct peer_record *seen, const struct query *q)
{
	const struct addr *peer = &q->from->peer;
	bool may_be_yielded =
		claim->state == MDNS_YIELDED ||
		(claim->state == MDNS_PROBING && claim->was_yielded && claim->probes_sent > 0);
	if (may_be_yielded && is_workload(claim, peer)) {
		hear_workload(claim, seen, peer, q->now);
		return;
	}
	struct recset *set = claim_find_set(claim, seen->type);
	struct record *record = set ? recset_find(set, seen->rdata, seen->len) : NULL;
	if (record) {
		own_record_seen(claim, set, record, seen, q);
		return;
	}
	if (seen->ttl == 0 || seen->type == RR_NSEC || !contradicts(claim, seen->type))
		return;
	if (!identity_has(q->m, claim->identity, seen->type, seen->rdata, seen->len, q->now))
		conflict(claim, seen, peer, q->now);
}

/* Whether the message can be read to its end. */
static bool is_sound(struct rd r, unsigned count)
{
	for (unsigned i = 0; i < count && !r.err; i++) {
		rd_skip_name(&r);
		rd_bytes(&r, 8);
		rd_bytes(&r, rd_u16(&r));
	}
	return !r.err;
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
	rd_skip_questions(&r, q.header.qdcount); /* §6: not to be looked at */
	unsigned count = (unsigned)q.header.count[SECTION_ANSWER] +
			 q.header.count[SECTION_AUTHORITY] + q.header.count[SECTION_ADDITIONAL];
	if (!is_sound(r, count)) {
		m->stats.malformed++;
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		struct rr rr;
		struct peer_record seen;
		size_t at = 0;
		rd_rr(&r, &rr);
		if (r.err)
			break;
		struct claim *claim =
			claim_find(link, rr.owner.wire, name_hash(m->hash_seed, rr.owner.wire));
		if (claim && (rr.class & CLASS_MASK) == CLASS_IN &&
			!peer_record_read(m, &r, &rr, &at, &seen))
			record_seen(claim, &seen, &q);
	}
}

/* Ties (§8.2) */

static int proposed_cmp(const void *x, const void *y)
{
	const struct peer_record *a = x, *b = y;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return rdata_cmp(a->rdata, a->len, b->rdata, b->len);
}

/* What the message proposes for the name. Returns how many, or ERR_*. */
static int collect_theirs(
	struct query *q, struct rd r, const struct claim *claim, struct peer_record *ret)
{
	int count = 0;
	size_t at = 0;
	for (unsigned i = 0; i < q->header.count[SECTION_AUTHORITY]; i++) {
		struct rr rr;
		rd_rr(&r, &rr);
		if (r.err)
			return r.err;
		if ((rr.class & CLASS_MASK) != CLASS_IN ||
			!name_equal(rr.owner.wire, claim->identity->current))
			continue;
		if (count == LIMIT_MDNS_PROPOSED)
			return ERR_RANGE;
		int err = peer_record_read(q->m, &r, &rr, &at, &ret[count]);
		if (err)
			return err;
		count++;
	}
	return count;
}

static int collect_ours(const struct claim *claim, struct peer_record *ret)
{
	int count = 0;
	for (const struct recset *set = claim->sets; set; set = set->next)
		for (uint16_t i = 0;
			set->is_unique && i < set->count && count < LIMIT_MDNS_PROPOSED; i++)
			ret[count++] = (struct peer_record){
				.type = set->type,
				.rdata = set->records[i].rdata,
				.len = set->records[i].len,
			};
	return count;
}

/* Whether what the message proposes comes after what we do, in the order of §8.2.1. */
static bool loses_tie(struct query *q, struct rd r, const struct claim *claim)
{
	struct peer_record *theirs = q->m->proposed[0], *ours = q->m->proposed[1];
	int their_count = collect_theirs(q, r, claim, theirs),
	    our_count = collect_ours(claim, ours);
	if (their_count <= 0)
		return false;
	qsort(theirs, (size_t)their_count, sizeof(*theirs), proposed_cmp);
	qsort(ours, (size_t)our_count, sizeof(*ours), proposed_cmp);
	for (int i = 0; i < their_count && i < our_count; i++) {
		int diff = proposed_cmp(&ours[i], &theirs[i]);
		if (diff)
			return diff < 0;
	}
	return our_count < their_count;
}

/* The first record of the message that proposes for this name what is not ours. */
static void foreign_probe(struct query *q, struct rd section, struct claim *claim)
{
	const struct addr *peer = &q->from->peer;
	claim->is_probed_by_other = true;
	if (!claim_needs_probe(claim))
		return;
	if (is_workload(claim, peer)) {
		if (claim->state != MDNS_SILENT)
			yield_for(claim, peer, lease_min, q->now);
		return;
	}
	if (claim->state == MDNS_PROBING && claim->probes_sent > 0 &&
		loses_tie(q, section, claim)) {
		claim->against = *peer;
		claim_wait(
			claim, MDNS_CONFLICT, next_multiple(q->now + tie_pause, tie_step), q->now);
	}
}

void probe_input(struct query *q, struct rd *r)
{
	const struct rd section = *r;
	for (unsigned i = 0; i < q->header.count[SECTION_AUTHORITY]; i++) {
		struct rr rr;
		struct peer_record seen;
		size_t at = 0;
		rd_rr(r, &rr);
		if (r->err)
			return;
		struct claim *claim = claim_find(
			q->link, rr.owner.wire, name_hash(q->m->hash_seed, rr.owner.wire));
		if (!claim || (rr.class & CLASS_MASK) != CLASS_IN ||
			peer_record_read(q->m, r, &rr, &at, &seen))
			continue;
		if (claim->probed_in != q->serial) {
			claim->probed_in = q->serial;
			claim->is_probed_by_other = false;
		}
		if (!claim->is_probed_by_other && !identity_has(q->m, claim->identity, seen.type,
							  seen.rdata, seen.len, q->now))
			foreign_probe(q, section, claim);
	}
}
