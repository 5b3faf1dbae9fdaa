/* SPDX-License-Identifier: ISC */
/*
 * Owns sets of records: copies, comparison, times of sending, names in rdata, goodbyes.
 * Never decides when anything is sent.
 */
#include "mdns/mrecord.h"

#include <stdlib.h>

/* Names in rdata */

static const uint8_t *target_of(uint16_t type, const uint8_t *rdata)
{
	return rdata + rr_layout(type).lead;
}

static uint64_t record_hash(const struct mdns *m, uint16_t type, const struct mrecord *record)
{
	return rdata_hash(m, type, record->rdata, record->len);
}

/* Replaces the target in the rdata as it was put. The record is unchanged if out of memory. */
static void record_set_target(
	const struct mdns *m, struct mrecord *record, uint16_t type, const uint8_t *name)
{
	const uint8_t *target = target_of(type, record->put);
	size_t lead = (size_t)(target - record->put), old_len = name_len(target);
	size_t tail = record->put_len - lead - old_len;
	uint8_t *rdata = NULL;
	size_t len = record->put_len;

	if (!name_equal(target, name)) {
		len = lead + name_len(name) + tail;
		rdata = malloc(len);
		if (!rdata)
			return;
		struct wr w = wr_init(rdata, len);
		wr_bytes(&w, record->put, lead);
		wr_bytes(&w, name, name_len(name));
		wr_bytes(&w, target + old_len, tail);
	}
	if (record->rdata != record->put)
		free((void *)(uintptr_t)record->rdata);
	record->rdata = rdata ? rdata : record->put;
	record->len = (uint16_t)len;
	record->hash = record_hash(m, type, record);
}

/* The index: each slot has the number of a record, or none. There are twice as many slots as
 * records. */

enum { INDEX_NONE = UINT16_MAX };

static uint32_t index_slots(size_t count)
{
	uint32_t slots = 2;
	while (slots < 2 * count)
		slots *= 2;
	return slots;
}

static void index_fill(struct recset *set)
{
	memset(set->index, 0xff, (set->index_mask + 1) * sizeof(*set->index));
	for (uint16_t i = 0; i < set->count; i++) {
		uint32_t slot = (uint32_t)set->records[i].hash & set->index_mask;
		while (set->index[slot] != INDEX_NONE)
			slot = (slot + 1) & set->index_mask;
		set->index[slot] = i;
	}
}

void recset_set_target(
	const struct mdns *m, struct recset *set, uint16_t index, const uint8_t *name)
{
	record_set_target(m, &set->records[index], set->type, name);
	index_fill(set);
}

static const uint8_t *reference_target(const struct reference *ref)
{
	return target_of(ref->set->type, ref->set->records[ref->index].put);
}

struct reference *reference_find(const struct mdns *m, const uint8_t *target)
{
	uint64_t hash = name_hash(m->hash_seed, target);
	return MAP_FIND(&m->references, hash, struct reference, by_target, ref,
		name_equal(reference_target(ref), target));
}

static int reference_add(struct mdns *m, struct recset *set, uint16_t index)
{
	struct mrecord *record = &set->records[index];
	const uint8_t *target = target_of(set->type, record->put);
	struct reference *ref = &set->references[index], *first = reference_find(m, target);
	list_init(&ref->same_target);
	if (first) {
		list_append(&first->same_target, &ref->same_target);
	} else {
		int err = map_add(&m->references, &ref->by_target, name_hash(m->hash_seed, target));
		if (err)
			return err;
		ref->is_in_map = true;
	}
	ref->set = set;
	ref->index = index;
	const struct identity *identity = identity_find(m, target);
	if (identity && identity->current != identity->owner)
		record_set_target(m, record, set->type, identity->current);
	return 0;
}

/* Removes the reference. Another one of its ring takes its place in the map, where removing has
 * made room. */
static void reference_remove(struct mdns *m, struct reference *ref)
{
	if (!ref->set)
		return;
	struct list *next = ref->same_target.next;
	bool is_last = list_is_empty(&ref->same_target);
	list_remove(&ref->same_target);
	if (!ref->is_in_map)
		return;
	map_remove(&m->references, &ref->by_target);
	if (is_last)
		return;
	struct reference *heir = container_of(next, struct reference, same_target);
	heir->is_in_map = map_add(&m->references, &heir->by_target, ref->by_target.hash) == 0;
}

