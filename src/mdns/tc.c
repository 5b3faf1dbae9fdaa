/* SPDX-License-Identifier: ISC */
/*
 * Owns queries whose known answers continue in further packets (RFC 6762 §7.2): keeps a limited
 * number of them until they are complete.
 * Never answers itself.
 */
#include "mdns/tc.h"

#include <stdlib.h>

#include "base/array.h"
#include "mdns/mrecord.h"
#include "mdns/query.h"

static const ns_t wait_min = 400 * NS_PER_MS, wait_max = 500 * NS_PER_MS;

/* The rdata of NSEC changes with the sets, and its hash stays 0: a known denial stays known. */
static uint64_t known_number(const struct recset *set, const struct mrecord *record)
{
	return hash_mix(set->mname->by_name.hash, record->hash);
}

static void note_known(struct query *q, struct recset *set, struct mrecord *record, void *arg)
{
	struct continued *c = arg;
	if (c->known_count >= LIMIT_MDNS_KNOWN) {
		q->m->stats.limited++;
		return;
	}
	if (ARRAY_RESERVE(c->known, c->known_cap, c->known_count + 1))
		return;
	c->known[c->known_count++] = known_number(set, record);
}

static void add_known(struct query *q, struct continued *c)
{
	struct rd r = rd_init(q->packet, q->len);
	rd_bytes(&r, MSG_HEADER_LEN);
	rd_skip_questions(&r, q->header.qdcount);
	query_each_known(q, &r, note_known, c);
	c->packets++;
}

static void continued_free(struct mlink *link, struct continued *c)
{
	list_remove(&c->of_link);
	link->m->continued_count--;
	free(c->known);
	free(c);
}

/* True if any question is about a name that we answer for. */
static bool concerns_us(const struct query *q, size_t *ret_len)
{
	struct rd r = rd_init(q->packet, q->len);
	bool does = false;
	rd_bytes(&r, MSG_HEADER_LEN);
	for (unsigned i = 0; i < q->header.qdcount; i++) {
		struct question question;
		rd_question(&r, &question);
		if (r.err)
			return false;
		does = does || mname_find(q->link, question.name.wire,
				       name_hash(q->m->hash_seed, question.name.wire));
	}
	*ret_len = rd_off(&r);
	return does;
}

/* Returns the query that this peer continues now; NULL: none. */
static struct continued *open_of(const struct query *q)
{
	LIST_EACH(c, &q->link->continued, struct continued, of_link) {
		if (!c->is_closed && addr_equal(&c->from.peer, &q->from->peer))
			return c;
	}
	return NULL;
}

/* A peer continues one query at a time. After the next query, its packets belong to that one. So
 * the previous query is complete. */
static void close_former(const struct query *q)
{
	struct continued *c = open_of(q);
	if (!c)
		return;
	c->is_closed = true;
	c->due = q->now;
}

bool continued_add(struct query *q)
{
	size_t len;
	close_former(q);
	if (!concerns_us(q, &len))
		return true;
	if (q->m->continued_count >= LIMIT_MDNS_CONTINUED) {
		q->m->stats.limited++;
		return false;
	}
	struct continued *c = malloc(sizeof(*c) + len);
	if (!c)
		return false;
	*c = (struct continued){
		.from = *q->from, .len = len, .wants_signature = q->wants_signature};
	c->due = q->now + mdns_random(q->m, wait_min, wait_max);
	memcpy(c->packet, q->packet, len);
	list_append(&q->link->continued, &c->of_link);
	q->m->continued_count++;
	add_known(q, c);
	return true;
}

bool continued_extend(struct query *q)
{
	struct continued *c = open_of(q);
	if (!c || c->packets >= LIMIT_MDNS_CONTINUATIONS)
		return false;
	add_known(q, c);
	if (q->header.flags & MSG_TC)
		c->due = q->now + mdns_random(q->m, wait_min, wait_max);
	return true;
}

static int number_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void mark_set(struct query *q, const struct continued *c, struct recset *set)
{
	for (uint16_t i = 0; i < set->count; i++) {
		uint64_t number = known_number(set, &set->records[i]);
		if (c->known_count > 0 &&
			bsearch(&number, c->known, c->known_count, sizeof(number), number_cmp))
			recset_note_known(set, &set->records[i], q->serial);
	}
}

/* Marks the records that the querier knows, for the names that it asks about. */
static void mark_all(struct query *q, const struct continued *c)
{
	struct rd r = rd_init(c->packet, c->len);
	rd_bytes(&r, MSG_HEADER_LEN);
	for (unsigned i = 0; i < q->header.qdcount; i++) {
		struct question question;
		rd_question(&r, &question);
		struct mname *mname = mname_find(q->link, question.name.wire,
			name_hash(q->m->hash_seed, question.name.wire));
		if (r.err || !mname || mname->probed_in == q->serial)
			continue;
		for (struct recset *set = mname->sets; set; set = set->next)
			mark_set(q, c, set);
		mark_set(q, c, &mname->nsec);
	}
}

static void continued_answer(struct mlink *link, struct continued *c, ns_t now)
{
	struct query q = {
		.m = link->m,
		.link = link,
		.lane = lane_of(&c->from.peer),
		.now = now,
		.from = &c->from,
		.packet = c->packet,
		.len = c->len,
		.serial = ++link->m->serial,
		.is_off_link = !mlink_has_source(link, &c->from.peer),
		.is_held_back = true,
		.wants_signature = c->wants_signature,
	};
	struct rd r = rd_init(c->packet, c->len);
	rd_header(&r, &q.header);
	if (c->known_count > 0)
		qsort(c->known, c->known_count, sizeof(*c->known), number_cmp);
	mark_all(&q, c);
	query_answer(&q);
}

void continued_poll(struct mlink *link, ns_t now)
{
	LIST_EACH(c, &link->continued, struct continued, of_link) {
		if (c->due > now)
			continue;
		continued_answer(link, c, now);
		continued_free(link, c);
	}
}

void continued_clear(struct mlink *link)
{
	LIST_EACH(continued, &link->continued, struct continued, of_link)
		continued_free(link, continued);
}
