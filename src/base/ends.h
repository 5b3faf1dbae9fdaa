/* SPDX-License-Identifier: ISC */
/*
 * Strings of bytes in little memory: of each, only what it has not in common with the one before, at
 * its beginning and at its end.
 *
 *	bytes in common at the beginning | at the end | number of its own | its own
 *
 * The first two are one byte each. The number has seven bits a byte, the lowest first; the highest bit
 * says that another byte follows.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct ends {
	size_t first, last; /* at most ENDS_MAX each; together at most the shorter one of both */
};

enum {
	ENDS_MAX = UINT8_MAX,
	ENDS_HEAD_MAX = 2 + 3 /* for strings of less than 2 MiB */
};

/* Returns what two strings have in common. */
struct ends ends_of(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) NONNULL_ARGS(3);

/* Writes a string that comes after `last`. Returns how many bytes that takes: ENDS_HEAD_MAX more than the string has
 * at most. `to` NULL: nothing is written. */
size_t ends_put(uint8_t *to, const uint8_t *last, size_t last_len, const uint8_t *bytes, size_t len)
	NONNULL_ARGS(4);

/* A string as it is stored. */
struct ends_stored {
	struct ends ends;
	const uint8_t *own;
	size_t own_len;
};

/* Reads the stored string at `*at`, which moves behind it. Only what ends_put() has written may be there. */
struct ends_stored ends_next(const uint8_t **at) NONNULL;

static inline size_t ends_len(const struct ends_stored *s)
{
	return s->ends.first + s->own_len + s->ends.last;
}

/* Makes the string of the one before, which is in `bytes`: there is room for ends_len(). */
void ends_apply(const struct ends_stored *s, uint8_t *bytes, size_t len) NONNULL;
