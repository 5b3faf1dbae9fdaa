/* SPDX-License-Identifier: ISC */
/*
 * Owns the change of the records that updates have at one owner.
 * Never decides who may change them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "update/added.h"

enum { LENGTH_LEN = 2, RECORD_HEAD = LENGTH_LEN + 4 };

struct rdata added_set_next(const struct added_set *set, size_t *at)
{
	const uint8_t *p = set->bytes + set->key_len + *at;
	struct rdata rdata = {p + RECORD_HEAD, get_u16(p)};
	*at += (size_t)RECORD_HEAD + rdata.len;
	STEPS(1);
	return rdata;
}

uint32_t added_set_until(const struct added_set *set, size_t at)
{
	return get_u32(set->bytes + set->key_len + at + LENGTH_LEN);
}

/* True if the next name of both is the same. Both are moved behind it. */
static bool take_same_name(struct rdata *a, struct rdata *b)
{
	size_t len = name_len(a->bytes);
	bool is_same = name_equal(a->bytes, b->bytes);
	if (is_same) {
		a->bytes += len;
		b->bytes += len;
		a->len = (uint16_t)(a->len - len);
		b->len = (uint16_t)(b->len - len);
	}
	return is_same;
}

bool added_is_same_rdata(uint16_t type, struct rdata a, struct rdata b)
{
	struct rr_layout layout = rr_layout(type);
	STEPS(1 + a.len / STEP_BYTES);
	if (a.len != b.len)
		return false;
	if (memcmp(a.bytes, b.bytes, a.len) == 0)
		return true;
	if (layout.names == 0 || memcmp(a.bytes, b.bytes, layout.lead) != 0)
		return false;
	a = (struct rdata){a.bytes + layout.lead, (uint16_t)(a.len - layout.lead)};
	b = (struct rdata){b.bytes + layout.lead, (uint16_t)(b.len - layout.lead)};
	for (unsigned i = 0; i < layout.names; i++)
		if (!take_same_name(&a, &b))
			return false;
	return memcmp(a.bytes, b.bytes, a.len) == 0;
}

static struct added_set **find_set(const struct added_owner *o, uint16_t type)
{
	for (unsigned i = 0; i < o->set_count; i++)
		if (o->sets[i]->type == type)
			return &o->sets[i];
	return NULL;
}

const struct added_set *added_owner_set(const struct added_owner *o, uint16_t type)
{
	struct added_set **at = find_set(o, type);
	return at ? *at : NULL;
}

size_t added_owner_bytes(const struct added_owner *o)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < o->set_count; i++)
		bytes += o->sets[i]->len;
	return bytes;
}

/* Returns a set without records, with room for `len` bytes of them. */
static struct added_set *new_set(uint16_t type, uint32_t ttl, size_t len, struct added_by by)
{
	size_t key_len = by.key ? name_len(by.key) : 0;
	struct added_set *set = malloc(sizeof(*set) + key_len + len);
	if (!set)
		return NULL;
	*set = (struct added_set){.type = type,
		.ttl = ttl,
		.when_s = by.when_s,
		.key_len = (uint8_t)key_len,
		.kind = (uint8_t)by.kind};
	if (by.key)
		memcpy(set->bytes, by.key, key_len);
	return set;
}

static void append(struct added_set *set, struct rdata rdata, uint32_t until_s)
{
	uint8_t *p = set->bytes + set->key_len + set->len;
	put_u16(p, rdata.len);
	put_u32(p + LENGTH_LEN, until_s);
	if (rdata.len > 0)
		memcpy(p + RECORD_HEAD, rdata.bytes, rdata.len);
	set->len += RECORD_HEAD + (uint32_t)rdata.len;
	set->count++;
	STEPS(1 + rdata.len / STEP_BYTES);
}

/* Replaces the set of its type by `set`, which it takes over; on failure, it is freed. */
static int place_set(struct added_owner *o, struct added_set *set)
{
	struct added_set **at = find_set(o, set->type);
	if (at) {
		free(*at);
		*at = set;
		return 0;
	}
	struct added_set **sets =
		realloc(o->sets, (o->set_count + 1u) * sizeof(struct added_set *));
	if (!sets) {
		free(set);
		return ERR_NOMEM;
	}
	o->sets = sets;
	o->sets[o->set_count++] = set;
	return 0;
}

static void remove_set(struct added_owner *o, uint16_t type)
{
	struct added_set **at = find_set(o, type);
	if (!at)
		return;
	free(*at);
	*at = o->sets[--o->set_count];
}

