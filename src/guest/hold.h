/* SPDX-License-Identifier: ISC */
/* The addresses that a guest claims: which of them count, until when, and the reports about
 * them. */
#pragma once

#include "guest/state.h"

/* The guest shows that it has `addr`: a claim without a lease. */
void hold_claim(struct guest *g, const struct addr *addr, enum guest_origin origin,
	const uint8_t *hwaddr, ns_t now) NONNULL;

/* The guest probes for `addr` (RFC 4862 §5.4). */
void hold_probe(struct guest *g, const struct addr *addr, const uint8_t *hwaddr, ns_t now) NONNULL;

/* Somebody else has or probes for `addr`: if the guest probed for it in the last second, it does
 * not get it. */
void hold_object(struct guest *g, const struct addr *addr, ns_t now) NONNULL;

/* A server has assigned `addr` to the guest until then. An IPv6 address is tentative first, for
 * the guest has to probe for it (RFC 8415 §18.2.10.1). */
void hold_lease(struct guest *g, const struct addr *addr, enum guest_origin origin,
	const uint8_t *hwaddr, ns_t until, ns_t now) NONNULL;

/* As guest_resume(). */
void hold_resume(struct guest *g, const struct addr *addr, ns_t until, ns_t now) NONNULL;

/* The guest was heard with `addr`, which does not show that it has it. */
void hold_touch(struct guest *g, const struct addr *addr, ns_t now) NONNULL;

/* As guest_lose() and guest_move(). */
void hold_lose(struct guest *g, const struct addr *addr, ns_t now) NONNULL;
void hold_move(struct guest *g, const uint8_t *hwaddr, bool is_away, ns_t now) NONNULL;

/* The guest does not have `addr`. */
void hold_drop(struct guest *g, const struct addr *addr) NONNULL;

/* The guest has no lease of that family and hardware address but that of `but`, which may be
 * ADDR_NONE. */
void hold_drop_leases(struct guest *g, enum addr_family family, const uint8_t *hwaddr,
	const struct addr *but) NONNULL;

/* True if there is an address by DHCP or DHCPv6 that counts. */
bool hold_has_lease(const struct guest *g, enum addr_family family) NONNULL;

/* Judges all claims anew. */
void hold_judge(struct guest *g, ns_t now) NONNULL;

void hold_poll(struct guest *g, ns_t now) NONNULL;
ns_t hold_deadline(const struct guest *g) NONNULL;
void hold_fini(struct guest *g) NONNULL;
