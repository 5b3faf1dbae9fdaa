/* SPDX-License-Identifier: ISC */
/* What a guest may claim: the kinds of addresses, and prefixes, that a rule allows it. A plain
 * value. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/limits.h"

/* Bytes that are enough for the text of any policy, with its zero. */
#define GUEST_POLICY_CAP (16 + LIMIT_GUEST_RULE_PREFIXES * (ADDR_TEXT_CAP + 1))

/* Each kind is a bit. */
enum guest_kind {
	/* What a DHCP or DHCPv6 server on the wire has assigned to the guest. */
	GUEST_KIND_DHCP = 1,
	/* IPv6 addresses in prefixes that a router on the wire has announced for the link. */
	GUEST_KIND_SLAAC = 2,
	/* Any unicast address. */
	GUEST_KIND_ANY = 4
};

/* Addresses of fe80::/64 are allowed whenever any claim of an IPv6 address may be. */
struct guest_policy {
	unsigned kinds; /* of enum guest_kind */
	size_t prefix_count;
	struct prefix prefixes[LIMIT_GUEST_RULE_PREFIXES];
};

/* The policy "dhcp,slaac": a guest that configures itself as its network says. */
struct guest_policy guest_policy_default(void);

/* Reads words with commas between them: "dhcp", "slaac", "any", prefixes and addresses
 * ("dhcp,10.0.0.0/8,2001:db8::7"). An empty text is an error. ERR_SYNTAX, ERR_RANGE (a prefix
 * with bits set past its length), ERR_SPACE (more than LIMIT_GUEST_RULE_PREFIXES); on error
 * `*ret` is unchanged. */
int guest_policy_parse(const char *text, struct guest_policy *ret) NONNULL MUSTCHECK;

/* Writes the text that guest_policy_parse() reads to `out`, which has GUEST_POLICY_CAP bytes.
 * Returns `out`. A policy that allows nothing is "". */
const char *guest_policy_format(const struct guest_policy *p, char *out) NONNULL;

/* True if two policies allow the same. */
bool guest_policy_equal(const struct guest_policy *p, const struct guest_policy *q) NONNULL;
