/* SPDX-License-Identifier: ISC */
/*
 * Answers a DNS query: bytes in, bytes out. No allocation, no lock, no system call. The records
 * come from the zone's reader (zone/lookup.h) and are copied after the question.
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

/* Counters of queries and their results since the start. One thread writes them; any thread may
 * read them. */
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
	SERVE_COOKIES,   /* queries with a valid cookie of ours */
	SERVE_BADCOOKIE, /* queries that were answered with BADCOOKIE */
	SERVE_LIMITED,   /* replies that rate limiting dropped or truncated */
	SERVE_COUNT
};

/* "queries_udp", "nxdomain", …: stable keys for `status`. Static storage. */
const char *serve_count_text(enum serve_count which);

/* The identity of this server; len 0: it has none. */
struct serve_text {
	uint8_t len;
	uint8_t bytes[LIMIT_IDENTITY];
};

enum serve_cookies {
	SERVE_COOKIES_NONE,  /* the option is ignored */
	SERVE_COOKIES_GIVEN, /* a client that sends a cookie gets one */
	SERVE_COOKIES_STRICT /* over UDP, a client without a cookie of ours gets only BADCOOKIE */
};

/* What the administrator configured. */
struct serve_policy {
	struct serve_text nsid;     /* RFC 5001 */
	struct serve_text identity; /* "id.server" (RFC 4892) */
	enum serve_cookies cookies;
	const struct cookie_slot *cookie_keys; /* at least one key if cookies are used */
	const struct prefix *trusted; /* resolvers whose client subnets are accepted (RFC 7871) */
	size_t trusted_count;
};

/* The context of one worker. The shell sets it up once; later only the times, `rrl` and `counts`
 * change. */
struct serve_ctx {
	const struct zone_reader *zone; /* zone_reader() of the store */
	const struct view_slot *views;
	const struct serve_policy *policy; /* NULL: EDNS options are ignored */
	struct rrl *rrl;                   /* NULL: no rate limit */
	ns_t now;                          /* for `rrl`: monotonic; a batch may share it */
	uint32_t unix_s;        /* for cookies: seconds since 1970; a batch may share it */
	bool is_short_of_conns; /* ask TCP clients to close soon */
	_Atomic uint64_t counts[SERVE_COUNT]; /* relaxed: own thread writes, others read */
};

struct serve_client {
	struct addr addr;
	uint16_t port; /* host byte order */
	bool is_tcp;
};

/* Adds the counts of `ctx` to `sums`. Any thread may call it. */
void serve_add_counts(const struct serve_ctx *ctx, uint64_t sums[SERVE_COUNT]) NONNULL;

/* Writes the answer to `query` into `reply`, which must not overlap it. `reply_cap` is 512 or
 * more, and 65535 over TCP. Returns the length of the reply, 0 for no reply. The caller must be
 * inside a read-side critical section of the zone. `query` may contain any bytes. */
size_t serve_answer(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap) NONNULL;

/* serve_answer() in three steps, for a batch of queries: serve_read() for each, then
 * serve_look() for all, then serve_reply() for each. So while one query waits for memory, the
 * others make progress. All steps must be in one critical section. */

/* A query that was read by serve_read(). */
struct serve_asked {
	const uint8_t *bytes; /* the caller's; unchanged until it is answered */
	size_t len;
	bool is_plain; /* an ordinary query: the fields below are valid */
	bool has_edns, has_do;
	uint16_t type, class;
	uint16_t payload; /* of EDNS; 0 without EDNS */
	uint64_t hash;    /* of `key`; 0 if the query is not plain */
	slot_t slot;      /* from serve_look(): the probable slot in the table */
	struct key key;   /* the bytes of the name, not validated */
};

void serve_read(const struct serve_ctx *ctx, const uint8_t *query, size_t query_len,
	struct serve_asked *ret) NONNULL;
void serve_look(const struct serve_ctx *ctx, struct serve_asked *asked, size_t count) NONNULL;
size_t serve_reply(struct serve_ctx *ctx, const struct serve_client *client,
	const struct serve_asked *asked, uint8_t *reply, size_t reply_cap) NONNULL;
