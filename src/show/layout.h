/* SPDX-License-Identifier: ISC */
/*
 * Where everything is in the picture of `graph`, in pixels: a box for each wire, in it a row for each
 * workload, in that its lines of text. Boxes are in two columns, top to bottom; one with many rows is as
 * wide as both, and has its rows in two columns. Nothing overlaps, and the picture is never wider
 * than LAYOUT_WIDTH.
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
	LAYOUT_INDENT = 20, /* of rows: left of them is the wire */
	LAYOUT_CHAR = 7,    /* more than a character of a line takes */
};

struct layout_line {
	size_t label; /* offset in `text` of the link's name and kind; "" in a line that goes on */
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

/* Lays out `wires`, which must live as long as `ret`; the caller frees that with layout_fini().
 * ERR_NOMEM. */
int layout_make(struct layout *ret, const struct wires *wires) NONNULL MUSTCHECK;
void layout_fini(struct layout *l) NONNULL;

/* Whether a picture leaves the address out: link-local ones, where the link has others. */
bool layout_hides_addr(const struct wires_link *link, const char *addr) NONNULL;
