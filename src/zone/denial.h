/* SPDX-License-Identifier: ISC */
/*
 * Which links of a zone's NSEC chain prove an answer that says "no": RFC 4035 §3.1.3 with the
 * clarifications of RFC 6840. It needs no more of a zone than its names in order (zone/order.h).
 *
 *	answer                          proof
 *	the type is not there           the link of the name; of a name in between: the link over it
 *	no such name                    the link over the name, and the one over the wildcard
 *	from a wildcard                 the link over the name
 *	from a wildcard, no such type   that, and what proves the same for the wildcard's name
 *	a referral without DS           the link of the cut
 *
 * The link *over* a name is the one from the last owner before the name to the first one behind it.
 */
#pragma once

#include "zone/lookup.h"

enum { DENIAL_LINKS_MAX = 2 };

struct zone_denial {
	unsigned count; /* 0: nothing is to be proved, or the zone is not signed */
	const struct node
		*at[DENIAL_LINKS_MAX]; /* owners of the links: their NSEC sets are the proof */
};

/* How often zone_lookup_proved() looks up a name at most. */
enum { DENIAL_TRIES = 4 };

/* Looks up a name as zone_lookup() does, with the proof of the answer. A change that is published in between
 * is noticed, and the name is looked up again. Names in between exist as soon as there is a name below
 * them, but the links that say so may still wait for their signatures: until then the answer is that of
 * the chain. False: there is no right proof, because the chain is not closed; `*ret_denial` has what was
 * found. */
bool zone_lookup_proved(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret, struct zone_denial *ret_denial) NONNULL;

/* Finds the proof of an answer that zone_lookup() has found for the name and the client's view. False: the
 * owners say something else than the answer, because a change was published in between; look up again.
 * Then `*ret` has what was found nevertheless. */
bool zone_deny(const struct zone_reader *reader, const struct key *key, unsigned view,
	const struct zone_answer *found, struct zone_denial *ret) NONNULL MUSTCHECK;
