/* SPDX-License-Identifier: ISC */
/*
 * Owns what peers' probes propose for names that are claimed here: ties, and workloads that are
 * about to speak for themselves (RFC 6762 §8.2). Never answers: that is query.c's. Called for each
 * query with an authority section.
 */
#include "mdns/engine.h"

#include <stdlib.h>

static const ns_t tie_pause = NS_PER_S, tie_step = 50 * NS_PER_MS;

/* By claim, in the order of the message, then as §8.2 says. */
static int proposed_cmp(const void *x, const void *y)
{
	const struct peer_record *a = x, *b = y;
	if (a->claim != b->claim)
		return a->claim->probed_rank < b->claim->probed_rank ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return rdata_cmp(a->rdata, a->len, b->rdata, b->len);
}

/* What we propose for the name ourselves, in order. */
static unsigned collect_ours(struct claim *claim, struct peer_record *ret)
{
	unsigned count = 0;
	for (const struct recset *set = claim->sets; set; set = set->next)
		for (uint16_t i = 0;
			set->is_unique && i < set->count && count < LIMIT_MDNS_PROPOSED; i++)
			ret[count++] = (struct peer_record){
				.claim = claim,
				.type = set->type,
				.rdata = set->records[i].rdata,
				.len = set->records[i].len,
			};
	qsort(ret, count, sizeof(*ret), proposed_cmp);
	return count;
}

/* Whether what a peer proposes for the name comes after what we do, in the order of §8.2.1. */
static bool loses_tie(struct mdns *m, struct claim *claim, const struct peer_record *theirs,
	unsigned their_count)
{
	struct peer_record *ours = m->proposed[1];
	unsigned our_count = collect_ours(claim, ours);
	for (unsigned i = 0; i < their_count && i < our_count; i++) {
		int diff = proposed_cmp(&ours[i], &theirs[i]);
		if (diff)
			return diff < 0;
	}
	return our_count < their_count;
}

/* Notes that the message proposes that record for its claim. Returns how many claims it has records
 * for. */
static uint16_t note_proposed(struct query *q, const struct peer_record *seen, uint16_t claims)
{
	struct claim *claim = seen->claim;
	if (claim->probed_in != q->serial) {
		claim->probed_in = q->serial;
		claim->probed_rank = claims++;
		claim->probed_sum = 0;
		claim->is_probed_by_other = false;
	}
	claim->probed_sum += rdata_hash(q->m, seen->type, seen->rdata, seen->len);
	if (!claim->is_probed_by_other &&
		!identity_has(q->m, claim->identity, seen->type, seen->rdata, seen->len, q->now))
		claim->is_probed_by_other = true;
	return claims;
}

/* Whether what is proposed is what we propose ourselves, or did a moment ago: an echo, or somebody
 * who says the very same. */
static bool is_own_proposal(const struct claim *claim)
{
	return claim->probed_sum == claim_sum(claim) ||
	       identity_has_said(claim->identity, claim->probed_sum);
}

/* What follows from all that the message proposes for the name. */
static void judge(struct query *q, struct claim *claim, const struct peer_record *theirs,
	unsigned count)
{
	const struct addr *peer = &q->from->peer;
	if (!claim_needs_probe(claim) || claim->state == MDNS_SILENT)
		return;
	if (claim_is_workload(claim, peer)) {
		/* Even if it proposes less than we have: what we have more would be a conflict
		 * to it. */
		if (!is_own_proposal(claim))
			claim_yield(claim, peer, 0, q->now);
		return;
	}
	if (claim->is_probed_by_other && claim->state == MDNS_PROBING && claim->probes_sent > 0 &&
		loses_tie(q->m, claim, theirs, count)) {
		claim->against = *peer;
		claim_wait(claim, MDNS_CONFLICT, next_shared_moment(q->now + tie_pause, tie_step),
			q->now);
	}
}

/* What the message proposes for names that are claimed here: how many records. An error is the
 * cursor's. */
static unsigned collect_theirs(struct query *q, struct rd *r, struct peer_record *ret)
{
	unsigned count = 0;
	uint16_t claims = 0;
	size_t at = 0;
	for (unsigned i = 0; i < q->header.count[SECTION_AUTHORITY]; i++) {
		struct rr rr;
		rd_rr(r, &rr);
		if (r->err)
			return 0;
		struct claim *claim = claim_find(
			q->link, rr.owner.wire, name_hash(q->m->hash_seed, rr.owner.wire));
		if (!claim || (rr.class & CLASS_MASK) != CLASS_IN)
			continue;
		r->err = count == LIMIT_MDNS_PROPOSED ? ERR_RANGE
						      : peer_record_read(q->m, r, &rr, &at, &ret[count]);
		if (r->err)
			return 0;
		ret[count].claim = claim;
		claims = note_proposed(q, &ret[count++], claims);
	}
	return count;
}

void probe_input(struct query *q, struct rd *r)
{
	struct peer_record *theirs = q->m->proposed[0];
	unsigned count = collect_theirs(q, r, theirs);
	qsort(theirs, count, sizeof(*theirs), proposed_cmp);
	for (unsigned first = 0, end; first < count; first = end) {
		struct claim *claim = theirs[first].claim;
		for (end = first + 1; end < count && theirs[end].claim == claim; end++)
			;
		judge(q, claim, theirs + first, end - first);
	}
}
