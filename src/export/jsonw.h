/* SPDX-License-Identifier: ISC */
/*
 * Writes JSON (RFC 8259) sequentially into a buffer: no tree, no allocation of its own, keys in
 * the order of the calls. Untrusted bytes are safe: invalid UTF-8 becomes U+FFFD, and controls are
 * escaped.
 *
 *	struct jsonw w = {.out = &buf};
 *	jsonw_open(&w, NULL, '{');
 *	jsonw_text(&w, "name", name);
 *	jsonw_close(&w, '}');
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"

struct jsonw {
	struct buf *out;  /* errors are stored there */
	bool needs_comma; /* there is a value before, at this level */
	bool has_lines;   /* each value of an array on its own line */
};

/* In all functions `key` is the member's key in an object, and NULL in an array and at the top. */

/* jsonw_open() begins an object '{' or array '['; jsonw_close() ends it with '}' or ']'. Calls
 * must be paired. */
void jsonw_open(struct jsonw *w, const char *key, char bracket) NONNULL_ARGS(1);
void jsonw_close(struct jsonw *w, char bracket) NONNULL;

void jsonw_text(struct jsonw *w, const char *key, const char *text) NONNULL_ARGS(1, 3);
void jsonw_bytes(struct jsonw *w, const char *key, const void *bytes, size_t len) NONNULL_ARGS(1);
void jsonw_number(struct jsonw *w, const char *key, int64_t number) NONNULL_ARGS(1);
void jsonw_bool(struct jsonw *w, const char *key, bool is_true) NONNULL_ARGS(1);
