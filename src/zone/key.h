/* SPDX-License-Identifier: ISC */
/*
 * A name as the table looks it up: in lower case, with zero bytes behind it, so that it is hashed
 * and compared eight bytes at a time, whole or from any of its labels on (an ancestor is a suffix).
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "wire/name.h"

struct key {
	unsigned len;                                   /* of the name, with its last zero */
	uint8_t lower[NAME_CAP + 1 + sizeof(uint64_t)]; /* zero for 8 bytes behind the name */
};

/* Where each label starts: `start[i]` is the offset of label i, the first of the name being 0. The
 * root's own zero byte is the last: start[count]. */
struct key_labels {
	unsigned count;
	uint8_t start[NAME_LABELS_MAX + 1];
};

/* Eight bytes, with each ASCII capital in lower case. Per byte: bit 7 of `from_a` says "A or
 * more", of `past_z` "more than Z"; no sum carries into the next byte. */
static inline uint64_t lower_word(uint64_t word)
{
	const uint64_t each = 0x0101010101010101u;
	uint64_t low = word & 0x7f * each;
	uint64_t from_a = low + (0x80 - 'A') * each;
	uint64_t past_z = low + (0x7f - 'Z') * each;
	uint64_t capital = (from_a ^ past_z) & ~word & 0x80 * each;
	return word | capital >> 2;
}

static inline uint64_t load_word(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

static inline void store_word(uint8_t *p, uint64_t word)
{
	memcpy(p, &word, sizeof(word));
}

/* The name of `len` bytes, before which at least eight readable bytes stand: in a message they do,
 * the header. So that the last word can be loaded whole, ending where the name ends. */
static inline void key_from_message(struct key *key, const uint8_t *name, unsigned len)
{
	unsigned at = 0, rest = len % 8;
	for (; at + 8 <= len; at += 8)
		store_word(key->lower + at, lower_word(load_word(name + at)));
	if (rest > 0) {
		uint64_t word = le64toh(load_word(name + len - 8)) >> 8 * (8 - rest);
		store_word(key->lower + at, lower_word(htole64(word)));
		at += 8;
	}
	store_word(key->lower + at, 0);
	key->len = len;
}

/* Any complete name. */
void key_from_name(struct key *key, const uint8_t *name) NONNULL;

/* The ancestor without the first `skip` labels' bytes (an offset of struct key_labels). */
static inline uint64_t key_hash(uint64_t seed, const struct key *key, unsigned skip)
{
	const uint8_t *p = key->lower + skip;
	unsigned len = key->len - skip;
	uint64_t h = seed ^ len;
	for (; len >= 8; p += 8, len -= 8)
		h = hash_mix(h, load_word(p));
	/* What is behind the name is zero for as long as a word. */
	return hash_mix(h, load_word(p) ^ seed);
}

/* Whether the `len` bytes at `name` are, case aside, what the key is from `skip` on; it is known
 * to have as many bytes left. */
static inline bool key_is_at(const struct key *key, unsigned skip, const uint8_t *name, unsigned len)
{
	const uint8_t *lower = key->lower + skip;
	if (UNLIKELY(len < 8)) {
		for (unsigned i = 0; i < len; i++)
			if (byte_lower(name[i]) != lower[i])
				return false;
		return true;
	}
	uint64_t diff = 0;
	for (unsigned at = 0; at + 8 < len; at += 8)
		diff |= lower_word(load_word(name + at)) ^ load_word(lower + at);
	diff |= lower_word(load_word(name + len - 8)) ^ load_word(lower + len - 8);
	return diff == 0;
}

void key_split(const struct key *key, struct key_labels *ret) NONNULL;

/* How many labels, counted from the root, the key and the name have in common. */
unsigned key_common_labels(const struct key *key, const struct key_labels *labels,
	const uint8_t *name) NONNULL;
