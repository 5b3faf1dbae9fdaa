/* SPDX-License-Identifier: ISC */
/* The links of a zone's NSEC chain: RFC 4034 §4. */
#pragma once

#include "base/compiler.h"
#include "base/cursor.h"
#include "zone/fact.h"

enum {
	NSEC_WINDOWS = 256,
	NSEC_WINDOW_MAX = 2 + 32,
	NSEC_RDATA_MAX = NAME_CAP + NSEC_WINDOWS * NSEC_WINDOW_MAX
};

/* The types of an owner, in order, each once: at most as many as a node has sets, and NSEC and RRSIG. */
struct nsec_types {
	unsigned count;
	uint16_t at[UINT8_MAX + 3];
};

void nsec_add_type(struct nsec_types *types, uint16_t type) NONNULL;
/* Writes the types to the end of the rdata: RFC 4034 §4.1.2. */
void nsec_write_types(const struct nsec_types *types, struct wr *w) NONNULL;

/* The rdata that facts_add_nsec() has made, for each view. */
struct nsec_rdata {
	uint8_t bytes[VIEW_COUNT][NSEC_RDATA_MAX];
};

/* Adds the link from the owner of the settled facts to `next`, by view (NULL: it has none there): one record, or
 * one for each view where the views see other types or owners. Afterwards the facts are settled again, and they borrow `made`. `is_cut`: the
 * owner is a delegation, of whose types the zone says only NS and DS (RFC 4035 §2.3). ERR_NOMEM. */
int facts_add_nsec(struct facts *facts, const uint8_t *const next[VIEW_COUNT], uint32_t ttl,
	bool is_cut, struct nsec_rdata *made) NONNULL MUSTCHECK;
