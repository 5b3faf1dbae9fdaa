/* SPDX-License-Identifier: ISC */
/*
 * Owns the interface of the engine: links, interest, received packets, packets to send, the cache for readers.
 * Never reads a clock, a socket or randomness.
 */
#include "querier/querier.h"

#include <assert.h>
#include <stdlib.h>

#include "base/random.h"
#include "querier/cache.h"
#include "querier/compose.h"
#include "querier/doubt.h"
#include "querier/life.h"
#include "querier/query.h"
#include "querier/question.h"
#include "querier/response.h"

struct querier *querier_new(
	uint64_t seed, bool wants_signed, const struct querier_events *events, void *arg)
{
	struct querier *q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->random_state = seed;
	q->hash_seed = (uint64_t)random_between(&q->random_state, 0, INT64_MAX - 1);
	q->wants_signed = wants_signed;
	q->events = *events;
	q->arg = arg;
	return q;
}

void querier_free(struct querier *q)
{
	if (!q)
		return;
	MAP_EACH(link, &q->links, struct qlink, by_id)
		qlink_free(link);
	map_fini(&q->links);
	free(q->outbox.bytes);
	free(q);
}

/* Links */

/* Copies `count` elements into an array of the link, in place of the old one. */
static int replace_array(
	void *array, size_t *ret_count, const void *from, size_t count, size_t size)
{
	void *copy = NULL, *old;
	if (count > 0) {
		copy = calloc(count, size);
		if (!copy)
			return ERR_NOMEM;
		memcpy(copy, from, count * size);
	}
	memcpy(&old, array, sizeof(old));
	free(old);
	memcpy(array, &copy, sizeof(copy));
	*ret_count = count;
	return 0;
}

/* All questions begin again, and the first ones are QU (§5.4). */
static void begin_questions(struct qlink *link, ns_t now)
{
	link->first_at = LONG_AGO;
	link->unicast_until = qlink_first_moment(link, now);
	MAP_EACH(set, &link->sets, struct qset, by_key) {
		if (set->interest == 0)
			continue;
		question_begin(set, now, true);
		qset_release(set);
	}
}

int querier_link_up(struct querier *q, ns_t now, const struct mdns_link *from)
{
	struct qlink *link = qlink_get(q, from->id);
	if (!link)
		return ERR_NOMEM;
	if (!from->has_v4 && !from->has_v6) {
		querier_link_down(q, now, from->id);
		return 0;
	}
	int err = replace_array(&link->prefixes, &link->prefix_count, from->prefixes,
		from->prefix_count, sizeof(*from->prefixes));
	if (!err)
		err = replace_array(&link->addrs, &link->addr_count, from->addrs, from->addr_count,
			sizeof(*from->addrs));
	if (err)
		return err;
	uint8_t lanes = (uint8_t)(from->has_v4 << LANE_V4 | from->has_v6 << LANE_V6);
	bool has_gained = lanes & ~link->lanes;
	link->mtu = from->mtu;
	link->lanes = lanes;
	link->is_up = true;
	for (int lane = 0; lane < LANE_COUNT; lane++)
		if (!(lanes & 1 << lane))
			question_lose_lane(link, lane, now);
	if (has_gained) /* §20: a lane is a network of its own */
		begin_questions(link, now);
	qlink_touch(link);
	return 0;
}

void querier_link_down(struct querier *q, ns_t now, uint32_t id)
{
	struct qlink *link = qlink_find(q, id);
	(void)now;
	if (!link)
		return;
	link->is_up = false;
	link->lanes = 0;
	MAP_EACH(record, &link->records, struct qrecord, by_rdata)
		qrecord_remove(record, QUERIER_LINK_DOWN);
	MAP_EACH(set, &link->sets, struct qset, by_key) {
		question_end(set);
		qset_release(set);
	}
	qlink_touch(link);
}

