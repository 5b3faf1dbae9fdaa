/* SPDX-License-Identifier: ISC */
/*
 * A message that is being read, and the reply to it.
 */
#pragma once

#include "mdns/compose.h"

/* A query, or a response as far as it is read like one. */
struct query {
	struct mdns *m;
	struct mlink *link;
	enum lane lane;
	ns_t now;
	const struct mdns_path *from;
	const uint8_t *packet;
	size_t len;
	struct msg_header header;
	uint64_t serial;
	bool is_legacy, is_direct;
	bool is_held_back; /* its wait for known answers is over (§7.2) */
	ns_t delay;        /* of what is delayed in it: drawn once; 0: not yet */
	bool has_reply;
	bool is_truncated;
	bool has_own_sets; /* a response that has records of unique sets of ours */
	struct composer reply;
};
