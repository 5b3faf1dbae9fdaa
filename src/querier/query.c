/* SPDX-License-Identifier: ISC */
/*
 * Owns what the queries of other hosts tell us.
 * Never answers: we have nothing to say here.
 */
#include "querier/query.h"

#include "querier/doubt.h"
#include "querier/life.h"
#include "querier/question.h"

/* Reads the next question. Returns its set if it will be answered by multicast, else NULL. */
static struct qset *next_asked(struct message *m, struct rd *r)
{
	struct question question;
	rd_question(r, &question);
	message_spend(m, r, question.name.len);
	if (r->err || question.class != CLASS_IN) /* or QU: §18.12 */
		return NULL;
	return qset_find(m->link, question.name.wire, question.type);
}

/* Notes the sets that are asked for. False: there are none. */
static bool mark_asked(struct message *m)
{
	struct rd r = m->questions;
	bool has_any = false;
	for (unsigned i = 0; i < m->header.qdcount; i++) {
		struct qset *set = next_asked(m, &r);
		if (!set || set->asked_in == m->serial)
			continue;
		set->asked_in = m->serial;
		has_any = true;
		if (m->is_trusted)
			doubt_note(set, &m->from->peer, m->now);
		qset_release(set);
	}
	return has_any;
}

/* Who names a record as known does not expect that anybody says it. If we would not name it, we would be told what
 * that host is not (§7.3). False: not all can be read. */
static bool mark_known(struct message *m)
{
	struct querier *q = m->link->q;
	struct rd r = m->records;
	for (unsigned i = 0; i < m->header.count[SECTION_ANSWER]; i++) {
		struct rr rr;
		struct qrdata rdata;
		rd_rr(&r, &rr);
		message_spend(m, &r, rr.owner.len + (size_t)rr.rdata_len);
		if (r.err)
			return false;
		struct qset *set = qset_find(m->link, rr.owner.wire, rr.type);
		if (!set || set->asked_in != m->serial)
			continue;
		struct qrecord *record =
			qrdata_read(q, &r, &rr, &rdata) ? NULL : qrecord_find(set, &rdata);
		if (record)
			record->seen_at = m->now;
		if (!record || !life_is_known(record, m->now))
			set->alien_in = m->serial;
	}
	return true;
}

void query_hear(struct message *m)
{
	/* Known answers that follow in other packets may be any: so the query tells us nothing. */
	if (m->from->peer_port != MDNS_PORT || !m->from->is_multicast || m->header.flags & MSG_TC ||
		!mark_asked(m) || !mark_known(m))
		return;
	struct rd r = m->questions;
	for (unsigned i = 0; i < m->header.qdcount; i++) {
		struct qset *set = next_asked(m, &r);
		if (!set || set->alien_in == m->serial)
			continue;
		question_seen(set, m->lane, m->now);
		qset_release(set);
	}
}
