/* SPDX-License-Identifier: ISC */
/*
 * Response rate limiting: what one network may get over UDP in a second, so that this server is of no
 * use for flooding somebody in whose name it is asked. A network is an IPv4 /24 or an IPv6 /56; answers
 * and the kinds of "no" are counted apart. One table a worker, of fixed size: nothing is allocated for
 * strangers, and the network with the most left over makes room.
 *
 * Each network has a point in time up to which it has used up its share; a reply moves that by its
 * part of a second, and more than a second ahead there are no replies. Every second one that is not
 * given is given as nothing but TC, so that a client that is really there comes by TCP.
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
	uint64_t key; /* network, family, kind, and how often it was denied */
	ns_t used_up; /* to here; of the past: the entry is free */
};

struct rrl {
	uint64_t seed;
	ns_t part; /* of a second that a reply uses up */
	struct rrl_entry entries[LIMIT_RRL_ENTRIES];
};

/* `rrl` is all zero, or was used before. `per_second` replies, at least 1. */
void rrl_init(struct rrl *rrl, uint64_t seed, uint32_t per_second) NONNULL;

/* Whether a reply of that kind to that client may be given. It counts then. */
bool rrl_may_give(struct rrl *rrl, const struct addr *client, enum rrl_kind kind, ns_t now) NONNULL;

/* The same, and what to do if not. */
enum rrl_verdict rrl_judge(
	struct rrl *rrl, const struct addr *client, enum rrl_kind kind, ns_t now) NONNULL;
