/* SPDX-License-Identifier: ISC */
/*
 * Plain lines of a master file: one record of a common type without escapes or parentheses. They
 * are read here, several times as fast as word by word. All other lines, and all lines with an
 * error, are left to the whole reader (zonefile/zonefile.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/name.h"

enum { ZONEPLAIN_RDATA_CAP = 512 };

struct zoneplain {
	const char *word; /* text that the owner was read from; NULL: no plain owner */
	size_t word_len;
	bool has_owner; /* false: the owner of the record before */
	bool has_ttl;
	uint16_t type;
	uint16_t len; /* of `rdata` */
	uint32_t ttl_s;
	struct name owner;
	uint8_t rdata[ZONEPLAIN_RDATA_CAP];
};

/* Reads the record at `text`. Relative names are completed with `origin`. Returns the length of
 * the line, including its newline. Returns 0 if the line is not plain; `*line` is undefined
 * then. On entry `*line` has the result of the line before: if both lines begin with the same
 * word, they have the same owner. */
size_t zoneplain_read(
	const char *text, size_t len, const struct name *origin, struct zoneplain *line) NONNULL;

/* To be called before the first line, and whenever the previous line no longer applies: after a
 * change of origin or a line that is not plain. */
static inline void zoneplain_forget(struct zoneplain *line)
{
	line->word = NULL;
}
