/* SPDX-License-Identifier: ISC */
/*
 * Silence for workloads that speak for themselves.
 */
#pragma once

#include "mdns/link.h"

/* Whether the peer is the workload that the name is for. */
bool mname_is_workload(const struct mname *mname, const struct addr *peer) NONNULL;
/* Silence, as long as records of that TTL live, and at least for the time of a probe. */
void mname_yield(struct mname *mname, const struct addr *peer, uint32_t ttl, ns_t now) NONNULL;
/* The workload to which the name is yielded, or was until a moment ago, says something about it. */
void mname_hear_workload(struct mname *mname, const struct peer_record *record,
	const struct addr *peer, ns_t now) NONNULL;
