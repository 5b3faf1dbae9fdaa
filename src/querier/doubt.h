/* SPDX-License-Identifier: ISC */
/*
 * Passive observation of failures (RFC 6762 §10.5): other hosts ask, and nobody answers.
 */
#pragma once

#include "querier/cache.h"

/* `asker` has asked for the set, by multicast on its lane, with all its known answers in one packet. */
void doubt_note(struct qset *set, const struct addr *asker, ns_t now) NONNULL;
/* Removes the records that nobody has said since two or more such questions, ten seconds after the second. */
void doubt_due(struct qset *set, ns_t now) NONNULL;
