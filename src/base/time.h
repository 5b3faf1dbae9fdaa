/* SPDX-License-Identifier: ISC */
/* Time as a value. The core never reads a clock: `now` is a parameter, in practice from
 * CLOCK_MONOTONIC. */
#pragma once

#include <stdint.h>

typedef int64_t ns_t; /* nanoseconds: a point in time or a duration */

#define NS_PER_US ((ns_t)1000)
#define NS_PER_MS ((ns_t)1000000)
#define NS_PER_S  ((ns_t)1000000000)

/* No deadline. */
#define NS_NEVER INT64_MAX

/* The later of two points in time. */
static inline ns_t ns_max(ns_t a, ns_t b)
{
	return a > b ? a : b;
}

/* The earlier of two points in time. */
static inline ns_t ns_min(ns_t a, ns_t b)
{
	return a < b ? a : b;
}
