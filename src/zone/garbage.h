/* SPDX-License-Identifier: ISC */
/* Blocks that were published and then removed. They are kept until no reader can still use them. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct garbage {
	void **at; /* blocks of malloc() */
	size_t count, cap;
};

/* Makes room for `more` blocks. ERR_NOMEM. */
int garbage_reserve(struct garbage *g, size_t more) NONNULL MUSTCHECK;

/* Takes ownership of a block. Room must have been reserved. NULL is ignored. */
void garbage_add(struct garbage *g, void *block) NONNULL_ARGS(1);

/* Frees the blocks and the list. */
void garbage_free_all(struct garbage *g) NONNULL;
