/* SPDX-License-Identifier: ISC */
/*
 * Queries that the answer path cannot answer alone: for a transfer, or signed. The test for them
 * is made for every query, so it must be very cheap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "transfer/tsig.h"
#include "wire/rr.h"

/* The parts of a request that matter for transfers and TSIG. */
struct request {
	uint16_t id, flags;
	struct question question;
	bool has_serial; /* IXFR: of the SOA in the authority section (RFC 1995 §3) */
	uint32_t serial;
	bool has_edns, has_do; /* EDNS, and its DO bit */
	uint16_t edns_payload;
	size_t question_end;
	bool is_signed;
	bool is_sig0; /* the last record is a SIG: it may be signed by a key pair (RFC 2931) */
	struct tsig_rr tsig; /* if it is */
};

/* Reads a request. ERR_SYNTAX: not exactly one question, or malformed, or TSIG in a wrong place.
 * If there is a header, `id` and `flags` are set even then. */
int request_parse(const uint8_t *msg, size_t len, struct request *ret) NONNULL MUSTCHECK;

/* The slow part of request_concerns(), for queries whose records do not have the usual form. */
bool request_concerns_slow(const uint8_t *msg, size_t len) NONNULL;

/* True if a message with at least a header is an UPDATE (RFC 2136). */
static inline bool request_is_update(const uint8_t *msg)
{
	return (msg[2] >> 3 & 15) == OPCODE_UPDATE;
}

/* True for the types of interest: AXFR, IXFR, and SOA, because secondaries ask for SOA to decide
 * whether to transfer. */
static inline bool request_is_of_type(uint16_t type)
{
	return type == RR_AXFR || type == RR_IXFR || type == RR_SOA;
}

/* True if the query has TSIG, asks for such a type, or is an update. It may contain any bytes; the result for a
 * malformed query may be either. */
static inline bool request_concerns(const uint8_t *msg, size_t len)
{
	enum { OPT_LEN = 11, QUESTION_LEN_MIN = 5 };
	if (len < MSG_HEADER_LEN + QUESTION_LEN_MIN)
		return false;
	if (UNLIKELY(request_is_update(msg)))
		return true;
	uint32_t others = get_u32(msg + 6); /* records of answer and authority */
	uint16_t additional = get_u16(msg + 10);
	const uint8_t *end = msg + len;
	if (LIKELY(additional == 1 && len >= MSG_HEADER_LEN + QUESTION_LEN_MIN + OPT_LEN &&
		    end[-OPT_LEN] == 0 && get_u16(end - OPT_LEN + 1) == RR_OPT &&
		    get_u16(end - 2) == 0)) {
		end -= OPT_LEN;
		additional = 0;
	}
	if (UNLIKELY(others != 0 || additional != 0))
		return request_concerns_slow(msg, len);
	return request_is_of_type(get_u16(end - 4));
}

/* Removes the TSIG record from the request, so that the signed message remains. Returns the new
 * length. */
size_t request_strip(const struct request *q, uint8_t *msg) NONNULL;

/* Writes a reply with only a header, the question and `rcode`. Returns its length; 0 if it does
 * not fit. */
size_t request_refuse(const struct request *q, const uint8_t *msg, unsigned rcode, uint8_t *reply,
	size_t cap) NONNULL;
