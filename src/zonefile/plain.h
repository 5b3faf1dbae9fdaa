/* SPDX-License-Identifier: ISC */
/*
 * Plain lines of a master file: a directive, or one record of a type that most files are made of, without
 * escapes or parentheses. They are read here, ten times as fast as ldns reads them, which need not be
 * loaded then; every other line, and every one with a fault, is left to ldns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/name.h"

enum { ZONEPLAIN_RDATA_CAP = 512 };

struct zoneplain {
	const char *word; /* that the owner was read from, in the text; NULL: no plain one */
	size_t word_len;
	bool has_owner; /* or it is that of the record before */
	bool has_ttl;
	uint16_t type;
	uint16_t len; /* of `rdata` */
	uint32_t ttl_s;
	struct name owner;
	uint8_t rdata[ZONEPLAIN_RDATA_CAP];
};

enum zoneplain_key { ZONEPLAIN_ORIGIN, ZONEPLAIN_TTL };

/* $ORIGIN or $TTL: what holds for the lines behind it. */
struct zoneplain_directive {
	enum zoneplain_key key;
	struct name origin;
	uint32_t ttl_s;
};

/* Reads the line at `text`, a directive. Returns its length with its newline; 0 if it is not plain, and
 * `*ret` is undefined then. */
size_t zoneplain_read_directive(
	const char *text, size_t len, struct zoneplain_directive *ret) NONNULL;

/* Reads the line at `text`, names completed with `origin`. Returns its length with its newline; 0 if it
 * is not plain, and `*line` is undefined then. `*line` is what the line before was read into: if both begin
 * with the same word, their owner is the same. */
size_t zoneplain_read(
	const char *text, size_t len, const struct name *origin, struct zoneplain *line) NONNULL;

/* Before the first line, and when something else came between two: another origin, a line that is not plain. */
static inline void zoneplain_forget(struct zoneplain *line)
{
	line->word = NULL;
}
