/* SPDX-License-Identifier: ISC */
/*
 * Owns the steps of keys, and what a key does in each.
 * Never touches a key itself: it knows them by tag and algorithm.
 */
#include "dnssec/roll.h"

#include <string.h>

#include "base/err.h"

static uint32_t longer(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void roll_init(struct roll *r, const uint8_t *zone, const struct roll_times *times)
{
	*r = (struct roll){.times = *times, .next = *times};
	name_copy(&r->zone, zone);
	name_lower(&r->zone);
}

/* Times. */

static bool is_same_times(const struct roll_times *a, const struct roll_times *b)
{
	return a->dnskey_ttl_s == b->dnskey_ttl_s && a->zone_ttl_s == b->zone_ttl_s &&
	       a->ds_ttl_s == b->ds_ttl_s && a->propagation_s == b->propagation_s &&
	       a->validity_s == b->validity_s;
}

bool roll_set_times(struct roll *r, uint64_t now_s, const struct roll_times *times)
{
	struct roll_times *t = &r->times;
	if (is_same_times(&r->next, times))
		return false;
	r->next = *times;
	r->next_s = now_s;
	t->dnskey_ttl_s = longer(t->dnskey_ttl_s, times->dnskey_ttl_s);
	t->zone_ttl_s = longer(t->zone_ttl_s, times->zone_ttl_s);
	t->ds_ttl_s = longer(t->ds_ttl_s, times->ds_ttl_s);
	t->propagation_s = longer(t->propagation_s, times->propagation_s);
	t->validity_s = longer(t->validity_s, times->validity_s);
	return true;
}

/* 0 is no time. */
static bool move(uint64_t *at_s, uint64_t now_s, uint64_t leapt_s)
{
	const uint64_t before_s = *at_s;
	if (before_s == 0)
		return false;
	*at_s = before_s >= now_s || leapt_s >= now_s - before_s ? now_s : before_s + leapt_s;
	return *at_s != before_s;
}

bool roll_leap(struct roll *r, uint64_t now_s, uint64_t leapt_s)
{
	bool has_changed = move(&r->mode_since_s, now_s, leapt_s);
	has_changed |= move(&r->fresh_s, now_s, leapt_s);
	has_changed |= move(&r->next_s, now_s, leapt_s);
	for (unsigned i = 0; i < r->count; i++) {
		has_changed |= move(&r->keys[i].created_s, now_s, 0);
		has_changed |= move(&r->keys[i].since_s, now_s, leapt_s);
	}
	return has_changed;
}

/* When what was served with the longer times is gone from all caches. */
static uint64_t times_end(const struct roll *r)
{
	const struct roll_times *t = &r->times;
	if (is_same_times(t, &r->next) || roll_is_busy(r))
		return UINT64_MAX;
	return r->next_s + longer(longer(t->dnskey_ttl_s, t->zone_ttl_s), t->ds_ttl_s) +
	       t->propagation_s;
}

/* Keys. */

static bool has_state(const struct roll *r, enum roll_state state)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->keys[i].state == state)
			return true;
	return false;
}

/* The key that the parent's DS is of, or will be of first: -1: there is none. */
static int find_main(const struct roll *r)
{
	int found = -1;
	for (unsigned i = 0; i < r->count; i++) {
		const enum roll_state state = r->keys[i].state;
		if (state == ROLL_ACTIVE)
			return (int)i;
		if (found < 0 && (state == ROLL_PUBLISHED || state == ROLL_SUBMITTED))
			found = (int)i;
	}
	return found;
}

/* True if keys of two algorithms take turns. */
static bool has_two_algorithms(const struct roll *r)
{
	unsigned alg = 0;
	for (unsigned i = 0; i < r->count; i++) {
		if (r->keys[i].state == ROLL_RETIRED)
			continue;
		if (alg != 0 && r->keys[i].id.alg != alg)
			return true;
		alg = r->keys[i].id.alg;
	}
	return false;
}

bool roll_signs_data(const struct roll *r, unsigned i)
{
	const enum roll_state state = r->keys[i].state;
	if (state == ROLL_GENERATED || state == ROLL_RETIRED)
		return false;
	return has_two_algorithms(r) || (int)i == find_main(r);
}