/* Sets */

struct recset *recset_new(struct mdns *m, const struct mdns_rrset *from)
{
	size_t count = from->set.count, bytes = 0;
	bool has_names = rr_type_has(from->set.type, RR_HAS_TARGET);
	for (size_t i = 0; i < count; i++)
		bytes += from->set.rdata[i].len;
	uint32_t slots = index_slots(count);
	struct recset *set = calloc(1, sizeof(*set) + count * sizeof(struct mrecord) +
					       (has_names ? count * sizeof(struct reference) : 0) +
					       slots * sizeof(*set->index) + bytes);
	if (!set)
		return NULL;
	set->type = from->set.type;
	set->is_unique = from->is_unique;
	set->is_known_unique = from->is_known_unique;
	set->is_public = from->is_public;
	set->is_quiet = from->is_quiet;
	set->ttl = from->set.ttl;
	set->announce_at = NS_NEVER;
	set->records = (struct mrecord *)(set + 1);
	uint8_t *at = (uint8_t *)(set->records + count);
	if (has_names) {
		set->references = (struct reference *)(set->records + count);
		at += count * sizeof(struct reference);
	}
	set->index = (uint16_t *)(void *)at;
	set->index_mask = slots - 1;
	at += slots * sizeof(*set->index);
	for (; set->count < count; set->count++) {
		const struct rdata *rdata = &from->set.rdata[set->count];
		memcpy(at, rdata->bytes, rdata->len);
		set->records[set->count] = (struct mrecord){
			.rdata = at,
			.put = at,
			.len = rdata->len,
			.put_len = rdata->len,
			.sent = {LONG_AGO, LONG_AGO},
		};
		set->records[set->count].hash =
			record_hash(m, set->type, &set->records[set->count]);
		at += rdata->len;
		if (has_names && reference_add(m, set, set->count)) {
			recset_free(m, set);
			return NULL;
		}
	}
	index_fill(set);
	return set;
}

void recset_free(struct mdns *m, struct recset *set)
{
	if (!set)
		return;
	recset_forget_answers(set, LANES_ALL);
	for (uint16_t i = 0; i < set->count; i++) {
		struct mrecord *record = &set->records[i];
		if (set->references)
			reference_remove(m, &set->references[i]);
		if (record->rdata != record->put)
			free((void *)(uintptr_t)record->rdata);
	}
	free(set);
}

/* Finds the record that was put with the same rdata. Both have the current names of the
 * identities. */
static const struct mrecord *find_put(const struct recset *set, const struct mrecord *like)
{
	uint32_t slot = (uint32_t)like->hash & set->index_mask;
	for (; set->index[slot] != INDEX_NONE; slot = (slot + 1) & set->index_mask) {
		const struct mrecord *record = &set->records[set->index[slot]];
		if (rdata_cmp(record->put, record->put_len, like->put, like->put_len) == 0)
			return record;
	}
	return NULL;
}

bool recset_equal(const struct recset *a, const struct recset *b)
{
	if (a->type != b->type || a->count != b->count || a->ttl != b->ttl ||
		a->is_unique != b->is_unique || a->is_known_unique != b->is_known_unique ||
		a->is_public != b->is_public || a->is_quiet != b->is_quiet)
		return false;
	for (uint16_t i = 0; i < a->count; i++) {
		/* Mostly the order is the same, too. */
		const struct mrecord *x = &a->records[i], *y = &b->records[i];
		if (rdata_cmp(x->put, x->put_len, y->put, y->put_len) != 0 && !find_put(b, x))
			return false;
	}
	return true;
}

void recset_inherit(struct recset *set, const struct recset *old)
{
	for (uint16_t i = 0; i < set->count; i++) {
		const struct mrecord *before = find_put(old, &set->records[i]);
		if (!before)
			continue;
		memcpy(set->records[i].sent, before->sent, sizeof(before->sent));
		if (!set->is_unique)
			set->records[i].wanted |= before->wanted & (WANTED_ANNOUNCE | WANTED_AGAIN);
	}
	bool was_sent = recset_last_sent(old, 1u << LANE_V4 | 1u << LANE_V6) != LONG_AGO;
	set->replaces_sent = set->is_unique && (was_sent || old->replaces_sent);
}

