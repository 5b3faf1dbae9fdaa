/* SPDX-License-Identifier: ISC */
/* The two ways from a query to its answer, for the answer path and for the test that compares them. */
#pragma once

#include "serve/answer.h"

/* The long way, for any query. As serve_answer(), which takes the short way (ready.c) where that says
 * the same in every byte, and this one otherwise. */
size_t serve_any(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap) NONNULL;
