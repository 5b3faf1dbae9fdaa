/* SPDX-License-Identifier: ISC */
/*
 * Owns the output of text to a terminal: its width, escapes, cutting, styles.
 * Never prints a byte that a terminal takes as a command.
 */
#include "show/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A character as it is written. */
struct glyph {
	size_t len; /* length of the character in the text */
	size_t columns;
	bool is_escaped; /* `escape` is written instead */
	char escape[12];
};

/* Decodes the UTF-8 character at `p`, with its length in `*ret_len`. -1: the byte is invalid. */
static int32_t decode(const unsigned char *p, size_t *ret_len)
{
	static const struct {
		unsigned char mask, lead;
		int32_t least;
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	*ret_len = 1;
	for (size_t n = 0; n < ARRAY_LEN(forms); n++) {
		if ((p[0] & forms[n].mask) != forms[n].lead)
			continue;
		int32_t c = p[0] & ~forms[n].mask;
		for (size_t i = 1; i <= n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return -1;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return -1;
		*ret_len = n + 1;
		return c;
	}
	return -1;
}

struct range {
	int32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, int32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Control characters, and characters that change the direction of text, join it, or have no
 * width. */
static const struct range unprintable[] = {{0x0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f},
	{0x61c, 0x61c}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
	{0xe0000, 0x10ffff}};
/* Written above or below the previous character. */
static const struct range combining[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd},
	{0x610, 0x61a}, {0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
	{0xfe20, 0xfe2f}};
/* Two columns wide (Unicode UAX #11, the relevant part). */
static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
	{0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
	{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff},
	{0x20000, 0x3fffd}};

static struct glyph glyph_at(const char *text)
{
	struct glyph g = {0};
	int32_t c = decode((const unsigned char *)text, &g.len);
	g.is_escaped = c < 0 || is_in(unprintable, ARRAY_LEN(unprintable), c);
	if (!g.is_escaped) {
		g.columns = is_in(combining, ARRAY_LEN(combining), c) ? 0
			    : is_in(wide, ARRAY_LEN(wide), c)         ? 2
								      : 1;
		return g;
	}
	int len = c > 0x7f ? snprintf(g.escape, sizeof(g.escape), "\\u%04x", (unsigned)c)
			   : snprintf(g.escape, sizeof(g.escape), "\\x%02x", (unsigned char)*text);
	g.columns = (size_t)len;
	return g;
}

static void put_glyph(struct buf *out, const char *text, const struct glyph *g)
{
	if (g->is_escaped)
		buf_puts(out, g->escape);
	else
		buf_add(out, text, g->len);
}

size_t text_columns(const char *text)
{
	size_t columns = 0;
	while (*text) {
		struct glyph g = glyph_at(text);
		columns += g.columns;
		text += g.len;
	}
	return columns;
}

void text_put(struct buf *out, const char *text)
{
	while (*text) {
		struct glyph g = glyph_at(text);
		put_glyph(out, text, &g);
		text += g.len;
	}
}

/* Writes characters until `room` columns are used. Returns the columns used, and moves `*text`
 * past the characters. */
static size_t put_start(struct buf *out, const char **text, size_t room)
{
	size_t used = 0;
	while (**text) {
		struct glyph g = glyph_at(*text);
		if (used + g.columns > room)
			break;
		put_glyph(out, *text, &g);
		used += g.columns;
		*text += g.len;
	}
	return used;
}

size_t text_put_cut(struct buf *out, const char *text, size_t columns, enum text_cut cut)
{
	size_t total = text_columns(text);
	if (total <= columns || cut == TEXT_WHOLE) {
		text_put(out, text);
		return total;
	}
	if (columns == 0)
		return 0;
	size_t tail = cut == TEXT_CUT_MIDDLE ? (columns - 1) / 2 : 0;
	size_t used = put_start(out, &text, columns - 1 - tail);
	buf_puts(out, "…");
	size_t left = total - used;
	while (*text && left > tail) {
		struct glyph g = glyph_at(text);
		left -= g.columns;
		text += g.len;
	}
	return used + 1 + put_start(out, &text, tail);
}

const char *text_style_begin(enum text_style style)
{
	switch (style) {
	case TEXT_PLAIN: return "";
	case TEXT_TITLE: return "\033[4m";
	case TEXT_NAME: return "\033[1m";
	case TEXT_GOOD: return "\033[32m";
	case TEXT_WAITING: return "\033[33m";
	case TEXT_BAD: return "\033[31m";
	case TEXT_FAINT: return "\033[2m";
	case TEXT_STYLE_COUNT: break;
	}
	return "";
}

const char *text_style_end(enum text_style style)
{
	return style == TEXT_PLAIN ? "" : "\033[0m";
}
