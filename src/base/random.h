/* SPDX-License-Identifier: ISC */
/* Random delays from a seed: nothing here is a secret. */
#pragma once

#include "base/time.h"

/* Returns a number from `low` to `high`, evenly distributed, and moves `*state` on. SplitMix64 (Steele, Lea, Flood
 * 2014); the modulo's bias does not matter for delays. */
static inline ns_t random_between(uint64_t *state, ns_t low, ns_t high)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return low + (ns_t)((z ^ z >> 31) % (uint64_t)(high - low + 1));
}