int added_owner_put(struct added_owner *o, uint16_t type, uint32_t ttl, const struct rdata *rdata,
	const uint32_t *until_s, size_t count, struct added_by by)
{
	size_t len = 0;
	if (count == 0) {
		remove_set(o, type);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		len += (size_t)RECORD_HEAD + rdata[i].len;
	struct added_set *set = new_set(type, ttl, len, by);
	if (!set)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		append(set, rdata[i], until_s ? until_s[i] : by.until_s);
	return place_set(o, set);
}

/* The same for a set that may be empty. */
static int settle_set(struct added_owner *o, struct added_set *set)
{
	if (set->count > 0)
		return place_set(o, set);
	remove_set(o, set->type);
	free(set);
	return 0;
}

/* Replaces the set of that type by one without the record, and with `added`, if that is not NULL. */
static int change_set(struct added_owner *o, uint16_t type, uint32_t ttl, struct rdata without,
	const struct rdata *added, struct added_by by)
{
	const struct added_set *old = added_owner_set(o, type);
	size_t at = 0;
	struct added_set *set = new_set(type, ttl,
		(old ? old->len : 0) + (added ? (size_t)RECORD_HEAD + added->len : 0), by);
	if (!set)
		return ERR_NOMEM;
	for (unsigned i = 0; old && i < old->count && !(added && rr_type_has(type, RR_IS_SINGLE));
		i++) {
		const uint32_t until_s = added_set_until(old, at);
		struct rdata rdata = added_set_next(old, &at);
		if (!added_is_same_rdata(type, rdata, without))
			append(set, rdata, until_s);
	}
	if (added)
		append(set, *added, by.until_s);
	return settle_set(o, set);
}

static bool has_record(const struct added_set *set, struct rdata wanted)
{
	size_t at = 0;
	for (unsigned i = 0; set && i < set->count; i++)
		if (added_is_same_rdata(set->type, added_set_next(set, &at), wanted))
			return true;
	return false;
}

int added_owner_add(
	struct added_owner *o, uint16_t type, uint32_t ttl, struct rdata rdata, struct added_by by)
{
	const struct added_set *old = added_owner_set(o, type);
	/* What is replaced may be as long, so it is counted only if it is not there. */
	if (!has_record(old, rdata) &&
		((old && old->count >= LIMIT_UPDATE_SET) ||
			added_owner_bytes(o) + RECORD_HEAD + rdata.len > LIMIT_UPDATE_OWNER))
		return ERR_RANGE;
	return change_set(o, type, ttl, rdata, &rdata, by);
}

int added_owner_drop(struct added_owner *o, uint16_t type, struct rdata rdata, struct added_by by)
{
	const struct added_set *old = added_owner_set(o, type);
	return has_record(old, rdata) ? change_set(o, type, old->ttl, rdata, NULL, by) : 0;
}

/* Leases. */

/* True if the lease of a record has ended. */
static bool has_ended(uint32_t until_s, uint64_t now_s)
{
	return until_s != 0 && until_s <= now_s;
}

/* Returns the first end of a lease; UINT64_MAX: there is none. */
static uint64_t set_next_end(const struct added_set *set)
{
	uint64_t first = UINT64_MAX;
	size_t at = 0;
	for (unsigned i = 0; i < set->count; i++) {
		const uint32_t until_s = added_set_until(set, at);
		if (until_s != 0 && until_s < first)
			first = until_s;
		(void)added_set_next(set, &at);
	}
	return first;
}

uint64_t added_owner_next_end(const struct added_owner *o)
{
	uint64_t first = UINT64_MAX;
	for (unsigned i = 0; i < o->set_count; i++) {
		const uint64_t end = set_next_end(o->sets[i]);
		first = end < first ? end : first;
	}
	return first;
}

static int expire_set(struct added_owner *o, const struct added_set *old, uint64_t now_s)
{
	size_t at = 0;
	struct added_set *set = new_set(old->type, old->ttl, old->len, added_set_by(old));
	if (!set)
		return ERR_NOMEM;
	for (unsigned i = 0; i < old->count; i++) {
		const uint32_t until_s = added_set_until(old, at);
		struct rdata rdata = added_set_next(old, &at);
		if (!has_ended(until_s, now_s))
			append(set, rdata, until_s);
	}
	return settle_set(o, set);
}

int added_owner_expire(struct added_owner *o, uint64_t now_s)
{
	/* From the last one on: a set that goes is replaced by the last. */
	for (unsigned i = o->set_count; i-- > 0;)
		if (set_next_end(o->sets[i]) <= now_s) {
			int err = expire_set(o, o->sets[i], now_s);
			if (err)
				return err;
		}
	return 0;
}
