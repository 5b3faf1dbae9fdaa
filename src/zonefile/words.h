/* SPDX-License-Identifier: ISC */
/*
 * The words of a master file (RFC 1035 §5.1). A word ends at a blank, the end of the line, a
 * comment, a parenthesis or a quote. A quoted string is one word. Within parentheses the end of a
 * line is a blank.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* A word as it is written: its escapes are not resolved. Borrowed from the text. */
struct zoneword {
	const char *at;
	size_t len;
	bool is_quoted; /* it was between quotes, which are not part of it */
	bool is_joined; /* nothing is between it and the word before: x="y" */
};

/* A position in a text, and the first fault found there. Start with `at`, `end` and `line` set,
 * and the rest zero. The text has no zero bytes. */
struct zonewords {
	const char *at, *end;
	const char *behind;    /* where the last word ended */
	unsigned line;         /* of `at` */
	unsigned depth;        /* open parentheses */
	unsigned open_line;    /* of the first open one */
	const char *fault;     /* NULL, or what is wrong; static storage */
	struct zoneword about; /* the word that is wrong; its length may be 0 */
};

/* Reads the next word of the entry. False at the end of the entry, and after a fault. Further calls
 * return false, too. */
bool zonewords_next(struct zonewords *w, struct zoneword *ret) NONNULL;

/* True if the entry has another word, which stays unread. */
bool zonewords_has_more(struct zonewords *w) NONNULL;

/* Moves behind the end of the entry, or to the end of the text. Nothing may be left of the entry.
 */
void zonewords_end_entry(struct zonewords *w) NONNULL;

/* Skips empty lines and comments: the next entry begins at the start of its line. False at the end
 * of the text. */
bool zonewords_find_entry(struct zonewords *w) NONNULL;

/* Records the fault, if it is the first one. `about` may be NULL. Returns ERR_SYNTAX. */
int zonewords_fail(struct zonewords *w, const struct zoneword *about, const char *fault)
	NONNULL_ARGS(1, 3);

/* Reads the next word; it must exist. ERR_SYNTAX. */
int zonewords_need(struct zonewords *w, struct zoneword *ret) NONNULL MUSTCHECK;

/* True if the word is not quoted, and is that text without regard to case. */
bool zoneword_is(const struct zoneword *word, const char *text) NONNULL;
