/* SPDX-License-Identifier: ISC */
/*
 * Text for terminals. It contains untrusted text (aliases, names of namespaces), which must not
 * control the terminal. Control bytes, and characters that reverse or hide text, are written as
 * escapes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"

enum text_cut { TEXT_WHOLE, TEXT_CUT_MIDDLE, TEXT_CUT_END };

/* The style of a piece of text, by its meaning, not by its colour. */
enum text_style {
	TEXT_PLAIN,
	TEXT_TITLE,
	TEXT_NAME,
	TEXT_GOOD,
	TEXT_WAITING,
	TEXT_BAD,
	TEXT_FAINT,
	TEXT_STYLE_COUNT
};

/* Returns how many columns the functions below use for the text. */
size_t text_columns(const char *text) NONNULL;

/* Appends the whole text. */
void text_put(struct buf *out, const char *text) NONNULL;

/* Appends at most `columns` columns of the text, with "…" in place of what is left out. Returns how
 * many columns it took. */
size_t text_put_cut(struct buf *out, const char *text, size_t columns, enum text_cut cut) NONNULL;

/* Return the text that turns a style on ("" for TEXT_PLAIN), and the text that turns it off. Static
 * storage. */
const char *text_style_begin(enum text_style style);
const char *text_style_end(enum text_style style);
