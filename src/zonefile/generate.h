/* SPDX-License-Identifier: ISC */
/*
 * $GENERATE, as BIND has it: one line makes a record for each number of a range.
 *
 *	$GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE DATA
 *
 * In OWNER and DATA, "$" is the number, and "${OFFSET,WIDTH,BASE}" the number plus OFFSET with at
 * least WIDTH digits; BASE is d, o, x, X, or n and N for nibbles in reverse order. "$$" and "\$"
 * are a dollar sign. DATA of several words may be one quoted string, whose quotes are removed.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "zonefile/words.h"

enum { ZONEGENERATE_WORDS = 24 };

struct zonegenerate {
	uint32_t at, stop, step; /* the next number, and the last one */
	uint32_t count;          /* of records */
	unsigned word_count;
	struct zoneword words[ZONEGENERATE_WORDS]; /* the owner, and what follows */
};

/* Reads the rest of the directive. ERR_SYNTAX. */
int zonegenerate_read(struct zonewords *w, struct zonegenerate *ret) NONNULL MUSTCHECK;

/* Writes the record for the next number to `out` as one line, and moves to the number after it. To
 * be called `count` times. ERR_SYNTAX: the fault is in `w`; ERR_NOMEM. */
int zonegenerate_write(struct zonegenerate *g, struct zonewords *w, struct buf *out) NONNULL
	MUSTCHECK;
