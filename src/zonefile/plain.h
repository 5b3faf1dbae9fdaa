/* SPDX-License-Identifier: ISC */
/*
 * Plain lines of a master file: a directive, or one record of a common type without escapes or
 * parentheses. They are read here, ten times as fast as by ldns. So ldns need not be loaded for
 * them. All other lines, and all lines with an error, are left to ldns.
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

enum zoneplain_key { ZONEPLAIN_ORIGIN, ZONEPLAIN_TTL };

/* $ORIGIN or $TTL: applies to the lines after it. */
struct zoneplain_directive {
	enum zoneplain_key key;
	struct name origin;
	uint32_t ttl_s;
};

/* Reads the directive at `text`. Returns the length of the line, including its newline. Returns
 * 0 if the line is not plain; `*ret` is undefined then. */
size_t zoneplain_read_directive(
	const char *text, size_t len, struct zoneplain_directive *ret) NONNULL;

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
