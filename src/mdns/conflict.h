/* SPDX-License-Identifier: ISC */
/*
 * Handles responses of peers that concern names claimed here (RFC 6762 §6.6, §7.4, §9).
 */
#pragma once

#include "mdns/link.h"

/* Processes a response that was received from `from`. */
void response_input(struct mdns *m, struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;
