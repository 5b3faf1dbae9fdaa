/* SPDX-License-Identifier: ISC */
/*
 * A transfer as a row of messages (RFC 5936, RFC 1995), made one at a time: whoever sends asks for
 * the next when there is room for it. What is sent is a state of the past, which nothing changes
 * any more.
 *
 *	AXFR         SOA, all other records, SOA
 *	IXFR         SOA, for each step: SOA before, what went, SOA after, what came; SOA
 *	up to date   SOA
 *
 * Progress rule: each message has at least one record that none before it had, or is the last.
 */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "transfer/records.h"
#include "transfer/tsig.h"

/* What is to be sent, in which order. */
struct xfr_source {
	struct records *soa;     /* one record: the first and the last of the transfer */
	struct records **blocks; /* owned, each counted once */
	size_t block_count;
	bool is_single;      /* nothing but the SOA, once */
	bool is_incremental; /* for messages to a person */
};
void xfr_source_free(struct xfr_source *s);

/* What is asked for and who asks. */
struct xfr_ask {
	struct name zone;
	uint16_t type;   /* RR_AXFR, RR_IXFR */
	uint32_t serial; /* of IXFR */
	uint8_t view;    /* VIEW_LAN or VIEW_WAN: the records that the client gets to see */
	struct addr client;
	/* The zone's serial when it was first asked for, 0 before: what is sent is not older. */
	uint32_t since;
};

/* A transfer under way. */
struct xfr {
	struct xfr_ask ask;
	uint16_t id, flags;        /* of the query */
	struct xfr_source *source; /* owned */
	bool is_signed;
	struct tsig tsig;
	size_t block, off;  /* the next record */
	unsigned soa_count; /* times it was sent: at first, and at last */
	bool is_done;
	uint64_t messages, records, bytes; /* sent so far */
};

/* The next message, in `out` of `cap` bytes: MSG_CAP are always enough. Returns its length; 0 if
 * there is none any more. ERR_SPACE (a record that fits in no message; below zero): the transfer
 * fails. */
int xfr_next(struct xfr *x, uint64_t now_s, uint8_t *out, size_t cap) NONNULL MUSTCHECK;

/* Instead of all messages: one that says `rcode`. Returns its length, 0 if it does not fit. */
int xfr_refuse(struct xfr *x, unsigned rcode, uint64_t now_s, uint8_t *out, size_t cap) NONNULL
	MUSTCHECK;

void xfr_fini(struct xfr *x) NONNULL;