void querier_link_gone(struct querier *q, ns_t now, uint32_t id)
{
	struct qlink *link = qlink_find(q, id);
	querier_link_down(q, now, id);
	if (link)
		qlink_free(link);
}

void querier_restart(struct querier *q, ns_t now)
{
	MAP_EACH(link, &q->links, struct qlink, by_id) {
		if (!link->is_up)
			continue;
		MAP_EACH(set, &link->sets, struct qset, by_key)
			life_doubt_all(set, now);
		begin_questions(link, now);
		qlink_touch(link);
	}
}

/* Interest */

int querier_ask(struct querier *q, ns_t now, uint32_t id, const uint8_t *name, uint16_t type)
{
	if (rr_type_is_meta(type) || q->stats.questions >= LIMIT_QUERIER_QUESTIONS)
		return ERR_RANGE;
	struct qlink *link = qlink_get(q, id);
	struct qset *set = link ? qset_get(link, name, type) : NULL;
	if (!set)
		return ERR_NOMEM;
	if (set->interest++ > 0)
		return 0;
	q->stats.questions++;
	question_begin(set, now, now <= link->unicast_until);
	life_touch_all(set, now);
	qset_release(set);
	qlink_touch(link);
	return 0;
}

void querier_stop(struct querier *q, ns_t now, uint32_t id, const uint8_t *name, uint16_t type)
{
	struct qlink *link = qlink_find(q, id);
	struct qset *set = link ? qset_find(link, name, type) : NULL;
	if (!set || set->interest == 0 || --set->interest > 0)
		return;
	q->stats.questions--;
	question_end(set);
	life_touch_all(set, now);
	qset_release(set);
	qlink_touch(link);
}

void querier_reconfirm(struct querier *q, ns_t now, uint32_t id, const uint8_t *name, uint16_t type)
{
	struct qlink *link = qlink_find(q, id);
	struct qset *set = link ? qset_find(link, name, type) : NULL;
	if (!set || set->confirms_left > 0 || list_is_empty(&set->records))
		return;
	life_doubt_all(set, now);
	question_confirm(set, now);
	qset_release(set);
	qlink_touch(link);
}

/* Packets in */

/* §11: a packet to the group comes from this link, whatever its source address is. Only one to our own address may
 * come from elsewhere. */
static bool may_come_from(const struct qlink *link, const struct mdns_path *from)
{
	return from->is_multicast ||
	       multicast_is_on_link(link->prefixes, link->prefix_count, &from->peer);
}

/* Reads the header, and finds the parts of the message. False: it is to be ignored. */
static bool message_open(struct querier *q, struct message *m)
{
	struct rd r = rd_init(m->packet, m->len);
	if (!m->link || !(m->link->lanes & 1 << m->lane)) {
		q->stats.ignored++;
		return false;
	}
	if (!may_come_from(m->link, m->from)) {
		q->stats.off_link++;
		return false;
	}
	rd_header(&r, &m->header);
	m->questions = r;
	rd_skip_questions(&r, m->header.qdcount); /* §6: those of a response are ignored */
	m->records = r;
	m->record_count = (unsigned)m->header.count[SECTION_ANSWER] +
			  m->header.count[SECTION_AUTHORITY] + m->header.count[SECTION_ADDITIONAL];
	rd_skip_rrs(&r, m->record_count);
	if (r.err) {
		q->stats.malformed++;
		return false;
	}
	if (msg_opcode(&m->header) == OPCODE_QUERY &&
		msg_rcode(&m->header) == 0) /* §18.3, §18.11 */
		return true;
	q->stats.ignored++;
	return false;
}

static bool has_addr(const struct qlink *link, const struct addr *addr)
{
	for (size_t i = 0; i < link->addr_count; i++)
		if (addr_equal(&link->addrs[i], addr))
			return true;
	return false;
}

static struct message message_of(struct querier *q, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	return (struct message){
		.link = qlink_find(q, from->link),
		.lane = lane_of(&from->peer),
		.now = now,
		.from = from,
		.packet = packet,
		.len = len,
		.serial = ++q->serial,
	};
}

