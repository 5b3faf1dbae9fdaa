/* SPDX-License-Identifier: ISC */
/*
 * Owns what is due in a zone: its keys are read or made, take their steps, and are told to the server.
 * Never lets a step take effect that is not stored.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "ontap-zone/signer_process.h"
#include "ontap-zone/signer_store.h"

enum {
	RETRY_S = 60,
	LOOK_S = TIME_DOUBT_S + 1,        /* so often at least the clock is looked at */
	REFRESH_S = KEYSET_VALIDITY_S / 2 /* so old signatures become before they are made anew */
};

static void log_fault(
	const struct signer_process *p, const struct signed_zone *z, const char *what, int err)
{
	char name[NAME_TEXT_CAP];
	log_error(p->log, "keys failed: step=\"%s\" zone=\"%s\" error=\"%s\"", what,
		name_to_text(z->roll.zone.wire, name), err_text(err));
}

struct signed_zone *signer_zone_find(const struct signer_process *p, const uint8_t *zone)
{
	for (size_t i = 0; i < p->count; i++)
		if (name_equal(p->zones[i]->roll.zone.wire, zone))
			return p->zones[i];
	return NULL;
}

static struct roll_times times_of(const struct signer_process *p, const struct signed_zone *z)
{
	struct roll_times times = p->times;
	times.zone_ttl_s = z->ttl_s;
	return times;
}

static int tell_failed(struct signer_process *p, const struct name *zone)
{
	channel_put(&p->channel, FROM_SIGNER_FAILED, zone, sizeof(*zone));
	return 0;
}

/* True if nobody can have a DS of its key: a reverse zone, whose key was never submitted to a parent. */
static bool is_trace(const struct signer_process *p, const struct signed_zone *z)
{
	const struct roll *r = &z->roll;
	return z->is_loaded && r->mode == ROLL_SIGNED && r->count == 1 &&
	       (r->keys[0].state == ROLL_GENERATED || r->keys[0].state == ROLL_PUBLISHED) &&
	       name_is_reverse(r->zone.wire) && !name_equal(r->zone.wire, p->domain);
}

/* The zone that came first of those that are not served gives up its place. Prefixes that come and go would take all
 * places, and leave files without end. Others keep their files, and are read again when they come back. */
static void make_room(struct signer_process *p)
{
	size_t i = 0;
	while (i < p->count && (p->zones[i]->is_served || p->zones[i]->is_unsigned))
		i++;
	if (i == p->count)
		return;
	struct signed_zone *z = p->zones[i];
	if (is_trace(p, z)) {
		signer_keys_forget(p, z);
		for (unsigned k = 0; k < z->pair_count; k++)
			signer_keys_remove(p, z,
				(struct dnssec_key_id){
					.tag = z->pairs[k].tag, .alg = z->pairs[k].alg});
	}
	explicit_bzero(z, sizeof(*z));
	free(z);
	p->count--;
	memmove(&p->zones[i], &p->zones[i + 1], (p->count - i) * sizeof(p->zones[0]));
}

void signer_zone_add(struct signer_process *p, const struct signer_zone_request *request)
{
	struct signed_zone *z = signer_zone_find(p, request->zone.wire);
	if (!z && p->count == LIMIT_SIGNED_ZONES)
		make_room(p);
	if (!z &&
		(p->count == LIMIT_SIGNED_ZONES || ARRAY_RESERVE(p->zones, p->cap, p->count + 1) ||
			!(z = calloc(1, sizeof(*z))))) {
		log_error(p->log, "a zone is not signed: error=\"%s\"", err_text(ERR_NOMEM));
		tell_failed(p, &request->zone);
		return;
	}
	if (z->roll.zone.len == 0) {
		p->zones[p->count++] = z;
		z->ttl_s = request->ttl_s;
		const struct roll_times times = times_of(p, z);
		roll_init(&z->roll, request->zone.wire, &times);
	}
	z->has_news |= !z->is_served;
	z->is_served = true;
	z->ttl_s = request->ttl_s;
}

/* Steps. */

