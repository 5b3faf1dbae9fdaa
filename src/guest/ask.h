/* SPDX-License-Identifier: ISC */
/* The guest's requests that wait for an answer of a server. */
#pragma once

#include "guest/state.h"

/* Remembers a copy of `ask` for LIMIT_GUEST_ASK_S, in place of the one with the same key, or of
 * the oldest. */
void ask_put(struct guest *g, const struct ask *ask, ns_t now) NONNULL;

/* Returns the request with the family, xid, and chaddr (DHCP) or source (DHCPv6) of `key`; or
 * NULL. Borrowed until the next ask_put(). To end it: ask_end(). */
struct ask *ask_find(struct guest *g, const struct ask *key, ns_t now) NONNULL;
void ask_end(struct ask *ask) NONNULL;

/* Ends all requests of that family and chaddr: what is on its way to them is not for the guest
 * any more. */
void ask_end_all(struct guest *g, enum addr_family family, const uint8_t *hwaddr) NONNULL;
