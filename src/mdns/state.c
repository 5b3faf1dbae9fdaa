/* SPDX-License-Identifier: ISC */
/*
 * Owns the state of an mname, its only timer, and the schedule of its announcements (RFC 6762 §8).
 * Never writes a packet, and never looks at packets of peers.
 */
#include "mdns/state.h"

#include "mdns/mrecord.h"
#include "mdns/oneshot.h"

enum {
	UPDATE_BURST =
		4 /* that may follow each other at once; the rest of LIMIT_MDNS_UPDATES is spread
		   * over the minute */
};

static const ns_t probe_delay_max = 250 * NS_PER_MS;
static const ns_t batch_interval = NS_PER_S;
static const ns_t workload_pause = 2 * NS_PER_S; /* in which it starts to probe, if it does */

bool mname_needs_probe(const struct mname *mname)
{
	for (const struct recset *set = mname->sets; set; set = set->next)
		if (set->is_unique && !set->is_known_unique)
			return true;
	return false;
}

void mname_set_state(struct mname *mname, enum mdns_state state, ns_t now)
{
	bool was_held = mname_is_held(mname);
	if (mname->state == state)
		return;
	mname->state = state;
	if (!was_held || !mname_is_held(mname))
		mname->since = now;
}

void mname_set_timer(struct mname *mname, struct heap *heap, ns_t at)
{
	if (mname->timer_heap && mname->timer_heap != heap)
		heap_remove(mname->timer_heap, &mname->timer);
	mname->timer_heap = heap;
	heap_put(heap, &mname->timer, at);
	if (mname_is_of_host(mname))
		mname->link->m->look_at = ns_min(mname->link->m->look_at, at);
}

void mname_stop(struct mname *mname, enum mdns_state state, ns_t now)
{
	if (mname->timer_heap)
		heap_remove(mname->timer_heap, &mname->timer);
	mname->timer_heap = NULL;
	heap_remove(&mname->link->intros, &mname->intro);
	oneshot_forget(mname);
	for (struct recset *set = mname->sets; set; set = set->next) {
		set->announce_at = NS_NEVER;
		recset_forget_answers(set, LANES_ALL);
	}
	recset_forget_answers(&mname->nsec, LANES_ALL);
	mname_set_state(mname, state, now);
}

void mname_wait(struct mname *mname, enum mdns_state state, ns_t at, ns_t now)
{
	mname_stop(mname, state, now);
	mname->probes_sent = 0;
	mname_set_timer(mname, &mname->link->probes, at);
}

void mname_defer(struct mname *mname, ns_t now)
{
	struct mlink *link = mname->link;
	const struct neighbour *n = &link->neighbour;
	mname->against = n->peer;
	mname_wait(mname, MDNS_DEFERRED, n->is_heard ? n->until : mlink_batch_time(link, true, now),
		now);
}

ns_t mlink_batch_time(struct mlink *link, bool needs_probe, ns_t now)
{
	unsigned *count = &link->batch_count[needs_probe];
	bool is_full = *count >= LIMIT_MDNS_BATCH;
	if (link->batch_at <= now || is_full) {
		ns_t at = now + mdns_random(link->m, 0, probe_delay_max);
		if (is_full && at < link->batch_at + batch_interval)
			at = link->batch_at + batch_interval;
		link->batch_at = at;
		link->batch_count[false] = link->batch_count[true] = 0;
	}
	++*count;
	return link->batch_at;
}

void mname_await_workload(struct mname *mname, ns_t now)
{
	mname_wait(
		mname, MDNS_YIELDED, next_shared_moment(now + workload_pause, NS_PER_S / 4), now);
}

