/* SPDX-License-Identifier: ISC */
/*
 * Owns what responses change: new records, refreshed ones, goodbyes, flushed sets.
 * Never sends anything, and never decides whether a response is true.
 */
#include "querier/response.h"

#include "querier/life.h"

static const ns_t unicast_window = 2 * NS_PER_S; /* §6 */
static const ns_t flush_grace = NS_PER_S;        /* §10.2 */

/* A record of the message, with its set if the cache has one. */
struct item {
	struct rr rr;
	struct qset *set;
	struct qrecord *record;
	struct qrdata rdata;
	bool has_flush;
};

/* Types that are stored. NSEC is heard, but what does not exist is not stored here. */
static bool is_kept_type(const struct rr *rr)
{
	return (rr->class & CLASS_MASK) == CLASS_IN && rr->type != RR_NSEC &&
	       !rr_type_is_meta(rr->type);
}

/* Names that others speak of without being asked. A name of the rest of the world is not for mDNS (§3, §13): only
 * what somebody here has asked for. */
static bool is_kept_name(const uint8_t *name)
{
	return name_is_mdns(name) || name_is_reverse(name);
}

/* Reads the next record that concerns the cache. False: there is none left. */
static bool next_item(struct message *m, struct rd *r, unsigned *left, struct item *ret)
{
	struct querier *q = m->link->q;
	while (*left > 0) {
		--*left;
		rd_rr(r, &ret->rr);
		message_spend(m, r, ret->rr.owner.len);
		if (r->err)
			break;
		if (!is_kept_type(&ret->rr))
			continue;
		ret->set = qset_find(m->link, ret->rr.owner.wire, ret->rr.type);
		if (!ret->set && (ret->rr.ttl == 0 || !is_kept_name(ret->rr.owner.wire)))
			continue;
		ret->has_flush = ret->rr.class & CLASS_FLUSH;
		if (qrdata_read(q, r, &ret->rr, &ret->rdata) == 0) {
			message_spend(m, r, ret->rdata.len);
			ret->record = ret->set ? qrecord_find(ret->set, &ret->rdata) : NULL;
			return true;
		}
		q->stats.malformed++;
	}
	return false;
}

static bool was_asked_by_unicast(struct message *m)
{
	struct rd r = m->records;
	for (unsigned i = 0; i < m->record_count && !r.err; i++) {
		struct rr rr;
		rd_rr(&r, &rr);
		message_spend(m, &r, rr.owner.len);
		if (r.err)
			break;
		const struct qset *set = qset_find(m->link, rr.owner.wire, rr.type);
		if (set && m->now - set->unicast_at <= unicast_window)
			return true;
	}
	return false;
}

bool response_may_count(struct message *m)
{
	return m->from->peer_port == MDNS_PORT &&
	       (m->from->is_multicast || was_asked_by_unicast(m));
}

/* Adds the record, and its set if there is none. */
static void add(const struct message *m, struct item *item, const struct said *said)
{
	struct qset *set =
		item->set ? item->set : qset_get(m->link, item->rr.owner.wire, item->rr.type);
	if (!set)
		return;
	item->record = qrecord_add(set, &item->rdata, &m->from->peer);
	if (item->record)
		life_said(item->record, said, true);
	else
		m->link->q->stats.limited++;
	if (!item->record && !item->set) {
		qset_release(set);
		return;
	}
	item->set = set;
}

/* Notes a set that has the flush bit. */
static void note_flush(const struct message *m, const struct item *item, struct list *flushed)
{
	if (!item->has_flush || !item->set || item->set->flushed_in == m->serial)
		return;
	item->set->flushed_in = m->serial;
	list_append(flushed, &item->set->chosen);
}

static void take_item(struct message *m, struct item *item, uint16_t spread, struct list *flushed)
{
	const struct said said = {
		.now = m->now,
		.ttl_s = item->rr.ttl,
		.is_unique = item->has_flush,
		.spread = spread,
		.from = m->from,
	};
	if (item->rr.ttl == 0 && item->record)
		life_leave(item->record, QUERIER_GOODBYE, m->now);
	else if (item->record)
		life_said(item->record, &said, false);
	else if (item->rr.ttl > 0)
		add(m, item, &said);
	note_flush(m, item, flushed);
}

/* §10.2: what the set had before leaves. Each record costs a step only once for each time that it is said. */
static void flush(struct qset *set, ns_t now)
{
	LIST_EACH(record, &set->records, struct qrecord, of_set) {
		if (record->heard_at >= now - flush_grace)
			break;
		life_leave(record, QUERIER_FLUSHED, now);
	}
}

void response_take(struct message *m)
{
	struct rd r = m->records;
	unsigned left = m->record_count;
	const uint16_t spread = life_spread(m->link->q);
	struct list flushed;
	struct item item;
	list_init(&flushed);
	while (next_item(m, &r, &left, &item))
		take_item(m, &item, spread, &flushed);
	LIST_EACH(set, &flushed, struct qset, chosen) {
		list_remove(&set->chosen);
		flush(set, m->now);
	}
}

void response_see(struct message *m)
{
	struct rd r = m->records;
	unsigned left = m->record_count;
	struct item item;
	if (!m->link->has_doubts) /* nobody compares the times */
		return;
	while (next_item(m, &r, &left, &item))
		if (item.record && item.rr.ttl > 0 && !item.record->is_leaving)
			item.record->seen_at = m->now;
}

/* Counts the records of each set that the message has, for flushes_more(). */
static void meet(const struct message *m, const struct item *item)
{
	if (item->set->met_in != m->serial) {
		item->set->met_in = m->serial;
		item->set->met_count = 0;
	}
	if (!item->record || item->record->is_leaving || item->record->met_in == m->serial)
		return;
	item->record->met_in = m->serial;
	item->set->met_count++;
}

static bool is_news(const struct message *m, const struct item *item)
{
	const struct qrecord *record = item->record;
	if (item->rr.ttl == 0)
		return record && !record->is_leaving;
	if (!record || record->is_leaving || record->is_doubted)
		return true;
	uint32_t ttl_s = item->rr.ttl < LIMIT_QUERIER_TTL_S ? item->rr.ttl : LIMIT_QUERIER_TTL_S;
	return ttl_s != record->ttl_s || m->now - record->heard_at > ttl_s * NS_PER_S / 8;
}

/* True if the cache has an older record of the set than the message, which does not have it. */
static bool flushes_more(const struct qset *set, ns_t now)
{
	const struct qrecord *oldest = LIST_FIRST(&set->records, struct qrecord, of_set);
	return set->live_count > set->met_count && oldest && oldest->heard_at < now - flush_grace;
}

bool response_is_news(struct message *m)
{
	struct rd r = m->records;
	unsigned left = m->record_count;
	struct list flushed;
	struct item item;
	bool is_so = false;
	list_init(&flushed);
	while (!is_so && next_item(m, &r, &left, &item)) {
		is_so = is_news(m, &item);
		if (!item.set)
			continue;
		meet(m, &item);
		note_flush(m, &item, &flushed);
	}
	LIST_EACH(set, &flushed, struct qset, chosen) {
		list_remove(&set->chosen);
		is_so = is_so || flushes_more(set, m->now);
	}
	return is_so;
}
