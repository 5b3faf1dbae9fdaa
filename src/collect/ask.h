/* SPDX-License-Identifier: ISC */
/*
 * What the querier is to ask.
 */
#pragma once

#include "collect/state.h"

/* Asks what is to be asked of that name now, and nothing else. */
void ask_said(struct collect *c, struct said *s) NONNULL;
/* Asks nothing of it any more. */
void ask_said_nothing(struct collect *c, struct said *s) NONNULL;

/* Asks for the names of hosts on a link, or not any more. */
void ask_link(const struct collect *c, int slot, bool is_wanted) NONNULL;

/* Asks for the KEY of a host, for a while; `source`: who wants that, unverified. Each has its share of the questions; if
 * there are too many, one of the source with the most gives way, once there was time to answer it. */
void ask_key(struct collect *c, uint32_t link, const struct addr *source,
	const struct name *host) NONNULL;
/* Ends the questions for keys that are due; `slot`: or that are of that link; SLOT_NONE. */
void ask_keys_end(struct collect *c, int slot) NONNULL;
/* Ends the question for that host, wherever it is asked. */
void ask_key_known(struct collect *c, const struct name *host) NONNULL;
ns_t ask_deadline(const struct collect *c) NONNULL;
