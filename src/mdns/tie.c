/* SPDX-License-Identifier: ISC */
/*
 * Owns the handling of peers' probes for names claimed here: ties, and workloads that begin to
 * answer for themselves (RFC 6762 §8.2).
 * Never answers: query.c does.
 */
#include "mdns/tie.h"

#include <stdlib.h>

#include "mdns/identity.h"
#include "mdns/mrecord.h"
#include "mdns/state.h"
#include "mdns/yield.h"

static const ns_t tie_pause = NS_PER_S, tie_step = 50 * NS_PER_MS;

/* Sorts by mname, in the order of the message, then as §8.2 requires. */
static int proposed_cmp(const void *x, const void *y)
{
	const struct peer_record *a = x, *b = y;
	if (a->mname != b->mname)
		return a->mname->probed_rank < b->mname->probed_rank ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return rdata_cmp(a->rdata, a->len, b->rdata, b->len);
}

/* Collects the records that we propose for the name, sorted. */
static unsigned collect_ours(struct mname *mname, struct peer_record *ret)
{
	unsigned count = 0;
	for (const struct recset *set = mname->sets; set; set = set->next)
		for (uint16_t i = 0;
			recset_is_claimed(set) && i < set->count && count < LIMIT_MDNS_PROPOSED;
			i++)
			ret[count++] = (struct peer_record){
				.mname = mname,
				.type = set->type,
				.rdata = set->records[i].rdata,
				.len = set->records[i].len,
			};
	qsort(ret, count, sizeof(*ret), proposed_cmp);
	return count;
}

/* True if the peer's records for the name sort after ours, in the order of §8.2.1. */
static bool loses_tie(
	struct mdns *m, struct mname *mname, const struct peer_record *theirs, unsigned their_count)
{
	struct peer_record *ours = m->proposed[1];
	unsigned our_count = collect_ours(mname, ours);
	for (unsigned i = 0; i < their_count && i < our_count; i++) {
		int diff = proposed_cmp(&ours[i], &theirs[i]);
		if (diff)
			return diff < 0;
	}
	return our_count < their_count;
}

/* Notes that the message proposes this record for its mname. Returns the number of mnames that have
 * such records. */
static uint16_t note_proposed(struct query *q, const struct peer_record *seen, uint16_t mnames)
{
	struct mname *mname = seen->mname;
	if (mname->probed_in != q->serial) {
		mname->probed_in = q->serial;
		mname->probed_rank = mnames++;
		mname->probed_sum = 0;
		mname->is_probed_by_other = false;
	}
	mname->probed_sum += rdata_hash(q->m, seen->type, seen->rdata, seen->len);
	if (!mname->is_probed_by_other &&
		!identity_has(q->m, mname->identity, seen->type, seen->rdata, seen->len, q->now))
		mname->is_probed_by_other = true;
	return mnames;
}

/* Acts on the records that the message proposes for the name. */
static void judge(
	struct query *q, struct mname *mname, const struct peer_record *theirs, unsigned count)
{
	const struct addr *peer = &q->from->peer;
	if (mname->state == MDNS_SILENT || mname->state == MDNS_DEFERRED)
		return;
	if (mname_is_workload(mname, peer)) {
		/* Even if it proposes what we have, or a part of it: the rest of ours would be a
		 * conflict for it, now or later. And even if we have the name without a probe: it may call itself something
		 * else, and say so in the reverse of its address. */
		if (!mname_is_echo(mname, peer, mname->probed_sum, q->now))
			mname_yield(mname, peer, 0, q->now);
		return;
	}
	if (mname_needs_probe(mname) && mname->is_probed_by_other && mname->state == MDNS_PROBING &&
		mname->probes_sent > 0 && loses_tie(q->m, mname, theirs, count)) {
		mname->against = *peer;
		mname_wait(mname, MDNS_CONFLICT, next_shared_moment(q->now + tie_pause, tie_step),
			q->now);
	}
}

/* Collects the records that the message proposes for names claimed here. Returns their number. An
 * error is in the cursor. */
static unsigned collect_theirs(struct query *q, struct rd *r, struct peer_record *ret)
{
	unsigned count = 0;
	uint16_t mnames = 0;
	size_t at = 0;
	for (unsigned i = 0; i < q->header.count[SECTION_AUTHORITY]; i++) {
		struct rr rr;
		rd_rr(r, &rr);
		if (r->err)
			return 0;
		struct mname *mname = mname_find(
			q->link, rr.owner.wire, name_hash(q->m->hash_seed, rr.owner.wire));
		if (!mname || (rr.class & CLASS_MASK) != CLASS_IN)
			continue;
		r->err = count == LIMIT_MDNS_PROPOSED
				 ? ERR_RANGE
				 : peer_record_read(q->m, r, &rr, &at, &ret[count]);
		if (r->err)
			return 0;
		ret[count].mname = mname;
		mnames = note_proposed(q, &ret[count++], mnames);
	}
	return count;
}

void probe_input(struct query *q, struct rd *r)
{
	struct peer_record *theirs = q->m->proposed[0];
	unsigned count = collect_theirs(q, r, theirs);
	qsort(theirs, count, sizeof(*theirs), proposed_cmp);
	for (unsigned first = 0, end; first < count; first = end) {
		struct mname *mname = theirs[first].mname;
		for (end = first + 1; end < count && theirs[end].mname == mname; end++)
			;
		judge(q, mname, theirs + first, end - first);
	}
}
