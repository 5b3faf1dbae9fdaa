/* SPDX-License-Identifier: ISC */
/* What the wire has said about itself: prefixes that routers announce, and the addresses of
 * routers and DHCP servers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/limits.h"
#include "base/time.h"

struct lan_prefix {
	struct prefix prefix;
	ns_t until;
};

struct lan_server {
	struct addr addr;
	ns_t until;
};

/* All zero bytes: nothing is known. */
struct lan {
	unsigned prefix_count, server_count;
	struct lan_prefix prefixes[LIMIT_GUEST_PREFIXES];
	struct lan_server servers[LIMIT_GUEST_ROUTERS];
};

/* The time `seconds` after `now`; UINT32_MAX: NS_NEVER. */
ns_t lan_after(ns_t now, uint32_t seconds);

/* A router has announced a prefix. How far this changes its end is as RFC 4862 §5.5.3 e) says:
 * nobody may end it within two hours. A full table loses the prefix that ends first. */
void lan_add_prefix(
	struct lan *lan, const struct prefix *prefix, uint32_t valid_s, ns_t now) NONNULL;

/* A router or DHCP server has `addr`, until that time. True: it is new. A full table loses the
 * one that ends first. */
bool lan_add_server(struct lan *lan, const struct addr *addr, ns_t until, ns_t now) NONNULL;

/* When the prefixes end that contain `addr`: the last of them; 0 without one. */
ns_t lan_prefix_until(const struct lan *lan, const struct addr *addr, ns_t now) NONNULL;

/* True if `addr` is the subnet-router anycast address (RFC 4291 §2.6.1) of a prefix that has not ended. Only of
 * /64 prefixes, as all have that guests get addresses in: with longer ones, a forged announcement could name any
 * guest's address. */
bool lan_is_anycast(const struct lan *lan, const struct addr *addr, ns_t now) NONNULL;

bool lan_is_server(const struct lan *lan, const struct addr *addr, ns_t now) NONNULL;
