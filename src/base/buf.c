/* SPDX-License-Identifier: ISC */
/*
 * Owns growing byte strings.
 * Never interprets their content.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"

enum { FIRST_CAP = 256 };

void buf_init(struct buf *b)
{
	*b = (struct buf){0};
}

void buf_fini(struct buf *b)
{
	free(b->bytes);
	buf_init(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->bytes)
		b->bytes[0] = '\0';
}

void buf_give_back(struct buf *b, size_t keep)
{
	char *less = b->cap > keep ? realloc(b->bytes, keep) : NULL;
	if (less) {
		b->bytes = less;
		b->cap = keep;
	}
	buf_clear(b);
}

/* And for a terminating zero. */
int buf_reserve(struct buf *b, size_t more)
{
	size_t need;
	if (b->err)
		return b->err;
	if (__builtin_add_overflow(b->len, more, &need) || need >= SIZE_MAX / 2)
		return b->err = ERR_NOMEM;
	need = need < FIRST_CAP ? FIRST_CAP : need + 1;
	return b->err = ARRAY_RESERVE(b->bytes, b->cap, need);
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (len == 0 || buf_reserve(b, len))
		return;
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
	b->bytes[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || buf_reserve(b, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(b->bytes + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

const char *buf_text(const struct buf *b)
{
	return b->bytes ? b->bytes : "";
}

char *buf_take(struct buf *b)
{
	char *bytes = b->err ? NULL : b->bytes;
	if (b->err)
		free(b->bytes);
	buf_init(b);
	return bytes;
}
