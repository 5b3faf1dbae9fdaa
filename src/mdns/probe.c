/* SPDX-License-Identifier: ISC */
/*
 * Owns the life of a claim in time: probing, announcing, waiting, goodbye (RFC 6762 §8, §10.1).
 * Never looks at what peers say. Called by put, by conflicts, and by the engine when a timer is
 * due.
 */
#include "mdns/engine.h"

#include <stdlib.h>

enum {
	PROBES = 3,        /* §8.1 */
	ANNOUNCEMENTS = 2, /* §8.3 */
	PROBE_NAMES = 128, /* of one packet */
	UPDATE_BURST =
		4, /* updates in a row; the rest of LIMIT_MDNS_UPDATES is spread over the minute */
};

static const ns_t probe_delay_max = 250 * NS_PER_MS;
static const ns_t probe_interval = 250 * NS_PER_MS;
static const ns_t announce_interval = NS_PER_S;
static const ns_t batch_interval = NS_PER_S;

bool claim_needs_probe(const struct claim *claim)
{
	for (const struct recset *set = claim->sets; set; set = set->next)
		if (set->is_unique && !set->is_known_unique)
			return true;
	return false;
}

void claim_set_state(struct claim *claim, enum mdns_state state, ns_t now)
{
	bool was_held = claim_is_held(claim);
	if (claim->state == state)
		return;
	claim->state = state;
	if (!was_held || !claim_is_held(claim))
		claim->since = now;
}

static void claim_set_timer(struct claim *claim, struct heap *heap, ns_t at)
{
	if (claim->timer_heap && claim->timer_heap != heap)
		heap_remove(claim->timer_heap, &claim->timer);
	claim->timer_heap = heap;
	heap_put(heap, &claim->timer, at);
}

void claim_stop(struct claim *claim, enum mdns_state state, ns_t now)
{
	if (claim->timer_heap)
		heap_remove(claim->timer_heap, &claim->timer);
	claim->timer_heap = NULL;
	oneshot_forget(claim);
	for (struct recset *set = claim->sets; set; set = set->next) {
		set->announce_at = NS_NEVER;
		recset_forget_answers(set, LANES_ALL);
	}
	recset_forget_answers(&claim->nsec, LANES_ALL);
	claim_set_state(claim, state, now);
}

