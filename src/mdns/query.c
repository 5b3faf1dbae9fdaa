/* SPDX-License-Identifier: ISC */
/*
 * Owns questions: what is asked, what the querier knows already, who gets the answer, and whether
 * by unicast or multicast (RFC 6762 §5 to §7).
 * Never waits itself: respond.c holds the answers that must wait.
 */
#include "mdns/query.h"

#include "mdns/mrecord.h"
#include "mdns/nsec.h"
#include "mdns/oneshot.h"
#include "mdns/respond.h"
#include "mdns/state.h"
#include "mdns/yield.h"

enum { CHAIN_MAX = 8 /* CNAMEs in a row */ };

static const ns_t shared_delay_min = 20 * NS_PER_MS, shared_delay_max = 120 * NS_PER_MS;
static const ns_t truncated_delay_min = 400 * NS_PER_MS, truncated_delay_max = 500 * NS_PER_MS;
static const ns_t defence_gap = 250 * NS_PER_MS;

/* Known answers */

/* Finds our record that equals `rr`, and its set. NULL: there is none. */
static struct mrecord *find_known(
	struct query *q, const struct rd *r, const struct rr *rr, struct recset **ret_set)
{
	struct mname *mname =
		mname_find(q->link, rr->owner.wire, name_hash(q->m->hash_seed, rr->owner.wire));
	if (!mname || !mname_is_held(mname) || (rr->class & CLASS_MASK) != CLASS_IN)
		return NULL;
	bool is_nsec = rr->type == RR_NSEC;
	struct recset *set = is_nsec ? &mname->nsec : mname_find_set(mname, rr->type);
	uint32_t ttl = is_nsec ? nsec_ttl(mname) : set ? set->ttl : 0;
	struct peer_record peer;
	size_t at = 0;
	if (!set || rr->ttl < ttl / 2 || peer_record_read(q->m, r, rr, &at, &peer))
		return NULL;
	*ret_set = set;
	if (!is_nsec)
		return recset_find(q->m, set, peer.rdata, peer.len);
	uint8_t nsec[NSEC_RDATA_CAP];
	uint16_t len = nsec_write(mname, nsec);
	return rdata_cmp(nsec, len, peer.rdata, peer.len) == 0 ? set->records : NULL;
}

void query_each_known(struct query *q, struct rd *r, known_visitor *visit, void *arg)
{
	for (unsigned i = 0; i < q->header.count[SECTION_ANSWER]; i++) {
		struct rr rr;
		rd_rr(r, &rr);
		if (r->err)
			return;
		struct recset *set = NULL;
		struct mrecord *record = find_known(q, r, &rr, &set);
		if (record)
			visit(q, set, record, arg);
	}
}

/* Unicast replies */

/* §6.7: a resolver that does not speak mDNS gets a conventional reply, with its id and its
 * question. */
static bool begin_reply(struct query *q)
{
	uint8_t *room = reply_room(q->m, LIMIT_MDNS_PACKET);
	if (!room)
		return false;
	compose_init(&q->reply, q->link, q->is_legacy ? COMPOSE_LEGACY : COMPOSE_UNICAST,
		1u << q->lane, q->now, room, LIMIT_MDNS_PACKET);
	q->reply.is_signed = q->wants_signature;
	q->has_reply = true;
	if (!q->is_legacy)
		return true;
	struct rd r = rd_init(q->packet, q->len);
	rd_bytes(&r, MSG_HEADER_LEN);
	put_u16(room, q->header.id);
	for (unsigned i = 0; i < q->header.qdcount; i++) {
		struct question question;
		rd_question(&r, &question);
		if (r.err || pack_question(&q->reply.p, question.name.wire, question.type,
				     question.class))
			break;
	}
	return true;
}

/* Adds the records of the set that the querier does not know. False: it does not fit, or cannot be
 * sent. */
static bool reply_with(struct query *q, struct recset *set)
{
	if (!q->has_reply && !begin_reply(q))
		return false;
	for (uint16_t i = 0; i < set->count; i++)
		if (set->is_unique || set->records[i].known_in != q->serial)
			set->records[i].wanted |= WANTED_REPLY;
	/* A resolver takes an empty answer section for "no such record". So NSEC goes where unicast
	 * DNS has it (RFC 4035 §3.1.3). */
	bool is_negative = set->type == RR_NSEC && q->is_legacy;
	if (compose_wanted(
		    &q->reply, set, WANTED_REPLY, is_negative ? SECTION_AUTHORITY : SECTION_ANSWER))
		return true;
	for (uint16_t i = 0; i < set->count; i++)
		set->records[i].wanted &= (uint8_t)~WANTED_REPLY;
	q->is_truncated = true;
	return false;
}

static void finish_reply(struct query *q)
{
	compose_additionals(&q->reply);
	if (q->is_legacy && q->is_truncated)
		pack_set_flags(&q->reply.p, MSG_TC); /* §18.5 */
	size_t len = compose_len(&q->reply);
	if (len == 0)
		return;
	oneshot_keep(q, q->reply.p.start, len);
	reply_queue(q->m, q->from, len, q->reply.is_public);
}

