/* SPDX-License-Identifier: ISC */
/*
 * Owns packets with probes, announcements and goodbyes (RFC 6762 §8, §10.1).
 * Never looks at packets of peers.
 */
#include "mdns/probe.h"

#include <stdlib.h>

#include "mdns/compose.h"
#include "mdns/identity.h"
#include "mdns/neighbour.h"
#include "mdns/state.h"

enum { PROBE_NAMES = 128 /* in one packet */ };

static const ns_t announce_interval = NS_PER_S, question_interval = NS_PER_S;

/* Announcing */

/* Returns when the records that are to be announced were last multicast. */
static ns_t last_sent_of_wanted(const struct recset *set)
{
	ns_t last = LONG_AGO;
	for (uint16_t i = 0; i < set->count; i++)
		for (int lane = 0; lane < LANE_COUNT; lane++)
			if (set->records[i].wanted & WANTED_ANNOUNCE &&
				set->records[i].sent[lane] > last)
				last = set->records[i].sent[lane];
	return last;
}

/* Adds a set that is due. False: the packet has no room for all of it. */
static bool announce_set(struct recset *set, struct composer *c)
{
	ns_t not_before = last_sent_of_wanted(set) + NS_PER_S; /* §6 */
	if (not_before > c->now) {
		set->announce_at = not_before;
		return true;
	}
	if (!compose_wanted(c, set, WANTED_ANNOUNCE, SECTION_ANSWER))
		return false;
	set->announce_at = NS_NEVER;
	if (--set->announces_left > 0) {
		set->announce_at = c->now + announce_interval;
		for (uint16_t i = 0; i < set->count; i++)
			if (set->records[i].wanted & WANTED_AGAIN)
				set->records[i].wanted |= WANTED_ANNOUNCE;
		return true;
	}
	for (uint16_t i = 0; i < set->count; i++)
		set->records[i].wanted &= (uint8_t)~WANTED_AGAIN;
	return true;
}

static bool announce_claim(struct mname *mname, struct composer *c)
{
	ns_t next = NS_NEVER;
	for (struct recset *set = mname->sets; set; set = set->next) {
		if (set->announce_at <= c->now && !announce_set(set, c))
			return false;
		next = ns_min(next, set->announce_at);
	}
	if (next != NS_NEVER) {
		mname_set_timer(mname, &mname->link->announces, next);
		return true;
	}
	heap_remove(mname->timer_heap, &mname->timer);
	mname->timer_heap = NULL;
	mname_set_state(mname, MDNS_ESTABLISHED, c->now);
	return true;
}

static struct mname *next_due(const struct heap *heap, ns_t now)
{
	struct heap_node *n = heap_first(heap);
	return n && n->at <= now ? container_of(n, struct mname, timer) : NULL;
}

size_t announce_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap)
{
	struct composer c;
	struct mname *mname = next_due(&link->announces, now);
	if (!mname)
		return 0;
	compose_init(&c, link, COMPOSE_MULTICAST, mlink_spoken_lanes(link), now, buffer, cap);
	while (mname && announce_claim(mname, &c))
		mname = next_due(&link->announces, now);
	return compose_len(&c);
}

/* Probing */

static bool is_unproven(const struct mname *mname, ns_t now)
{
	return mname->state == MDNS_CONFLICT ||
	       (mname->state == MDNS_PROBING &&
		       (mname->probes_sent < PROBES || mname->timer.at > now));
}

/* True if the mname, a reverse name, leads to a name that is not ours on the link yet, and may become
 * another one. */
static bool leads_to_unproven(const struct mname *mname, ns_t now)
{
	const struct mlink *link = mname->link;
	const struct recset *set = mname->sets;
	for (uint16_t i = 0; set->is_known_unique && i < set->count; i++) {
		const uint8_t *name = set->records[i].rdata + rr_layout(set->type).lead;
		const struct mname *target =
			mname_find(link, name, name_hash(link->m->hash_seed, name));
		if (target && target != mname && is_unproven(target, now))
			return true;
	}
	return false;
}

