/* SPDX-License-Identifier: ISC */
/* The links of a zone's NSEC chain: RFC 4034 §4. */
#pragma once

#include "base/compiler.h"
#include "zone/fact.h"

enum {
	NSEC_WINDOWS = 256,
	NSEC_WINDOW_MAX = 2 + 32,
	NSEC_RDATA_MAX = NAME_CAP + NSEC_WINDOWS * NSEC_WINDOW_MAX
};

/* The rdata that facts_add_nsec() has made, for each view. */
struct nsec_rdata {
	uint8_t bytes[VIEW_COUNT][NSEC_RDATA_MAX];
};

/* Adds the link from the owner of the settled facts to `next`, by view (NULL: it has none there): one record, or
 * one for each view where the views see other types or owners. Afterwards the facts are settled again, and they borrow `made`. `is_cut`: the
 * owner is a delegation, of whose types the zone says only NS and DS (RFC 4035 §2.3). ERR_NOMEM. */
int facts_add_nsec(struct facts *facts, const uint8_t *const next[VIEW_COUNT], uint32_t ttl,
	bool is_cut, struct nsec_rdata *made) NONNULL MUSTCHECK;
