/* SPDX-License-Identifier: ISC */
/* Bytes for many small things that live and go together: taken one by one, freed all at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct arena_chunk;

/* All zero bytes are an empty arena. */
struct arena {
	struct arena_chunk *last;
	size_t left; /* bytes of the last chunk that nobody has taken */
};

void arena_fini(struct arena *a) NONNULL;

/* `len` bytes, not aligned and not set to anything, valid until arena_fini(). NULL if out of memory. */
void *arena_take(struct arena *a, size_t len) NONNULL MUSTCHECK;

/* A copy of `len` bytes. NULL if out of memory. */
void *arena_copy(struct arena *a, const void *bytes, size_t len) NONNULL MUSTCHECK;
