/* SPDX-License-Identifier: ISC */
/*
 * How many signatures are verified. Half of them are for hosts whose last packet was good, by key and source address, and each
 * of these has a part of its own. So a stranger takes nothing from them, unless he sends from their addresses: then they
 * are strangers until their next packet is verified.
 */
#pragma once

#include "collect/state.h"

/* True if a packet from there may be verified now; counts it. `key` NULL: an unknown one. */
bool gate_may_verify(struct collect *c, struct ckey *key, const struct addr *peer)
	NONNULL_ARGS(1, 3);
/* The packet was good, or not. */
void gate_note(struct ckey *key, const struct addr *peer, bool is_good) NONNULL;
