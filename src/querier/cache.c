/* SPDX-License-Identifier: ISC */
/*
 * Owns links, sets and records: their memory, their tables, and how much of the cache each source has.
 * Never looks at a message, and never decides when anything happens.
 */
#include "querier/cache.h"

#include <stdlib.h>

#include "base/random.h"

/* §5.2 */
static const ns_t first_delay_min = 20 * NS_PER_MS, first_delay_max = 120 * NS_PER_MS;

/* Links */

static uint64_t id_hash(const struct querier *q, uint32_t id)
{
	return hash_mix(q->hash_seed, id);
}

struct qlink *qlink_find(const struct querier *q, uint32_t id)
{
	return MAP_FIND(&q->links, id_hash(q, id), struct qlink, by_id, link, link->id == id);
}

struct qlink *qlink_get(struct querier *q, uint32_t id)
{
	struct qlink *link = qlink_find(q, id);
	if (link)
		return link;
	link = calloc(1, sizeof(*link));
	if (!link || map_add(&q->links, &link->by_id, id_hash(q, id))) {
		free(link);
		return NULL;
	}
	link->q = q;
	link->id = id;
	link->first_at = link->unicast_until = link->busy_until = LONG_AGO;
	for (int lane = 0; lane < LANE_COUNT; lane++)
		list_init(&link->pending[lane]);
	return link;
}

ns_t qlink_first_moment(struct qlink *link, ns_t now)
{
	if (link->first_at <= now)
		link->first_at = now + random_between(&link->q->random_state, first_delay_min,
					       first_delay_max);
	return link->first_at;
}

ns_t qlink_clear_at(const struct qlink *link)
{
	return link->busy_until - (LIMIT_QUERIER_BURST - 1) * NS_PER_S / LIMIT_QUERIER_PACKETS_S;
}

void qlink_touch(struct qlink *link)
{
	ns_t at = ns_min(heap_deadline(&link->timers), heap_deadline(&link->lives));
	for (int lane = 0; lane < LANE_COUNT; lane++)
		if (!list_is_empty(&link->pending[lane]))
			at = ns_min(at, qlink_clear_at(link));
	if (at == NS_NEVER)
		heap_remove(&link->q->due, &link->due);
	else if (!heap_has(&link->due) || link->due.at != at)
		heap_put(&link->q->due, &link->due, at);
}

/* Sets */

static uint64_t set_hash(const struct querier *q, const uint8_t *name, uint16_t type)
{
	return hash_mix(name_hash(q->hash_seed, name), type);
}

struct qset *qset_find(const struct qlink *link, const uint8_t *name, uint16_t type)
{
	return MAP_FIND(&link->sets, set_hash(link->q, name, type), struct qset, by_key, set,
		set->type == type && name_equal(set->name, name));
}

struct qset *qset_get(struct qlink *link, const uint8_t *name, uint16_t type)
{
	struct qset *set = qset_find(link, name, type);
	size_t len = name_len(name);
	if (set)
		return set;
	set = calloc(1, sizeof(*set) + len);
	if (!set || map_add(&link->sets, &set->by_key, set_hash(link->q, name, type))) {
		free(set);
		return NULL;
	}
	set->link = link;
	set->type = type;
	set->name_len = (uint8_t)len;
	memcpy(set->name, name, len);
	list_init(&set->records);
	list_init(&set->leaving);
	list_init(&set->chosen);
	set->ask_at = set->confirm_at = NS_NEVER;
	set->asked_at = set->unicast_at = LONG_AGO;
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		list_init(&set->pending[lane]);
		set->doubts[lane].until = NS_NEVER;
		set->other_at[lane] = LONG_AGO;
	}
	return set;
}

static void qset_free(struct qset *set)
{
	heap_remove(&set->link->timers, &set->timer);
	for (int lane = 0; lane < LANE_COUNT; lane++)
		list_remove(&set->pending[lane]);
	list_remove(&set->chosen);
	map_remove(&set->link->sets, &set->by_key);
	free(set);
}

void qset_release(struct qset *set)
{
	ns_t at = ns_min(set->ask_at, set->confirm_at);
	if (set->interest == 0 && list_is_empty(&set->records) && list_is_empty(&set->leaving)) {
		qset_free(set);
		return;
	}
	for (int lane = 0; lane < LANE_COUNT; lane++)
		at = ns_min(at, set->doubts[lane].until);
	if (at == NS_NEVER)
		heap_remove(&set->link->timers, &set->timer);
	else if (!heap_has(&set->timer) || set->timer.at != at)
		heap_put(&set->link->timers, &set->timer, at);
}

/* Sources */

static struct qpeer *peer_get(struct qlink *link, const struct addr *addr)
{
	uint64_t hash = hash_bytes(link->q->hash_seed, addr, sizeof(*addr));
	struct qpeer *peer = MAP_FIND(
		&link->peers, hash, struct qpeer, by_addr, known, addr_equal(&known->addr, addr));
	if (peer)
		return peer;
	peer = calloc(1, sizeof(*peer));
	if (!peer || map_add(&link->peers, &peer->by_addr, hash)) {
		free(peer);
		return NULL;
	}
	peer->addr = *addr;
	link->q->stats.peers++;
	return peer;
}

