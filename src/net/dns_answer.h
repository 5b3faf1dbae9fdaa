/* SPDX-License-Identifier: ISC */
/*
 * The layer between the sockets and the answer path. It handles signatures (TSIG) and queries for a
 * transfer. All other queries go straight on to serve_answer(), after a check of a few bytes.
 */
#pragma once

#include "net/transfers.h"
#include "serve/answer.h"
#include "transfer/request.h"

/* True if the query has a signature or asks for a transfer. `policy` comes from
 * transfers_policy(). */
static inline bool dns_is_special(
	const struct transfer_policy *policy, const uint8_t *query, size_t query_len)
{
	return UNLIKELY(policy != NULL) && UNLIKELY(request_concerns(query, query_len));
}

/* Answers any query. The caller must fulfil the contract of serve_answer(). `query` may be changed.
 * `transfers` NULL: there are none. If `*ret_transfer` is set, the answer is a transfer, over
 * TCP only, or an update is for the main thread; it has begun but has not been asked for yet, and the length
 * is 0. `ret_transfer` is NULL if neither is possible. */
size_t dns_answer(struct serve_ctx *ctx, struct transfers *transfers,
	const struct serve_client *client, uint8_t *query, size_t query_len, uint8_t *reply,
	size_t reply_cap, struct transfer **ret_transfer) NONNULL_ARGS(1, 3, 4, 6) MUSTCHECK;

/* Returns the seconds since 1970, the time format of signatures. */
uint64_t dns_unix_time(void);
