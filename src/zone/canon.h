/* SPDX-License-Identifier: ISC */
/* What a signature of a set signs: RFC 4034 §3.1.8.1. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "zone/node.h"

/* Appends the message that `sig` of a set is the signature of: the rdata of the RRSIG record without the
 * signature, and the records of the set in canonical form and order, each once. Everything in `*sig` but
 * its bytes is there already. `scratch` is empty before and after. ERR_NOMEM. */
int canon_add_message(const struct node *n, const struct node_set *set, const struct node_sig *sig,
	struct buf *out, struct buf *scratch) NONNULL MUSTCHECK;
