/* SPDX-License-Identifier: ISC */
/* Memory for many small objects with the same lifetime: allocated one by one, freed all at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct arena_chunk;

/* All zero bytes are an empty arena. */
struct arena {
	struct arena_chunk *last;
	size_t left; /* unused bytes of the last chunk */
};

void arena_fini(struct arena *a) NONNULL;

/* Returns `len` bytes, not aligned and not initialised, valid until arena_fini(). NULL if out of
 * memory. */
void *arena_take(struct arena *a, size_t len) NONNULL MUSTCHECK;

/* Returns a copy of `len` bytes. NULL if out of memory. */
void *arena_copy(struct arena *a, const void *bytes, size_t len) NONNULL MUSTCHECK;
