/* SPDX-License-Identifier: ISC */
/*
 * A name in the form for table look-ups: in lower case, with zero bytes behind it. So it can be
 * hashed and compared many bytes at a time, from the start or from any of its labels on (an
 * ancestor is a suffix).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "wire/name.h"

enum { KEY_STEP = 16 }; /* bytes lower-cased and hashed at a time */

struct key {
	unsigned len; /* of the name, with its last zero */
	/* One step of arbitrary bytes (so that the last step may begin before a short name), the
	 * name, and one step of zero bytes. */
	uint8_t bytes[KEY_STEP + NAME_CAP + KEY_STEP];
};

/* Returns the name in lower case. */
static inline const uint8_t *key_lower(const struct key *key)
{
	return key->bytes + KEY_STEP;
}

/* Where each label starts: `start[i]` is the offset of label i, where label 0 is the first label of
 * the name. start[count] is the offset of the root's zero byte. */
struct key_labels {
	unsigned count;
	uint8_t start[NAME_LABELS_MAX + 1];
};

typedef uint8_t key_step __attribute__((vector_size(KEY_STEP)));

static inline uint64_t load_word(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

/* Copies KEY_STEP bytes and turns ASCII capitals into lower case. */
static inline void copy_lower(uint8_t *to, const uint8_t *from)
{
	key_step bytes;
	memcpy(&bytes, from, sizeof(bytes));
	key_step capital = (key_step)(bytes - 'A' < 26);
	bytes += capital & ('a' - 'A');
	memcpy(to, &bytes, sizeof(bytes));
}

/* Makes the key of a name of `len` bytes. At least KEY_STEP bytes before the end of the name must
 * be readable: the last step begins KEY_STEP bytes before the end, and so may overlap the previous
 * step. */
static inline void key_from_bytes(struct key *key, const uint8_t *name, unsigned len)
{
	const uint8_t *end = name + len;
	uint8_t *to = key->bytes + KEY_STEP;
	for (; end - name > KEY_STEP; name += KEY_STEP, to += KEY_STEP)
		copy_lower(to, name);
	copy_lower(key->bytes + len, end - KEY_STEP);
	memset(key->bytes + KEY_STEP + len, 0, KEY_STEP);
	key->len = len;
}

/* Makes the key of any complete name. */
void key_from_name(struct key *key, const uint8_t *name) NONNULL;

/* Makes the key of a name in a message. The header before the name makes enough bytes readable,
 * except for the shortest names. */
static inline void key_from_message(struct key *key, const uint8_t *name, unsigned len)
{
	enum { HEADER_LEN = 12 };
	if (LIKELY(len >= KEY_STEP - HEADER_LEN))
		key_from_bytes(key, name, len);
	else
		key_from_name(key, name);
}

/* Returns the hash of the name from offset `skip` (see struct key_labels) to its end. */
static inline uint64_t key_hash(uint64_t seed, const struct key *key, unsigned skip)
{
	const uint8_t *p = key_lower(key) + skip, *end = key_lower(key) + key->len;
	uint64_t h = seed ^ (key->len - skip);
	/* One step of bytes behind the name is zero. */
	for (; p < end; p += KEY_STEP)
		h = hash_mix(h ^ load_word(p), load_word(p + 8));
	return hash_mix(h, seed);
}

/* True if the `len` bytes at `lower`, in lower case, equal those of the key from `skip` on. The
 * caller knows that the key has `len` bytes left there. */
static inline bool key_is_at(
	const struct key *key, unsigned skip, const uint8_t *lower, unsigned len)
{
	const uint8_t *own = key_lower(key) + skip;
	if (UNLIKELY(len < 8))
		return memcmp(own, lower, len) == 0;
	uint64_t diff = load_word(lower + len - 8) ^ load_word(own + len - 8);
	for (unsigned at = 0; at + 8 < len; at += 8)
		diff |= load_word(lower + at) ^ load_word(own + at);
	return diff == 0;
}

void key_split(const struct key *key, struct key_labels *ret) NONNULL;

/* Returns how many labels, counted from the root, the key and the name `lower` have in common.
 * `lower` is in lower case. */
unsigned key_common_labels(
	const struct key *key, const struct key_labels *labels, const uint8_t *lower) NONNULL;
