/* SPDX-License-Identifier: ISC */
/*
 * Owns the signatures that outlive the daemon: what is taken of them at the start, and when they are written.
 * Never signs, and never opens a file.
 */
#include "ontap-zone/signatures.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/retry.h"
#include "dnssec/kept.h"
#include "io/loop.h"
#include "ontap-zone/state.h"

/* The file is written when a start would have to make so many, and so large a part, without it. To write one costs a
 * fortieth of what it costs to make one, so this pays. Changes that never end do not write it all the time. */
enum { FEW = 1000, PART = 16 };
#define PAUSE (6 * 3600 * NS_PER_S)

/* A quarter of a millisecond at a time, and pauses for others: a minute for 100 000 names. */
enum { OWNERS_A_TURN = 64 };
#define TURN_PAUSE (10 * NS_PER_MS)

/* The first ones are verified, and each so many. */
enum { SURE = 64, SAMPLE = 1024 };

struct zone_key {
	struct dnssec_key_id id;
	uint8_t public_key[CRYPT_PUBLIC_CAP];
	uint8_t digest[CRYPT_DIGEST_LEN]; /* kept_key() */
};

struct signed_zone {
	struct name name; /* in lower case */
	unsigned key_count;
	struct zone_key keys[KEYSET_RECORDS_MAX];
};

struct signatures {
	struct signatures_config config;
	struct signed_zone *zones; /* owned */
	size_t zone_count, zone_cap;
	/* Reading. */
	struct kept *kept; /* NULL: none, or not any more */
	uint64_t found;
	/* Writing. */
	bool is_open;
	uint64_t made, in_file; /* since the start; the file has */
	uint64_t
		made_before; /* when the last file was begun that is written; what was made then is in it */
	bool is_writing, is_asked; /* the walk goes on; the keeper has all of it */
	size_t zone;               /* of the walk */
	struct name at;            /* in it */
	struct buf block;
	uint64_t made_at, written, bytes; /* of the file that is being written */
	ns_t next, not_before;            /* piece; file */
	struct retry retry;
};

/* Keys. */

static struct signed_zone *find_zone(const struct signatures *s, const uint8_t *apex)
{
	for (size_t i = 0; i < s->zone_count; i++)
		if (name_equal(s->zones[i].name.wire, apex))
			return &s->zones[i];
	return NULL;
}

static const struct zone_key *find_key(
	const struct signed_zone *zone, const struct dnssec_key_id *id)
{
	for (unsigned i = 0; zone && i < zone->key_count; i++)
		if (zone->keys[i].id.tag == id->tag && zone->keys[i].id.alg == id->alg)
			return &zone->keys[i];
	return NULL;
}

static void add_key(struct signed_zone *zone, const struct keyset_rdata *dnskey)
{
	struct zone_key *key = &zone->keys[zone->key_count];
	const unsigned alg = dnskey->bytes[DNSKEY_HEAD - 1];
	if (!crypt_is_known(alg) || dnskey->len != DNSKEY_HEAD + crypt_public_len(alg))
		return;
	key->id = (struct dnssec_key_id){
		.alg = (uint8_t)alg, .tag = key_tag(dnskey->bytes, dnskey->len)};
	memcpy(key->public_key, dnskey->bytes + DNSKEY_HEAD, dnskey->len - DNSKEY_HEAD);
	kept_key(zone->name.wire, dnskey->bytes, dnskey->len, key->digest);
	zone->key_count++;
}

/* Without memory, nothing of that zone is kept. */
void signatures_keys(struct signatures *s, const struct keyset *keys)
{
	struct signed_zone *zone = find_zone(s, keys->zone.wire);
	if (!zone) {
		if (ARRAY_RESERVE(s->zones, s->zone_cap, s->zone_count + 1))
			return;
		zone = &s->zones[s->zone_count++];
		name_copy(&zone->name, keys->zone.wire);
		name_lower(&zone->name);
	}
	zone->key_count = 0;
	for (unsigned i = 0; i < keys->dnskey.count; i++)
		add_key(zone, &keys->dnskey.rdata[i]);
}

/* A walk that is under way may leave out the zone that moves: it is written another time. */
void signatures_leave(struct signatures *s, const uint8_t *apex)
{
	struct signed_zone *zone = find_zone(s, apex);
	if (zone)
		*zone = s->zones[--s->zone_count];
}

/* Reading. */

static void distrust(struct signatures *s)
{
	log_error(s->config.log,
		"kept signatures are wrong: file=\"signatures\" note=\"all are made anew\"");
	kept_free(s->kept);
	s->kept = NULL;
	s->in_file = 0;
	zone_distrust(s->config.zone);
}

static bool is_right(
	const struct zone_key *key, const struct zone_message *message, const struct rrsig *sig)
{
	struct buf signed_ = {0};
	kept_message(&signed_, message->bytes, message->len, sig);
	const bool is_so =
		signed_.err || crypt_verify(key->id.alg, key->public_key,
				       (const uint8_t *)signed_.bytes, signed_.len, sig->bytes);
	buf_fini(&signed_);
	return is_so;
}

static bool find(
	void *arg, const uint8_t *apex, const struct zone_message *message, struct rrsig *sig)
{
	struct signatures *s = arg;
	struct kept_id id;
	const struct zone_key *key = s->kept ? find_key(find_zone(s, apex), &sig->key) : NULL;
	if (!key)
		return false;
	kept_id(key->digest, message->bytes, message->len, &id);
	if (!kept_find(s->kept, &id, sig))
		return false;
	if ((s->found < SURE || s->found % SAMPLE == 0) && !is_right(key, message, sig)) {
		distrust(s);
		return false;
	}
	s->found++;
	s->config.on_taken(s->config.arg);
	return true;
}

