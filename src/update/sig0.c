/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of SIG(0) records, and the check of one.
 * Never decides what its key may do.
 */
#include "update/sig0.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/serial.h"
#include "dnssec/keys.h"
#include "wire/msg.h"
#include "wire/rr.h"
#include "zone/node.h"

enum {
	OFF_ARCOUNT = 10,
	KEY_NO_AUTHENTICATION = 0x8000, /* RFC 2535 §3.1.2 */
	KEYS_TRIED = 2
};

static int parse_rdata(const struct rd *message, const struct rr *rr, struct sig0 *ret)
{
	struct rd r = {.start = message->start, .at = rr->rdata, .end = rr->rdata + rr->rdata_len};
	ret->head = r.at;
	const uint16_t covered = rd_u16(&r);
	ret->alg = rd_u8(&r);
	rd_u8(&r); /* labels */
	rd_u32(&r);
	ret->expiration = rd_u32(&r);
	ret->inception = rd_u32(&r);
	ret->tag = rd_u16(&r);
	rd_name(&r, &ret->signer);
	ret->signature_len = rd_left(&r);
	ret->signature = rd_bytes(&r, ret->signature_len);
	return r.err || covered != 0 ? ERR_SYNTAX : 1;
}

int sig0_find(const uint8_t *msg, size_t len, struct sig0 *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct rr rr = {.type = 0};
	unsigned left = 0;
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	for (int s = 0; s < SECTION_COUNT; s++)
		left += header.count[s];
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (; left > 0 && !r.err; left--) {
		ret->off = rd_off(&r);
		rd_rr_unnamed(&r, &rr);
	}
	if (r.err)
		return ERR_SYNTAX;
	if (rr.type != RR_SIG || header.count[SECTION_ADDITIONAL] == 0)
		return 0;
	return parse_rdata(&r, &rr, ret);
}

/* RFC 2931 §3.1: the data of the record without the signature, and the message without the record. */
static uint8_t *signed_bytes(const uint8_t *msg, const struct sig0 *sig, size_t *ret_len)
{
	const size_t len = SIG0_HEAD + (size_t)sig->signer.len + sig->off;
	uint8_t *bytes = malloc(len);
	if (!bytes)
		return NULL;
	struct wr w = wr_init(bytes, len);
	wr_bytes(&w, sig->head, SIG0_HEAD);
	wr_bytes(&w, sig->signer.wire, sig->signer.len);
	uint8_t *copy = w.at;
	wr_bytes(&w, msg, sig->off);
	put_u16(copy + OFF_ARCOUNT, get_u16(copy + OFF_ARCOUNT) - 1);
	*ret_len = len;
	return bytes;
}

/* True if the KEY may sign messages with that algorithm (RFC 2931 §2.4), and has the tag. */
static bool is_key(const struct sig0 *sig, struct rdata key)
{
	return key.len == DNSKEY_HEAD + crypt_public_len(sig->alg) &&
	       !(get_u16(key.bytes) & KEY_NO_AUTHENTICATION) &&
	       (key.bytes[2] == DNSKEY_PROTOCOL || key.bytes[2] == 255) &&
	       key.bytes[3] == sig->alg && key_tag(key.bytes, key.len) == sig->tag;
}

/* Finds the keys with the tag. Returns how many, at most KEYS_TRIED. */
static unsigned find_keys(
	const struct zone *zone, const struct sig0 *sig, struct rdata ret[KEYS_TRIED])
{
	const struct node *n = zone_latest(zone, sig->signer.wire);
	unsigned count = 0;
	for (unsigned i = 0; n && i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		for (unsigned r = 0; set->type == RR_KEY && r < set->count; r++) {
			struct rdata key = node_next_rdata(set, &at);
			if (count < KEYS_TRIED && is_key(sig, key))
				ret[count++] = key;
		}
	}
	return count;
}

static bool is_in_time(const struct sig0 *sig, uint32_t now)
{
	return !serial_is_after(sig->inception, now) && !serial_is_after(now, sig->expiration) &&
	       sig->expiration - now <= LIMIT_SIG0_VALID_S;
}

uint64_t sig0_until(const struct sig0 *sig, uint64_t now_s)
{
	return now_s + (uint64_t)(int64_t)(int32_t)(sig->expiration - (uint32_t)now_s);
}

int sig0_verify(const struct zone *zone, const uint8_t *msg, const struct sig0 *sig, uint64_t now_s)
{
	struct rdata keys[KEYS_TRIED];
	size_t len;
	if (!crypt_is_known(sig->alg))
		return ERR_ABSENT;
	unsigned count = find_keys(zone, sig, keys);
	if (count == 0)
		return ERR_ABSENT;
	if (!is_in_time(sig, (uint32_t)now_s))
		return ERR_RANGE;
	if (sig->signature_len != CRYPT_SIGNATURE_LEN)
		return ERR_DENIED;
	uint8_t *bytes = signed_bytes(msg, sig, &len);
	if (!bytes)
		return ERR_NOMEM;
	int err = ERR_DENIED;
	for (unsigned i = 0; i < count && err; i++)
		if (crypt_verify(sig->alg, keys[i].bytes + DNSKEY_HEAD, bytes, len, sig->signature))
			err = 0;
	free(bytes);
	return err;
}