bool roll_is_in_set(const struct roll *r, unsigned i)
{
	const enum roll_state state = r->keys[i].state;
	return state == ROLL_PUBLISHED || state == ROLL_SUBMITTED || state == ROLL_ACTIVE ||
	       state == ROLL_LEAVING;
}

bool roll_has_delete(const struct roll *r)
{
	return r->mode == ROLL_UNSIGNING || r->mode == ROLL_DS_GONE;
}

bool roll_is_in_cds(const struct roll *r, unsigned i)
{
	const enum roll_state state = r->keys[i].state;
	if (roll_has_delete(r))
		return false;
	if (has_state(r, ROLL_SUBMITTED))
		return state == ROLL_SUBMITTED;
	return state == ROLL_ACTIVE;
}

bool roll_is_asking(const struct roll *r)
{
	return r->mode == ROLL_UNSIGNING ||
	       (r->mode == ROLL_SIGNED && has_state(r, ROLL_SUBMITTED));
}

bool roll_is_busy(const struct roll *r)
{
	if (r->mode == ROLL_UNSIGNING || r->mode == ROLL_DS_GONE)
		return true;
	for (unsigned i = 0; i < r->count; i++)
		if (r->keys[i].state != ROLL_ACTIVE)
			return true;
	return false;
}

static void set_state(struct roll *r, unsigned i, enum roll_state state, uint64_t now_s)
{
	r->keys[i].state = state;
	r->keys[i].since_s = now_s;
}

/* Which keys sign data, one bit for each. */
static unsigned signing_keys(const struct roll *r)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < r->count; i++)
		bits |= roll_signs_data(r, i) ? 1u << i : 0;
	return bits;
}

int roll_add(struct roll *r, uint64_t now_s, struct dnssec_key_id id)
{
	if (roll_is_busy(r) || r->count == ROLL_KEYS_MAX)
		return ERR_EXISTS;
	if (r->mode == ROLL_UNSIGNED || r->count == 0) {
		r->mode = ROLL_SIGNED;
		r->mode_since_s = now_s;
		r->fresh_s = 0;
	}
	r->keys[r->count++] = (struct roll_key){
		.id = id, .state = ROLL_GENERATED, .created_s = now_s, .since_s = now_s};
	return 0;
}

int roll_ds_seen(struct roll *r, uint64_t now_s)
{
	if (r->mode == ROLL_UNSIGNING) {
		r->mode = ROLL_DS_GONE;
		r->mode_since_s = now_s;
		return 0;
	}
	if (r->mode != ROLL_SIGNED || !has_state(r, ROLL_SUBMITTED))
		return ERR_ABSENT;
	const unsigned before = signing_keys(r);
	for (unsigned i = 0; i < r->count; i++)
		if (r->keys[i].state == ROLL_ACTIVE)
			set_state(r, i, ROLL_LEAVING, now_s);
		else if (r->keys[i].state == ROLL_SUBMITTED)
			set_state(r, i, ROLL_ACTIVE, now_s);
	if (signing_keys(r) != before)
		r->fresh_s = 0;
	return 0;
}

/* Before a key was submitted, the parent cannot have a DS. */
int roll_unsign(struct roll *r, uint64_t now_s)
{
	if (r->mode == ROLL_UNSIGNED || r->count == 0)
		return ERR_ABSENT;
	if (r->mode != ROLL_SIGNED || r->count > 1)
		return ERR_EXISTS;
	const enum roll_state state = r->keys[0].state;
	const bool may_have_ds = state == ROLL_ACTIVE || state == ROLL_SUBMITTED;
	r->mode = may_have_ds ? ROLL_UNSIGNING : ROLL_DS_GONE;
	r->mode_since_s = may_have_ds ? now_s : 0;
	return 0;
}

bool roll_fresh(struct roll *r, uint64_t now_s, const struct dnssec_key_id *ids, unsigned count)
{
	unsigned bits = 0;
	for (unsigned k = 0; k < count; k++)
		for (unsigned i = 0; i < r->count; i++)
			if (r->keys[i].id.tag == ids[k].tag && r->keys[i].id.alg == ids[k].alg)
				bits |= 1u << i;
	if (r->fresh_s != 0 || bits == 0 || bits != signing_keys(r))
		return false;
	r->fresh_s = now_s;
	return true;
}

