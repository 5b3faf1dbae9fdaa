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
		unsigned first_len; /* of the owner's labels that are not in the reply yet */
		unsigned rest_off;  /* offset in the reply of the others */
	} links[PROOF_LINKS_MAX];
};

/* Notes links of the zone with that apex, except for owners noted before. The name `key`, which is in the
 * zone, is at `name_off` in the reply, without pointers. */
void proof_note(struct proof *p, const struct zone_denial *denial, const struct node *apex,
	const struct key *key, unsigned name_off) NONNULL;

/* Adds what was noted to the authority section, with signatures, and forgets it. Returns false if it does
 * not fit. */
bool proof_add(struct proof *p, struct reply *r, unsigned view) NONNULL MUSTCHECK;
