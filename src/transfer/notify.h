/* SPDX-License-Identifier: ISC */
/*
 * NOTIFY (RFC 1996): tells each secondary about each changed zone until it acknowledges. Time is
 * a parameter; the output is messages.
 *
 *	         zone changes                     sent                     acknowledged
 *	IDLE ──────────────────► DUE (at once, ─────────────► WAITING ───────────────────► IDLE
 *	                          or NOTIFY_PAUSE  ▲            │
 *	                          after the last)  └────────────┘ no answer, or a "no": after
 *	                                                          1 s, 2 s, 4 s … NOTIFY_RETRY_MAX
 *
 * Changes in state DUE are covered by the same message. A change in state WAITING leads to DUE
 * again. A target that has not acknowledged a zone for NOTIFY_PATIENCE is reported once, and once more when
 * it has acknowledged all. Progress rule: each message sent moves the next one for its zone and target into the
 * future.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "transfer/records.h"
#include "transfer/tsig.h"
#include "wire/name.h"

#define NOTIFY_PAUSE     (500 * NS_PER_MS)
#define NOTIFY_RETRY_MIN (1 * NS_PER_S)
#define NOTIFY_RETRY_MAX (900 * NS_PER_S)
/* A catalog zone takes some seconds to make a new zone known to a secondary. */
#define NOTIFY_PATIENCE (15 * NS_PER_S)

struct notify; /* opaque */

/* How a target does. */
enum notify_health {
	NOTIFY_WELL,    /* it acknowledges again */
	NOTIFY_SILENT,  /* it does not answer */
	NOTIFY_REFUSING /* it answers with an error */
};

/* Is told when a target begins to fail, with the first zone that it does not acknowledge, and when it
 * is well again. */
typedef void notify_health_fn(
	void *arg, size_t target, const uint8_t *apex, enum notify_health health);

/* `seed` is for the ids of messages. NULL if out of memory. */
struct notify *notify_new(uint64_t seed) MUSTCHECK;
void notify_free(struct notify *n);

/* Sets who is told of the health of targets. */
void notify_set_listener(struct notify *n, notify_health_fn *on_health, void *arg)
	NONNULL_ARGS(1, 2);

/* Sets the targets, numbered 0 to `count` - 1. Each has a key that signs our messages and must
 * sign its answers; NULL: no key. The keys are borrowed until the next call. Messages to the
 * previous targets are dropped; zones that change later are reported to all targets. ERR_NOMEM:
 * there are no targets now. */
int notify_set_targets(struct notify *n, const struct tsig_key *const *keys, size_t count)
	NONNULL_ARGS(1) MUSTCHECK;

/* Reports that a zone has changed. `soa` is its present SOA (one record); a reference to it is
 * added. ERR_NOMEM. */
int notify_zone(struct notify *n, ns_t now, const uint8_t *apex, struct records *soa) NONNULL
	MUSTCHECK;

/* Reports that a zone was removed. */
void notify_forget(struct notify *n, const uint8_t *apex) NONNULL;

/* Makes the next message that is due, for target `*ret_target`. `now_s` is the time of the
 * signature. Returns its length, 0 if none is due. */
size_t notify_poll(struct notify *n, ns_t now, uint64_t now_s, size_t *ret_target, uint8_t *out,
	size_t cap) NONNULL MUSTCHECK;
ns_t notify_deadline(const struct notify *n) NONNULL;

/* Processes a message from a target. True if it is an awaited answer, with a valid signature if
 * the target has a key. It may contain any bytes. */
bool notify_input(
	struct notify *n, uint64_t now_s, size_t target, const uint8_t *msg, size_t len) NONNULL;

struct notify_stats {
	uint64_t sent, acknowledged, refused;
	size_t waiting; /* messages that are due or not acknowledged */
	size_t failing; /* targets that were reported, and are not well again */
};
struct notify_stats notify_stats(const struct notify *n) NONNULL;
