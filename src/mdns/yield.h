/* SPDX-License-Identifier: ISC */
/*
 * Yielding a name to a workload that answers for itself.
 */
#pragma once

#include "mdns/link.h"

/* True if the peer is the workload that the name belongs to. */
bool mname_is_workload(const struct mname *mname, const struct addr *peer) NONNULL;
/* Makes the mname silent as long as records with that TTL live, and at least for the time of a
 * probe. */
void mname_yield(struct mname *mname, const struct addr *peer, uint32_t ttl, ns_t now) NONNULL;
/* Processes a record about the name from the workload to which the name is yielded, or was until
 * a moment ago. */
void mname_hear_workload(struct mname *mname, const struct peer_record *record,
	const struct addr *peer, ns_t now) NONNULL;
