/* SPDX-License-Identifier: ISC */
/*
 * NOTIFY (RFC 1996): tells secondaries that zones have changed, each of each zone, until it has
 * said that it heard. Time comes in, messages go out.
 *
 *	         zone changes                     sent                     acknowledged
 *	IDLE ──────────────────► DUE (at once, ─────────────► WAITING ───────────────────► IDLE
 *	                          or NOTIFY_PAUSE  ▲            │
 *	                          after the last)  └────────────┘ no answer, or a "no": after
 *	                                                          1 s, 2 s, 4 s … NOTIFY_RETRY_MAX
 *
 * Changes that come while DUE are told by the same message; one that comes while WAITING makes it
 * DUE again. Progress rule: each message sent moves the next one of its zone and target into the
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

struct notify; /* opaque */

/* `seed`: of the ids of messages. NULL if out of memory. */
struct notify *notify_new(uint64_t seed) MUSTCHECK;
void notify_free(struct notify *n);

/* The targets, 0 to `count` - 1, each with the key by which what it is told is signed, and by which its
 * answers must be; NULL: by none. The keys are borrowed until the next call. What was for others is
 * forgotten; each zone that is told of after is told to all. ERR_NOMEM: there are none now. */
int notify_set_targets(struct notify *n, const struct tsig_key *const *keys, size_t count)
	NONNULL_ARGS(1) MUSTCHECK;

/* A zone has changed; `soa` is its SOA now (one record, counted once more). ERR_NOMEM. */
int notify_zone(struct notify *n, ns_t now, const uint8_t *apex, struct records *soa) NONNULL
	MUSTCHECK;

/* A zone is no more. */
void notify_forget(struct notify *n, const uint8_t *apex) NONNULL;

/* Makes the next message that is due, for the target `*ret_target`; `now_s` is what is signed with.
 * Returns its length, 0: none. */
size_t notify_poll(struct notify *n, ns_t now, uint64_t now_s, size_t *ret_target, uint8_t *out,
	size_t cap) NONNULL MUSTCHECK;
ns_t notify_deadline(const struct notify *n) NONNULL;

/* Takes in what came from a target. True if it is the answer to something that is waited for, signed
 * if it has to be. Any bytes. */
bool notify_input(
	struct notify *n, uint64_t now_s, size_t target, const uint8_t *msg, size_t len) NONNULL;

struct notify_stats {
	uint64_t sent, acknowledged, refused;
	size_t waiting; /* messages that are due or not acknowledged */
};
struct notify_stats notify_stats(const struct notify *n) NONNULL;
