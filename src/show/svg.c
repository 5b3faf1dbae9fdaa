/* SPDX-License-Identifier: ISC */
/*
 * Owns the SVG drawing of wires: each is a box, with the wire as a line that its rows are tied to.
 * Never lets a byte of a name become markup.
 */
#include "show/svg.h"

#include <stdio.h>
#include <string.h>

#include "show/layout.h"
#include "show/markup.h"
#include "show/text.h"

static const char style[] =
	"svg{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:12px}"
	".m{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:11px}"
	".bg{fill:#f3f5f8}.box{fill:#fff;stroke:#d5dae2}.t{fill:#1b2230}.f{fill:#667085}"
	".n{fill:#1b2230;font-weight:600}.h{fill:#1b2230;font-weight:600;font-size:15px}"
	".w{stroke:#3b7dd8;stroke-width:2;fill:none;stroke-linecap:round}"
	".up{fill:#3b7dd8;stroke:#fff;stroke-width:2}.dn{fill:#fff;stroke:#98a2b3;stroke-width:2}"
	".bad{fill:#b54708}"
	"@media(prefers-color-scheme:dark){"
	".bg{fill:#12151a}.box{fill:#1b2027;stroke:#333b47}.t,.n,.h{fill:#e7eaf0}.f{fill:#98a2b3}"
	".w{stroke:#6ea8fe}.up{fill:#6ea8fe;stroke:#1b2027}.dn{fill:#1b2027;stroke:#667085}"
	".bad{fill:#f5a25d}}";

/* Greatest width of a character in the fonts above; of bold ones at 13 pixels. */
enum { SANS_CHAR = 7, BOLD_CHAR = 9, NAME_SIZE = 13 };

static void put_cut(struct buf *out, const char *text, int width, int per_char)
{
	struct buf cut = {0};
	text_put_cut(&cut, text, width > 0 ? (size_t)(width / per_char) : 0, TEXT_CUT_MIDDLE);
	markup_put(out, buf_text(&cut));
	buf_fini(&cut);
}

static void draw_head(struct buf *out, const struct layout_box *box)
{
	const char *title = wires_title(box->wire);
	struct buf more = {0};
	int used = (int)text_columns(title) * 9 + 12;
	wires_describe(&more, box->wire);
	buf_printf(
		out, "<text class=\"h\" x=\"%d\" y=\"%d\">", box->x + LAYOUT_PADDING, box->y + 25);
	markup_put(out, title);
	buf_puts(out, "</text>\n");
	if (more.len > 0) {
		int room = box->width - 2 * LAYOUT_PADDING - used;
		buf_printf(out, "<text class=\"f\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
			box->x + box->width - LAYOUT_PADDING, box->y + 25);
		put_cut(out, buf_text(&more), room, SANS_CHAR);
		buf_puts(out, "</text>\n");
	}
	buf_fini(&more);
}

/* Draws the line with a tap for each row; one line per column of rows. */
static void draw_wire(struct buf *out, const struct layout_box *box, const struct layout_row *rows)
{
	const size_t count = box->wire->row_count;
	const int top = box->y + LAYOUT_HEAD - 10;
	if (count == 0 || !box->wire->carrier)
		return;
	buf_printf(out, "<path class=\"w\" d=\"M%d %dH%d", box->x + LAYOUT_PADDING + 5, top,
		box->x + box->width - LAYOUT_PADDING);
	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || rows[i + 1].x != rows[i].x)
			buf_printf(out, "M%d %dV%d", rows[i].x - LAYOUT_INDENT + 5, top,
				rows[i].y + 9);
	buf_puts(out, "\"/>\n");
}

static void draw_lines(struct buf *out, const struct layout *l, const struct layout_row *row)
{
	const char *text = buf_text(&l->text);
	int y = row->y + LAYOUT_ROW_HEAD + 9;
	for (size_t i = 0; i < row->line_count; i++, y += LAYOUT_LINE) {
		const struct layout_line *line = &l->lines[row->first_line + i];
		buf_printf(out, "<text class=\"m\" x=\"%d\" y=\"%d\" xml:space=\"preserve\">",
			row->x, y);
		buf_puts(out, "<tspan class=\"f\">");
		markup_put(out, text + line->label);
		buf_puts(out, "</tspan>");
		if (line->is_down)
			buf_puts(out, "<tspan class=\"bad\">  down</tspan>");
		buf_puts(out, "<tspan class=\"t\">");
		markup_put(out, text + line->addrs + (text[line->label] ? 0 : 2));
		buf_puts(out, "</tspan></text>\n");
	}
}

static void draw_row(
	struct buf *out, const struct layout *l, const struct layout_row *row, bool is_tied)
{
	int columns = (int)text_columns(row->row->title);
	int width = columns * BOLD_CHAR, size = NAME_SIZE * 10;
	if (width > row->width) { /* a long name is written smaller, not cut */
		size = size * row->width / width;
		width = row->width;
	}
	if (is_tied)
		buf_printf(out, "<circle class=\"%s\" cx=\"%d\" cy=\"%d\" r=\"5\"/>\n",
			row->row->is_up ? "up" : "dn", row->x - LAYOUT_INDENT + 5, row->y + 9);
	buf_printf(out, "<text class=\"n\" x=\"%d\" y=\"%d\" font-size=\"%d.%d\">", row->x,
		row->y + 13, size / 10, size % 10);
	markup_put(out, row->row->title);
	buf_puts(out, "</text>\n");
	int room = row->width - width - 12;
	if (*row->row->netns && room >= 8 * SANS_CHAR) {
		buf_printf(out, "<text class=\"f\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
			row->x + row->width, row->y + 13);
		put_cut(out, row->row->netns, room, SANS_CHAR);
		buf_puts(out, "</text>\n");
	}
	draw_lines(out, l, row);
}

static void draw_box(struct buf *out, const struct layout *l, const struct layout_box *box)
{
	const struct layout_row *rows = &l->rows[box->first_row];
	buf_printf(out,
		"<rect class=\"box\" x=\"%d.5\" y=\"%d.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
		box->x, box->y, box->width - 1, box->height - 1);
	draw_head(out, box);
	draw_wire(out, box, rows);
	for (size_t i = 0; i < box->wire->row_count; i++)
		draw_row(out, l, &rows[i], box->wire->carrier != NULL);
}

void svg_write(struct buf *out, const struct wires *wires)
{
	struct layout l;
	int err = layout_make(&l, wires);
	if (err) {
		out->err = err;
		return;
	}
	buf_printf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"img\">\n",
		l.width, l.height, l.width, l.height);
	buf_printf(out, "<title>Network namespaces by wire</title>\n<style>%s</style>\n", style);
	buf_printf(out, "<rect class=\"bg\" width=\"%d\" height=\"%d\"/>\n", l.width, l.height);
	for (size_t i = 0; i < l.box_count; i++)
		draw_box(out, &l, &l.boxes[i]);
	buf_puts(out, "</svg>\n");
	layout_fini(&l);
}
