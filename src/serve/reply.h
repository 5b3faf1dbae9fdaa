/* SPDX-License-Identifier: ISC */
/*
 * A reply that is being written after its question. The owner names are always in the message
 * already, so each is a compression pointer of two bytes (RFC 1035 §4.1.4).
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "wire/key.h"
#include "wire/msg.h"
#include "zone/node.h"

enum {
	RR_HEAD_LEN = 12, /* pointer, type, class, TTL, length */
	POINTER_OFFSET_MAX = 0x3fff,
	OPT_REPLY_LEN = 11
};

struct reply {
	uint8_t *start, *at;
	uint8_t *end; /* of the usable part: room for OPT is reserved after it */
	uint16_t count[SECTION_COUNT];
};

/* Returns the offset of the next record. */
static inline unsigned reply_off(const struct reply *r)
{
	return (unsigned)(r->at - r->start);
}

/* Adds the records of a set, all or none. `owner_off` is the offset of the owner's name, at most
 * POINTER_OFFSET_MAX. Returns false if they do not fit. */
bool reply_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl) NONNULL MUSTCHECK;

/* Adds the RRSIG records of a set that is signed, all or none, with that TTL. Returns false if they do not
 * fit. */
bool reply_add_sigs(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl) NONNULL MUSTCHECK;

/* Adds the records of a set and their RRSIG records, all or none. Returns false if they do not fit. */
bool reply_add_signed_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl) NONNULL MUSTCHECK;

/* Adds one record with the given rdata. Returns false if it does not fit. */
bool reply_add_rr(struct reply *r, enum msg_section section, unsigned owner_off, uint16_t type,
	uint32_t ttl, const uint8_t *rdata, unsigned len) NONNULL MUSTCHECK;

/* The bytes that each record of a set begins with, in wire format. */
struct reply_head {
	uint64_t owner_type_class_ttl; /* the first half of the TTL */
	uint32_t ttl_len;              /* second half of the TTL, rdata length */
};

static inline struct reply_head reply_make_head(
	unsigned owner_off, uint16_t type, uint32_t ttl, unsigned len)
{
	uint64_t first = (uint64_t)(0xc000 | owner_off) << 48 | (uint64_t)type << 32 |
			 (uint64_t)CLASS_IN << 16 | ttl >> 16;
	return (struct reply_head){htobe64(first), htobe32(ttl << 16 | len)};
}

/* Writes one record. Returns the position after it. */
static inline uint8_t *reply_put_rr(
	uint8_t *to, const struct reply_head *head, const uint8_t *rdata, size_t len)
{
	memcpy(to, &head->owner_type_class_ttl, 8);
	memcpy(to + 8, &head->ttl_len, 4);
	memcpy(to + RR_HEAD_LEN, rdata, len);
	return to + RR_HEAD_LEN + len;
}

/* reply_add_set() for a set in which all rdata has the same length (`set->len` is not 0). */
static inline __attribute__((always_inline)) bool reply_add_even_set(struct reply *r,
	enum msg_section section, unsigned owner_off, const struct node *node,
	const struct node_set *set, uint32_t ttl)
{
	unsigned len = set->len, count = set->count;
	if ((size_t)(r->end - r->at) < (size_t)count * (RR_HEAD_LEN + len))
		return false;
	const struct reply_head head = reply_make_head(owner_off, set->type, ttl, len);
	const uint8_t *from = node_rdata(node, set), *end = from + (size_t)count * len;
	uint8_t *to = r->at;
	/* Most queries ask for addresses, and their lengths are constant. */
	if (len == 16)
		for (; from != end; from += 16)
			to = reply_put_rr(to, &head, from, 16);
	else if (len == 4)
		for (; from != end; from += 4)
			to = reply_put_rr(to, &head, from, 4);
	else
		for (; from != end; from += len)
			to = reply_put_rr(to, &head, from, len);
	r->at = to;
	r->count[section] = (uint16_t)(r->count[section] + count);
	return true;
}

/* Adds the RRSIG record of one signature, which is of that set (RFC 4034 §3.1). Returns false if it does not
 * fit. */
static inline bool reply_add_sig(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, const struct node_sig *sig,
	uint32_t ttl)
{
	const struct node_stamp *stamp = node_stamp(node, sig);
	unsigned signer_len = stamp->signer_len, len = RRSIG_HEAD_LEN + signer_len + RRSIG_BYTES;
	if ((size_t)(r->end - r->at) < (size_t)RR_HEAD_LEN + len)
		return false;
	const struct reply_head head = reply_make_head(owner_off, RR_RRSIG, ttl, len);
	const uint8_t *signer = node_signer(node, stamp);
	uint8_t *to = r->at;
	memcpy(to, &head.owner_type_class_ttl, 8);
	memcpy(to + 8, &head.ttl_len, 4);
	put_u16(to + 12, set->type);
	put_u16(to + 14, (uint16_t)(stamp->alg << 8 | stamp->labels));
	put_u32(to + 16, set->ttl);
	memcpy(to + 20, stamp->times_tag, sizeof(stamp->times_tag));
	to += RR_HEAD_LEN + RRSIG_HEAD_LEN;
	/* In steps: what is too much is in the node, because the signature is behind the name there; and
	 * the signature overwrites it here. */
	for (unsigned at = 0; at < signer_len; at += KEY_STEP)
		memcpy(to + at, signer + at, KEY_STEP);
	memcpy(to + signer_len, sig->bytes, RRSIG_BYTES);
	r->at = to + signer_len + RRSIG_BYTES;
	r->count[section]++;
	return true;
}

/* Adds our OPT record. Room for it was reserved after `end`. */
static inline void reply_add_opt(struct reply *r, unsigned rcode, bool has_do)
{
	static const uint8_t opt[OPT_REPLY_LEN] = {
		0, 0, RR_OPT, EDNS_PAYLOAD >> 8, EDNS_PAYLOAD & 255};
	memcpy(r->at, opt, sizeof(opt));
	r->at[5] = (uint8_t)(rcode >> 4);
	r->at[7] = has_do ? 0x80 : 0;
	r->at += sizeof(opt);
	r->count[SECTION_ADDITIONAL]++;
}

/* Writes flags and counts over those of the query. The id of the query stays. */
static inline void reply_put_header(struct reply *r, unsigned flags, unsigned questions)
{
	put_u32(r->start + 2, flags << 16 | questions);
	put_u32(r->start + 6,
		(uint32_t)r->count[SECTION_ANSWER] << 16 | r->count[SECTION_AUTHORITY]);
	put_u16(r->start + 10, r->count[SECTION_ADDITIONAL]);
}
