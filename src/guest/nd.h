/* SPDX-License-Identifier: ISC */
/* Messages of neighbour discovery (RFC 4861), as far as they tell of a guest's addresses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/limits.h"

enum nd_type { ND_RS = 133, ND_RA, ND_NS, ND_NA };

/* An option "prefix information" (§4.6.2) whose prefix is on-link or for autoconfiguration. */
struct nd_prefix {
	struct prefix prefix;
	uint32_t valid_s; /* UINT32_MAX: infinite */
};

struct nd {
	enum nd_type type;
	struct addr target; /* NS, NA; else ADDR_NONE */
	unsigned prefix_count;
	struct nd_prefix prefixes[LIMIT_GUEST_PREFIXES]; /* RA; further ones are left out */
};

/* Reads a message from its ICMPv6 header on. Prefixes shorter than LIMIT_GUEST_PREFIX_BITS,
 * link-local and multicast ones are left out. ERR_SHORT: it or an option is cut. ERR_SYNTAX: the
 * code is not 0, the target is a multicast address, or an option has the length 0 (§6.1, §7.1).
 * On error `*ret` is undefined. */
int nd_read(struct rd body, struct nd *ret) NONNULL MUSTCHECK;
