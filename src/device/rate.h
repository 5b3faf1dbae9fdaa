/* SPDX-License-Identifier: ISC */
/* How often each user may ask: a bucket of tokens a user, which fills at a steady rate. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/map.h"
#include "base/time.h"

/* `per_second` 0: as often as they like. */
struct rate {
	unsigned per_second;
	struct map users;
};

void rate_init(struct rate *r, unsigned per_second) NONNULL;
void rate_fini(struct rate *r) NONNULL;

/* Whether `uid` may ask once more at `now`, and counts it. A second's worth may come at once. Where too
 * many users are remembered, or there is no memory, one that is not remembered may not. */
bool rate_may(struct rate *r, uint32_t uid, ns_t now) NONNULL;
