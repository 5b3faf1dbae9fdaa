/* SPDX-License-Identifier: ISC */
/*
 * Leaves the names of the host to another responder on this host: see mdns_set_company().
 */
#pragma once

#include "mdns/link.h"

/* Defers to a neighbour if one has sent this packet. Call it before anything else reads the packet,
 * which may contain any bytes. `from` is its sender. */
void neighbour_input(struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;

/* Call it when the timer of a deferred mname is due. Returns true if a question must be sent now.
 * False: the mname has another timer or state. */
bool neighbour_may_ask(struct mname *mname, ns_t now) NONNULL;

/* Sets whether the mname is a name of the host. */
void mname_set_of_host(struct mname *mname, bool is_of_host, ns_t now) NONNULL;

/* Remembers a packet with records of a name of the host that we send to `to`, to recognize it
 * when it comes back. Only what is sent to the group does, and only on that link. */
void neighbour_note_sent(
	struct mdns *m, const struct mdns_path *to, const uint8_t *packet, size_t len) NONNULL;