int signer_zone_store(struct signer_process *p, struct signed_zone *z, const struct roll *next)
{
	int err = signer_keys_store(p, next);
	if (err) {
		log_fault(p, z, "store the state of keys", err);
		z->retry_s = signer_now() + RETRY_S;
		return err;
	}
	z->roll = *next;
	return 0;
}

void signer_zone_hear(struct signer_process *p, const struct ds_answer *a)
{
	char name[NAME_TEXT_CAP];
	struct signed_zone *z = signer_zone_find(p, a->zone.wire);
	if (!z || !z->is_served || !z->is_loaded || !signer_parent_has(z, a))
		return;
	struct roll next = z->roll;
	const uint64_t now_s = signer_now();
	if (!signer_clock_is_good(p, now_s) || roll_ds_seen(&next, now_s) ||
		signer_zone_store(p, z, &next))
		return;
	z->has_news = true;
	log_info(p->log, "keys: zone=\"%s\" parent=\"%s\"", name_to_text(a->zone.wire, name),
		roll_has_delete(&z->roll) ? "has no DS" : "has the DS");
}

/* The files come between two states: what is interrupted has no file, and is forgotten (signer_keys_load), or has
 * one, and goes on. */
int signer_zone_roll(struct signer_process *p, struct signed_zone *z, unsigned alg)
{
	const uint64_t now_s = signer_now();
	const struct roll before = z->roll;
	struct roll next = z->roll;
	struct key_pair *pair = &z->pairs[z->pair_count];
	if (z->pair_count == ROLL_KEYS_MAX || (roll_is_busy(&z->roll)))
		return ERR_EXISTS;
	int err = signer_keys_make(p, z->roll.zone.wire, alg, DNSKEY_FLAGS, pair);
	if (err) {
		log_fault(p, z, "make a key", err);
		return err;
	}
	err = roll_add(&next, now_s, (struct dnssec_key_id){.tag = pair->tag, .alg = pair->alg});
	if (!err)
		err = signer_zone_store(p, z, &next);
	if (err)
		return err;
	err = signer_keys_write(p, z->roll.zone.wire, pair, now_s);
	if (!err) {
		z->pair_count++;
		z->has_news = true;
		return 0;
	}
	log_fault(p, z, "write a key", err);
	key_wipe(pair);
	(void)!signer_zone_store(p, z, &before);
	z->roll = before;
	return err;
}

static void log_steps(
	const struct signer_process *p, const struct roll *before, const struct roll *now)
{
	char name[NAME_TEXT_CAP];
	name_to_text(now->zone.wire, name);
	if (before->mode != now->mode)
		log_info(p->log, "keys: zone=\"%s\" mode=%s", name, roll_mode_text(now->mode));
	for (unsigned i = 0; i < now->count; i++) {
		const struct roll_key *key = &now->keys[i];
		const bool is_same = i < before->count && before->keys[i].id.tag == key->id.tag &&
				     before->keys[i].state == key->state;
		if (!is_same)
			log_info(p->log, "keys: zone=\"%s\" algorithm=%u tag=%u state=%s%s", name,
				key->id.alg, key->id.tag, roll_state_text(key->state),
				key->state == ROLL_SUBMITTED
					? " note=\"give the parent its DS: ontap-zone keys ds\""
					: "");
	}
}

/* Removes the keys that the next state does not name, before it is stored: what is interrupted is done again. */
static void remove_others(struct signer_process *p, struct signed_zone *z, const struct roll *next)
{
	unsigned kept = 0;
	for (unsigned k = 0; k < z->pair_count; k++) {
		const struct dnssec_key_id id = {.tag = z->pairs[k].tag, .alg = z->pairs[k].alg};
		bool is_named = false;
		for (unsigned i = 0; i < next->count; i++)
			is_named |= next->keys[i].id.tag == id.tag;
		if (is_named)
			z->pairs[kept++] = z->pairs[k];
		else
			signer_keys_remove(p, z, id);
	}
	for (unsigned k = kept; k < z->pair_count; k++)
		key_wipe(&z->pairs[k]);
	z->pair_count = kept;
}

