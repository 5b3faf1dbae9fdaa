/* SPDX-License-Identifier: ISC */
/* Blocks that were published and then removed. They are kept until no reader can still use them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct node;

struct garbage {
	uintptr_t *at; /* blocks of malloc(), and nodes: these have bit 0 */
	size_t count, cap;
};

/* Makes room for `more` blocks. ERR_NOMEM. */
int garbage_reserve(struct garbage *g, size_t more) NONNULL MUSTCHECK;

/* Take ownership of a block of malloc(), or of a node. Room must have been reserved. NULL is ignored. */
void garbage_add(struct garbage *g, void *block) NONNULL_ARGS(1);
void garbage_add_node(struct garbage *g, struct node *n) NONNULL_ARGS(1);

/* Frees the blocks and the list. */
void garbage_free_all(struct garbage *g) NONNULL;