/* Three probes were sent and nobody has objected, or none is needed: the name is ours. */
static void mname_win(struct mname *mname, ns_t now)
{
	static const struct addr nobody = {.family = ADDR_NONE};
	mname_stop(mname, MDNS_ANNOUNCING, now);
	if (mname->identity->current == mname->identity->owner)
		mname->against = nobody; /* otherwise keep it: the peer that has our name */
	mname->lease = 0;
	mname->was_yielded = false;
	for (struct recset *set = mname->sets; set; set = set->next)
		mname_announce(mname, set, ANNOUNCEMENTS, now);
	if (mname_needs_probe(mname))
		mdns_notify(mname, MDNS_NOTICE_ESTABLISHED, &nobody);
}

/* Returns the length of the records proposed for the name, which follow all questions. */
static size_t proposal_len(const struct mname *mname)
{
	enum { OWNER_LEN = 2 }; /* a pointer to the question */
	size_t len = 0;
	for (const struct recset *set = mname->sets; set; set = set->next)
		for (uint16_t i = 0; recset_is_claimed(set) && i < set->count; i++)
			len += OWNER_LEN + 10 + set->records[i].len;
	return len;
}

/* True if the mname is asked for without a claim: others have it, or had it. */
static bool only_asks(const struct mname *mname)
{
	return mname->state == MDNS_DEFERRED || mname->state == MDNS_YIELDED;
}

/* Adds a question for any type, unicast replies welcome (§8.1). Keeps room for the records. The question
 * for a name that others have has no records, and asks for a multicast reply: a unicast one to an address
 * of this host would not reach our socket, which is bound to the link. */
static bool probe_add_question(struct pack *p, const struct mname *mname)
{
	struct pack_mark mark = pack_mark(p);
	size_t reserved = p->reserved;
	const bool is_asked = only_asks(mname);
	const uint16_t class = is_asked ? CLASS_IN : CLASS_IN | CLASS_QU;
	p->reserved += is_asked ? 0 : proposal_len(mname);
	/* The records refer to the name by a pointer: so stop when the table of suffixes is
	 * full. */
	if (mark.suffix_count + name_labels(mname->identity->current) <= SUFFIX_COUNT &&
		pack_question(p, mname->identity->current, RR_ANY, class) == 0)
		return true;
	pack_rewind(p, &mark);
	p->reserved = reserved;
	return false;
}

/* §8.2: adds the records that we are about to claim to the authority section, without the flush
 * bit. */
static void probe_add_proposal(struct pack *p, const struct mname *mname, ns_t now)
{
	if (only_asks(mname))
		return;
	identity_note_said(mname->identity, mname_sum(mname), now);
	mname->link->m->is_host_said |= mname_is_of_host(mname);
	for (const struct recset *set = mname->sets; set; set = set->next)
		for (uint16_t i = 0; recset_is_claimed(set) && i < set->count; i++) {
			const struct mrecord *record = &set->records[i];
			struct pack_rr rr = {
				.owner = mname->identity->current,
				.type = set->type,
				.class = CLASS_IN,
				.ttl = set->ttl,
				.rdata = record->rdata,
				.rdata_len = record->len,
			};
			if (pack_rr(p, SECTION_AUTHORITY, &rr))
				return;
		}
}

/* Notes that the question for the name is in the packet. */
static void mname_probed(struct mname *mname, ns_t now)
{
	const bool is_asked = only_asks(mname);
	if (!is_asked)
		mname_set_state(mname, MDNS_PROBING, now);
	mname->probes_sent++;
	mname_set_timer(
		mname, &mname->link->probes, now + (is_asked ? question_interval : PROBE_INTERVAL));
}

static bool probe_add_grown(struct pack *p, const struct mname *mname, size_t grown_cap)
{
	p->cap = grown_cap;
	return probe_add_question(p, mname);
}

/* Adds the questions of as many names as fit in the packet. A name that needs more than the MTU
 * gets a larger packet alone (§17). */
