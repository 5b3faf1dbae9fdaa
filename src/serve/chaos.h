/* SPDX-License-Identifier: ISC */
/* Class CHAOS: the identity of this server among the servers behind one address (RFC 4892). */
#pragma once

#include <stdbool.h>

#include "serve/answer.h"
#include "serve/query.h"
#include "serve/reply.h"

/* True if the query asks for the identity and may know it. "version.bind" is never answered, so
 * that no one learns which software runs here. */
bool chaos_is_asked(const struct serve_policy *policy, const struct query *query) NONNULL;

/* Adds the answer. There is room for it after any question. */
void chaos_add(struct reply *r, const struct serve_text *identity) NONNULL;
