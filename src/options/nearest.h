/* SPDX-License-Identifier: ISC */
/* "Did you mean": which of several words is spelled most like one that is not known. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct nearest {
	const char *text; /* what was written; borrowed */
	size_t len;
	unsigned distance; /* of `word`; or of the first word that is too far */
	const char *word;  /* the best so far, borrowed; NULL: none is at all like it */
};

/* A search for what is like `len` bytes of `text`. */
struct nearest nearest_begin(const char *text, size_t len) NONNULL;

/* Takes `word` into account. Of two that are equally near the first one stays. */
void nearest_offer(struct nearest *n, const char *word) NONNULL;

/* The nearest of `words`, which end with NULL, or NULL. */
const char *nearest_word(const char *const *words, const char *text, size_t len) NONNULL;
