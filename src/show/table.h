/* SPDX-License-Identifier: ISC */
/*
 * A table for a terminal. Each column is as wide as its content. If all together are wider than the
 * terminal, the columns that may be cut are made narrower: those of a low rank first, and the
 * widest first.
 *
 *	struct table t;
 *	table_init(&t, columns, ARRAY_LEN(columns));
 *	table_put(&t, TEXT_NAME, "web");   // cell by cell, row by row
 *	table_write(&t, &out, 80, true);
 *	table_fini(&t);
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/text.h"

enum { TABLE_COLUMN_CAP = 12 };

struct table_column {
	const char *title;
	enum text_cut cut;
	unsigned rank;    /* columns of rank 0 are cut first */
	size_t least;     /* columns that remain at least, if it is cut */
	bool is_optional; /* left out if all of its cells are empty */
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t column_count;
	struct buf cells; /* for each cell: its style as a byte, its text and a zero */
	size_t cell_count;
};

void table_init(struct table *t, const struct table_column *columns, size_t count) NONNULL;
void table_fini(struct table *t) NONNULL;

/* Adds the next cell; after the last column a new row begins. The text is copied. */
void table_put(struct table *t, enum text_style style, const char *text) NONNULL;

/* Appends the table, starting with its titles, if it has any. `width`: columns of the terminal; 0:
 * unlimited. Memory errors are recorded in `out`. */
void table_write(const struct table *t, struct buf *out, size_t width, bool has_colour) NONNULL;
