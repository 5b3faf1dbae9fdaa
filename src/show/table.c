/* SPDX-License-Identifier: ISC */
/*
 * Owns tables: the width of columns, and the writing of cells.
 * Never cuts a column that must not be cut, even if the terminal is too narrow.
 */
#include "show/table.h"

#include <string.h>

void table_init(struct table *t, const struct table_column *columns, size_t count)
{
	*t = (struct table){.columns = columns, .column_count = count};
}

void table_fini(struct table *t)
{
	buf_fini(&t->cells);
}

void table_put(struct table *t, enum text_style style, const char *text)
{
	char byte = (char)style;
	buf_add(&t->cells, &byte, 1);
	buf_add(&t->cells, text, strlen(text) + 1);
	t->cell_count++;
}

/* A walk through the cells. */
struct cell {
	enum text_style style;
	const char *text;
};

static struct cell next_cell(const char **at)
{
	struct cell cell = {(enum text_style)(unsigned char)(*at)[0], *at + 1};
	*at = cell.text + strlen(cell.text) + 1;
	return cell;
}

struct widths {
	size_t at[TABLE_COLUMN_CAP]; /* 0: the column is left out */
	size_t gap;
};

static size_t total_of(const struct table *t, const struct widths *w)
{
	size_t total = 0, shown = 0;
	for (size_t i = 0; i < t->column_count; i++) {
		total += w->at[i];
		shown += w->at[i] > 0;
	}
	return total + (shown > 0 ? (shown - 1) * w->gap : 0);
}

static void measure(const struct table *t, struct widths *w)
{
	const char *at = buf_text(&t->cells);
	bool is_used[TABLE_COLUMN_CAP] = {false};
	for (size_t i = 0; i < t->column_count; i++)
		w->at[i] = text_columns(t->columns[i].title);
	for (size_t i = 0; i < t->cell_count; i++) {
		size_t column = i % t->column_count;
		size_t width = text_columns(next_cell(&at).text);
		is_used[column] |= width > 0;
		if (width > w->at[column])
			w->at[column] = width;
	}
	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].is_optional && !is_used[i])
			w->at[i] = 0;
}

/* Returns the widest column of that rank that may still be cut, or NULL. */
static size_t *widest_of(const struct table *t, struct widths *w, unsigned rank)
{
	size_t *widest = NULL;
	for (size_t i = 0; i < t->column_count; i++) {
		const struct table_column *c = &t->columns[i];
		if (c->cut == TEXT_WHOLE || c->rank != rank || w->at[i] <= c->least)
			continue;
		if (!widest || w->at[i] > *widest)
			widest = &w->at[i];
	}
	return widest;
}

static void fit(const struct table *t, struct widths *w, size_t width)
{
	unsigned last_rank = 0;
	size_t *widest;
	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].rank > last_rank)
			last_rank = t->columns[i].rank;
	if (total_of(t, w) > width)
		w->gap = 1;
	for (unsigned rank = 0; rank <= last_rank; rank++)
		while (total_of(t, w) > width && (widest = widest_of(t, w, rank)))
			(*widest)--;
}

/* Writes one cell. Spaces are written before the next one, so no line ends with spaces. */
static void put_cell(struct buf *out, const struct cell *cell, size_t width, enum text_cut cut,
	bool has_colour, size_t *pending)
{
	size_t used = 0;
	if (*cell->text && *pending > 0)
		buf_printf(out, "%*s", (int)*pending, "");
	if (*cell->text) {
		*pending = 0;
		buf_puts(out, has_colour ? text_style_begin(cell->style) : "");
		used = text_put_cut(out, cell->text, width, cut);
		buf_puts(out, has_colour ? text_style_end(cell->style) : "");
	}
	*pending += width > used ? width - used : 0;
}

/* Writes a row; `at` are its cells, NULL: the titles. Returns what follows the cells. */
static const char *put_row(const struct table *t, struct buf *out, const struct widths *w,
	bool has_colour, const char *at)
{
	size_t pending = 0;
	for (size_t i = 0; i < t->column_count; i++) {
		struct cell cell =
			at ? next_cell(&at) : (struct cell){TEXT_TITLE, t->columns[i].title};
		if (w->at[i] == 0)
			continue;
		put_cell(out, &cell, w->at[i], t->columns[i].cut, has_colour, &pending);
		pending += w->gap;
	}
	buf_puts(out, "\n");
	return at;
}

static bool has_titles(const struct table *t)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (*t->columns[i].title)
			return true;
	return false;
}

void table_write(const struct table *t, struct buf *out, size_t width, bool has_colour)
{
	struct widths w = {.gap = 2};
	const char *at = buf_text(&t->cells);
	if (t->cells.err) {
		out->err = t->cells.err;
		return;
	}
	measure(t, &w);
	if (width > 0)
		fit(t, &w, width);
	if (has_titles(t))
		put_row(t, out, &w, has_colour, NULL);
	for (size_t i = 0; i + t->column_count <= t->cell_count; i += t->column_count)
		at = put_row(t, out, &w, has_colour, at);
}
