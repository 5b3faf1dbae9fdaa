/* SPDX-License-Identifier: ISC */
/*
 * What peers' responses say about names that are claimed here (RFC 6762 §6.6, §7.4, §9).
 */
#pragma once

#include "mdns/link.h"

/* Takes in a response that came from there. */
void response_input(struct mdns *m, struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;
