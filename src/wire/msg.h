/* SPDX-License-Identifier: ISC */
/*
 * Reading DNS messages (RFC 1035 §4): header, questions, records, EDNS. Zero copy: views point into
 * the message and live as long as its bytes do. One cursor walks the message front to back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/name.h"

/* Ports of DNS over UDP and TCP (RFC 1035 §4.2), and of Multicast DNS (RFC 6762 §1). */
enum { DNS_PORT = 53, MDNS_PORT = 5353 };

enum { MSG_HEADER_LEN = 12, MSG_CAP = 65535, UDP_PAYLOAD_MIN = 512, EDNS_PAYLOAD = 1232 };

/* Bits of the header's second word. */
enum msg_flag {
	MSG_QR = 0x8000,
	MSG_AA = 0x0400,
	MSG_TC = 0x0200,
	MSG_RD = 0x0100,
	MSG_RA = 0x0080,
	MSG_Z = 0x0040,
	MSG_AD = 0x0020,
	MSG_CD = 0x0010
};

enum msg_opcode { OPCODE_QUERY = 0, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5 };

enum msg_rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6,
	RCODE_YXRRSET = 7,
	RCODE_NXRRSET = 8,
	RCODE_NOTAUTH = 9,
	RCODE_NOTZONE = 10,
	RCODE_BADVERS = 16,
	RCODE_BADCOOKIE = 23
};

enum msg_section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTION_COUNT };

struct msg_header {
	uint16_t id;
	uint16_t flags; /* MSG_*, opcode and rcode, as in the message */
	uint16_t qdcount;
	uint16_t count[SECTION_COUNT]; /* records per section */
};

static inline unsigned msg_opcode(const struct msg_header *h)
{
	return h->flags >> 11 & 15;
}

static inline unsigned msg_rcode(const struct msg_header *h)
{
	return h->flags & 15;
}

struct question {
	struct name name;
	uint16_t type;
	uint16_t class; /* as in the message: mDNS masks the top bit (RFC 6762 §18.12) */
};

struct rr {
	struct name owner;
	uint16_t type;
	uint16_t class; /* as in the message (RFC 6762 §18.13) */
	uint32_t ttl;   /* in seconds, as in the message */
	uint16_t rdata_len;
	const uint8_t *rdata; /* in the message; its names may be compressed: rd_rdata() */
};

/* Each reads one unit at the cursor and moves the cursor behind it. Errors are set in the
 * cursor. */
void rd_header(struct rd *r, struct msg_header *ret) NONNULL;
void rd_question(struct rd *r, struct question *ret) NONNULL;
void rd_rr(struct rd *r, struct rr *ret) NONNULL;

/* Like rd_rr(), but does not expand the owner: `ret->owner` is the root. So the work does not depend
 * on compression. Returns true if the owner really is the root, written as one byte. */
bool rd_rr_unnamed(struct rd *r, struct rr *ret) NONNULL;
/* Reads the header and moves behind the questions. Returns how many records follow, of all sections; each takes eleven bytes
 * at least. */
unsigned rd_to_records(struct rd *r, struct msg_header *ret) NONNULL;
/* Move the cursor behind `count` questions or records. Pointers in names are not followed. */
void rd_skip_questions(struct rd *r, unsigned count) NONNULL;
void rd_skip_rrs(struct rd *r, unsigned count) NONNULL;

/* Returns the length of the name in a message's first question. Nothing stands before this name, so
 * it may have no compression pointers (RFC 9267 §2 tells why not to follow an invalid one). It has
 * at most 255 bytes. Returns 0 if it is malformed, or if type and class do not follow. */
static inline unsigned msg_question_name_len(const uint8_t *bytes, size_t len)
{
	size_t at = MSG_HEADER_LEN;
	size_t end = len < MSG_HEADER_LEN + NAME_CAP ? len : MSG_HEADER_LEN + NAME_CAP;
	/* Each turn of the loop skips one label; the empty label ends the name. */
	while (at < end) {
		size_t label_len = bytes[at++];
		if (label_len - 1 < LABEL_CAP)
			at += label_len;
		else
			return label_len == 0 && len - at >= 4 ? (unsigned)(at - MSG_HEADER_LEN)
							       : 0;
	}
	return 0;
}

/* Writes the rdata of `rr`, uncompressed, to `w`. `r` reads the message of `rr`; its position does
 * not matter. Returns 0, or an error if the rdata is malformed or `w` is full. */
int rr_rdata_expand(const struct rd *r, const struct rr *rr, struct wr *w) NONNULL MUSTCHECK;

/* The EDNS fields (RFC 6891 §6.1) of an OPT record. */
struct edns {
	bool is_present;
	uint8_t version;
	uint8_t ext_rcode;
	bool has_do;
	uint16_t payload;
	uint16_t options_len;
	const uint8_t *options; /* in the message: code, length, data, repeated; not checked */
};

/* Returns the fields of an OPT record. */
struct edns rr_edns(const struct rr *opt) NONNULL;
