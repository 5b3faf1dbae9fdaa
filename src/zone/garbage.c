/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of blocks that readers may still use.
 * Never waits: the shell knows when they may be freed.
 */
#include "zone/garbage.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/err.h"

int garbage_reserve(struct garbage *g, size_t more)
{
	return ARRAY_RESERVE(g->at, g->cap, g->count + more);
}

void garbage_add(struct garbage *g, void *block)
{
	if (!block)
		return;
	assert(g->count < g->cap);
	g->at[g->count++] = block;
}

void garbage_free_all(struct garbage *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->at[i]);
	free(g->at);
	*g = (struct garbage){0};
}
