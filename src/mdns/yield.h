/* SPDX-License-Identifier: ISC */
/*
 * Yielding a name to a workload that answers for itself.
 */
#pragma once

#include "mdns/link.h"

/* True if the peer is the workload that the name belongs to. */
bool mname_is_workload(const struct mname *mname, const struct addr *peer) NONNULL;
/* True if records of the name with that sum, which its workload `peer` has sent, have only come back:
 * we said them. */
bool mname_is_echo(
	const struct mname *mname, const struct addr *peer, uint64_t sum, ns_t now) NONNULL;
/* Makes the mname silent as long as records with that TTL live, and at least for the time of a
 * probe. */
void mname_yield(struct mname *mname, const struct addr *peer, uint32_t ttl, ns_t now) NONNULL;
/* A peer asks for the name, which is yielded: if the workload does not answer in a moment, it is asked
 * whether it is still there. */
void mname_doubt_workload(struct mname *mname, ns_t now) NONNULL;
/* Processes a record about the name from the workload to which the name is yielded, or was until
 * a moment ago. */
void mname_hear_workload(struct mname *mname, const struct peer_record *record,
	const struct addr *peer, ns_t now) NONNULL;
