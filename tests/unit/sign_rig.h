/* SPDX-License-Identifier: ISC */
/*
 * Signs a zone for tests, all at once and as simply as possible: no key, signatures that are no signatures.
 * So it is also a second opinion on what of a zone is signed, and on its chain.
 */
#pragma once

#include "zone/zone.h"

struct sign_rig;

/* Gives each node of the zone its link of the NSEC chain and `key_count` signatures a set, which consist of
 * the bytes of `mark`. Nothing may be put into the zone afterwards. */
struct sign_rig *rig_sign(struct zone *z, const char *apex, unsigned key_count, uint8_t mark);
/* To be called before zone_free(). */
void rig_sign_free(struct sign_rig *rig);
