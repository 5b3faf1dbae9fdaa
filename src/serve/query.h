/* SPDX-License-Identifier: ISC */
/* A query as far as the answer depends on it: header, question, EDNS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/msg.h"

/* What to do with it, before what was asked for is looked at. */
enum query_verdict {
	QUERY_GOOD,       /* the question is there and can be answered */
	QUERY_DROP,       /* no reply at all */
	QUERY_BAD_HEADER, /* `rcode`, with nothing but a header: there is no one question to repeat */
	QUERY_BAD,        /* `rcode`, with the question, and OPT if there was one */
};

struct query {
	const uint8_t *bytes;
	size_t len;
	uint16_t flags;
	uint16_t type, class;
	uint16_t rcode;         /* of QUERY_BAD*; may be above 15 (RFC 6891 §6.1.3) */
	unsigned name_len;      /* of the name at MSG_HEADER_LEN */
	unsigned question_end;  /* offset behind the question */
	bool has_edns, has_do;  /* EDNS (RFC 6891), and its DO bit */
	uint8_t edns_version;
	uint16_t edns_payload;
};

/* Reads a query in one pass. Names are not decompressed: a question has nothing to point to. */
enum query_verdict query_parse(const uint8_t *bytes, size_t len, struct query *ret) NONNULL;