void claim_wait(struct claim *claim, enum mdns_state state, ns_t at, ns_t now)
{
	claim_stop(claim, state, now);
	claim->probes_sent = 0;
	claim_set_timer(claim, &claim->link->probes, at);
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

void claim_start(struct claim *claim, ns_t now)
{
	struct mlink *link = claim->link;
	if (!link->is_up) {
		claim_stop(claim, MDNS_SILENT, now);
		return;
	}
	bool needs_probe = claim_needs_probe(claim);
	ns_t at = mlink_batch_time(link, needs_probe, now);
	claim->was_yielded = claim->state == MDNS_YIELDED;
	if (needs_probe) {
		claim_wait(claim, MDNS_PROBING, at, now);
		return;
	}
	/* Needs no probe; but what it points to may: announced together with the names of its
	 * batch. */
	claim_stop(claim, MDNS_ANNOUNCING, now);
	for (struct recset *set = claim->sets; set; set = set->next)
		claim_announce(claim, set, ANNOUNCEMENTS, at + PROBES * probe_interval);
}

/* Announcing */

static void schedule_announcement(struct claim *claim, struct recset *set, unsigned times, ns_t at)
{
	if (set->announce_at == NS_NEVER || set->announces_left < times)
		set->announces_left = (uint8_t)times;
	set->announce_at = ns_min(set->announce_at, at);
	claim_set_state(claim, MDNS_ANNOUNCING, claim->since);
	if (!claim->timer_heap || claim->timer.at > set->announce_at)
		claim_set_timer(claim, &claim->link->announces, set->announce_at);
}

void claim_announce(struct claim *claim, struct recset *set, unsigned times, ns_t at)
{
	if (!claim_is_held(claim))
		return;
	for (uint16_t i = 0; i < set->count; i++)
		set->records[i].wanted |= WANTED_ANNOUNCE;
	schedule_announcement(claim, set, times, at);
}

void claim_introduce(struct claim *claim, ns_t now)
{
	if (!claim_is_held(claim))
		return;
	ns_t at = mlink_batch_time(claim->link, false, now);
	for (struct recset *set = claim->sets; set; set = set->next)
		claim_announce(claim, set, ANNOUNCEMENTS, at);
}

void claim_announce_record(struct claim *claim, struct recset *set, struct record *record, ns_t at)
{
	if (set->is_unique) {
		claim_announce(claim, set, 1, at);
	} else if (claim_is_held(claim)) {
		record->wanted |= WANTED_ANNOUNCE;
		schedule_announcement(claim, set, 1, at);
	}
}

ns_t claim_update_at(struct claim *claim, ns_t now)
{
	const ns_t each = 60 * NS_PER_S / (LIMIT_MDNS_UPDATES - UPDATE_BURST);
	if (claim->update_at > now)
		return claim->update_at; /* goes out with the change that waits already */
	ns_t used = claim->update_credit > now ? claim->update_credit : now;
	ns_t at = used - (UPDATE_BURST - 1) * each;
	claim->update_at = at > now ? at : now;
	claim->update_credit = used + each;
	return claim->update_at;
}

/* When the records of the set that are to be announced were multicast last. */
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

/* Adds a set that is due. False: there is no room for all of it in this packet. */
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
			set->records[i].wanted |= WANTED_ANNOUNCE;
	}
	return true;
}

static bool announce_claim(struct claim *claim, struct composer *c)
{
	ns_t next = NS_NEVER;
	for (struct recset *set = claim->sets; set; set = set->next) {
		if (set->announce_at <= c->now && !announce_set(set, c))
			return false;
		next = ns_min(next, set->announce_at);
	}
	if (next != NS_NEVER) {
		claim_set_timer(claim, &claim->link->announces, next);
		return true;
	}
	heap_remove(claim->timer_heap, &claim->timer);
	claim->timer_heap = NULL;
	claim_set_state(claim, MDNS_ESTABLISHED, c->now);
	return true;
}

static struct claim *next_due(const struct heap *heap, ns_t now)
{
	struct heap_node *n = heap_first(heap);
	return n && n->at <= now ? container_of(n, struct claim, timer) : NULL;
}

size_t announce_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap)
{
	struct composer c;
	struct claim *claim = next_due(&link->announces, now);
	if (!claim)
		return 0;
	compose_init(&c, link, COMPOSE_MULTICAST, link->lanes, now, buffer, cap);
	while (claim && announce_claim(claim, &c))
		claim = next_due(&link->announces, now);
	return compose_len(&c);
}

/* Probing */

/* Three probes, and nobody has objected: the name is ours. */
static void claim_win(struct claim *claim, ns_t now)
{
	static const struct addr nobody = {.family = ADDR_NONE};
	claim_stop(claim, MDNS_ANNOUNCING, now);
	if (claim->identity->current == claim->identity->owner)
		claim->against = nobody; /* else it stays: who has our name */
	claim->lease = 0;
	claim->was_yielded = false;
	for (struct recset *set = claim->sets; set; set = set->next)
		claim_announce(claim, set, ANNOUNCEMENTS, now);
	mdns_notify(claim, MDNS_NOTICE_ESTABLISHED, &nobody);
}

/* Room that the records proposed for the name will take behind all questions. */
static size_t proposal_len(const struct claim *claim)
{
	enum { OWNER_LEN = 2 }; /* a pointer to the question */
	size_t len = 0;
	for (const struct recset *set = claim->sets; set; set = set->next)
		for (uint16_t i = 0; set->is_unique && i < set->count; i++)
			len += OWNER_LEN + 10 + set->records[i].len;
	return len;
}

