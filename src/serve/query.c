/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of queries: which are dropped, which are wrong, where the question ends.
 * Never looks at zones.
 */
#include "serve/query.h"

/* Finds the question. False if it is malformed. */
static bool parse_question(struct query *q)
{
	q->name_len = msg_question_name_len(q->bytes, q->len);
	if (q->name_len == 0)
		return false;
	const uint8_t *p = q->bytes + MSG_HEADER_LEN + q->name_len;
	q->type = get_u16(p);
	q->class = get_u16(p + 2);
	q->question_end = MSG_HEADER_LEN + q->name_len + 4;
	return true;
}

/* Reads an OPT record; there may be only one (RFC 6891 §6.1.1). Its owner must be the root (§6.1.2),
 * which the caller has checked. */
static bool take_opt(struct query *q, const struct rr *opt)
{
	if (q->has_edns)
		return false;
	const struct edns edns = rr_edns(opt);
	q->has_edns = true;
	q->has_do = edns.has_do;
	q->edns_version = edns.version;
	q->edns_payload = edns.payload;
	return edns_options_parse(&edns, &q->options);
}

/* Reads the records that follow the question. False if any is malformed. */
static bool parse_records(struct query *q)
{
	struct rd r = rd_init(q->bytes, q->len);
	struct msg_header header;
	rd_header(&r, &header);
	rd_bytes(&r, q->question_end - MSG_HEADER_LEN);
	for (int section = 0; section < SECTION_COUNT; section++) {
		/* Progress: each turn reads at least eleven bytes, or sets the error. */
		for (unsigned i = 0; i < header.count[section]; i++) {
			struct rr rr;
			bool is_root = rd_rr_unnamed(&r, &rr);
			if (r.err)
				return false;
			if (section == SECTION_ADDITIONAL && rr.type == RR_OPT &&
				!(is_root && take_opt(q, &rr)))
				return false;
		}
	}
	return true;
}

static bool parse_rest(struct query *q)
{
	const uint8_t *p = q->bytes + q->question_end;
	uint16_t additional = get_u16(q->bytes + 10);
	if ((get_u16(q->bytes + 6) | get_u16(q->bytes + 8)) == 0) {
		if (additional == 0)
			return true;
		if (LIKELY(additional == 1 && query_is_plain_opt(p, q->len - q->question_end))) {
			q->has_edns = true;
			q->edns_payload = get_u16(p + 3);
			q->edns_version = p[6];
			q->has_do = p[7] & 0x80;
			return true;
		}
	}
	return parse_records(q);
}

/* True if the query only asks for a cookie, and therefore has no question. */
static bool is_for_cookie(struct query *q)
{
	if ((get_u16(q->bytes + 4) | get_u16(q->bytes + 6) | get_u16(q->bytes + 8)) != 0 ||
		get_u16(q->bytes + 10) == 0)
		return false;
	q->question_end = MSG_HEADER_LEN;
	return parse_records(q) && q->options.cookie && q->edns_version == 0;
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
	if (get_u16(bytes + 4) != 1 || !parse_question(q)) {
		if (is_query && is_for_cookie(q))
			return QUERY_COOKIE;
		q->has_edns = false;
		return bad(q, QUERY_BAD_HEADER, is_query ? RCODE_FORMERR : RCODE_NOTIMP);
	}
	/* In other operations, anything may follow the first question (RFC 8906 §3.1.4). */
	bool is_whole = parse_rest(q);
	if (!is_query)
		return bad(q, QUERY_BAD, RCODE_NOTIMP);
	if (!is_whole)
		return bad(q, QUERY_BAD, RCODE_FORMERR);
	if (q->edns_version > 0)
		return bad(q, QUERY_BAD, RCODE_BADVERS);
	return QUERY_GOOD;
}
