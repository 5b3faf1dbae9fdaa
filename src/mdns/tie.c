/* SPDX-License-Identifier: ISC */
/*
 * Owns what peers' probes propose for names that are claimed here: ties, and workloads that are
 * about to speak for themselves (RFC 6762 §8.2). Never answers: that is query.c's. Called for each
 * query with an authority section.
 */
#include "mdns/engine.h"

#include <stdlib.h>

static const ns_t tie_pause = NS_PER_S, tie_step = 50 * NS_PER_MS;

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

/* Notes that the message proposes that record for the claim. */
static void note_proposed(struct query *q, struct claim *claim, const struct peer_record *seen)
{
	if (claim->probed_in != q->serial) {
		claim->probed_in = q->serial;
		claim->probed_sum = 0;
		claim->is_probed_by_other = claim->is_judged = false;
	}
	claim->probed_sum += rdata_hash(q->m, seen->type, seen->rdata, seen->len);
	if (!claim->is_probed_by_other &&
		!identity_has(q->m, claim->identity, seen->type, seen->rdata, seen->len, q->now))
		claim->is_probed_by_other = true;
}

/* Whether what is proposed is what we propose ourselves, or did a moment ago: an echo, or somebody
 * who says the very same. */
static bool is_own_proposal(const struct query *q, const struct claim *claim)
{
	return claim->probed_sum == claim_sum(q->m, claim) ||
	       identity_has_said(claim->identity, claim->probed_sum);
}

/* What follows from all that the message proposes for the name. */
static void judge(struct query *q, struct rd section, struct claim *claim)
{
	const struct addr *peer = &q->from->peer;
	if (claim->is_judged || !claim_needs_probe(claim) || claim->state == MDNS_SILENT)
		return;
	claim->is_judged = true;
	if (claim_is_workload(claim, peer)) {
		/* Even if it proposes less than we have: what we have more would be a conflict
		 * to it. */
		if (!is_own_proposal(q, claim))
			claim_yield(claim, peer, 0, q->now);
		return;
	}
	if (claim->is_probed_by_other && claim->state == MDNS_PROBING && claim->probes_sent > 0 &&
		loses_tie(q, section, claim)) {
		claim->against = *peer;
		claim_wait(claim, MDNS_CONFLICT, next_shared_moment(q->now + tie_pause, tie_step),
			q->now);
	}
}

void probe_input(struct query *q, struct rd *r)
{
	const struct rd section = *r;
	for (int pass = 0; pass < 2; pass++) {
		*r = section;
		for (unsigned i = 0; i < q->header.count[SECTION_AUTHORITY]; i++) {
			struct rr rr;
			struct peer_record seen;
			size_t at = 0;
			rd_rr(r, &rr);
			if (r->err)
				return;
			struct claim *claim = claim_find(
				q->link, rr.owner.wire, name_hash(q->m->hash_seed, rr.owner.wire));
			if (!claim || (rr.class & CLASS_MASK) != CLASS_IN)
				continue;
			if (pass > 0 && claim->probed_in == q->serial)
				judge(q, section, claim);
			else if (pass == 0 && !peer_record_read(q->m, r, &rr, &at, &seen))
				note_proposed(q, claim, &seen);
		}
	}
}
