/* SPDX-License-Identifier: ISC */
/*
 * Owns what counts as an answer of the parent.
 * Never asks anybody.
 */
#include "dnssec/ds_answer.h"

#include <string.h>

#include "wire/msg.h"
#include "wire/rr.h"

/* Takes a record of the answer section. False: there is no room for it. */
static bool take(struct ds_answer *a, const struct rr *rr)
{
	if (rr->type != RR_DS || rr->class != CLASS_IN || !name_equal(rr->owner.wire, a->zone.wire))
		return true;
	if (a->count == DS_ANSWER_MAX || rr->rdata_len < 4 || rr->rdata_len > DS_ANSWER_LEN)
		return false;
	a->ds[a->count].len = (uint8_t)rr->rdata_len;
	memcpy(a->ds[a->count].bytes, rr->rdata, rr->rdata_len);
	a->count++;
	return true;
}

void ds_answer_parse(const uint8_t *msg, size_t len, const struct name *zone, struct ds_answer *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct rr rr;
	bool has_room = true;
	memset(ret, 0, sizeof(*ret));
	ret->zone = *zone;
	name_lower(&ret->zone);
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (unsigned i = 0; i < header.count[SECTION_ANSWER] && !r.err && has_room; i++) {
		rd_rr(&r, &rr);
		has_room = r.err || take(ret, &rr);
	}
	ret->is_known = !r.err && has_room && header.flags & MSG_QR && !(header.flags & MSG_TC) &&
			msg_rcode(&header) == RCODE_NOERROR;
}

bool ds_answer_is_of(const struct ds_answer *a, const struct key_pair *key)
{
	uint8_t own[DS_LEN];
	key_ds(key, a->zone.wire, own);
	for (uint32_t i = 0; i < a->count; i++) {
		const uint8_t *ds = a->ds[i].bytes;
		const bool is_same_kind = ds[3] == DS_SHA256;
		if (memcmp(ds, own, 3) != 0 ||
			(is_same_kind && (a->ds[i].len != DS_LEN || memcmp(ds, own, DS_LEN) != 0)))
			return false;
	}
	return a->is_known && a->count > 0;
}
