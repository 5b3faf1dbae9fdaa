/* SPDX-License-Identifier: ISC */
/*
 * A received message.
 */
#pragma once

#include "querier/cache.h"

struct message {
	struct qlink *link;
	enum lane lane;
	ns_t now;
	const struct mdns_path *from;
	const uint8_t *packet;
	size_t len;
	struct msg_header header;
	uint64_t serial;
	struct rd questions, records; /* where they begin */
	unsigned record_count;        /* in all sections */
};
