/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of queries: questions, known answers, packets that continue them, the OPT record.
 * Never decides what is asked, or when.
 */
#include "querier/compose.h"

#include <assert.h>

#include "base/array.h"
#include "querier/life.h"
#include "querier/question.h"

enum {
	RR_FIXED_LEN = 10,                 /* of a record between its owner and its rdata */
	RR_POINTED_LEN = 2 + RR_FIXED_LEN, /* and with a pointer to a question as its owner */
	OPT_LEN = 1 + RR_FIXED_LEN,        /* without options (RFC 6891 §6.1.2) */
	OPT_DO = 0x8000                    /* in its TTL */
};

/* A query that is being written. */
struct composer {
	struct querier *q;
	struct qlink *link;
	enum lane lane;
	ns_t now;
	size_t known_len; /* bytes of the known answers of its questions, as far as they matter */
	struct list sets; /* whose questions it has: qset.chosen */
};

/* Begins a packet in the outbox. */
static int begin(struct composer *c)
{
	struct outbox *box = &c->q->outbox;
	size_t payload = multicast_payload(c->link->mtu, 1u << c->lane);
	if (ARRAY_RESERVE(box->bytes, box->cap, box->tail + sizeof(struct outbox_head) + payload))
		return ERR_NOMEM;
	pack_init(&c->q->pack, outbox_room(box, payload), payload, 0, 0);
	c->q->pack.may_compress_srv = true; /* §18.14 */
	c->q->pack.reserved = c->q->wants_signed ? OPT_LEN : 0;
	return 0;
}

static void put_opt(struct composer *c)
{
	struct pack *p = &c->q->pack;
	const struct pack_rr opt = {
		.owner = name_root,
		.type = RR_OPT,
		.class = LIMIT_MDNS_PACKET,
		.ttl = OPT_DO,
		.rdata = name_root,
	};
	p->reserved = 0;
	int err = pack_rr(p, SECTION_ADDITIONAL, &opt);
	assert(!err); /* its room was reserved */
	(void)err;
}

static void end(struct composer *c, uint16_t flags)
{
	const struct mdns_path to = multicast_group(c->link->id, c->lane);
	if (c->q->wants_signed)
		put_opt(c);
	pack_set_flags(&c->q->pack, flags);
	outbox_add(&c->q->outbox, &to, c->q->pack.len);
	c->link->busy_until =
		ns_max(c->link->busy_until, c->now) + NS_PER_S / LIMIT_QUERIER_PACKETS_S;
}

/* Adds up the bytes of what is known of the set, until they are more than a packet has. */
static size_t known_len(const struct composer *c, const struct qset *set)
{
	size_t len = 0;
	LIST_EACH(record, &set->records, struct qrecord, of_set) {
		if (life_is_known(record, c->now))
			len += RR_POINTED_LEN + (size_t)record->len;
		if (len > c->q->pack.cap)
			break;
	}
	return len;
}

/* Adds the question of the set. False: it has no room, or its known answers have none. The first question may have more
 * of them than fit. */
static bool put_question(struct composer *c, struct qset *set)
{
	struct pack *p = &c->q->pack;
	const struct pack_mark mark = pack_mark(p);
	const uint16_t class = set->wants_unicast ? CLASS_IN | CLASS_QU : CLASS_IN;
	const size_t known = c->known_len + known_len(c, set);
	if (pack_question(p, set->name, set->type, class))
		return false;
	if (!list_is_empty(&c->sets) && p->len + p->reserved + known > p->cap) {
		pack_rewind(p, &mark);
		return false;
	}
	c->known_len = known;
	return true;
}

static void put_questions(struct composer *c)
{
	LIST_EACH(set, &c->link->pending[c->lane], struct qset, pending[c->lane]) {
		if (!put_question(c, set))
			return;
		list_append(&c->sets, &set->chosen);
		question_sent(set, c->lane, c->now);
	}
}

/* Adds a known answer; if it has no room, to a packet that continues this one (§7.2). False: there can be none. */
static bool put_known(struct composer *c, const struct qrecord *record)
{
	struct pack *p = &c->q->pack;
	const struct pack_rr rr = {
		.owner = record->set->name,
		.type = record->set->type,
		.class = CLASS_IN,
		.ttl = (uint32_t)((record->expires_at - c->now) / NS_PER_S),
		.rdata = record->rdata,
		.rdata_len = record->len,
	};
	if (pack_rr(p, SECTION_ANSWER, &rr) == 0)
		return true;
	/* One that fits in no packet is told again. */
	if (MSG_HEADER_LEN + record->set->name_len + RR_FIXED_LEN + record->len + p->reserved >
		p->cap)
		return true;
	end(c, MSG_TC);
	return begin(c) == 0 && pack_rr(p, SECTION_ANSWER, &rr) == 0;
}

/* Empties the list of sets. */
static bool put_all_known(struct composer *c)
{
	unsigned left = LIMIT_QUERIER_KNOWN;
	bool is_good = true;
	LIST_EACH(set, &c->sets, struct qset, chosen) {
		list_remove(&set->chosen);
		LIST_EACH(record, &set->records, struct qrecord, of_set) {
			if (!is_good || left == 0)
				break;
			if (!life_is_known(record, c->now))
				continue;
			is_good = put_known(c, record);
			left--;
		}
		qset_release(set);
	}
	return is_good;
}

int compose_query(struct qlink *link, enum lane lane, ns_t now)
{
	struct composer c = {.q = link->q, .link = link, .lane = lane, .now = now};
	list_init(&c.sets);
	int err = begin(&c);
	if (err)
		return err;
	put_questions(&c);
	if (put_all_known(&c))
		end(&c, 0);
	return 0;
}
