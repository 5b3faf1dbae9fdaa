/* SPDX-License-Identifier: ISC */
/* Which hardware addresses are the guest's. */
#pragma once

#include "guest/state.h"

/* Notes that the guest has sent from this unicast address: the last one replaces the one that
 * was seen least recently. Nothing if the guest's address was given. */
void own_learn(struct guest *g, const uint8_t *hwaddr) NONNULL;

/* True if that is an address of the guest, or the one that rewriting puts in its place. */
bool own_has(const struct guest *g, const uint8_t *hwaddr) NONNULL;
