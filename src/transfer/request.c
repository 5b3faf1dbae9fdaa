/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of queries that ask for transfers or are signed.
 * Never decides which clients may transfer.
 */
#include "transfer/request.h"

#include <string.h>

enum { SOA_NUMBERS_LEN = 20, OFF_ARCOUNT = 10, OFF_OPT_FLAGS = 7 };

/* Moves to the end of the first question, and returns its type. False if it is malformed. */
static bool skip_question(struct rd *r, struct msg_header *header, uint16_t *ret_type)
{
	rd_header(r, header);
	rd_skip_name(r);
	*ret_type = rd_u16(r);
	rd_u16(r);
	return !r->err && header->qdcount == 1;
}

bool request_concerns_slow(const uint8_t *msg, size_t len)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct tsig_rr tsig;
	uint16_t type;
	if (!skip_question(&r, &header, &type))
		return false;
	bool is_plain = header.count[SECTION_ANSWER] == 0 && header.count[SECTION_AUTHORITY] == 0 &&
			header.count[SECTION_ADDITIONAL] == 1;
	/* An OPT record with options: resolvers with cookies send it. */
	if (is_plain && rd_left(&r) >= 3 && r.at[0] == 0 && get_u16(r.at + 1) == RR_OPT)
		return request_is_of_type(type);
	/* Also true if TSIG is in the wrong place: then the parser reports the error. */
	return request_is_of_type(type) || tsig_find(msg, len, &tsig) == 1;
}

/* Reads the serial of the first SOA in the authority section. */
static void take_serial(const struct rd *r, const struct rr *rr, struct request *q)
{
	struct rd at = {.start = r->start, .at = rr->rdata, .end = rr->rdata + rr->rdata_len};
	rd_skip_name(&at);
	rd_skip_name(&at);
	if (q->has_serial || rd_left(&at) != SOA_NUMBERS_LEN)
		return;
	q->serial = rd_u32(&at);
	q->has_serial = !at.err;
}

static void take_records(struct rd *r, const struct msg_header *header, struct request *q)
{
	struct rr rr;
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (int section = 0; section < SECTION_COUNT; section++)
		for (unsigned i = 0; i < header->count[section] && !r->err; i++) {
			rd_rr_unnamed(r, &rr);
			if (r->err)
				return;
			q->is_sig0 = section == SECTION_ADDITIONAL && rr.type == RR_SIG;
			if (section == SECTION_AUTHORITY && rr.type == RR_SOA)
				take_serial(r, &rr, q);
			if (section == SECTION_ADDITIONAL && rr.type == RR_OPT) {
				q->has_edns = true;
				q->has_do = rr_edns(&rr).has_do;
				q->edns_payload = rr_edns(&rr).payload;
			}
		}
}

int request_parse(const uint8_t *msg, size_t len, struct request *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	*ret = (struct request){.question_end = MSG_HEADER_LEN};
	rd_header(&r, &header);
	ret->id = header.id;
	ret->flags = header.flags;
	if (r.err || header.qdcount != 1)
		return ERR_SYNTAX;
	rd_question(&r, &ret->question);
	if (r.err)
		return ERR_SYNTAX;
	ret->question_end = rd_off(&r);
	take_records(&r, &header, ret);
	int found = r.err ? ERR_SYNTAX : tsig_find(msg, len, &ret->tsig);
	ret->is_signed = found == 1;
	return found < 0 ? found : 0;
}

size_t request_strip(const struct request *q, uint8_t *msg)
{
	put_u16(msg, q->tsig.orig_id);
	put_u16(msg + OFF_ARCOUNT, get_u16(msg + OFF_ARCOUNT) - 1);
	return q->tsig.off;
}

size_t request_refuse(
	const struct request *q, const uint8_t *msg, unsigned rcode, uint8_t *reply, size_t cap)
{
	/* A query with EDNS is answered with EDNS (RFC 6891 §6.1.1). */
	static const uint8_t opt[] = {
		0, 0, RR_OPT, EDNS_PAYLOAD >> 8, EDNS_PAYLOAD & 255, 0, 0, 0, 0, 0, 0};
	if (q->question_end > cap)
		return 0;
	memcpy(reply, msg, q->question_end);
	memset(reply + 6, 0, MSG_HEADER_LEN - 6);
	/* Operation and RD are copied from the query. */
	put_u16(reply + 2, (uint16_t)(MSG_QR | (q->flags & (0x7800 | MSG_RD)) | rcode));
	put_u16(reply + 4, q->question_end > MSG_HEADER_LEN);
	if (!q->has_edns || cap - q->question_end < sizeof(opt))
		return q->question_end;
	memcpy(reply + q->question_end, opt, sizeof(opt));
	reply[q->question_end + OFF_OPT_FLAGS] = q->has_do ? 0x80 : 0; /* RFC 3225 §3 */
	put_u16(reply + OFF_ARCOUNT, 1);
	return q->question_end + sizeof(opt);
}