void signatures_load(struct signatures *s, struct buf *file)
{
	const size_t len = file->len;
	s->kept = kept_read(file, loop_random());
	s->in_file = s->kept ? kept_count(s->kept) : 0;
	if (len > 0 && (!s->kept || !kept_is_whole(s->kept)))
		log_warning(s->config.log,
			"kept signatures are damaged: file=\"signatures\" bytes=%zu usable=%llu "
			"note=\"others are made anew\"",
			len, (unsigned long long)s->in_file);
}

/* Life. */

struct signatures *signatures_new(const struct signatures_config *config)
{
	struct signatures *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->config = *config;
	zone_use_kept(config->zone, (struct zone_kept){find, s});
	return s;
}

void signatures_free(struct signatures *s)
{
	if (!s)
		return;
	zone_use_kept(s->config.zone, (struct zone_kept){0});
	kept_free(s->kept);
	buf_fini(&s->block);
	free(s->zones);
	free(s);
}

void signatures_made(struct signatures *s, size_t count)
{
	s->made += count;
}

static void add_taken(void *arg, const uint8_t *apex UNUSED, const struct zone_sign_stats *stats)
{
	uint64_t *sum = arg;
	*sum += stats->kept;
}

void signatures_open(struct signatures *s)
{
	uint64_t taken = 0;
	zone_each_signed(s->config.zone, add_taken, &taken);
	zone_use_kept(s->config.zone, (struct zone_kept){0});
	kept_free(s->kept);
	s->kept = NULL;
	s->is_open = true;
	if (taken + s->made > 0)
		log_info(s->config.log, "all is signed: kept=%llu made=%llu",
			(unsigned long long)taken, (unsigned long long)s->made);
}

/* Writing. */

static bool is_due(const struct signatures *s)
{
	const uint64_t missing = s->made - s->made_before;
	return missing >= FEW && missing >= s->in_file / PART;
}

static void begin(struct signatures *s)
{
	s->is_writing = true;
	s->made_at = s->made;
	s->zone = 0;
	name_copy(&s->at, name_root);
	s->written = s->bytes = 0;
	s->block.err = 0;
	buf_clear(&s->block);
	kept_put_head(&s->block);
	keeper_write_signatures(*s->config.keeper, false, buf_text(&s->block), s->block.len);
	buf_clear(&s->block);
}

static void send_block(struct signatures *s, bool is_last)
{
	const size_t count = kept_block_count(&s->block);
	if (count > 0)
		kept_end_block(&s->block);
	if (s->block.err)
		keeper_drop_signatures(*s->config.keeper);
	else
		keeper_write_signatures(
			*s->config.keeper, is_last, buf_text(&s->block), s->block.len);
	if (s->block.err || is_last) {
		s->is_writing = false;
		s->is_asked = true;
	}
	s->written += count;
	s->bytes += s->block.len;
	buf_clear(&s->block);
}

/* What there is no room for is made anew. */
static void put(void *arg, const struct zone_message *message, const struct rrsig *sig)
{
	struct signatures *s = arg;
	struct kept_id id;
	const struct zone_key *key = find_key(&s->zones[s->zone], &sig->key);
	if (!key || s->bytes > LIMIT_SIGNATURES_FILE - KEEPER_PIECE || s->is_asked)
		return;
	kept_id(key->digest, message->bytes, message->len, &id);
	kept_put(&s->block, &id, sig);
	if (kept_block_count(&s->block) == KEPT_BLOCK_MAX)
		send_block(s, false);
}

static void go_on(struct signatures *s)
{
	if (s->zone >= s->zone_count) {
		send_block(s, true);
		return;
	}
	const int more = zone_each_signature(
		s->config.zone, s->zones[s->zone].name.wire, &s->at, OWNERS_A_TURN, put, s);
	if (more == ERR_NOMEM) {
		s->block.err = ERR_NOMEM;
		send_block(s, true);
	}
	if (more > 0 || s->is_asked)
		return;
	s->zone++;
	name_copy(&s->at, name_root);
}

void signatures_poll(struct signatures *s, ns_t now)
{
	if (!*s->config.keeper || now < signatures_deadline(s))
		return;
	if (!s->is_writing)
		begin(s);
	go_on(s);
	s->next = now + TURN_PAUSE;
}

ns_t signatures_deadline(const struct signatures *s)
{
	if (s->is_writing)
		return keeper_is_full(*s->config.keeper) ? NS_NEVER : s->next;
	if (!s->is_open || s->is_asked || !is_due(s) || zone_is_signing(s->config.zone))
		return NS_NEVER;
	return retry_has_failed(&s->retry) ? retry_deadline(&s->retry) : s->not_before;
}

void signatures_written(struct signatures *s, int err)
{
	const ns_t now = loop_now();
	s->is_asked = false;
	state_note_write(s->config.log, "signatures", err, &s->retry, now);
	if (err)
		return;
	s->made_before = s->made_at;
	s->in_file = s->written;
	s->not_before = now + PAUSE;
}

void signatures_finish(struct signatures *s)
{
	if (!s->is_writing && (!s->is_open || s->is_asked || !is_due(s)))
		return;
	if (!s->is_writing)
		begin(s);
	/* Progress: each turn passes owners, or a zone. */
	while (s->is_writing) {
		go_on(s);
		if (keeper_is_full(*s->config.keeper) && keeper_send_all(*s->config.keeper))
			return;
	}
}
