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
#include "zone/node.h"

enum { IS_NODE = 1 }; /* blocks are aligned to more than that */

int garbage_reserve(struct garbage *g, size_t more)
{
	return ARRAY_RESERVE(g->at, g->cap, g->count + more);
}

static void add(struct garbage *g, uintptr_t block)
{
	assert(g->count < g->cap);
	g->at[g->count++] = block;
}

void garbage_add(struct garbage *g, void *block)
{
	if (block)
		add(g, (uintptr_t)block);
}

void garbage_add_node(struct garbage *g, struct node *n)
{
	if (n)
		add(g, (uintptr_t)n | IS_NODE);
}

void garbage_free_all(struct garbage *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const uintptr_t block = g->at[i];
		if (block & IS_NODE)
			node_free((struct node *)(block & ~(uintptr_t)IS_NODE));
		else
			free((void *)block);
	}
	free(g->at);
	*g = (struct garbage){0};
}
