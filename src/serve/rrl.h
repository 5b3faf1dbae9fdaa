/* SPDX-License-Identifier: ISC */
/*
 * Response rate limiting: limits how many replies per second a network gets over UDP. Otherwise
 * an attacker could forge the address of a victim and let this server flood it. A network is an
 * IPv4 /24 or an IPv6 /56. Answers and the kinds of negative replies are counted separately.
 * Each worker has one table of fixed size: nothing is allocated for unknown clients, and the
 * entry with the largest unused share is replaced.
 *
 * Each entry has a time up to which its share is used up. Each reply moves this time forward by
 * its part of a second. If the time is more than a second ahead, no reply is sent. But every
 * second refused reply is sent as an empty reply with TC, so that a real client can retry over
 * TCP.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/limits.h"
#include "base/time.h"

enum rrl_kind { RRL_ANSWER, RRL_REFERRAL, RRL_NODATA, RRL_NXDOMAIN, RRL_ERROR };

enum rrl_verdict { RRL_GIVE, RRL_TRUNCATE, RRL_DROP };

struct rrl_entry {
	uint64_t key; /* network, family, kind, and the count of refusals */
	ns_t used_up; /* share used up to this time; in the past: entry is free */
};

struct rrl {
	uint64_t seed;
	ns_t part; /* the part of a second that one reply uses */
	struct rrl_entry entries[LIMIT_RRL_ENTRIES];
};

/* `rrl` must be all zero or initialised before. `per_second` is the number of replies, at least
 * 1. */
void rrl_init(struct rrl *rrl, uint64_t seed, uint32_t per_second) NONNULL;

/* True if a reply of that kind may be sent to that client. The reply is counted then. */
bool rrl_may_give(struct rrl *rrl, const struct addr *client, enum rrl_kind kind, ns_t now) NONNULL;

/* Like rrl_may_give(), but also tells what to do if the reply may not be sent. */
enum rrl_verdict rrl_judge(
	struct rrl *rrl, const struct addr *client, enum rrl_kind kind, ns_t now) NONNULL;
