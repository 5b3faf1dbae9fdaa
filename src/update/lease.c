/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the option Update Lease.
 * Never decides what a lease is for.
 */
#include "update/lease.h"

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/msg.h"
#include "wire/rr.h"

enum { LEASE_LEN = 4, BOTH_LEN = 8 };

static int parse_option(struct rd *r, size_t len, struct update_lease *ret)
{
	if (len != LEASE_LEN && len != BOTH_LEN)
		return ERR_SYNTAX;
	ret->lease_s = ret->key_lease_s = rd_u32(r);
	ret->has_key_lease = len == BOTH_LEN;
	if (ret->has_key_lease)
		ret->key_lease_s = rd_u32(r);
	return r->err ? ERR_SYNTAX : 1;
}

static int find_option(const struct edns *edns, struct update_lease *ret)
{
	struct rd r = rd_init(edns->options, edns->options_len);
	/* Progress: each turn reads at least four bytes, or sets the error. */
	while (rd_left(&r) > 0 && !r.err) {
		const unsigned code = rd_u16(&r);
		const size_t len = rd_u16(&r);
		if (code == UPDATE_LEASE_CODE)
			return parse_option(&r, len, ret);
		rd_bytes(&r, len);
	}
	return r.err ? ERR_SYNTAX : 0;
}

int update_lease_find(const uint8_t *msg, size_t len, struct update_lease *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct rr rr;
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (unsigned left = rd_to_records(&r, &header); left > 0 && !r.err; left--) {
		rd_rr_unnamed(&r, &rr);
		if (r.err || rr.type != RR_OPT || left > header.count[SECTION_ADDITIONAL])
			continue;
		const struct edns edns = rr_edns(&rr);
		return find_option(&edns, ret);
	}
	return r.err ? ERR_SYNTAX : 0;
}

static uint32_t within(uint32_t n, uint32_t least, uint32_t most)
{
	return n < least ? least : n > most ? most : n;
}

struct update_lease update_lease_grant(const struct update_lease *asked)
{
	struct update_lease lease = *asked;
	if (lease.lease_s != 0)
		lease.lease_s = within(lease.lease_s, LIMIT_LEASE_MIN_S, LIMIT_LEASE_MAX_S);
	if (lease.key_lease_s != 0 || lease.lease_s != 0)
		lease.key_lease_s = within(lease.key_lease_s,
			lease.lease_s > LIMIT_LEASE_MIN_S ? lease.lease_s : LIMIT_LEASE_MIN_S,
			LIMIT_LEASE_KEY_MAX_S);
	return lease;
}

size_t update_lease_put(const struct update_lease *lease, uint8_t out[UPDATE_LEASE_CAP])
{
	const size_t len = lease->has_key_lease ? BOTH_LEN : LEASE_LEN;
	struct wr w = wr_init(out, UPDATE_LEASE_CAP);
	wr_u16(&w, UPDATE_LEASE_CODE);
	wr_u16(&w, (uint16_t)len);
	wr_u32(&w, lease->lease_s);
	if (lease->has_key_lease)
		wr_u32(&w, lease->key_lease_s);
	return (size_t)(w.at - out);
}
