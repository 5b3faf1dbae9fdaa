/* SPDX-License-Identifier: ISC */
/*
 * When to try again after a failure, for example when a disk is full: after a second, and then
 * after twice the previous delay, up to a minute.
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"

#define RETRY_FIRST NS_PER_S
#define RETRY_LAST  (60 * NS_PER_S)

/* All zero: nothing has failed. */
struct retry {
	ns_t delay; /* the time from the last failure to the next try; 0: nothing has failed */
	ns_t at;    /* when to try again */
};

static inline void retry_failed(struct retry *r, ns_t now)
{
	r->delay = r->delay ? ns_min(2 * r->delay, RETRY_LAST) : RETRY_FIRST;
	r->at = now + r->delay;
}

static inline void retry_done(struct retry *r)
{
	r->delay = 0;
}

static inline bool retry_has_failed(const struct retry *r)
{
	return r->delay != 0;
}

/* Returns the time of the next try; NS_NEVER: nothing has failed. */
static inline ns_t retry_deadline(const struct retry *r)
{
	return retry_has_failed(r) ? r->at : NS_NEVER;
}

/* True if a try is allowed now: nothing has failed, or the delay is over. */
static inline bool retry_is_due(const struct retry *r, ns_t now)
{
	return !retry_has_failed(r) || now >= r->at;
}
