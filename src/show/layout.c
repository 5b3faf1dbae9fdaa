/* SPDX-License-Identifier: ISC */
/*
 * Owns the positions of boxes, rows and lines in the picture.
 * Never draws, and never asks how wide a font is: a character is at most LAYOUT_CHAR wide.
 */
#include "show/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "show/text.h"

enum {
	NARROW = (LAYOUT_WIDTH - 3 * LAYOUT_MARGIN) / 2,
	WIDE = LAYOUT_WIDTH - 2 * LAYOUT_MARGIN,
	TALL = 420, /* a box that would be higher is made wide */
};

bool layout_hides_addr(const struct wires_link *link, const char *addr)
{
	if (!wires_is_linklocal(addr))
		return false;
	for (size_t i = 0; i < link->addr_count; i++)
		if (!wires_is_linklocal(link->addrs[i]))
			return true;
	return false;
}

static size_t keep_text(struct layout *l, const char *text)
{
	size_t at = l->text.len;
	buf_add(&l->text, text, strlen(text) + 1);
	return at;
}

static struct layout_line *add_line(struct layout *l, const char *label, bool is_down)
{
	if (ARRAY_RESERVE(l->lines, l->line_cap, l->line_count + 1)) {
		l->err = ERR_NOMEM;
		return NULL;
	}
	struct layout_line *line = &l->lines[l->line_count++];
	*line = (struct layout_line){.label = keep_text(l, label), .is_down = is_down};
	line->addrs = keep_text(l, "");
	return line;
}

/* Appends to the text of the last line, which is at the end of `text`. */
static void extend_line(struct layout *l, const char *word)
{
	l->text.len -= l->text.len > 0; /* the zero */
	buf_puts(&l->text, "  ");
	buf_add(&l->text, word, strlen(word) + 1);
}

/* Adds a link: its name, then its addresses, as many per line as fit. */
static void flow_link(struct layout *l, const struct wires_link *link, size_t columns)
{
	char label[64];
	bool has_kind = *link->kind && strcmp(link->kind, "veth") != 0;
	snprintf(label, sizeof(label), "%s%s%s", link->name, has_kind ? " " : "",
		has_kind ? link->kind : "");
	bool is_down = !link->is_up;
	size_t used = text_columns(label) + (is_down ? strlen("  down") : 0), shown = 0;
	if (!add_line(l, label, is_down))
		return;
	for (size_t i = 0; i < link->addr_count; i++) {
		size_t width = text_columns(link->addrs[i]) + 2;
		if (layout_hides_addr(link, link->addrs[i]))
			continue;
		if (shown > 0 && used + width > columns) {
			if (!add_line(l, "", false))
				return;
			used = 0;
		}
		extend_line(l, link->addrs[i]);
		used += width;
		shown++;
	}
}

static void flow_row(struct layout *l, struct layout_row *row, int width)
{
	row->width = width - LAYOUT_INDENT;
	row->first_line = l->line_count;
	for (size_t i = 0; i < row->row->link_count; i++)
		flow_link(l, row->row->links[i], (size_t)(row->width / LAYOUT_CHAR));
	row->line_count = l->line_count - row->first_line;
	row->height = LAYOUT_ROW_HEAD + LAYOUT_LINE * (int)row->line_count + LAYOUT_ROW_GAP;
}

static int rows_height(const struct layout_row *rows, size_t count)
{
	int height = 0;
	for (size_t i = 0; i < count; i++)
		height += rows[i].height;
	return height;
}

/* Returns how many rows go to the first column, so that the higher column is as low as possible. */
static size_t split_rows(const struct layout_row *rows, size_t count)
{
	int all = rows_height(rows, count), left = 0;
	size_t first = 0;
	while (first < count && 2 * left < all)
		left += rows[first++].height;
	return first;
}

