/* SPDX-License-Identifier: ISC */
/* The effects of a query's EDNS options on the answer and on the options of the reply. */
#pragma once

#include "serve/answer.h"
#include "serve/edns_options.h"
#include "serve/query.h"
#include "serve/reply.h"

struct extension {
	bool is_verified; /* by a cookie: the client's address is not forged */
	bool has_subnet;  /* `prefix` of the client, sent by a trusted resolver */
	struct prefix subnet;
	struct options_reply reply;
};

static inline void extension_init(struct extension *e)
{
	e->is_verified = e->has_subnet = false;
	e->reply.len = 0;
}

/* Processes the options of `query`, which has some. Returns the rcode that they lead to.
 * RCODE_NOERROR: continue with the answer. */
enum msg_rcode extension_heed(struct extension *e, const struct serve_ctx *ctx,
	const struct serve_client *client, const struct query *query) NONNULL;

/* Adds the reason for an error (RFC 8914). Only for empty answers, because no room was reserved
 * for it. */
void extension_explain(struct extension *e, enum extended_error why) NONNULL;

/* Adds our OPT record with the options of `e->reply`. */
void extension_put(const struct extension *e, struct reply *r, unsigned rcode, bool has_do) NONNULL;
