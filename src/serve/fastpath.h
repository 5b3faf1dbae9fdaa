/* SPDX-License-Identifier: ISC */
/* The fast path and the slow path to the answer to a query. The header is for the answer path,
 * and for the test that compares the two. */
#pragma once

#include "serve/answer.h"

/* The slow path, for any query. serve_answer() takes the fast path if that gives the same bytes,
 * and this one otherwise. */
size_t serve_any(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap) NONNULL;
