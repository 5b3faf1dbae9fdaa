/* SPDX-License-Identifier: ISC */
/*
 * A sorted list of names with some bytes each, in little memory. They are in blocks of some dozens. In a block,
 * each name and its bytes are stored as they differ from those before (base/ends.h), so a name is found by
 * reading one block. Names that come in order, as from a file, are put at the end without that.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "wire/name.h"

/* A place in the list. All zero: before the first name. It stays good while names come and go. */
struct packed_at {
	struct name name; /* the name there; len 0: none yet */
	struct buf bytes; /* owned: its bytes */
	size_t block;
	size_t offset;    /* in the block, of the next name */
	unsigned next;    /* number of the next name in the block */
	uint64_t changes; /* of the list, when the above was right */
};

/* All zero: empty. */
struct packed {
	struct packed_block **blocks; /* in order, none is empty */
	size_t count, cap;
	uint64_t changes;
	struct packed_at last; /* the last name, if `last.changes` is right */
};

/* Sets the bytes of a name, none to remove it. ERR_NOMEM: nothing has changed. */
int packed_put(struct packed *p, const uint8_t *name, const void *bytes, size_t len)
	NONNULL_ARGS(1, 2) MUSTCHECK;

/* Goes to the first name behind `at->name`. 1: it is there; 0: there is none; ERR_NOMEM. */
int packed_next(const struct packed *p, struct packed_at *at) NONNULL MUSTCHECK;

/* Goes to between the names: to before the first name behind this one, NULL: before all. */
void packed_seek(struct packed_at *at, const uint8_t *behind) NONNULL_ARGS(1);

void packed_at_fini(struct packed_at *at) NONNULL;
void packed_fini(struct packed *p) NONNULL;