void mname_start(struct mname *mname, ns_t now)
{
	struct mlink *link = mname->link;
	if (!mlink_speaks(link)) {
		mname_stop(mname, MDNS_SILENT, now);
		return;
	}
	if (mname_is_of_host(mname) && mlink_defers(link)) {
		mname_defer(mname, now);
		return;
	}
	if (mname->identity->own_words_until > now) {
		mname_await_workload(mname, now);
		return;
	}
	bool needs_probe = mname_needs_probe(mname);
	ns_t at = mlink_batch_time(link, needs_probe, now);
	mname->was_yielded = mname->state == MDNS_YIELDED;
	if (needs_probe) {
		mname_wait(mname, MDNS_PROBING, at, now);
		return;
	}
	if (mname->sets && mname->sets->is_known_unique) {
		/* A reverse name: it waits for the name that it leads to, which probes now. */
		mname_wait(mname, MDNS_PROBING, at + PROBES * PROBE_INTERVAL, now);
		mname->probes_sent = PROBES;
		return;
	}
	/* This name needs no probe, but its targets may: announce it together with the names of its
	 * batch. */
	mname_stop(mname, MDNS_ANNOUNCING, now);
	for (struct recset *set = mname->sets; set; set = set->next)
		mname_announce(mname, set, ANNOUNCEMENTS, at + PROBES * PROBE_INTERVAL);
}

/* Announcing */

static void schedule_announcement(struct mname *mname, struct recset *set, unsigned times, ns_t at)
{
	if (set->announce_at == NS_NEVER || set->announces_left < times)
		set->announces_left = (uint8_t)times;
	set->announce_at = ns_min(set->announce_at, at);
	mname_set_state(mname, MDNS_ANNOUNCING, mname->since);
	if (!mname->timer_heap || mname->timer.at > set->announce_at)
		mname_set_timer(mname, &mname->link->announces, set->announce_at);
}

void mname_announce(struct mname *mname, struct recset *set, unsigned times, ns_t at)
{
	if (!mname_is_held(mname) || set->is_quiet)
		return;
	for (uint16_t i = 0; i < set->count; i++)
		set->records[i].wanted |= WANTED_ANNOUNCE | WANTED_AGAIN;
	schedule_announcement(mname, set, times, at);
}

void mname_announce_new(struct mname *mname, struct recset *set, unsigned times, ns_t at)
{
	bool has_any = false;
	if (!mname_is_held(mname))
		return;
	for (uint16_t i = 0; i < set->count; i++) {
		struct mrecord *record = &set->records[i];
		if (record->sent[LANE_V4] == LONG_AGO && record->sent[LANE_V6] == LONG_AGO)
			record->wanted |= WANTED_ANNOUNCE | WANTED_AGAIN;
		has_any |= (record->wanted & (WANTED_ANNOUNCE | WANTED_AGAIN)) != 0;
	}
	if (has_any)
		schedule_announcement(mname, set, times, at);
}

void mname_probe_late(struct mname *mname, ns_t now)
{
	struct mlink *link = mname->link;
	mname->intros_sent = 0;
	if (!mname_needs_probe(mname))
		return;
	if (mname_is_held(mname))
		heap_put(&link->intros, &mname->intro, mlink_batch_time(link, true, now));
	else if (mname->state == MDNS_PROBING)
		mname_wait(mname, MDNS_PROBING, mlink_batch_time(link, true, now), now);
}

void mname_introduce(struct mname *mname, ns_t now)
{
	if (!mname_is_held(mname))
		return;
	ns_t at = mlink_batch_time(mname->link, false, now);
	for (struct recset *set = mname->sets; set; set = set->next)
		mname_announce(mname, set, ANNOUNCEMENTS, at);
}

void mname_announce_record(struct mname *mname, struct recset *set, struct mrecord *record, ns_t at)
{
	if (set->is_unique) {
		mname_announce(mname, set, 1, at);
	} else if (mname_is_held(mname)) {
		record->wanted |= WANTED_ANNOUNCE;
		schedule_announcement(mname, set, 1, at);
	}
}

ns_t mname_update_at(struct mname *mname, ns_t now)
{
	const ns_t each = 60 * NS_PER_S / (LIMIT_MDNS_UPDATES - UPDATE_BURST);
	if (mname->update_at > now)
		return mname->update_at; /* joins the change that waits already */
	ns_t used = mname->update_credit > now ? mname->update_credit : now;
	ns_t at = used - (UPDATE_BURST - 1) * each;
	mname->update_at = at > now ? at : now;
	mname->update_credit = used + each;
	return mname->update_at;
}
