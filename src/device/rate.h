/* SPDX-License-Identifier: ISC */
/* Limits how often each user may ask: a token bucket for each user, which fills at a steady
 * rate. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/map.h"
#include "base/time.h"

/* `per_second` 0: no limit. */
struct rate {
	unsigned per_second;
	struct map users;
};

void rate_init(struct rate *r, unsigned per_second) NONNULL;
void rate_fini(struct rate *r) NONNULL;

/* Returns true if `uid` may ask once more at `now`, and counts the request. A user may use up the
 * requests of one second at once. If too many users are remembered, or out of memory, a user that
 * is not remembered yet gets false. */
bool rate_may(struct rate *r, uint32_t uid, ns_t now) NONNULL;
