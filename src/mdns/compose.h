/* SPDX-License-Identifier: ISC */
/*
 * Responses being written.
 */
#pragma once

#include "mdns/link.h"

enum compose_mode { COMPOSE_MULTICAST, COMPOSE_UNICAST, COMPOSE_LEGACY };
enum { COMPOSE_SETS = 64 }; /* sets of a message of which additional records are looked for */

/* A response being written. */
struct composer {
	struct pack p;
	struct mlink *link;
	enum compose_mode mode;
	unsigned lanes; /* where it will be multicast: bits, 0 if it is not */
	ns_t now;
	size_t grown_cap; /* for a single record that is larger than the MTU (§17) */
	bool is_full;
	uint64_t serial;
	struct recset *sets[COMPOSE_SETS];
	unsigned set_count;
};

/* Begins a message in `buffer`, with room for what the link carries. */
void compose_init(struct composer *c, struct mlink *link, enum compose_mode mode, unsigned lanes,
	ns_t now, void *buffer, size_t cap) NONNULL;
/* The length of the message, 0 if it has no records. */
size_t compose_len(const struct composer *c) NONNULL;
/* Adds the records of the set that have a bit of `wanted`, and takes the bits off: a unique set
 * whole, unless it is larger than a packet. False: some are left for the next packet. */
bool compose_wanted(
	struct composer *c, struct recset *set, unsigned wanted, enum msg_section section) NONNULL;
/* What the asker will want to know next, as far as there is room (§6.2, RFC 6763 §12). */
void compose_additionals(struct composer *c) NONNULL;
