/* SPDX-License-Identifier: ISC */
/* Class CHAOS: which of the servers behind an address this one is (RFC 4892). */
#pragma once

#include <stdbool.h>

#include "serve/answer.h"
#include "serve/query.h"
#include "serve/reply.h"

/* Whether the query asks for that and may know. What programs are running, "version.bind", is nobody's
 * business. */
bool chaos_is_asked(const struct serve_policy *policy, const struct query *query) NONNULL;

/* Adds the answer, for which there is room behind any question. */
void chaos_add(struct reply *r, const struct serve_text *identity) NONNULL;
