/* SPDX-License-Identifier: ISC */
/*
 * Answers that wait until they may be multicast (RFC 6762 §6).
 */
#pragma once

#include "mdns/link.h"

/* Schedules a multicast of the records of the set that are not known answers in message
 * `serial`: at `due` or later, and at least `gap` after their last multicast (§6). */
void respond_later(struct recset *set, enum lane lane, ns_t due, ns_t gap, uint64_t serial) NONNULL;
/* Writes one packet of the answers that are due on that lane and returns its length, or 0 if
 * none is due. */
size_t respond_poll(
	struct mlink *link, enum lane lane, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
