/* SPDX-License-Identifier: ISC */
/*
 * Owns the escapes of XML.
 * Never lets a byte of a name become markup.
 */
#include "show/markup.h"

#include "show/text.h"

void markup_put(struct buf *out, const char *text)
{
	struct buf safe = {0};
	text_put(&safe, text); /* bytes that XML forbids are escaped now */
	for (const char *p = buf_text(&safe); *p; p++) {
		switch (*p) {
		case '&': buf_puts(out, "&amp;"); break;
		case '<': buf_puts(out, "&lt;"); break;
		case '>': buf_puts(out, "&gt;"); break;
		case '"': buf_puts(out, "&quot;"); break;
		default: buf_add(out, p, 1);
		}
	}
	if (safe.err)
		out->err = safe.err;
	buf_fini(&safe);
}
