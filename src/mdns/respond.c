/* SPDX-License-Identifier: ISC */
/*
 * Owns pending answers: when they may be sent, and which share a packet.
 * Never looks at questions.
 */
#include "mdns/respond.h"

#include "mdns/compose.h"
#include "mdns/mrecord.h"

/* §6.4: an answer that waits only for its random delay joins a packet that is sent anyway. */
static const ns_t aggregation_max = 120 * NS_PER_MS;

/* Returns when the last of the wanted records may be sent again; for shared sets, the first. */
static ns_t earliest(const struct recset *set, enum lane lane, ns_t gap)
{
	ns_t last = LONG_AGO, first = NS_NEVER;
	for (uint16_t i = 0; i < set->count; i++) {
		if (!(set->records[i].wanted & 1u << lane))
			continue;
		ns_t sent = set->records[i].sent[lane];
		last = sent > last ? sent : last;
		first = ns_min(first, sent);
	}
	return (set->is_unique || first == NS_NEVER ? last : first) + gap;
}

void respond_later(struct recset *set, enum lane lane, ns_t due, ns_t gap, uint64_t serial)
{
	for (uint16_t i = 0; i < set->count; i++)
		if (set->is_unique || set->records[i].known_in != serial)
			set->records[i].wanted |= (uint8_t)(1u << lane);
	ns_t not_before = earliest(set, lane, gap);
	bool is_pending = heap_has(&set->due[lane]);
	if (is_pending)
		not_before = ns_min(not_before, set->not_before[lane]);
	if (due < not_before)
		due = not_before;
	if (is_pending && set->due[lane].at < due)
		due = set->due[lane].at;
	set->not_before[lane] = not_before;
	heap_put(&set->mname->link->answers[lane], &set->due[lane], due);
}

/* Holds back the records of a shared set that were multicast in the last second. Returns true if
 * any has to wait. */
static bool hold_back_recent(struct recset *set, enum lane lane, ns_t now)
{
	bool holds = false;
	if (set->is_unique)
		return false;
	for (uint16_t i = 0; i < set->count; i++) {
		struct mrecord *record = &set->records[i];
		if (!(record->wanted & 1u << lane) || record->sent[lane] + NS_PER_S <= now)
			continue;
		record->wanted &= (uint8_t) ~(1u << lane);
		record->wanted |= WANTED_LATER;
		holds = true;
	}
	return holds;
}

static void release_held_back(struct recset *set, enum lane lane)
{
	for (uint16_t i = 0; i < set->count; i++)
		if (set->records[i].wanted & WANTED_LATER) {
			set->records[i].wanted &= (uint8_t)~WANTED_LATER;
			set->records[i].wanted |= (uint8_t)(1u << lane);
		}
	ns_t at = earliest(set, lane, NS_PER_S);
	set->not_before[lane] = at;
	heap_put(&set->mname->link->answers[lane], &set->due[lane], at);
}

/* Adds a set to the packet. False: no room is left. */
static bool respond_set(struct recset *set, enum lane lane, struct composer *c)
{
	bool holds = hold_back_recent(set, lane, c->now);
	bool is_complete = compose_wanted(c, set, 1u << lane, SECTION_ANSWER);
	if (holds)
		release_held_back(set, lane);
	else if (is_complete)
		recset_forget_answers(set, 1u << lane);
	return is_complete;
}

size_t respond_poll(struct mlink *link, enum lane lane, ns_t now, uint8_t *buffer, size_t cap)
{
	struct heap *heap = &link->answers[lane];
	struct composer c;
	if (heap_deadline(heap) > now)
		return 0;
	compose_init(&c, link, COMPOSE_MULTICAST, 1u << lane, now, buffer, cap);
	while (heap_deadline(heap) <= now + aggregation_max) {
		struct recset *set = container_of(heap_first(heap) - lane, struct recset, due);
		if (set->not_before[lane] > now || !respond_set(set, lane, &c))
			break;
	}
	compose_additionals(&c);
	size_t len = compose_len(&c);
	link->m->stats.responses += len > 0;
	return len;
}