static void step(struct signer_process *p, struct signed_zone *z, uint64_t now_s)
{
	const struct roll before = z->roll;
	const struct roll_times times = times_of(p, z);
	struct roll next = z->roll;
	const uint64_t leapt_s = p->time_check.leapt_s;
	bool has_changed = roll_leap(&next, now_s, leapt_s - z->leapt_s);
	has_changed |= roll_set_times(&next, now_s, &times);
	if (has_changed && signer_zone_store(p, z, &next))
		return;
	z->leapt_s = leapt_s;
	/* Progress: each step brings a key nearer to its end, and times none further. */
	while (roll_step(&next, now_s)) {
		remove_others(p, z, &next);
		if (signer_zone_store(p, z, &next))
			break;
		z->has_news = true;
	}
	log_steps(p, &before, &z->roll);
}

/* Looks at a file of the directory. What cannot be read is told when the server wants that zone. */
static void begin_zone(void *arg, const char *file)
{
	struct signer_process *p = arg;
	struct signed_zone *z = calloc(1, sizeof(*z));
	bool has_ended = false;
	if (z && signer_keys_read_state(p, file, &z->roll) == 0) {
		struct roll next = z->roll;
		has_ended = roll_end(&next, signer_now());
		if (has_ended && signer_keys_store(p, &next) == 0) {
			log_steps(p, &z->roll, &next);
			z->roll = next;
		}
	}
	if (!z || z->roll.mode != ROLL_UNSIGNED || p->count == LIMIT_SIGNED_ZONES ||
		ARRAY_RESERVE(p->zones, p->cap, p->count + 1)) {
		free(z);
		return;
	}
	channel_put(&p->channel, FROM_SIGNER_UNSIGNED, &z->roll.zone, sizeof(z->roll.zone));
	p->zones[p->count++] = z;
	z->is_unsigned = true;
	z->is_loaded = signer_keys_load(p, z) == 0;
	if (z->is_loaded)
		step(p, z, signer_now());
}

void signer_zones_begin(struct signer_process *p)
{
	if (signer_clock_is_good(p, signer_now()))
		(void)!signer_store_list(p->dir, begin_zone, p);
}

/* Reads the keys of a zone. A new zone gets its first one. */
static int load(struct signer_process *p, struct signed_zone *z)
{
	int err = signer_keys_load(p, z);
	if (!err && z->roll.count == 0 && z->roll.mode == ROLL_SIGNED)
		err = signer_zone_roll(p, z, p->alg);
	z->is_loaded = !err;
	z->has_news = true;
	return err;
}

static void tell_keys(struct signer_process *p, struct signed_zone *z, uint64_t now_s)
{
	struct keyset keys;
	memset(&keys, 0, sizeof(keys)); /* between its members, too */
	keyset_make(&z->roll, z->pairs, z->pair_count, p->times.dnskey_ttl_s, now_s, &keys);
	channel_put(&p->channel, FROM_SIGNER_KEYS, &keys, sizeof(keys));
	z->told_s = now_s;
	z->has_news = false;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t run_zone(struct signer_process *p, struct signed_zone *z, uint64_t now_s)
{
	if (!z->is_served)
		return UINT64_MAX;
	/* Unless the clock has been set back. */
	if (now_s < z->retry_s && z->retry_s - now_s <= RETRY_S)
		return z->retry_s;
	z->retry_s = 0;
	if (!z->is_loaded && load(p, z)) {
		tell_failed(p, &z->roll.zone);
		z->retry_s = now_s + RETRY_S;
		return z->retry_s;
	}
	step(p, z, now_s);
	if (z->has_news || now_s >= z->told_s + REFRESH_S || now_s + KEYSET_BACK_S < z->told_s)
		tell_keys(p, z, now_s);
	const uint64_t next = earlier(roll_deadline(&z->roll), z->told_s + REFRESH_S);
	return earlier(z->retry_s ? z->retry_s : UINT64_MAX,
		earlier(next, signer_parent_ask(p, z, now_s)));
}

uint64_t signer_zones_run(struct signer_process *p)
{
	const uint64_t now_s = signer_now();
	uint64_t next = UINT64_MAX;
	if (!signer_clock_is_good(p, now_s))
		return earlier(p->time_check.known_s, now_s + LOOK_S);
	next = now_s + LOOK_S;
	for (size_t i = 0; i < p->count; i++)
		next = earlier(next, run_zone(p, p->zones[i], now_s));
	return next;
}
