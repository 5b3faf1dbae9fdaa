/* SPDX-License-Identifier: ISC */
/*
 * Owns the sets that tell of keys.
 * Never decides what a key does: dnssec/roll.h does.
 */
#include "dnssec/keyset.h"

#include <string.h>

#include "base/cursor.h"
#include "wire/rr.h"

/* The keys that sign a set. */
struct signers {
	const struct key_pair *at[RRSIG_KEYS_MAX];
	unsigned count;
};

static void add_signer(struct signers *s, const struct key_pair *pair)
{
	if (pair && s->count < RRSIG_KEYS_MAX)
		s->at[s->count++] = pair;
}

static const struct key_pair *find_pair(
	const struct key_pair *pairs, size_t count, struct dnssec_key_id id)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].tag == id.tag && pairs[i].alg == id.alg)
			return &pairs[i];
	return NULL;
}

/* Puts the rdata in its place (RFC 4034 §6.3). */
static void add_rdata(struct keyset_set *set, const uint8_t *rdata, size_t len)
{
	unsigned at = set->count;
	if (at == KEYSET_RECORDS_MAX)
		return;
	for (; at > 0; at--) {
		const struct keyset_rdata *before = &set->rdata[at - 1];
		if (rdata_cmp(before->bytes, before->len, rdata, len) < 0)
			break;
		set->rdata[at] = *before;
	}
	set->rdata[at].len = (uint8_t)len;
	memcpy(set->rdata[at].bytes, rdata, len);
	set->count++;
}

/* Writes what is signed (RFC 4034 §3.1.8.1). */
static size_t write_message(uint8_t *out, size_t cap, const struct name *zone, uint16_t type,
	const struct keyset_set *set, const struct rrsig *sig)
{
	struct wr w = wr_init(out, cap);
	wr_u16(&w, type);
	wr_u8(&w, sig->key.alg);
	wr_u8(&w, sig->labels);
	wr_u32(&w, set->ttl_s);
	wr_u32(&w, sig->expiration);
	wr_u32(&w, sig->inception);
	wr_u16(&w, sig->key.tag);
	wr_bytes(&w, zone->wire, zone->len);
	for (unsigned i = 0; i < set->count; i++) {
		wr_bytes(&w, zone->wire, zone->len);
		wr_u16(&w, type);
		wr_u16(&w, CLASS_IN);
		wr_u32(&w, set->ttl_s);
		wr_u16(&w, set->rdata[i].len);
		wr_bytes(&w, set->rdata[i].bytes, set->rdata[i].len);
	}
	return wr_len(&w);
}

static void sign_set(struct keyset_set *set, const struct name *zone, uint16_t type,
	const struct signers *signers, uint64_t now_s)
{
	uint8_t message[RRSIG_RDATA_MAX + KEYSET_RECORDS_MAX * (NAME_CAP + 10 + DNSKEY_CAP)];
	if (set->count == 0)
		return;
	for (unsigned i = 0; i < signers->count; i++) {
		const struct key_pair *pair = signers->at[i];
		struct rrsig *sig = &set->signatures[set->signature_count++];
		*sig = (struct rrsig){.key = {.tag = pair->tag, .alg = pair->alg},
			.labels = (uint8_t)name_labels(zone->wire),
			.inception = (uint32_t)now_s - KEYSET_BACK_S,
			.expiration = (uint32_t)now_s + KEYSET_VALIDITY_S};
		const size_t len = write_message(message, sizeof(message), zone, type, set, sig);
		key_sign(pair, message, len, sig->bytes);
	}
}

static void add_cds(struct keyset *k, const struct key_pair *pair)
{
	uint8_t ds[DS_LEN], dnskey[DNSKEY_CAP];
	key_ds(pair, k->zone.wire, ds);
	add_rdata(&k->cds, ds, sizeof(ds));
	add_rdata(&k->cdnskey, dnskey, key_dnskey(pair, dnskey));
}

void keyset_make(const struct roll *r, const struct key_pair *pairs, size_t pair_count,
	uint32_t ttl_s, uint64_t now_s, struct keyset *ret)
{
	struct signers of_set = {.count = 0}, of_all = {.count = 0};
	*ret = (struct keyset){.zone = r->zone};
	ret->dnskey.ttl_s = ret->cds.ttl_s = ret->cdnskey.ttl_s = ttl_s;
	for (unsigned i = 0; i < r->count; i++) {
		const struct key_pair *pair = find_pair(pairs, pair_count, r->keys[i].id);
		uint8_t dnskey[DNSKEY_CAP];
		if (!pair)
			continue;
		if (roll_signs_data(r, i) && ret->active_count < RRSIG_KEYS_MAX)
			ret->active[ret->active_count++] = r->keys[i].id;
		if (roll_signs_data(r, i) || roll_is_in_set(r, i))
			add_signer(&of_all, pair);
		if (roll_is_in_set(r, i)) {
			add_signer(&of_set, pair);
			add_rdata(&ret->dnskey, dnskey, key_dnskey(pair, dnskey));
		}
		if (roll_is_in_cds(r, i))
			add_cds(ret, pair);
	}
	if (roll_has_delete(r)) {
		add_rdata(&ret->cds, cds_delete, sizeof(cds_delete));
		add_rdata(&ret->cdnskey, cdnskey_delete, sizeof(cdnskey_delete));
	}
	sign_set(&ret->dnskey, &ret->zone, RR_DNSKEY, &of_set, now_s);
	sign_set(&ret->cds, &ret->zone, RR_CDS, &of_all, now_s);
	sign_set(&ret->cdnskey, &ret->zone, RR_CDNSKEY, &of_all, now_s);
}

static bool is_set_sound(const struct keyset_set *set)
{
	for (unsigned i = 0; i < set->count && i < KEYSET_RECORDS_MAX; i++)
		if (set->rdata[i].len > DNSKEY_CAP)
			return false;
	return set->count <= KEYSET_RECORDS_MAX && set->signature_count <= RRSIG_KEYS_MAX &&
	       (set->count == 0) == (set->signature_count == 0);
}

bool keyset_is_sound(const struct keyset *k)
{
	struct rd r = rd_init(k->zone.wire, k->zone.len);
	struct name zone;
	rd_name(&r, &zone);
	return !r.err && rd_left(&r) == 0 && r.jumps == 0 && k->active_count <= RRSIG_KEYS_MAX &&
	       is_set_sound(&k->dnskey) && is_set_sound(&k->cds) && is_set_sound(&k->cdnskey);
}
