/* SPDX-License-Identifier: ISC */
/*
 * Owns the syntax of written JSON.
 * Never checks that brackets pair: the callers ensure it by their structure.
 */
#include "export/jsonw.h"

#include <inttypes.h>
#include <string.h>

/* Returns the length of the UTF-8 sequence at `p`; `left` bytes are left. 0 if it is invalid (RFC
 * 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf; /* range of the second byte */
	size_t len;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

/* Returns the character of a valid sequence. */
static uint32_t code_point(const uint8_t *p, size_t len)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = p[0] & masks[len];
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* True if terminals or editors obey the character instead of showing it: controls (C0, DEL, C1), and
 * those that end a line or change the direction of text. */
static bool is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static void put_string(struct buf *out, const uint8_t *bytes, size_t len)
{
	buf_puts(out, "\"");
	for (size_t i = 0, step; i < len; i += step) {
		step = utf8_len(bytes + i, len - i);
		if (step == 0) {
			buf_puts(out, "\xef\xbf\xbd");
			step = 1;
		} else if (is_control(code_point(bytes + i, step))) {
			buf_printf(out, "\\u%04x", (unsigned)code_point(bytes + i, step));
		} else if (bytes[i] == '"' || bytes[i] == '\\') {
			buf_printf(out, "\\%c", bytes[i]);
		} else {
			buf_add(out, bytes + i, step);
		}
	}
	buf_puts(out, "\"");
}

/* Writes what precedes a value: comma, new line, key. */
static void begin(struct jsonw *w, const char *key)
{
	if (w->needs_comma)
		buf_puts(w->out, ",");
	if (!key && w->has_lines && w->out->len > 0)
		buf_puts(w->out, "\n");
	if (key) {
		put_string(w->out, (const uint8_t *)key, strlen(key));
		buf_puts(w->out, ":");
	}
	w->needs_comma = true;
}

void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
	begin(w, key);
	buf_add(w->out, &bracket, 1);
	w->needs_comma = false;
}

void jsonw_close(struct jsonw *w, char bracket)
{
	if (bracket == ']' && w->has_lines)
		buf_puts(w->out, "\n");
	buf_add(w->out, &bracket, 1);
	w->needs_comma = true;
}

void jsonw_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_bytes(w, key, text, strlen(text));
}

void jsonw_bytes(struct jsonw *w, const char *key, const void *bytes, size_t len)
{
	begin(w, key);
	put_string(w->out, bytes, len);
}

void jsonw_number(struct jsonw *w, const char *key, int64_t number)
{
	begin(w, key);
	buf_printf(w->out, "%" PRId64, number);
}

void jsonw_bool(struct jsonw *w, const char *key, bool is_true)
{
	begin(w, key);
	buf_puts(w->out, is_true ? "true" : "false");
}
