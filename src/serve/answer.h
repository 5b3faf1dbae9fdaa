/* SPDX-License-Identifier: ISC */
/*
 * A DNS query to its answer: bytes in, bytes out. No allocation, no lock, no system call. What is
 * to be said comes from the zone's reader (zone/lookup.h) and is copied behind the question.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/limits.h"
#include "base/time.h"
#include "serve/cookie.h"
#include "serve/rrl.h"
#include "wire/key.h"
#include "zone/table.h"
#include "zone/view.h"
#include "zone/zone.h"

/* What was asked and what became of it, since the start. One thread writes, any may read. */
enum serve_count {
	SERVE_QUERIES_UDP,
	SERVE_QUERIES_TCP,
	SERVE_DROPPED, /* too short, a reply, from port 0 */
	SERVE_NOERROR, /* with an answer */
	SERVE_NODATA,
	SERVE_NXDOMAIN,
	SERVE_REFERRAL,
	SERVE_REFUSED,
	SERVE_FORMERR,
	SERVE_NOTIMP,
	SERVE_OTHER, /* BADVERS, SERVFAIL, YXDOMAIN, NOTAUTH */
	SERVE_TRUNCATED,
	SERVE_EDNS,      /* queries with EDNS */
	SERVE_COOKIES,   /* queries with a good cookie of ours */
	SERVE_BADCOOKIE, /* queries that were sent for one */
	SERVE_LIMITED, /* replies that were denied, or cut to nothing, because there were too many */
	SERVE_COUNT
};

/* "queries_udp", "nxdomain", …: stable keys for `status`. Static storage. */
const char *serve_count_text(enum serve_count which);

/* What this server calls itself; len 0: it does not say. */
struct serve_text {
	uint8_t len;
	uint8_t bytes[LIMIT_IDENTITY];
};

enum serve_cookies {
	SERVE_COOKIES_NONE,  /* the option is not known */
	SERVE_COOKIES_GIVEN, /* who sends one gets one */
	SERVE_COOKIES_STRICT /* who sends none of ours over UDP gets that and nothing else: BADCOOKIE */
};

/* What the administrator decided of it. */
struct serve_policy {
	struct serve_text nsid;     /* RFC 5001 */
	struct serve_text identity; /* "id.server" (RFC 4892) */
	enum serve_cookies cookies;
	const struct cookie_slot
		*cookie_keys;         /* of which there are some, where there are cookies */
	const struct prefix *trusted; /* resolvers whose client subnets count (RFC 7871) */
	size_t trusted_count;
};

/* What one worker answers with. Set up by the shell once; only the times, `rrl` and `counts` change after. */
struct serve_ctx {
	const struct zone_reader *zone; /* zone_reader() of the store */
	const struct view_slot *views;
	const struct serve_policy *policy; /* NULL: no option of EDNS is known */
	struct rrl *rrl;                   /* NULL: there is no limit */
	ns_t now;                          /* for `rrl`: monotonic; a batch may share it */
	uint32_t unix_s;                   /* for cookies: seconds since 1970, the same */
	bool is_short_of_conns;            /* TCP clients are asked to leave as soon as they can */
	_Atomic uint64_t counts[SERVE_COUNT]; /* relaxed: own thread writes, others read */
};

struct serve_client {
	struct addr addr;
	uint16_t port; /* host byte order */
	bool is_tcp;
};

/* Adds the counts of `ctx` to `sums`. Any thread. */
void serve_add_counts(const struct serve_ctx *ctx, uint64_t sums[SERVE_COUNT]) NONNULL;

/* Answers `query` in `reply`, which must not overlap it and has `reply_cap` bytes: 512 or more, and
 * 65535 over TCP. Returns the length of the reply, 0 for none. The caller is inside a read-side
 * critical section of the zone. Any bytes are safe. */
size_t serve_answer(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap) NONNULL;

/* serve_answer() in steps, for a batch of queries: each is read, then all are looked for, then each is
 * answered. So memory has the time of the others to find what one needs. All in one critical section. */

/* A query as far as it has been read. */
struct serve_asked {
	const uint8_t *bytes; /* the caller's, unchanged until it is answered */
	size_t len;
	bool is_plain; /* nothing is unusual about it, and what follows is known */
	bool has_edns, has_do;
	uint16_t type, class;
	uint16_t payload; /* that EDNS offers; 0 without */
	uint64_t hash;    /* of `key`; 0 if it is not plain */
	slot_t slot;      /* serve_look()'s: where the zone seems to have it */
	struct key key;   /* what stands for the name; not known to be one */
};

void serve_read(const struct serve_ctx *ctx, const uint8_t *query, size_t query_len,
	struct serve_asked *ret) NONNULL;
void serve_look(const struct serve_ctx *ctx, struct serve_asked *asked, size_t count) NONNULL;
size_t serve_reply(struct serve_ctx *ctx, const struct serve_client *client,
	const struct serve_asked *asked, uint8_t *reply, size_t reply_cap) NONNULL;