struct mrecord *recset_find(
	const struct mdns *m, const struct recset *set, const uint8_t *rdata, size_t len)
{
	uint32_t slot = (uint32_t)rdata_hash(m, set->type, rdata, len) & set->index_mask;
	/* Progress: half of the slots are free. */
	for (; set->index[slot] != INDEX_NONE; slot = (slot + 1) & set->index_mask) {
		struct mrecord *record = &set->records[set->index[slot]];
		if (rdata_cmp(record->rdata, record->len, rdata, len) == 0)
			return record;
	}
	return NULL;
}

ns_t recset_last_sent(const struct recset *set, unsigned lanes)
{
	ns_t last = LONG_AGO;
	for (uint16_t i = 0; i < set->count; i++)
		for (int lane = 0; lane < LANE_COUNT; lane++)
			if (lanes & 1u << lane && set->records[i].sent[lane] > last)
				last = set->records[i].sent[lane];
	return last;
}

ns_t recset_first_sent(const struct recset *set, enum lane lane)
{
	ns_t first = NS_NEVER;
	for (uint16_t i = 0; i < set->count; i++)
		first = ns_min(first, set->records[i].sent[lane]);
	return first;
}

void recset_forget_answers(struct recset *set, unsigned lanes)
{
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		if (!(lanes & 1u << lane) || !heap_has(&set->due[lane]))
			continue;
		heap_remove(&set->mname->link->answers[lane], &set->due[lane]);
		for (uint16_t i = 0; i < set->count; i++)
			set->records[i].wanted &= (uint8_t) ~(1u << lane);
	}
}

bool recset_note_known(struct recset *set, struct mrecord *record, uint64_t serial)
{
	if (set->known_in != serial) {
		set->known_in = serial;
		set->known_count = 0;
	}
	if (record->known_in != serial) {
		record->known_in = serial;
		set->known_count++;
	}
	return set->known_count == set->count;
}

int peer_record_read(struct mdns *m, const struct rd *r, const struct rr *rr, size_t *at,
	struct peer_record *ret)
{
	struct wr w = wr_init(m->scratch + *at, LIMIT_MDNS_SCRATCH - *at);
	int err = rr_rdata_expand(r, rr, &w);
	if (err)
		return err;
	if (wr_len(&w) > UINT16_MAX)
		return ERR_RANGE;
	*ret = (struct peer_record){
		.type = rr->type,
		.has_flush = rr->class & CLASS_FLUSH,
		.ttl = rr->ttl,
		.rdata = w.start,
		.len = (uint16_t)wr_len(&w),
	};
	*at += wr_len(&w);
	return 0;
}

uint64_t rdata_hash(const struct mdns *m, uint16_t type, const uint8_t *rdata, size_t len)
{
	return hash_bytes(hash_mix(m->hash_seed, type), rdata, len);
}

/* Goodbyes */

void goodbye_add(struct mname *mname, const struct recset *set, const struct mrecord *record)
{
	struct mlink *link = mname->link;
	const uint8_t *owner = mname->identity->current;
	size_t owner_len = name_len(owner);
	bool was_sent = record->sent[LANE_V4] != LONG_AGO || record->sent[LANE_V6] != LONG_AGO;
	/* The flush bit also removes what the set has replaced (§10.2). */
	if (!link->is_up || !(was_sent || set->replaces_sent))
		return;
	struct goodbye *goodbye = malloc(sizeof(*goodbye) + owner_len + record->len);
	if (!goodbye)
		return;
	goodbye->type = set->type;
	goodbye->class = set->is_unique ? CLASS_IN | CLASS_FLUSH : CLASS_IN;
	goodbye->owner_len = (uint8_t)owner_len;
	goodbye->is_public = set->is_public;
	goodbye->len = record->len;
	memcpy(goodbye->bytes, owner, owner_len);
	memcpy(goodbye->bytes + owner_len, record->rdata, record->len);
	list_append(&link->goodbyes, &goodbye->of_link);
}
