/* SPDX-License-Identifier: ISC */
/*
 * A Multicast DNS querier (RFC 6762) as a pure engine: packets and time go in; packets, the next deadline and
 * changes of its cache come out. To the engine a link is a number. It has no sockets and no clock, and its only
 * randomness comes from its seed.
 *
 * The owner tells it which names it is interested in (querier_ask), passes received packets to it (querier_input),
 * sends its packets (querier_poll, until it returns 0), and calls querier_poll again at the deadline. Each link has
 * its own cache, of all that was said there, whether somebody asked or not.
 *
 * Trust: the owner decides which packets to believe, for example by a signature, and says so with each. Only those
 * change the cache. Of the others only what is harmless counts.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "wire/multicast.h"
#include "wire/rrset.h"

/* A record of the cache. All is borrowed during the call that gets it. */
struct querier_record {
	uint32_t link;
	const uint8_t *owner;
	uint16_t type;      /* never NSEC, and none that questions alone can have; class IN */
	bool is_unique;     /* it came with the cache-flush bit (§10.2) */
	bool is_leaving;    /* gone in a second, unless it is said again (§10.1, §10.2) */
	uint8_t unanswered; /* questions for it that were sent since it was last said, near its end */
	uint32_t ttl_s;     /* as said, at most LIMIT_QUERIER_TTL_S */
	struct addr peer;   /* who said it last */
	ns_t heard_at, expires_at;
	struct rdata rdata;
};

/* Why a record is not in the cache any more. */
enum querier_end {
	QUERIER_EXPIRED,     /* its TTL is over */
	QUERIER_GOODBYE,     /* it was said with TTL 0, a second ago (§10.1) */
	QUERIER_FLUSHED,     /* its set was said without it, a second ago (§10.2) */
	QUERIER_UNCONFIRMED, /* it was doubted, and nobody has said it since (§10.3 to §10.5) */
	QUERIER_LINK_DOWN,   /* the link is down or gone (§10.3) */
	QUERIER_END_COUNT
};

/* Changes of the cache. These functions must not call the engine. */
struct querier_events {
	/* A record was added (`is_new`), or said again. */
	void (*on_record)(void *arg, const struct querier_record *record, bool is_new);
	/* A record was removed. */
	void (*on_gone)(void *arg, const struct querier_record *record, enum querier_end why);
};

struct querier; /* opaque */

/* `wants_signed`: queries have an OPT record with the DO bit, so that unicast answers are signed, too. `events` are
 * copied; they are called with `arg`. NULL if out of memory. */
struct querier *querier_new(uint64_t seed, bool wants_signed, const struct querier_events *events,
	void *arg) NONNULL_ARGS(3) MUSTCHECK;
/* Frees the engine. No event is called. */
void querier_free(struct querier *q);

/* Adds or changes a link. On a link that comes up, all questions start again, the first time with the QU bit
 * (§5.4). ERR_NOMEM. */
int querier_link_up(struct querier *q, ns_t now, const struct mdns_link *link) NONNULL MUSTCHECK;
/* The link cannot carry packets for now: its records are removed (§10.3), its questions wait. */
void querier_link_down(struct querier *q, ns_t now, uint32_t link) NONNULL;
/* Removes the link with its records and questions. */
void querier_link_gone(struct querier *q, ns_t now, uint32_t link) NONNULL;
/* To be called after the machine slept or the network changed: questions start again, and records that nobody says
 * again in ten seconds are removed (§10.3). */
void querier_restart(struct querier *q, ns_t now) NONNULL;

/* Begins a continuous query (§5.2) on a link, which may come up later: a question that is repeated, and records that
 * are asked for again before they expire. It goes on until querier_stop() was called as often as querier_ask() for
 * the same question. What the cache has already causes no event: querier_each_of(). ERR_RANGE: no record can
 * have the type, or LIMIT_QUERIER_QUESTIONS; ERR_NOMEM. */
int querier_ask(struct querier *q, ns_t now, uint32_t link, const uint8_t *name,
	uint16_t type) NONNULL MUSTCHECK;
void querier_stop(
	struct querier *q, ns_t now, uint32_t link, const uint8_t *name, uint16_t type) NONNULL;

/* These records seem to be wrong, for example because nobody answers at the address: asks for them three times, and
 * removes those that nobody says again in ten seconds (§10.4). */
void querier_reconfirm(
	struct querier *q, ns_t now, uint32_t link, const uint8_t *name, uint16_t type) NONNULL;

/* True if the packet is a response that would change the cache if it were trusted; an expiry that moves by less than
 * an eighth of its TTL is no change. So the owner need not verify what tells nothing. */
bool querier_is_news(struct querier *q, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;

/* Processes one packet that was received on port 5353: a query or a response. It may contain any bytes.
 * `is_trusted`: records of a response may enter or leave the cache, and a query that nobody answers makes records
 * doubtful (§10.5). Otherwise a response only shows that a record that is there is not doubtful, and a query only spares
 * us the same question (§7.3), once in a row. */
void querier_input(struct querier *q, ns_t now, const struct mdns_path *from, const uint8_t *packet,
	size_t len, bool is_trusted) NONNULL;

/* Removes what has expired, and writes the next packet to send at `now` into `buffer`, which has LIMIT_MDNS_PACKET
 * bytes. Returns its length and sets `*to`. Returns 0 if there is none. */
size_t querier_poll(struct querier *q, ns_t now, struct mdns_path *to, uint8_t *buffer) NONNULL;

/* Returns when to call querier_poll() if nothing else happens before: immediately if the time is in the past; never
 * if it is NS_NEVER. */
ns_t querier_deadline(const struct querier *q) NONNULL;

/* Calls `visit` for each record of the cache, or of one set on one link; order unspecified. */
void querier_each(const struct querier *q,
	void (*visit)(void *arg, const struct querier_record *record), void *arg)
	NONNULL_ARGS(1, 2);
void querier_each_of(const struct querier *q, uint32_t link, const uint8_t *name, uint16_t type,
	void (*visit)(void *arg, const struct querier_record *record), void *arg)
	NONNULL_ARGS(1, 3, 5);

struct querier_stats {
	uint64_t records, sets, questions, peers,
		bytes; /* now: in the cache; asked for or in it; asked for; who said them; memory */
	/* Counted since the start. */
	uint64_t packets_in, packets_out, bytes_out;
	uint64_t malformed, off_link, ignored; /* dropped packets by reason */
	uint64_t asked,
		suppressed; /* questions that were sent; not sent because another host did (§7.3) */
	uint64_t limited;   /* records that were not taken: a limit in base/limits.h */
};
struct querier_stats querier_stats(const struct querier *q) NONNULL;
