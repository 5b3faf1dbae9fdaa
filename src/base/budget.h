/* SPDX-License-Identifier: ISC */
/* How often something may be done: a bucket of tokens, kept as a time. */
#pragma once

#include <stdbool.h>

#include "base/hash.h"
#include "base/time.h"

/* All zero at first: nothing is spent, also where the clock has just begun. */
struct budget {
	ns_t full_at; /* all is there again */
};

/* True if it may be done once more at `now`: `burst` times at once, and once in each `step` after that. */
static inline bool budget_has(const struct budget *b, ns_t now, unsigned burst, ns_t step)
{
	return ns_max(b->full_at, now) + step <= now + step * burst;
}

/* It is done, if budget_has() was true. */
static inline void budget_spend(struct budget *b, ns_t now, ns_t step)
{
	b->full_at = ns_max(b->full_at, now) + step;
}

/* True if it may be done, like budget_has(). Counts it then. */
static inline bool budget_may(struct budget *b, ns_t now, unsigned burst, ns_t step)
{
	if (!budget_has(b, now, burst, step))
		return false;
	budget_spend(b, now, step);
	return true;
}

/* A budget for each of many keys, in bounded room: two keys may have one together. All zero at first. */
enum { BUDGET_SHARES = 64 };

struct budget_shares {
	struct budget each[BUDGET_SHARES];
};

static inline bool budget_share_may(
	struct budget_shares *s, uint64_t key, ns_t now, unsigned burst, ns_t step)
{
	return budget_may(&s->each[hash_mix(0, key) % BUDGET_SHARES], now, burst, step);
}
