/* SPDX-License-Identifier: ISC */
/*
 * Writing responses.
 */
#pragma once

#include "mdns/link.h"

enum compose_mode { COMPOSE_MULTICAST, COMPOSE_UNICAST, COMPOSE_LEGACY };
enum { COMPOSE_SETS = 64 }; /* sets per message for which additional records are added */

/* A response being written. */
struct composer {
	struct pack p;
	struct mlink *link;
	enum compose_mode mode;
	unsigned lanes; /* lanes on which it is multicast: bits, 0 for unicast */
	ns_t now;
	bool is_signed;   /* public records may be in it, with a signature */
	bool is_public;   /* it has some, and room for the signature */
	size_t grown_cap; /* for a single record that is larger than the MTU (§17) */
	bool is_full;
	uint64_t serial;
	struct recset *sets[COMPOSE_SETS];
	unsigned set_count;
};

/* Begins a message in `buffer`. Its size is limited to what the link can carry. Multicast is signed if public; unicast
 * only if `is_signed` is set then. */
void compose_init(struct composer *c, struct mlink *link, enum compose_mode mode, unsigned lanes,
	ns_t now, void *buffer, size_t cap) NONNULL;
/* Ends the message, and notes if it wants a signature. Returns its length, 0 if it has no records. */
size_t compose_len(const struct composer *c) NONNULL;
/* Adds the records of the set that have a bit of `wanted`, and clears these bits. A unique set
 * is added whole, unless it is larger than a packet. Returns false if some records are left for
 * the next packet. */
bool compose_wanted(
	struct composer *c, struct recset *set, unsigned wanted, enum msg_section section) NONNULL;
/* Adds additional records that the querier will probably need next, as far as there is room
 * (§6.2, RFC 6763 §12). */
void compose_additionals(struct composer *c) NONNULL;
