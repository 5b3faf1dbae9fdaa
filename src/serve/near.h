/* SPDX-License-Identifier: ISC */
/*
 * Which addresses of a name a client is told. A workload may have several private addresses, and a client on
 * one of our links reaches those on its own link best, or only those. Names with one address never come here.
 */
#pragma once

#include "serve/answer.h"
#include "serve/reply.h"
#include "zone/node.h"
#include "zone/view.h"

/* Whether there may be a choice: more than one address, some of them private, and not all of them written by an
 * administrator, who wants them as they stand. */
static inline bool near_matters(const struct node *n, const struct node_set *set)
{
	return UNLIKELY(set->is_near) && !(n->flags & NODE_STATIC);
}

/* Whether a choice may depend on where the client is at all. */
bool near_depends(const struct serve_ctx *ctx) NONNULL;

/* The choice for a client of that prefix: bit `i` stands for the `i`th address of the set; all bits if there is
 * nothing to choose. A client alone is a prefix of full length. Of a client that is only known to be in a wider
 * prefix (RFC 7871), one rule must hold for all of it. */
uint64_t near_choose(const struct serve_ctx *ctx, const struct prefix *client, const struct node *n,
	const struct node_set *set) NONNULL;

/* reply_add_set() of the chosen records of a set of addresses. False if they do not fit. */
bool near_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *n, const struct node_set *set, uint64_t chosen) NONNULL MUSTCHECK;
