/* SPDX-License-Identifier: ISC */
/*
 * What stands between the sockets and the answer path: signatures (TSIG), and queries that ask for
 * a transfer. All others go straight on to serve_answer(), after a look at a few bytes.
 */
#pragma once

#include "net/transfers.h"
#include "serve/answer.h"
#include "transfer/request.h"

/* Whether that is the case, by the policy that transfers_policy() has given. */
static inline bool dns_is_special(
	const struct transfer_policy *policy, const uint8_t *query, size_t query_len)
{
	return UNLIKELY(policy != NULL) && UNLIKELY(request_concerns(query, query_len));
}

/* Answers any query. As serve_answer(), inside of whose contract the caller is. `query` may be
 * changed. `transfers` NULL: there are none. With `*ret_transfer` set the answer is a transfer, begun
 * and not asked for yet, and the length is 0; `ret_transfer` is NULL where there cannot be one: over
 * UDP. */
size_t dns_answer(struct serve_ctx *ctx, struct transfers *transfers,
	const struct serve_client *client, uint8_t *query, size_t query_len, uint8_t *reply,
	size_t reply_cap, struct transfer **ret_transfer) NONNULL_ARGS(1, 3, 4, 6) MUSTCHECK;

/* Seconds since 1970, as signatures have them. */
uint64_t dns_unix_time(void);
