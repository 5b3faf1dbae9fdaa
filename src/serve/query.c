/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of queries: which are dropped, which are wrong, where the question ends.
 * Never looks at zones. Called by the answer path, with any bytes.
 */
#include "serve/query.h"

#include "wire/rr.h"

enum { OPT_LEN_MIN = 11 };

/* Finds the end of the question. Its name stands alone: no pointers (RFC 9267 §2 on why not to follow
 * what cannot be), 255 bytes at most. False if it is malformed. */
static bool parse_question(struct query *q)
{
	const uint8_t *bytes = q->bytes;
	size_t at = MSG_HEADER_LEN, len = q->len;
	while (at < len && bytes[at] != 0) {
		if (bytes[at] > LABEL_CAP)
			return false;
		at += 1u + bytes[at];
		if (at >= MSG_HEADER_LEN + NAME_CAP)
			return false;
	}
	if (at >= len || len - at < 5)
		return false;
	q->name_len = (unsigned)(at + 1 - MSG_HEADER_LEN);
	q->type = get_u16(bytes + at + 1);
	q->class = get_u16(bytes + at + 3);
	q->question_end = (unsigned)(at + 5);
	return true;
}

/* Whether the options of an OPT record are whole (RFC 6891 §6.1.2); which ones, does not matter. */
static bool options_are_whole(const struct edns *edns)
{
	struct rd r = rd_init(edns->options, edns->options_len);
	while (rd_left(&r) > 0 && !r.err) {
		rd_u16(&r);
		rd_bytes(&r, rd_u16(&r));
	}
	return !r.err;
}

/* Takes in an OPT record; there must be one only (RFC 6891 §6.1.1). */
static bool take_opt(struct query *q, const struct rr *opt)
{
	if (q->has_edns || opt->owner.wire[0] != 0)
		return false;
	const struct edns edns = rr_edns(opt);
	q->has_edns = true;
	q->has_do = edns.has_do;
	q->edns_version = edns.version;
	q->edns_payload = edns.payload;
	return options_are_whole(&edns);
}

/* Reads whatever records follow the question. False if any is malformed. */
static bool parse_records(struct query *q)
{
	struct rd r = rd_init(q->bytes, q->len);
	struct msg_header header;
	rd_header(&r, &header);
	rd_bytes(&r, q->question_end - MSG_HEADER_LEN);
	for (int section = 0; section < SECTION_COUNT; section++) {
		/* Each record takes eleven bytes at least, or sets the error. */
		for (unsigned i = 0; i < header.count[section]; i++) {
			struct rr rr;
			rd_rr(&r, &rr);
			if (r.err)
				return false;
			if (section == SECTION_ADDITIONAL && rr.type == RR_OPT && !take_opt(q, &rr))
				return false;
		}
	}
	return true;
}

/* What nearly all queries have behind the question: an OPT record without options, or nothing. */
static bool is_plain_opt(const uint8_t *p, size_t left)
{
	return left == OPT_LEN_MIN && p[0] == 0 && get_u16(p + 1) == RR_OPT && get_u16(p + 9) == 0;
}

static bool parse_rest(struct query *q)
{
	const uint8_t *p = q->bytes + q->question_end;
	uint16_t additional = get_u16(q->bytes + 10);
	if ((get_u16(q->bytes + 6) | get_u16(q->bytes + 8)) == 0) {
		if (additional == 0)
			return true;
		if (LIKELY(additional == 1 && is_plain_opt(p, q->len - q->question_end))) {
			q->has_edns = true;
			q->edns_payload = get_u16(p + 3);
			q->edns_version = p[6];
			q->has_do = p[7] & 0x80;
			return true;
		}
	}
	return parse_records(q);
}

static enum query_verdict bad(struct query *q, enum query_verdict verdict, enum msg_rcode rcode)
{
	q->rcode = (uint16_t)rcode;
	return verdict;
}

enum query_verdict query_parse(const uint8_t *bytes, size_t len, struct query *ret)
{
	struct query *q = ret;
	*q = (struct query){.bytes = bytes, .len = len};
	if (len < MSG_HEADER_LEN)
		return QUERY_DROP;
	q->flags = get_u16(bytes + 2);
	if (q->flags & MSG_QR)
		return QUERY_DROP;
	bool is_query = (q->flags >> 11 & 15) == OPCODE_QUERY;
	if (get_u16(bytes + 4) != 1 || !parse_question(q))
		return bad(q, QUERY_BAD_HEADER, is_query ? RCODE_FORMERR : RCODE_NOTIMP);
	/* Behind the first question of another operation may stand anything (RFC 8906 §3.1.4). */
	bool is_whole = parse_rest(q);
	if (!is_query)
		return bad(q, QUERY_BAD, RCODE_NOTIMP);
	if (!is_whole)
		return bad(q, QUERY_BAD, RCODE_FORMERR);
	if (q->edns_version > 0)
		return bad(q, QUERY_BAD, RCODE_BADVERS);
	return QUERY_GOOD;
}
