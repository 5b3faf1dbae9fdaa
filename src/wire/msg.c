/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of DNS messages, unit by unit.
 * Never keeps or allocates anything.
 */
#include "wire/msg.h"

#include "wire/rr.h"

void rd_header(struct rd *r, struct msg_header *ret)
{
	ret->id = rd_u16(r);
	ret->flags = rd_u16(r);
	ret->qdcount = rd_u16(r);
	for (int i = 0; i < SECTION_COUNT; i++)
		ret->count[i] = rd_u16(r);
}

void rd_question(struct rd *r, struct question *ret)
{
	rd_name(r, &ret->name);
	ret->type = rd_u16(r);
	ret->class = rd_u16(r);
}

void rd_skip_questions(struct rd *r, unsigned count)
{
	for (unsigned i = 0; i < count && !r->err; i++) {
		rd_skip_name(r);
		rd_bytes(r, 4);
	}
}

void rd_skip_rrs(struct rd *r, unsigned count)
{
	for (unsigned i = 0; i < count && !r->err; i++) {
		rd_skip_name(r);
		rd_bytes(r, 8);
		rd_bytes(r, rd_u16(r));
	}
}

unsigned rd_to_records(struct rd *r, struct msg_header *ret)
{
	unsigned records = 0;
	rd_header(r, ret);
	rd_skip_questions(r, ret->qdcount);
	for (int s = 0; s < SECTION_COUNT; s++)
		records += ret->count[s];
	return records;
}

static void rd_rr_body(struct rd *r, struct rr *ret)
{
	ret->type = rd_u16(r);
	ret->class = rd_u16(r);
	ret->ttl = rd_u32(r);
	ret->rdata_len = rd_u16(r);
	ret->rdata = rd_bytes(r, ret->rdata_len);
}

void rd_rr(struct rd *r, struct rr *ret)
{
	rd_name(r, &ret->owner);
	rd_rr_body(r, ret);
}

bool rd_rr_unnamed(struct rd *r, struct rr *ret)
{
	const bool is_root = rd_left(r) > 0 && r->at[0] == 0;
	ret->owner.wire[0] = 0;
	ret->owner.len = 1;
	rd_skip_name(r);
	rd_rr_body(r, ret);
	return is_root;
}

int rr_rdata_expand(const struct rd *r, const struct rr *rr, struct wr *w)
{
	struct rd at = *r;
	at.at = rr->rdata;
	at.err = 0;
	rd_rdata(&at, rr->type, rr->rdata_len, w);
	return at.err ? at.err : w->err;
}

struct edns rr_edns(const struct rr *opt)
{
	return (struct edns){
		.is_present = true,
		.payload = opt->class,
		.ext_rcode = (uint8_t)(opt->ttl >> 24),
		.version = (uint8_t)(opt->ttl >> 16),
		.has_do = opt->ttl & 0x8000,
		.options = opt->rdata,
		.options_len = opt->rdata_len,
	};
}
