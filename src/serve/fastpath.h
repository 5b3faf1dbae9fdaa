/* SPDX-License-Identifier: ISC */
/* The fast and the general way to answer a query, for the answer path and for the test that
 * compares them. */
#pragma once

#include "serve/answer.h"

/* The general way, for any query. serve_answer() takes the fast way if it gives the same bytes,
 * and this one otherwise. */
size_t serve_any(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap) NONNULL;