static unsigned probe_collect(struct mlink *link, ns_t now, struct pack *p, size_t grown_cap,
	struct mname *batch[PROBE_NAMES])
{
	const size_t cap = p->cap;
	unsigned count = 0;
	while (count < PROBE_NAMES && p->cap == cap) {
		struct mname *mname = next_due(&link->probes, now);
		if (!mname)
			break;
		if (mname->state == MDNS_PROBING && mname->probes_sent == PROBES) {
			if (leads_to_unproven(mname, now))
				mname_set_timer(mname, &link->probes, now + PROBE_INTERVAL);
			else
				mname_win(mname, now);
			continue;
		}
		if (mname->state == MDNS_DEFERRED && !neighbour_may_ask(mname, now))
			continue;
		if (mname->state == MDNS_YIELDED && mname->probes_sent == QUESTIONS) {
			mname->identity->own_words_until = 0;
			mname_start(mname, now);
			continue;
		}
		bool fits = probe_add_question(p, mname);
		if (!fits && count > 0)
			break;
		fits = fits || probe_add_grown(p, mname, grown_cap);
		if (fits)
			batch[count++] = mname;
		mname_probed(mname, now);
	}
	return count;
}

/* The same for names that are held on the other lane. */
static unsigned intro_collect(struct mlink *link, ns_t now, struct pack *p, size_t grown_cap,
	struct mname *batch[PROBE_NAMES])
{
	const size_t cap = p->cap;
	unsigned count = 0;
	while (count < PROBE_NAMES && p->cap == cap && heap_deadline(&link->intros) <= now) {
		struct mname *mname = container_of(heap_first(&link->intros), struct mname, intro);
		if (mname->intros_sent == PROBES) {
			heap_remove(&link->intros, &mname->intro);
			continue;
		}
		bool fits = probe_add_question(p, mname);
		if (!fits && count > 0)
			break;
		fits = fits || probe_add_grown(p, mname, grown_cap);
		if (fits)
			batch[count++] = mname;
		mname->intros_sent++;
		heap_put(&link->intros, &mname->intro, now + PROBE_INTERVAL);
	}
	return count;
}

typedef unsigned collect_fn(struct mlink *link, ns_t now, struct pack *p, size_t grown_cap,
	struct mname *batch[PROBE_NAMES]);

static size_t write_probes(
	struct mlink *link, ns_t now, uint8_t *buffer, size_t cap, collect_fn *collect)
{
	struct mname *batch[PROBE_NAMES];
	struct pack p;
	size_t payload = mlink_payload(link, link->lanes);
	payload = payload < LIMIT_MDNS_PROBE ? payload : LIMIT_MDNS_PROBE;
	pack_init(&p, buffer, payload < cap ? payload : cap, 0, 0);
	p.may_compress_srv = true;
	unsigned count = collect(link, now, &p, cap - 48, batch);
	p.reserved = 0;
	for (unsigned i = 0; i < count; i++)
		probe_add_proposal(&p, batch[i], now);
	link->last_probe = now;
	return count > 0 ? p.len : 0;
}

size_t probe_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap)
{
	return next_due(&link->probes, now) ? write_probes(link, now, buffer, cap, probe_collect)
					    : 0;
}

size_t intro_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap)
{
	return heap_deadline(&link->intros) <= now
		       ? write_probes(link, now, buffer, cap, intro_collect)
		       : 0;
}

/* Goodbye */

size_t goodbye_poll(struct mlink *link, uint8_t *buffer, size_t cap)
{
	struct pack p;
	if (list_is_empty(&link->goodbyes))
		return 0;
	size_t payload = mlink_payload(link, link->lanes);
	pack_init(&p, buffer, payload < cap ? payload : cap, 0, MSG_QR | MSG_AA);
	p.may_compress_srv = true;
	bool is_public = false;
	LIST_EACH(goodbye, &link->goodbyes, struct goodbye, of_link) {
		struct pack_rr rr = {
			.owner = goodbye->bytes,
			.type = goodbye->type,
			.class = goodbye->class,
			.ttl = 0,
			.rdata = goodbye->bytes + goodbye->owner_len,
			.rdata_len = goodbye->len,
		};
		const bool wants_room = goodbye->is_public || is_public;
		p.reserved = wants_room ? link->m->signature_room : 0;
		if (pack_rr(&p, SECTION_ANSWER, &rr)) {
			if (p.len > MSG_HEADER_LEN)
				break;
			p.cap = cap - 48;
			if (pack_rr(&p, SECTION_ANSWER, &rr))
				pack_rewind(&p, &(struct pack_mark){.len = MSG_HEADER_LEN});
		}
		is_public = wants_room;
		list_remove(&goodbye->of_link);
		free(goodbye);
	}
	link->m->is_public_said |= is_public && link->m->signature_room > 0;
	return p.len > MSG_HEADER_LEN ? p.len : 0;
}