/* Steps. */

/* When all data has been signed as now. Without news of that: when signatures from before `since_s` have
 * expired. */
static uint64_t fresh_at(const struct roll *r, uint64_t since_s)
{
	return r->fresh_s ? later(r->fresh_s, since_s) : since_s + r->times.validity_s;
}

/* When the key's state is over, if time alone decides. */
static uint64_t state_end(const struct roll *r, unsigned i)
{
	const struct roll_times *t = &r->times;
	const struct roll_key *key = &r->keys[i];
	const uint64_t since = key->since_s, spread = t->propagation_s;
	switch (key->state) {
	case ROLL_GENERATED: return 0;
	case ROLL_SIGNING: return fresh_at(r, since) + t->zone_ttl_s + spread;
	case ROLL_PUBLISHED: {
		const uint64_t set_gone = since + t->dnskey_ttl_s + spread;
		const bool is_first = find_main(r) == (int)i;
		return is_first ? later(set_gone, fresh_at(r, since) + t->zone_ttl_s + spread)
				: set_gone;
	}
	case ROLL_LEAVING: {
		const uint64_t ds_gone = since + t->ds_ttl_s + spread;
		return has_two_algorithms(r)
			       ? ds_gone
			       : later(ds_gone, fresh_at(r, since) + t->zone_ttl_s + spread);
	}
	case ROLL_DROPPED:
	case ROLL_RETIRED: return since + t->dnskey_ttl_s + spread;
	case ROLL_SUBMITTED:
	case ROLL_ACTIVE:
	case ROLL_STATE_COUNT: break;
	}
	return UINT64_MAX;
}

uint64_t roll_end_time(const struct roll *r)
{
	if (r->mode != ROLL_DS_GONE)
		return UINT64_MAX;
	return r->mode_since_s ? r->mode_since_s + r->times.ds_ttl_s + r->times.propagation_s : 0;
}

bool roll_end(struct roll *r, uint64_t now_s)
{
	if (r->mode != ROLL_DS_GONE || now_s < roll_end_time(r))
		return false;
	r->mode = ROLL_UNSIGNED;
	r->mode_since_s = now_s;
	for (unsigned i = 0; i < r->count; i++)
		set_state(r, i, ROLL_RETIRED, now_s);
	return true;
}

static enum roll_state state_after(const struct roll *r, unsigned i)
{
	switch (r->keys[i].state) {
	case ROLL_GENERATED: return has_two_algorithms(r) ? ROLL_SIGNING : ROLL_PUBLISHED;
	case ROLL_SIGNING: return ROLL_PUBLISHED;
	case ROLL_PUBLISHED: return ROLL_SUBMITTED;
	case ROLL_LEAVING: return has_two_algorithms(r) ? ROLL_DROPPED : ROLL_RETIRED;
	default: return ROLL_RETIRED;
	}
}

static void remove_key(struct roll *r, unsigned i)
{
	r->count--;
	memmove(&r->keys[i], &r->keys[i + 1], (r->count - i) * sizeof(r->keys[0]));
}

bool roll_step(struct roll *r, uint64_t now_s)
{
	if (now_s >= times_end(r)) {
		r->times = r->next;
		return true;
	}
	for (unsigned i = 0; i < r->count; i++) {
		if (now_s < state_end(r, i))
			continue;
		const unsigned before = signing_keys(r);
		if (r->keys[i].state == ROLL_RETIRED) {
			remove_key(r, i);
			return true;
		}
		set_state(r, i, state_after(r, i), now_s);
		if (signing_keys(r) != before)
			r->fresh_s = 0;
		return true;
	}
	return false;
}

uint64_t roll_deadline(const struct roll *r)
{
	uint64_t end = times_end(r);
	for (unsigned i = 0; i < r->count; i++) {
		const uint64_t own = state_end(r, i);
		if (own < end)
			end = own;
	}
	return end;
}
