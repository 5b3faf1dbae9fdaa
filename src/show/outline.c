/* SPDX-License-Identifier: ISC */
/*
 * Owns the drawing of wires as text: a line for each, and below it a table of its rows.
 * Never draws more than lines of text.
 */
#include "show/outline.h"

#include "show/layout.h"
#include "show/table.h"

static const struct table_column columns[] = {
	{.title = "", .cut = TEXT_WHOLE},
	{.title = "", .cut = TEXT_CUT_MIDDLE, .rank = 0, .least = 8, .is_optional = true},
	{.title = "", .cut = TEXT_CUT_MIDDLE, .rank = 1, .least = 6},
	{.title = "", .cut = TEXT_CUT_END, .rank = 0, .least = 10},
};

static void put_addrs(struct buf *out, const struct wires_link *link)
{
	for (size_t i = 0; i < link->addr_count; i++) {
		if (layout_hides_addr(link, link->addrs[i]))
			continue;
		buf_printf(out, "%s%s", out->len > 0 ? " " : "", link->addrs[i]);
	}
}

static void put_link(struct table *t, const struct wires_row *row, size_t number, bool is_last)
{
	const struct wires_link *link = row->links[number];
	struct buf name = {0}, addrs = {0};
	buf_printf(&name, "%s%s",
		number == 0 ? (is_last ? "└─ " : "├─ ") : (is_last ? "   " : "│  "),
		number == 0 ? row->title : "");
	put_addrs(&addrs, link);
	table_put(t, number == 0 && row->is_up ? TEXT_NAME : TEXT_PLAIN, buf_text(&name));
	table_put(t, TEXT_FAINT, number == 0 ? row->netns : "");
	table_put(t, link->is_up ? TEXT_PLAIN : TEXT_WAITING, link->name);
	table_put(t, TEXT_PLAIN, link->is_up ? buf_text(&addrs) : "down");
	buf_fini(&name);
	buf_fini(&addrs);
}

static void put_wire(struct buf *out, const struct wires_wire *wire, size_t width, bool has_colour)
{
	struct table t;
	struct buf more = {0};
	table_init(&t, columns, ARRAY_LEN(columns));
	buf_puts(out, has_colour ? text_style_begin(TEXT_NAME) : "");
	text_put(out, wires_title(wire));
	buf_puts(out, has_colour ? text_style_end(TEXT_NAME) : "");
	wires_describe(&more, wire);
	if (more.len > 0) {
		size_t used = text_columns(wires_title(wire)) + 2;
		buf_puts(out, "  ");
		text_put_cut(
			out, buf_text(&more), width > used ? width - used : SIZE_MAX, TEXT_CUT_END);
	}
	buf_puts(out, "\n");
	for (size_t i = 0; i < wire->row_count; i++)
		for (size_t j = 0; j < wire->rows[i].link_count; j++)
			put_link(&t, &wire->rows[i], j, i + 1 == wire->row_count);
	table_write(&t, out, width, has_colour);
	table_fini(&t);
	buf_fini(&more);
}

void outline_write(struct buf *out, const struct wires *wires, size_t width, bool has_colour)
{
	for (size_t i = 0; i < wires->count; i++) {
		if (i > 0)
			buf_puts(out, "\n");
		put_wire(out, &wires->list[i], width, has_colour);
	}
}
