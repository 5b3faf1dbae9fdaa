/* SPDX-License-Identifier: ISC */
/*
 * Owns silence for workloads that answer for themselves.
 *
 * A peer with an address that we publish for the name is the workload itself. Whatever it says of the
 * name, we are silent on that link until its records would have expired. Then it is asked whether
 * it is still there. Each time it is, the next silence is twice as long. Even if it says what we say,
 * we are silent: at the next change of its addresses it would say something else for a moment, or
 * choose other ones than we do.
 *
 * Never renames.
 */
#include "mdns/yield.h"

#include "mdns/identity.h"
#include "mdns/mrecord.h"
#include "mdns/state.h"

static const ns_t lease_min = 10 * NS_PER_S, lease_max = 3600 * NS_PER_S;
static const ns_t answer_time = 2 * NS_PER_S, doubt_interval = 10 * NS_PER_S;
static const ns_t memory_min = 120 * NS_PER_S;
static const ns_t echo_time = 250 * NS_PER_MS; /* in which a workload's reflector repeats us */

bool mname_is_workload(const struct mname *mname, const struct addr *peer)
{
	return identity_is_spoken_for_by(mname->link->m, mname->identity, peer);
}

static bool mname_is_on_other_links(const struct mname *mname)
{
	return mname->of_identity.next->next != &mname->of_identity;
}

/* Our own packets have an address of this host. They come back late, and in any state, also on the
 * other end of a veth pair whose ends are both ours: whatever was said may be an echo, and whatever
 * we have on any link, for only the last few sums are remembered. From the address of another workload only a reflector that runs in it sends
 * what we said, on another link and at once. All else are its own words, even if we say the same: a
 * responder that probes for its IPv4 address alone says what we do, when we announce that alone. */
bool mname_is_echo(const struct mname *mname, const struct addr *peer, uint64_t sum, ns_t now)
{
	ns_t said = identity_last_said(mname->identity, sum);
	if (mdns_has_addr(mname->link->m, peer))
		return said != LONG_AGO || identity_says(mname->identity, sum);
	return said + echo_time > now && mname_is_on_other_links(mname);
}

/* Its workload has begun to speak for itself: it probably does so for the reverse names of its addresses
 * too. It is asked. */
static void doubt_reverse(struct reference *ref, const struct mlink *link, ns_t now)
{
	struct mname *mname = ref->set->mname;
	if (!mname || mname->link != link || !ref->set->is_known_unique ||
		!(mname_is_held(mname) || mname->state == MDNS_PROBING))
		return;
	mname->identity->own_words_until = now + memory_min;
	mname_await_workload(mname, now);
}

static void doubt_reverses(const struct mname *mname, ns_t now)
{
	struct reference *first = reference_find(mname->link->m, mname->identity->owner);
	if (!first)
		return;
	doubt_reverse(first, mname->link, now);
	LIST_EACH(reference, &first->same_target, struct reference, same_target)
		doubt_reverse(reference, mname->link, now);
}

static void yield_for(struct mname *mname, const struct addr *peer, ns_t lease, ns_t now)
{
	bool is_first = mname->lease == 0;
	if (mname->lease < lease)
		mname->lease = lease;
	ns_t until = now + mname->lease;
	mname->against = *peer;
	mname->identity->own_words_until = now + (lease > memory_min ? lease : memory_min);
	mname_wait(mname, MDNS_YIELDED, until, now);
	if (!is_first)
		return;
	doubt_reverses(mname, now);
	mdns_notify(mname, MDNS_NOTICE_YIELDED, peer);
}

static ns_t ttl_lease(uint32_t ttl)
{
	ns_t lease = ttl * NS_PER_S;
	return lease < lease_min ? lease_min : lease > lease_max ? lease_max : lease;
}

void mname_yield(struct mname *mname, const struct addr *peer, uint32_t ttl, ns_t now)
{
	yield_for(mname, peer, ttl_lease(ttl), now);
}

void mname_doubt_workload(struct mname *mname, ns_t now)
{
	if (mname->probes_sent > 0 || mname->timer.at <= now + answer_time ||
		now < mname->doubted_at + doubt_interval)
		return;
	mname->doubted_at = now;
	mname_set_timer(mname, &mname->link->probes, now + answer_time);
}

void mname_hear_workload(
	struct mname *mname, const struct peer_record *record, const struct addr *peer, ns_t now)
{
	if (record->ttl == 0) {
		if (mname->state == MDNS_YIELDED)
			mname_await_workload(mname, now); /* it may only start again */
		return;
	}
	ns_t lease = ttl_lease(record->ttl);
	if (mname->probes_sent > 0 && lease < 2 * mname->lease)
		lease = 2 * mname->lease < lease_max ? 2 * mname->lease : lease_max;
	yield_for(mname, peer, lease, now);
}
