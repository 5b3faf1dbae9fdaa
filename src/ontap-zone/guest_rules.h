/* SPDX-License-Identifier: ISC */
/* What the guest behind a link may claim, as the kernel's state says. */
#pragma once

#include "base/compiler.h"
#include "guest/policy.h"
#include "pipeline/pipeline.h"

/* True if somebody else has the address: this host, on any link; a link or another guest on the same wire; with
 * a global address, anybody. */
bool guest_rules_is_taken(
	const struct pipeline *p, const struct model_link *link, const struct addr *addr) NONNULL;

/* Returns what the guest may claim: what servers and routers on the wire give it, and what is in a network of that
 * wire; private addresses, if no IPv4 network of it is known. `is_trusted`: anything. `link` may be
 * NULL. */
struct guest_policy guest_rules_policy(
	const struct pipeline *p, const struct model_link *link, bool is_trusted) NONNULL_ARGS(1);
