/* SPDX-License-Identifier: ISC */
/*
 * Owns the drawing of wires as a graph for dot: nodes are tables, in dot's own kind of HTML.
 * Never lets a byte of a name become syntax.
 */
#include "show/dot.h"

#include "show/markup.h"

static void put_link(struct buf *out, const struct wires_link *link)
{
	buf_puts(out, "<br align=\"left\"/><font color=\"gray40\">");
	markup_put(out, link->name);
	if (*link->kind) {
		buf_puts(out, " (");
		markup_put(out, link->kind);
		buf_puts(out, ")");
	}
	buf_puts(out, link->is_up ? "</font>" : " down</font>");
	for (size_t i = 0; i < link->addr_count; i++) {
		buf_puts(out, "<br align=\"left\"/>");
		markup_put(out, link->addrs[i]);
	}
}

static void put_row(struct buf *out, const struct wires_row *row)
{
	buf_puts(out, "    <tr><td align=\"left\" balign=\"left\"><b>");
	markup_put(out, row->title);
	buf_puts(out, "</b>");
	if (*row->netns) {
		buf_puts(out, "<br align=\"left\"/><font color=\"gray40\">");
		markup_put(out, row->netns);
		buf_puts(out, "</font>");
	}
	for (size_t i = 0; i < row->link_count; i++)
		put_link(out, row->links[i]);
	buf_puts(out, "</td></tr>\n");
}

static void put_node(struct buf *out, const struct wires_wire *wire, size_t number)
{
	struct buf more = {0};
	buf_printf(out,
		"  wire%zu [label=<\n    <table border=\"0\" cellborder=\"1\" "
		"cellspacing=\"0\" cellpadding=\"6\">\n"
		"    <tr><td align=\"left\" bgcolor=\"gray90\"><b>",
		number);
	markup_put(out, wires_title(wire));
	buf_puts(out, "</b>");
	wires_describe(&more, wire);
	if (more.len > 0) {
		buf_puts(out, " <font color=\"gray40\">");
		markup_put(out, buf_text(&more));
		buf_puts(out, "</font>");
	}
	buf_puts(out, "</td></tr>\n");
	for (size_t i = 0; i < wire->row_count; i++)
		put_row(out, &wire->rows[i]);
	buf_puts(out, "    </table>>];\n");
	buf_fini(&more);
}

/* Returns the wire that is named after that link, or the number of wires. */
static size_t wire_of(const struct wires *wires, const struct wires_link *link)
{
	size_t i = 0;
	while (i < wires->count &&
		!(wires->list[i].carrier && wires->list[i].carrier->segment == link->segment))
		i++;
	return i;
}

void dot_write(struct buf *out, const struct wires *wires)
{
	buf_puts(out, "graph ontap {\n  rankdir=LR;\n  node [shape=plain, fontname=\"sans-serif\", "
		      "fontsize=11];\n");
	for (size_t i = 0; i < wires->count; i++)
		put_node(out, &wires->list[i], i);
	for (size_t i = 0; i < wires->count; i++) {
		const struct wires_link *trunk = wires->list[i].trunk;
		size_t to = trunk ? wire_of(wires, trunk) : wires->count;
		if (to < wires->count)
			buf_printf(out, "  wire%zu -- wire%zu [label=\"VLAN %u\"];\n", to, i,
				wires->list[i].carrier->vlan_id);
	}
	buf_puts(out, "}\n");
}
