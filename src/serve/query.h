/* SPDX-License-Identifier: ISC */
/* The parts of a query that the answer depends on: header, question, EDNS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "serve/edns_options.h"
#include "wire/msg.h"
#include "wire/rr.h"

/* What to do with a query, before the zone is looked at. */
enum query_verdict {
	QUERY_GOOD,       /* there is one question, and it can be answered */
	QUERY_DROP,       /* no reply at all */
	QUERY_BAD_HEADER, /* reply `rcode` with only a header: there is not exactly one question */
	QUERY_BAD,        /* reply `rcode` with the question, and OPT if the query has one */
	QUERY_COOKIE,     /* no question: the query is only for a cookie (RFC 7873 §5.4) */
};

struct query {
	const uint8_t *bytes;
	size_t len;
	uint16_t flags;
	uint16_t type, class;
	uint16_t rcode;        /* of QUERY_BAD*; may be above 15 (RFC 6891 §6.1.3) */
	unsigned name_len;     /* of the name at MSG_HEADER_LEN */
	unsigned question_end; /* offset of the end of the question */
	bool has_edns, has_do; /* EDNS (RFC 6891), and its DO bit */
	uint8_t edns_version;
	uint16_t edns_payload;
	struct edns_options options;
};

enum { OPT_LEN = 11 }; /* of an OPT record without options */

/* True if the rest of the query is an OPT record without options, as in nearly all queries. */
static inline bool query_is_plain_opt(const uint8_t *p, size_t left)
{
	return left == OPT_LEN && p[0] == 0 && get_u16(p + 1) == RR_OPT && get_u16(p + 9) == 0;
}

/* Reads a query in one pass. Names are not decompressed: a question cannot contain a compression
 * pointer, because there is no name before it. */
enum query_verdict query_parse(const uint8_t *bytes, size_t len, struct query *ret) NONNULL;
