/* SPDX-License-Identifier: ISC */
/*
 * Owns memory that is freed as a whole.
 * Never frees or moves a part of it.
 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Length of a chunk: large enough that its allocation costs little, small enough for a short
 * file. */
enum { CHUNK_LEN = 64 << 10 };

struct arena_chunk {
	struct arena_chunk *before;
	size_t len;
	uint8_t bytes[];
};

void arena_fini(struct arena *a)
{
	while (a->last) {
		struct arena_chunk *before = a->last->before;
		free(a->last);
		a->last = before;
	}
	a->left = 0;
}

void *arena_take(struct arena *a, size_t len)
{
	if (len > a->left || !a->last) {
		size_t chunk_len = len > CHUNK_LEN ? len : CHUNK_LEN;
		if (chunk_len > SIZE_MAX - sizeof(struct arena_chunk))
			return NULL;
		struct arena_chunk *chunk = malloc(sizeof(*chunk) + chunk_len);
		if (!chunk)
			return NULL;
		chunk->before = a->last;
		chunk->len = chunk_len;
		a->last = chunk;
		a->left = chunk_len;
	}
	uint8_t *bytes = a->last->bytes + a->last->len - a->left;
	a->left -= len;
	return bytes;
}

void *arena_copy(struct arena *a, const void *bytes, size_t len)
{
	void *copy = arena_take(a, len);
	if (copy && len > 0)
		memcpy(copy, bytes, len);
	return copy;
}
