/* SPDX-License-Identifier: ISC */
/* "Did you mean": finds the word that is spelled most like an unknown word. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct nearest {
	const char *text; /* the unknown word; borrowed */
	size_t len;
	unsigned distance; /* of `word`; without one, the first distance that is too far */
	const char *word;  /* the best so far, borrowed; NULL: no similar one */
};

/* Begins a search for a word similar to the `len` bytes of `text`. */
struct nearest nearest_begin(const char *text, size_t len) NONNULL;

/* Compares `word` too. If two words are equally near, the first one stays. */
void nearest_offer(struct nearest *n, const char *word) NONNULL;

/* Returns the nearest of `words` (NULL at the end), or NULL. */
const char *nearest_word(const char *const *words, const char *text, size_t len) NONNULL;
