/* SPDX-License-Identifier: ISC */
/*
 * A seeded hash for tables whose keys may be chosen by untrusted parties. It takes eight bytes per
 * step; each step is a 64x64->128 multiplication, folded by exclusive or. Without the seed, nobody
 * can choose keys that fall into one bucket, and a name of 24 bytes costs about ten instructions.
 * It is not a MAC.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 product = (u128)(a ^ 0x2d358dccaa6c78a5ull) * (b ^ 0x8bb84b93962eacc9ull);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t h = seed ^ len, word;
	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = hash_mix(h, word);
	}
	word = 0;
	if (len > 0)
		memcpy(&word, p, len);
	return hash_mix(h, word ^ seed);
}
