/* SPDX-License-Identifier: ISC */
/*
 * Memory for very many small blocks of many sizes: a block takes no more than its size, to the next
 * multiple of four, where malloc adds 8 bytes and rounds to 16. Blocks of one size are in *slabs* of
 * 32 KiB; 32 of these at a time are taken from malloc, and given back when they have no block any more.
 *
 * Blocks are taken by one thread, and may be given back by any: they wait in a list without locks until
 * that thread needs memory. Builds with a sanitizer have only malloc: it sees what is used after its end.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	SLABS_STEP = 4, /* bytes: sizes, and so addresses, are multiples of it */
	SLABS_SIZE_MIN = 8,
	SLABS_SIZE_MAX = 1024, /* of a block; others are malloc's */
	SLABS_SIZES = SLABS_SIZE_MAX / SLABS_STEP + 1
};

struct slab;

/* All zero: empty. */
struct slabs {
	_Atomic(void *)
		returned; /* blocks that were given back; each begins with the next one's address */
	struct slab *partly[SLABS_SIZES]; /* slabs with room, by size */
	struct region *regions;           /* NULL: no block is taken */
};

/* Returns a block of zero bytes. NULL: out of memory, or SLABS_SIZE_MAX is exceeded: see slabs_have(). */
void *slabs_take(struct slabs *s, size_t size) NONNULL MUSTCHECK;

/* True if blocks of that size are taken here. */
bool slabs_have(size_t size);

/* Gives a block back, on any thread. */
void slabs_give(void *block) NONNULL;

/* Looks at what was given back, and frees what has no block any more. */
void slabs_tidy(struct slabs *s) NONNULL;