/* Answers */

/* §6, §6.3: at once if no other host can answer too; otherwise after a delay, drawn once per
 * message. */
static ns_t answer_due(struct query *q, const struct recset *set, bool is_defence)
{
	if (is_defence || q->is_held_back)
		return q->now;
	if (q->header.flags & MSG_TC) {
		if (q->delay == 0)
			q->delay = mdns_random(q->m, truncated_delay_min, truncated_delay_max);
		return q->now + q->delay;
	}
	if (q->header.qdcount == 1 && set->is_unique)
		return q->now;
	if (q->delay == 0)
		q->delay = mdns_random(q->m, shared_delay_min, shared_delay_max);
	return q->now + q->delay;
}

/* §5.4: an answer is multicast anyway if the last multicast was more than a quarter of the TTL
 * ago. */
static bool is_fresh(const struct query *q, const struct recset *set)
{
	uint32_t ttl = set->type == RR_NSEC ? nsec_ttl(set->mname) : set->ttl;
	return recset_first_sent(set, q->lane) + ttl * NS_PER_S / 4 > q->now;
}

static void answer_with(struct query *q, struct recset *set, bool wants_unicast)
{
	const struct mname *mname = set->mname;
	bool is_defence = mname->probed_in == q->serial && mname->is_probed_by_other;
	if (set->asked_in == q->serial)
		return;
	set->asked_in = q->serial;
	if (set->known_in == q->serial && set->known_count == set->count) {
		q->m->stats.suppressed++;
		return;
	}
	if (q->is_legacy) {
		reply_with(q, set);
		return;
	}
	if (wants_unicast) {
		bool has_fresh = is_fresh(q, set);
		/* A probe always gets a unicast reply at once (§5.4, §8.1). */
		if ((has_fresh || is_defence) && reply_with(q, set) && has_fresh)
			return;
	}
	respond_later(set, q->lane, answer_due(q, set, is_defence),
		is_defence ? defence_gap : NS_PER_S, q->serial);
}

static struct mname *find_held(const struct query *q, const uint8_t *name)
{
	struct mname *mname = mname_find(q->link, name, name_hash(q->m->hash_seed, name));
	return mname && mname_is_held(mname) ? mname : NULL;
}

/* Answers with all sets of that type. False: there is none. */
static bool answer_type(struct query *q, struct mname *mname, uint16_t type, bool wants_unicast)
{
	bool has_any = false;
	for (struct recset *set = mname->sets; set; set = set->next)
		if (type == set->type || type == RR_ANY) {
			answer_with(q, set, wants_unicast);
			has_any = true;
		}
	return has_any;
}

/* §6.1: denies a type that does not exist, for names that are ours alone. In a reply to several
 * legacy questions, the denial of one question would precede the answers to others: leave it
 * out. */
static void deny(struct query *q, struct mname *mname, bool wants_unicast)
{
	if (nsec_is_possible(mname) && (!q->is_legacy || q->header.qdcount == 1))
		answer_with(q, &mname->nsec, wants_unicast);
}

/* §10.5: who had the name may have ended without a goodbye. */
static void doubt_yielded(const struct query *q, const uint8_t *name)
{
	struct mname *mname = mname_find(q->link, name, name_hash(q->m->hash_seed, name));
	if (mname && mname->state == MDNS_YIELDED && !mname_is_workload(mname, &q->from->peer))
		mname_doubt_workload(mname, q->now);
}

static void answer_question(struct query *q, const struct question *question)
{
	uint16_t class = question->class & CLASS_MASK;
	bool wants_unicast = !q->is_off_link &&
			     (q->is_direct || question->class & CLASS_QU); /* §5.4, §5.5, §11 */
	if ((class != CLASS_IN && class != CLASS_ANY) ||
		(rr_type_is_meta(question->type) && question->type != RR_ANY))
		return;
	struct mname *mname = find_held(q, question->name.wire);
	if (!mname)
		doubt_yielded(q, question->name.wire);
	for (int i = 0; mname && i < CHAIN_MAX; i++) {
		if (answer_type(q, mname, question->type, wants_unicast))
			return;
		struct recset *alias = mname_find_set(mname, RR_CNAME);
		if (!alias || question->type == RR_NSEC) {
			deny(q, mname, wants_unicast);
			return;
		}
		answer_with(q, alias, wants_unicast);
		mname = find_held(q, alias->records[0].rdata);
	}
}

void query_answer(struct query *q)
{
	struct rd r = rd_init(q->packet, q->len);
	rd_bytes(&r, MSG_HEADER_LEN);
	q->m->stats.queries++;
	if (q->link->muted & 1u << q->lane)
		return; /* not ours there yet */
	for (unsigned i = 0; i < q->header.qdcount; i++) {
		struct question question;
		rd_question(&r, &question);
		if (r.err) {
			q->m->stats.malformed++;
			break;
		}
		answer_question(q, &question);
	}
	if (q->has_reply)
		finish_reply(q);
}
