/* SPDX-License-Identifier: ISC */
/* A byte string that grows. The error is sticky: append without checks, and check `err` at the
 * end. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct buf {
	char *bytes; /* NULL, or `len` bytes and a zero after them */
	size_t len;
	size_t cap;
	int err; /* 0 or ERR_NOMEM; once set, appends do nothing */
};

/* All zero bytes are an empty buffer too. */
void buf_init(struct buf *b) NONNULL;
void buf_fini(struct buf *b) NONNULL;

/* Empties the buffer. It keeps its memory and its error. */
void buf_clear(struct buf *b) NONNULL;

/* Makes room for `more` bytes, so that appending them cannot fail. ERR_NOMEM, as `err`. */
int buf_reserve(struct buf *b, size_t more) NONNULL MUSTCHECK;

/* Empties the buffer. Of its memory it keeps at most `keep` bytes. */
void buf_give_back(struct buf *b, size_t keep) NONNULL;

void buf_add(struct buf *b, const void *bytes, size_t len) NONNULL_ARGS(1);
void buf_puts(struct buf *b, const char *text) NONNULL;
void buf_printf(struct buf *b, const char *format, ...) PRINTFLIKE(2, 3) NONNULL_ARGS(1, 2);

/* Returns the content as a C string, "" when empty. Borrowed until the next append. */
const char *buf_text(const struct buf *b) NONNULL;

/* Returns the content, which the caller then owns and frees; `b` is empty afterwards. NULL if `err`
 * is set or `b` is empty. */
char *buf_take(struct buf *b) NONNULL;
