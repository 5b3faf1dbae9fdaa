/* SPDX-License-Identifier: ISC */
/* The name that the guest gives itself: that of DHCP, or else that of DHCPv6. */
#pragma once

#include "guest/state.h"

/* The guest says this name in that family; "": none. Without memory nothing changes; the next
 * request tries again. */
void said_set(struct guest *g, enum addr_family family, const char *name) NONNULL;

/* Ends the names whose last lease has ended. To be called after each change of the leases. */
void said_end_old(struct guest *g) NONNULL;

/* "": none. Borrowed until the next change. */
const char *said_name(const struct guest *g) NONNULL;
void said_fini(struct guest *g) NONNULL;
