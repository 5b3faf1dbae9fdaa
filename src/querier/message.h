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
	bool is_trusted;
	const uint8_t *packet;
	size_t len;
	struct msg_header header;
	uint64_t serial;
	struct rd questions, records; /* where they begin */
	unsigned record_count;        /* in all sections */
	size_t expanded; /* bytes of names and rdata that were read, each written in full */
};

/* Counts what was read with that cursor. If it is more than any honest message has, it sets the cursor's error: the rest
 * is not read. */
static inline void message_spend(struct message *m, struct rd *r, size_t len)
{
	m->expanded += len;
	if (m->expanded > LIMIT_MDNS_SCRATCH && !r->err)
		r->err = ERR_RANGE;
}