/* §8.1: any type, unicast replies welcome. Keeps room for the records. */
static bool probe_add_question(struct pack *p, const struct claim *claim)
{
	struct pack_mark mark = pack_mark(p);
	size_t reserved = p->reserved;
	p->reserved += proposal_len(claim);
	/* No more names than the message knows: each is to be pointed to. */
	if (mark.suffix_count + name_labels(claim->identity->current) <= SUFFIX_COUNT &&
		pack_question(p, claim->identity->current, RR_ANY, CLASS_IN | CLASS_QU) == 0)
		return true;
	pack_rewind(p, &mark);
	p->reserved = reserved;
	return false;
}

/* §8.2: what we are about to claim, in the authority section, without the flush bit. */
static void probe_add_proposal(struct pack *p, const struct claim *claim)
{
	identity_note_said(claim->identity, claim_sum(claim));
	for (const struct recset *set = claim->sets; set; set = set->next)
		for (uint16_t i = 0; set->is_unique && i < set->count; i++) {
			const struct record *record = &set->records[i];
			struct pack_rr rr = {
				.owner = claim->identity->current,
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

/* Takes as many names as fit in the packet: their questions. A name that needs more than the MTU
 * gets a larger packet for itself (§17). */
static unsigned probe_collect(struct mlink *link, ns_t now, struct pack *p, size_t grown_cap,
	struct claim *batch[PROBE_NAMES])
{
	const size_t cap = p->cap;
	unsigned count = 0;
	while (count < PROBE_NAMES && p->cap == cap) {
		struct claim *claim = next_due(&link->probes, now);
		if (!claim)
			break;
		if (claim->state == MDNS_PROBING && claim->probes_sent == PROBES) {
			claim_win(claim, now);
			continue;
		}
		bool fits = probe_add_question(p, claim);
		if (!fits && count > 0)
			break;
		if (!fits) {
			p->cap = grown_cap;
			fits = probe_add_question(p, claim);
		}
		if (fits)
			batch[count++] = claim;
		claim->was_yielded |= claim->state == MDNS_YIELDED;
		claim_set_state(claim, MDNS_PROBING, now);
		claim->probes_sent++;
		claim_set_timer(claim, &link->probes, now + probe_interval);
	}
	return count;
}

size_t probe_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap)
{
	struct claim *batch[PROBE_NAMES];
	struct pack p;
	if (!next_due(&link->probes, now))
		return 0;
	size_t payload = mlink_payload(link, link->lanes);
	pack_init(&p, buffer, payload < cap ? payload : cap, 0, 0);
	p.may_compress_srv = true;
	unsigned count = probe_collect(link, now, &p, cap - 48, batch);
	p.reserved = 0;
	for (unsigned i = 0; i < count; i++)
		probe_add_proposal(&p, batch[i]);
	link->last_probe = now;
	return count > 0 ? p.len : 0;
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
	LIST_FOR_EACH(item, &link->goodbyes) {
		struct goodbye *goodbye = container_of(item, struct goodbye, of_link);
		struct pack_rr rr = {
			.owner = goodbye->bytes,
			.type = goodbye->type,
			.class = goodbye->class,
			.ttl = 0,
			.rdata = goodbye->bytes + goodbye->owner_len,
			.rdata_len = goodbye->len,
		};
		if (pack_rr(&p, SECTION_ANSWER, &rr)) {
			if (p.len > MSG_HEADER_LEN)
				break;
			p.cap = cap - 48;
			if (pack_rr(&p, SECTION_ANSWER, &rr))
				pack_rewind(&p, &(struct pack_mark){.len = MSG_HEADER_LEN});
		}
		list_remove(item);
		free(goodbye);
	}
	return p.len > MSG_HEADER_LEN ? p.len : 0;
}
