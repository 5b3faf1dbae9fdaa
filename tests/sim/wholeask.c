/* SPDX-License-Identifier: ISC */
/*
 * Owns the clients of the simulated daemon: their addresses and their answers.
 * Never changes anything.
 */
#include <stdlib.h>

#include "serve/answer.h"
#include "whole.h"
#include "wire/msg.h"
#include "wire/pack.h"

struct addr whole_client(enum whole_client which)
{
	static const uint8_t addrs[WHOLE_CLIENTS][4] = {
		{192, 168, 77, 9}, {198, 51, 100, 9}, {192, 0, 2, 9}};
	return addr_make(ADDR_V4, addrs[which]);
}

size_t whole_answer(struct whole *w, enum whole_client client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t cap)
{
	struct serve_ctx ctx = {.zone = zone_reader(pipeline_zone(w->pipeline)),
		.views = pipeline_views(w->pipeline)};
	struct serve_client asker = {.addr = whole_client(client), .port = 1024, .is_tcp = true};
	return serve_answer(&ctx, &asker, query, query_len, reply, cap);
}

size_t whole_ask(struct whole *w, enum whole_client client, const char *name, uint16_t type,
	uint8_t *reply, size_t cap)
{
	uint8_t query[UDP_PAYLOAD_MIN];
	struct pack p;
	struct name owner;
	pack_init(&p, query, sizeof(query), 0, 0);
	if (name_from_text(name, NULL, &owner) || pack_question(&p, owner.wire, type, CLASS_IN))
		abort();
	return whole_answer(w, client, query, p.len, reply, cap);
}
