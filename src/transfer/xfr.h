/* SPDX-License-Identifier: ISC */
/*
 * A transfer as a sequence of messages (RFC 5936, RFC 1995), made one at a time: the sender asks
 * for the next one when there is room for it. The data is a past state of the zone, which does
 * not change any more.
 *
 *	AXFR         SOA, all other records, SOA
 *	IXFR         SOA, for each step: old SOA, removed records, new SOA, added ones; SOA
 *	up to date   SOA
 *
 * Progress rule: each message has at least one new record, or is the last.
 */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "transfer/records.h"
#include "transfer/tsig.h"

/* The data to send, in this order. */
struct xfr_source {
	struct records *soa;     /* one record: the first and the last of the transfer */
	struct records **blocks; /* owned, each counted once */
	size_t block_count;
	bool is_single;      /* only the SOA, once */
	bool is_incremental; /* for log messages */
};
void xfr_source_free(struct xfr_source *s);

/* The requested zone and type, and the client. */
struct xfr_ask {
	struct name zone;
	uint16_t type;   /* RR_AXFR, RR_IXFR */
	uint32_t serial; /* of IXFR */
	uint8_t view;    /* VIEW_LAN or VIEW_WAN: the client's view */
	struct addr client;
	/* The zone's serial at the time of the first request, 0 before: the data sent is not
	 * older. */
	uint32_t since;
};

/* A transfer in progress. */
struct xfr {
	struct xfr_ask ask;
	uint16_t id, flags;        /* of the query */
	struct xfr_source *source; /* owned */
	bool is_signed;
	struct tsig tsig;
	size_t block, off;  /* the next record */
	unsigned soa_count; /* times it was sent: first and last */
	bool is_done;
	uint64_t messages, records, bytes; /* sent so far */
};

/* Writes the next message to `out` of `cap` bytes; MSG_CAP is always enough. Returns its length;
 * 0 at the end. ERR_SPACE (negative): a record fits in no message; the transfer fails. */
int xfr_next(struct xfr *x, uint64_t now_s, uint8_t *out, size_t cap) NONNULL MUSTCHECK;

/* Writes a single message with `rcode` instead of the transfer. Returns its length, 0 if it does
 * not fit. */
int xfr_refuse(struct xfr *x, unsigned rcode, uint64_t now_s, uint8_t *out, size_t cap) NONNULL
	MUSTCHECK;

void xfr_fini(struct xfr *x) NONNULL;
