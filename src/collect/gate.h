/* SPDX-License-Identifier: ISC */
/*
 * How many signed packets are read, and how many signatures are verified. Half of these are for hosts whose last packet was
 * good, by key and source address, and each of these has a part of its own. So a stranger takes nothing from them, unless
 * he sends from their addresses: then they are strangers until their next packet is verified.
 *
 * A stranger's packet counts when it is read. A host's counts for itself then, and for all when it is verified: what it repeats,
 * it may say often, and takes nothing from others.
 */
#pragma once

#include "collect/state.h"

/* True if a packet from there may be read now, and then verified; counts it. `key` NULL: an unknown one. */
bool gate_may_read(struct collect *c, struct ckey *key, const struct addr *peer) NONNULL_ARGS(1, 3);
/* Its signature is verified. */
void gate_count_verify(struct collect *c, struct ckey *key, const struct addr *peer)
	NONNULL_ARGS(1, 3);
/* The packet was good, or not. */
void gate_note(struct ckey *key, const struct addr *peer, bool is_good) NONNULL;