/* Positions the rows within the box, which begins at 0, 0, and sets its height. */
static void place_rows(struct layout_box *box, struct layout_row *rows)
{
	size_t count = box->wire->row_count;
	size_t first = box->column_count == 2 ? split_rows(rows, count) : count;
	int y = LAYOUT_HEAD, bottom = LAYOUT_HEAD;
	for (size_t i = 0; i < count; i++) {
		if (i == first)
			y = LAYOUT_HEAD;
		rows[i].x = LAYOUT_PADDING + LAYOUT_INDENT;
		if (i >= first)
			rows[i].x += rows[i].width + LAYOUT_INDENT + LAYOUT_PADDING;
		rows[i].y = y;
		y += rows[i].height;
		bottom = y > bottom ? y : bottom;
	}
	box->height = bottom + (count > 0 ? LAYOUT_PADDING - LAYOUT_ROW_GAP : 0);
}

static void flow_rows(struct layout *l, const struct layout_box *box)
{
	int columns = box->column_count;
	for (size_t i = 0; i < box->wire->row_count && !l->err; i++) {
		struct layout_row *row = &l->rows[box->first_row + i];
		row->row = &box->wire->rows[i];
		flow_row(l, row, (box->width - (columns + 1) * LAYOUT_PADDING) / columns);
	}
}

static void make_box(struct layout *l, struct layout_box *box, const struct wires_wire *wire)
{
	struct layout_row *rows = &l->rows[l->row_count];
	*box = (struct layout_box){
		.wire = wire, .width = NARROW, .column_count = 1, .first_row = l->row_count};
	l->row_count += wire->row_count;
	flow_rows(l, box);
	if (wire->row_count > 1 && LAYOUT_HEAD + rows_height(rows, wire->row_count) > TALL) {
		box->width = WIDE;
		box->column_count = 2;
		flow_rows(l, box);
	}
	place_rows(box, rows);
}

static void move_box(struct layout *l, struct layout_box *box, int x, int y)
{
	box->x = x;
	box->y = y;
	for (size_t i = 0; i < box->wire->row_count; i++) {
		l->rows[box->first_row + i].x += x;
		l->rows[box->first_row + i].y += y;
	}
}

/* Positions the boxes of that width, each as high as possible below the ones before it. `bottom`:
 * the ends of both columns. */
static void stack_boxes(struct layout *l, int width, int bottom[2])
{
	for (size_t i = 0; i < l->box_count; i++) {
		struct layout_box *box = &l->boxes[i];
		int side = bottom[1] < bottom[0];
		if (box->width != width)
			continue;
		move_box(l, box, LAYOUT_MARGIN + side * (NARROW + LAYOUT_MARGIN), bottom[side]);
		bottom[side] += box->height + LAYOUT_MARGIN;
		if (width == WIDE)
			bottom[1] = bottom[0];
		if (box->x + width + LAYOUT_MARGIN > l->width)
			l->width = box->x + width + LAYOUT_MARGIN;
	}
}

/* Wide boxes come first, so that narrow ones leave no gaps. */
static void place_boxes(struct layout *l)
{
	int bottom[2] = {LAYOUT_MARGIN, LAYOUT_MARGIN};
	l->width = 2 * LAYOUT_MARGIN;
	stack_boxes(l, WIDE, bottom);
	stack_boxes(l, NARROW, bottom);
	l->height = bottom[0] > bottom[1] ? bottom[0] : bottom[1];
}

int layout_make(struct layout *ret, const struct wires *wires)
{
	struct layout l = {0};
	size_t rows = 0;
	for (size_t i = 0; i < wires->count; i++)
		rows += wires->list[i].row_count;
	l.boxes = calloc(wires->count + 1, sizeof(*l.boxes));
	l.rows = calloc(rows + 1, sizeof(*l.rows));
	if (!l.boxes || !l.rows)
		l.err = ERR_NOMEM;
	for (size_t i = 0; i < wires->count && !l.err; i++)
		make_box(&l, &l.boxes[l.box_count++], &wires->list[i]);
	if (!l.err)
		l.err = l.text.err;
	if (l.err) {
		layout_fini(&l);
		return ERR_NOMEM;
	}
	place_boxes(&l);
	*ret = l;
	return 0;
}

void layout_fini(struct layout *l)
{
	free(l->boxes);
	free(l->rows);
	free(l->lines);
	buf_fini(&l->text);
	*l = (struct layout){0};
}
