/* SPDX-License-Identifier: ISC */
/* Reads an UPDATE message (RFC 2136 §2) from a client. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "wire/msg.h"
#include "wire/rrset.h"

/* A record of the sections prerequisite and update. */
struct update_record {
	const uint8_t *owner; /* in its spelling */
	uint16_t type, class;
	uint32_t ttl;
	struct rdata rdata; /* its names uncompressed; valid, if it has bytes */
};

struct update_message {
	struct name zone;
	uint16_t zone_type, zone_class;
	struct update_record *records; /* first the prerequisites, then the updates */
	size_t prerequisite_count, count;
	uint8_t *bytes; /* of owners and rdata */
};

/* Reads a message without its TSIG record. The header has been checked, and there is one question, which is the
 * zone (§3.1.1). Returns an rcode: FORMERR if it is malformed; REFUSED if it has more than
 * LIMIT_UPDATE_RECORDS; SERVFAIL if out of memory. NOERROR: the caller frees `*ret` with
 * update_message_fini(). */
int update_message_parse(const uint8_t *msg, size_t len, struct update_message *ret) NONNULL
	MUSTCHECK;
void update_message_fini(struct update_message *m) NONNULL;
