/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of records into a reply.
 * Never decides which. Called by the answer path.
 */
#include "serve/reply.h"

#include <string.h>

/* What all records of a set begin with. */
static inline uint8_t *put_head(uint8_t *p, unsigned owner_off, uint16_t type, uint32_t ttl,
	uint16_t len)
{
	put_u16(p, (uint16_t)(0xc000 | owner_off));
	put_u16(p + 2, type);
	put_u16(p + 4, CLASS_IN);
	put_u32(p + 6, ttl);
	put_u16(p + 10, len);
	return p + RR_HEAD_LEN;
}

/* Addresses are most of what is ever asked for, and their lengths are known. */
static inline void copy_rdata(uint8_t *to, const uint8_t *from, unsigned len)
{
	if (len == 16)
		memcpy(to, from, 16);
	else if (len == 4)
		memcpy(to, from, 4);
	else
		memcpy(to, from, len);
}

bool reply_add_rr(struct reply *r, enum msg_section section, unsigned owner_off, uint16_t type,
	uint32_t ttl, const uint8_t *rdata, unsigned len)
{
	if ((size_t)(r->end - r->at) < RR_HEAD_LEN + (size_t)len)
		return false;
	copy_rdata(put_head(r->at, owner_off, type, ttl, (uint16_t)len), rdata, len);
	r->at += RR_HEAD_LEN + len;
	r->count[section]++;
	return true;
}

/* Records of different lengths, each with its length in front. */
static bool add_uneven_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl)
{
	const struct reply before = *r;
	const uint8_t *at = node_rdata(node, set);
	for (unsigned i = 0; i < set->count; i++) {
		struct rdata rdata = node_next_rdata(set, &at);
		if (!reply_add_rr(r, section, owner_off, set->type, ttl, rdata.bytes, rdata.len)) {
			*r = before;
			return false;
		}
	}
	return true;
}

bool reply_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl)
{
	unsigned len = set->len, count = set->count;
	if (UNLIKELY(len == 0))
		return add_uneven_set(r, section, owner_off, node, set, ttl);
	if ((size_t)(r->end - r->at) < (size_t)count * (RR_HEAD_LEN + len))
		return false;
	const uint8_t *from = node_rdata(node, set);
	uint8_t head[RR_HEAD_LEN], *to = r->at;
	put_head(head, owner_off, set->type, ttl, (uint16_t)len);
	for (unsigned i = 0; i < count; i++) {
		memcpy(to, head, sizeof(head));
		copy_rdata(to + RR_HEAD_LEN, from, len);
		to += RR_HEAD_LEN + len;
		from += len;
	}
	r->at = to;
	r->count[section] = (uint16_t)(r->count[section] + count);
	return true;
}
