/* SPDX-License-Identifier: ISC */
/*
 * Leaving the names of the host to another responder on this host: see mdns_set_company().
 */
#pragma once

#include "mdns/link.h"

/* Looks whether a neighbour has sent this packet, and if so defers to it. `from` has sent it, and it
 * can be any bytes; `now` is the time. To be called before anything else is read in it. */
void neighbour_input(struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;

/* The timer of a deferred mname is due. Returns true if it is to be asked for now. False: it has
 * another timer or state. */
bool neighbour_may_ask(struct mname *mname, ns_t now) NONNULL;

/* Marks the mname as a name of the host, or as none. */
void mname_set_of_host(struct mname *mname, bool is_of_host, ns_t now) NONNULL;

/* Remembers a packet that was sent with records of a name of the host, to know it when it comes
 * back. */
void neighbour_note_sent(struct mdns *m, const uint8_t *packet, size_t len) NONNULL;
