/* SPDX-License-Identifier: ISC */
/*
 * The proofs of an answer: links of NSEC chains (zone/denial.h). They are noted while the answer section is
 * written, and go into the authority section behind it. Most proofs have one or two links, but a chain of
 * aliases may have a wildcard at each of its names.
 */
#pragma once

#include "base/limits.h"
#include "serve/reply.h"
#include "zone/denial.h"

enum { PROOF_LINKS_MAX = LIMIT_SERVE_CHAIN * DENIAL_LINKS_MAX };

struct proof {
	unsigned count;
	struct {
		const struct node *node;
		unsigned near_off; /* offset in the reply of a name of the same zone */
	} links[PROOF_LINKS_MAX];
};

/* Notes links, of owners not noted yet. The name at `near_off` in the reply has no pointers. */
void proof_note(struct proof *p, const struct zone_denial *denial, unsigned near_off) NONNULL;

/* Adds what was noted to the authority section, with signatures, and forgets it. Returns false if it does
 * not fit. */
bool proof_add(struct proof *p, struct reply *r, unsigned view) NONNULL MUSTCHECK;
