/* SPDX-License-Identifier: ISC */
/*
 * Packets with probes, announcements and goodbyes (RFC 6762 §8, §10.1).
 */
#pragma once

#include "mdns/link.h"

/* Each function writes one packet with records that are due, and returns its length, or 0 if nothing
 * is due. */
size_t probe_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
/* The same for probes on the muted lane. */
size_t intro_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
size_t announce_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
size_t goodbye_poll(struct mlink *link, uint8_t *buffer, size_t cap) NONNULL;