static void peer_release(struct qlink *link, struct qpeer *peer)
{
	if (peer->bytes > 0)
		return;
	map_remove(&link->peers, &peer->by_addr);
	link->q->stats.peers--;
	free(peer);
}

/* Records */

int qrdata_read(struct querier *q, const struct rd *r, const struct rr *rr, struct qrdata *ret)
{
	struct wr w = wr_init(q->raw, sizeof(q->raw));
	int err = rr_rdata_expand(r, rr, &w);
	if (!err && !rdata_is_valid(rr->type, q->raw, wr_len(&w)))
		err = ERR_SYNTAX;
	if (err)
		return err;
	ret->type = rr->type;
	ret->len = (uint16_t)wr_len(&w);
	memcpy(q->canonical, q->raw, ret->len);
	rdata_to_canonical(rr->type, q->canonical, ret->len);
	ret->hash = hash_bytes(q->hash_seed, q->canonical, ret->len);
	return 0;
}

static bool has_rdata(const struct qrecord *record, const struct qrdata *rdata)
{
	struct querier *q = record->set->link->q;
	if (record->len != rdata->len)
		return false;
	memcpy(q->other, record->rdata, record->len);
	rdata_to_canonical(rdata->type, q->other, record->len);
	return memcmp(q->other, q->canonical, rdata->len) == 0;
}

static uint64_t record_hash(const struct qset *set, const struct qrdata *rdata)
{
	return hash_mix(set->by_key.hash, rdata->hash);
}

struct qrecord *qrecord_find(const struct qset *set, const struct qrdata *rdata)
{
	return MAP_FIND(&set->link->records, record_hash(set, rdata), struct qrecord, by_rdata,
		record, record->set == set && has_rdata(record, rdata));
}

/* A record counts with its set, as if it were alone in it: an upper bound. */
static size_t record_bytes(const struct qset *set, size_t len)
{
	return sizeof(struct qrecord) + len + sizeof(*set) + set->name_len;
}

struct qrecord *qrecord_add(struct qset *set, const struct qrdata *rdata, const struct addr *from)
{
	struct qlink *link = set->link;
	struct querier *q = link->q;
	size_t bytes = record_bytes(set, rdata->len);
	struct qpeer *peer = peer_get(link, from);
	struct qrecord *record = NULL;
	if (!peer)
		return NULL;
	if (q->stats.bytes + bytes <= LIMIT_QUERIER_BYTES &&
		peer->bytes + bytes <= LIMIT_QUERIER_BYTES / LIMIT_QUERIER_PEER_PART)
		record = calloc(1, sizeof(*record) + rdata->len);
	if (!record || map_add(&link->records, &record->by_rdata, record_hash(set, rdata))) {
		free(record);
		peer_release(link, peer);
		return NULL;
	}
	record->set = set;
	record->payer = peer;
	record->len = rdata->len;
	memcpy(record->rdata, q->raw, rdata->len);
	list_append(&set->records, &record->of_set);
	set->live_count++;
	peer->bytes += bytes;
	q->stats.bytes += bytes;
	q->stats.records++;
	return record;
}

static void record_free(struct qrecord *record)
{
	struct qset *set = record->set;
	struct qlink *link = set->link;
	size_t bytes = record_bytes(set, record->len);
	set->live_count -= !record->is_leaving;
	list_remove(&record->of_set);
	heap_remove(&link->lives, &record->timer);
	map_remove(&link->records, &record->by_rdata);
	record->payer->bytes -= bytes;
	peer_release(link, record->payer);
	link->q->stats.bytes -= bytes;
	link->q->stats.records--;
	free(record);
}

void qrecord_remove(struct qrecord *record, enum querier_end why)
{
	const struct querier *q = record->set->link->q;
	struct querier_record view = qrecord_view(record);
	if (q->events.on_gone)
		q->events.on_gone(q->arg, &view, why);
	record_free(record);
}

struct querier_record qrecord_view(const struct qrecord *record)
{
	return (struct querier_record){
		.link = record->set->link->id,
		.owner = record->set->name,
		.type = record->set->type,
		.is_unique = record->is_unique,
		.is_leaving = record->is_leaving,
		.unanswered = record->unanswered,
		.ttl_s = record->ttl_s,
		.peer = record->peers[record->last_lane],
		.heard_at = record->heard_at,
		.expires_at = record->expires_at,
		.rdata = {record->rdata, record->len},
	};
}

void qlink_free(struct qlink *link)
{
	MAP_EACH(record, &link->records, struct qrecord, by_rdata)
		record_free(record);
	MAP_EACH(set, &link->sets, struct qset, by_key) {
		link->q->stats.questions -= set->interest > 0;
		qset_free(set);
	}
	map_fini(&link->sets);
	map_fini(&link->records);
	map_fini(&link->peers);
	heap_remove(&link->q->due, &link->due);
	map_remove(&link->q->links, &link->by_id);
	free(link->prefixes);
	free(link->addrs);
	free(link);
}
