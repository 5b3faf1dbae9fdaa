/* SPDX-License-Identifier: ISC */
/*
 * Writing DNS messages with name compression (RFC 1035 §4.1.4). A record is written whole or not at
 * all: a record that does not fit leaves the message unchanged. Sections are filled in order:
 * questions, answer, authority, additional; the counts in the header are correct after each step.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/msg.h"
#include "wire/suffix.h"

struct pack {
	uint8_t *start;
	size_t len;
	size_t cap;               /* largest message in bytes: the buffer's size or less */
	size_t reserved;          /* bytes kept free at the end, for an OPT record for instance */
	struct suffixes suffixes; /* of names in the message */
	bool may_compress_srv;    /* true in multicast DNS (RFC 6762 §18.14) */
	bool keeps_case; /* true in transfers: each name keeps its own spelling (RFC 5936 §3.4) */
};

/* Starts a message in `buffer` with the given id and flags and with empty sections. `cap` must be
 * at least MSG_HEADER_LEN and at most MSG_CAP. */
void pack_init(struct pack *p, void *buffer, size_t cap, uint16_t id, uint16_t flags) NONNULL;

/* Adds a question. ERR_SPACE: nothing was added. */
int pack_question(struct pack *p, const uint8_t *name, uint16_t type, uint16_t class) NONNULL
	MUSTCHECK;

/* A record to be written; its rdata is uncompressed and valid for the type (rdata_is_valid()). */
struct pack_rr {
	const uint8_t *owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl; /* in seconds */
	const uint8_t *rdata;
	uint16_t rdata_len;
};

/* Adds a record to a section. No later section may have records already. ERR_SPACE: nothing was
 * added. */
int pack_rr(struct pack *p, enum msg_section section, const struct pack_rr *rr) NONNULL MUSTCHECK;

/* pack_mark() saves the current end of the message and pack_rewind() goes back to it: to write
 * several records or none. */
struct pack_mark {
	size_t len;
	uint16_t suffix_count;
	uint8_t counts[8]; /* of the header */
};
struct pack_mark pack_mark(const struct pack *p) NONNULL;
void pack_rewind(struct pack *p, const struct pack_mark *mark) NONNULL;

/* Sets bits of the header's flags. */
void pack_set_flags(struct pack *p, uint16_t flags) NONNULL;