bool querier_is_news(struct querier *q, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	const struct querier_stats before = q->stats;
	struct message m = message_of(q, now, from, packet, len);
	bool is_news = message_open(q, &m) && m.header.flags & MSG_QR && response_may_count(&m) &&
		       response_is_news(&m);
	q->stats = before; /* the packet is counted when it is processed */
	return is_news;
}

void querier_input(struct querier *q, ns_t now, const struct mdns_path *from, const uint8_t *packet,
	size_t len, bool is_trusted)
{
	struct message m = message_of(q, now, from, packet, len);
	m.is_trusted = is_trusted;
	q->stats.packets_in++;
	if (!message_open(q, &m))
		return;
	if (!(m.header.flags & MSG_QR)) {
		if (!has_addr(m.link, &from->peer)) /* our own, come back */
			query_hear(&m);
	} else if (!response_may_count(&m)) {
		q->stats.ignored++;
	} else if (m.is_trusted) {
		response_take(&m);
	} else {
		response_see(&m);
	}
	qlink_touch(m.link);
}

/* Time and packets out */

/* Does what is due on the link, and writes at most one query for each lane. */
static void run_link(struct qlink *link, ns_t now)
{
	while (heap_deadline(&link->timers) <= now) {
		struct qset *set = container_of(heap_first(&link->timers), struct qset, timer);
		doubt_due(set, now);
		question_due(set, now);
		qset_release(set);
	}
	while (heap_deadline(&link->lives) <= now)
		qset_release(life_due(
			container_of(heap_first(&link->lives), struct qrecord, timer), now));
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		if (list_is_empty(&link->pending[lane]) || qlink_clear_at(link) > now)
			continue;
		if (compose_query(link, lane, now)) /* try again when there may be memory */
			link->busy_until = now + 2 * NS_PER_S;
	}
	qlink_touch(link);
}

size_t querier_poll(struct querier *q, ns_t now, struct mdns_path *to, uint8_t *buffer)
{
	size_t len = outbox_take(&q->outbox, to, buffer);
	/* Progress: each turn ends with a packet, or with a link that has nothing due. */
	while (len == 0 && heap_deadline(&q->due) <= now) {
		run_link(container_of(heap_first(&q->due), struct qlink, due), now);
		len = outbox_take(&q->outbox, to, buffer);
	}
	q->stats.packets_out += len > 0;
	q->stats.bytes_out += len;
	return len;
}

ns_t querier_deadline(const struct querier *q)
{
	return outbox_is_empty(&q->outbox) ? heap_deadline(&q->due) : LONG_AGO;
}

/* Readers */

static void visit_list(const struct list *list,
	void (*visit)(void *arg, const struct querier_record *record), void *arg)
{
	LIST_EACH(record, list, const struct qrecord, of_set) {
		struct querier_record view = qrecord_view(record);
		visit(arg, &view);
	}
}

void querier_each(const struct querier *q,
	void (*visit)(void *arg, const struct querier_record *record), void *arg)
{
	MAP_EACH(link, &q->links, const struct qlink, by_id)
		MAP_EACH(record, &link->records, const struct qrecord, by_rdata) {
			struct querier_record view = qrecord_view(record);
			visit(arg, &view);
		}
}

void querier_each_of(const struct querier *q, uint32_t id, const uint8_t *name, uint16_t type,
	void (*visit)(void *arg, const struct querier_record *record), void *arg)
{
	const struct qlink *link = qlink_find(q, id);
	const struct qset *set = link ? qset_find(link, name, type) : NULL;
	if (!set)
		return;
	visit_list(&set->records, visit, arg);
	visit_list(&set->leaving, visit, arg);
}

struct querier_stats querier_stats(const struct querier *q)
{
	struct querier_stats stats = q->stats;
	MAP_EACH(link, &q->links, const struct qlink, by_id)
		stats.sets += link->sets.count;
	return stats;
}
