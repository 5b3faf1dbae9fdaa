/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of records into a reply.
 * Never decides which records.
 */
#include "serve/reply.h"

bool reply_add_rr(struct reply *r, enum msg_section section, unsigned owner_off, uint16_t type,
	uint32_t ttl, const uint8_t *rdata, unsigned len)
{
	if ((size_t)(r->end - r->at) < RR_HEAD_LEN + (size_t)len)
		return false;
	const struct reply_head head = reply_make_head(owner_off, type, ttl, len);
	r->at = reply_put_rr(r->at, &head, rdata, len);
	r->count[section]++;
	return true;
}

/* Adds records of different lengths, each preceded by its length. */
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

static bool add_link(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl)
{
	if ((size_t)(r->end - r->at) < RR_HEAD_LEN)
		return false;
	uint8_t *rdata = r->at + RR_HEAD_LEN;
	unsigned len = node_write_link(node, set, rdata, (size_t)(r->end - rdata));
	if (len == 0)
		return false;
	const struct reply_head head = reply_make_head(owner_off, RR_NSEC, ttl, len);
	memcpy(r->at, &head.owner_type_class_ttl, 8);
	memcpy(r->at + 8, &head.ttl_len, 4);
	r->at = rdata + len;
	r->count[section]++;
	return true;
}

bool reply_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl)
{
	if (UNLIKELY(set->len == 0))
		return add_uneven_set(r, section, owner_off, node, set, ttl);
	if (node_is_chain(set))
		return add_link(r, section, owner_off, node, set, ttl);
	return reply_add_even_set(r, section, owner_off, node, set, ttl);
}

bool reply_add_sigs(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl)
{
	const struct reply before = *r;
	for (const struct node_sig *sig = node_sigs(node, set);; sig++) {
		if (!reply_add_sig(r, section, owner_off, node, set, sig, ttl)) {
			*r = before;
			return false;
		}
		if (!sig->has_more)
			return true;
	}
}

bool reply_add_signed_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl)
{
	const struct reply before = *r;
	if (!reply_add_set(r, section, owner_off, node, set, ttl))
		return false;
	if (reply_add_sigs(r, section, owner_off, node, set, ttl))
		return true;
	*r = before;
	return false;
}
