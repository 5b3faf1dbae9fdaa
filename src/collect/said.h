/* SPDX-License-Identifier: ISC */
/*
 * What hosts say of their names: taken from packets, and what follows for the names of the zone.
 */
#pragma once

#include "collect/packet.h"

/* True if one of the records would change something, if that key has said them on that link. */
bool said_is_news(const struct collect *c, const struct ckey *key, int slot,
	const struct item *items, int count) NONNULL;
/* Takes the records. */
void said_take(
	struct collect *c, struct ckey *key, int slot, const struct item *items, int count) NONNULL;

/* Restores an address of before the start: of a whole instance that has that label. False: there is no room, or it has
 * another one. */
bool said_restore(struct collect *c, struct label *l, const struct wire_label *name,
	const struct addr *addr, struct life life) NONNULL;

/* Works off what has changed of it, or in time; afterwards it may be gone. */
void said_settle(struct collect *c, struct said *s) NONNULL;
/* The same for all of which something has ended. */
void said_settle_due(struct collect *c) NONNULL;
/* Forgets it. */
void said_drop(struct collect *c, struct said *s) NONNULL;
/* Lets those have that label that want it, now that it is free. */
void said_offer(struct collect *c, const struct wire_label *label) NONNULL;
