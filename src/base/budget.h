/* SPDX-License-Identifier: ISC */
/* How often something may be done: a bucket of tokens, kept as a time. */
#pragma once

#include <stdbool.h>

#include "base/time.h"

/* All zero at first: nothing is spent. */
struct budget {
	ns_t spent; /* to that time; never in the future */
};

/* True if it may be done once more at `now`: `burst` times at once, and once in each `step` after that. Counts it
 * then. */
static inline bool budget_may(struct budget *b, ns_t now, unsigned burst, ns_t step)
{
	const ns_t all = step * burst;
	const ns_t spent = b->spent + all < now ? now - all : b->spent;
	if (spent + step > now)
		return false;
	b->spent = spent + step;
	return true;
}
