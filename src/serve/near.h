/* SPDX-License-Identifier: ISC */
/*
 * Chooses which addresses of a name a client gets. A workload may have several private
 * addresses. A client on one of our links reaches the addresses on its own link best, or reaches
 * only those. Names with one address do not use this.
 */
#pragma once

#include "serve/answer.h"
#include "serve/reply.h"
#include "zone/node.h"
#include "zone/view.h"

/* True if addresses may be left out: there are several, some are private, and some of the name are
 * from the kernel. If somebody wrote them, he wants all of them to be sent. */
static inline bool near_matters(const struct node_set *set)
{
	return UNLIKELY(set->is_near);
}

/* True if the choice may depend on the client's address. */
bool near_depends(const struct serve_ctx *ctx) NONNULL;

/* Chooses addresses for a client in that prefix. Bit `i` of the result stands for address number
 * `i` of the set; all bits are set if there is no choice. A single client is a prefix of full
 * length. If only a wider prefix of the client is known (RFC 7871), one rule must cover all of
 * it. */
uint64_t near_choose(const struct serve_ctx *ctx, const struct prefix *client, const struct node *n,
	const struct node_set *set) NONNULL;

/* Like reply_add_set(), but adds only the chosen address records. Returns false if they do not
 * fit. */
bool near_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *n, const struct node_set *set, uint64_t chosen) NONNULL MUSTCHECK;
