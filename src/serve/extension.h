/* SPDX-License-Identifier: ISC */
/* What the EDNS options of a query bring about: in the answer, and as options of the reply. */
#pragma once

#include "serve/answer.h"
#include "serve/edns_options.h"
#include "serve/query.h"
#include "serve/reply.h"

struct extension {
	bool is_verified; /* by a cookie: the client is where it says it is */
	bool has_subnet;  /* of the client, from a resolver that we trust in this */
	struct prefix subnet;
	struct options_reply reply;
};

static inline void extension_init(struct extension *e)
{
	e->is_verified = e->has_subnet = false;
	e->reply.len = 0;
}

/* Takes in the options of `query`, which has some. Returns the rcode that these already come to:
 * RCODE_NOERROR: the query is to be answered. */
enum msg_rcode extension_heed(struct extension *e, const struct serve_ctx *ctx,
	const struct serve_client *client, const struct query *query) NONNULL;

/* Says why the answer is an error (RFC 8914). For empty answers: no room was kept for it. */
void extension_explain(struct extension *e, enum extended_error why) NONNULL;

/* Adds our OPT record with these options. */
void extension_put(const struct extension *e, struct reply *r, unsigned rcode, bool has_do) NONNULL;
