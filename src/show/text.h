/* SPDX-License-Identifier: ISC */
/*
 * Text for terminals. What others have written (aliases, names of namespaces) is in it, so nothing of
 * it may be a command to the terminal: bytes that control it, and characters that turn or hide text,
 * are written as escapes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"

enum text_cut { TEXT_WHOLE, TEXT_CUT_MIDDLE, TEXT_CUT_END };

/* How a piece of text looks: by what it says, not by a colour. */
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

/* How many columns of a terminal the text takes when it is written by the functions below. */
size_t text_columns(const char *text) NONNULL;

/* Appends the whole text. */
void text_put(struct buf *out, const char *text) NONNULL;

/* Appends at most `columns` columns of it; where something is left out, "…" stands. Returns how many
 * columns it took. */
size_t text_put_cut(struct buf *out, const char *text, size_t columns, enum text_cut cut) NONNULL;

/* What turns a style on; "" of TEXT_PLAIN. And what turns it off. Static storage. */
const char *text_style_begin(enum text_style style);
const char *text_style_end(enum text_style style);
