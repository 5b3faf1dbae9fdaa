/* SPDX-License-Identifier: ISC */
/*
 * A received message and the reply to it.
 */
#pragma once

#include "mdns/compose.h"

/* A query. Also used for a response, for the parts that are read in the same way. */
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
	bool is_off_link;  /* from an address of another subnet: no unicast reply (§11) */
	bool is_held_back; /* it has waited for known answers (§7.2) */
	ns_t delay;        /* of its delayed answers: random, drawn once; 0: not yet */
	bool has_reply;
	bool is_truncated;
	bool wants_signature; /* of a unicast reply, if it has public records */
	bool has_own_sets;    /* a response with records of unique sets of ours */
	struct composer reply;
};
