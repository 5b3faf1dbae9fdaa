/* SPDX-License-Identifier: ISC */
/*
 * The positions of everything in the picture of `graph`, in pixels. Each wire is a box, which
 * contains a row for each workload, which contains its lines of text. The boxes are in two columns,
 * from top to bottom. A box with many rows is as wide as both columns, and its rows are in two
 * columns. Nothing overlaps, and the picture is never wider than LAYOUT_WIDTH.
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/wires.h"

enum {
	LAYOUT_WIDTH = 800,
	LAYOUT_MARGIN = 14,   /* around the picture, and between boxes */
	LAYOUT_PADDING = 14,  /* within a box */
	LAYOUT_HEAD = 42,     /* of a box: its title */
	LAYOUT_ROW_HEAD = 18, /* of a row: the names */
	LAYOUT_ROW_GAP = 6,
	LAYOUT_LINE = 13,   /* a line of addresses */
	LAYOUT_INDENT = 20, /* of rows; the wire is drawn left of them */
	LAYOUT_CHAR = 7,    /* more than the width of a character */
};

struct layout_line {
	size_t label; /* offset in `text` of the link's name and kind; "" in a continued line */
	size_t addrs; /* offset of the addresses */
	bool is_down;
};

struct layout_row {
	const struct wires_row *row;
	int x, y, width, height;
	size_t first_line, line_count;
};

struct layout_box {
	const struct wires_wire *wire;
	int x, y, width, height;
	int column_count; /* of rows */
	size_t first_row; /* of wire->row_count */
};

struct layout {
	int width, height;
	struct layout_box *boxes;
	size_t box_count;
	struct layout_row *rows;
	size_t row_count;
	struct layout_line *lines;
	size_t line_count, line_cap;
	struct buf text;
	int err;
};

/* Lays out `wires`, which must outlive `ret`. The caller frees `ret` with layout_fini().
 * ERR_NOMEM. */
int layout_make(struct layout *ret, const struct wires *wires) NONNULL MUSTCHECK;
void layout_fini(struct layout *l) NONNULL;

/* True if the picture leaves out the address: a link-local one, if the link has others. */
bool layout_hides_addr(const struct wires_link *link, const char *addr) NONNULL;
