/* SPDX-License-Identifier: ISC */
/* Rules for every answer: the client's view, the maximum length, and the flags that are copied
 * from the query. */
#pragma once

#include <string.h>

#include "serve/answer.h"
#include "wire/msg.h"
#include "zone/lookup.h"

/* Relaxed load and store instead of a read-modify-write: only this thread writes. */
static inline void common_count(struct serve_ctx *ctx, enum serve_count which)
{
	uint64_t n = atomic_load_explicit(&ctx->counts[which], memory_order_relaxed);
	atomic_store_explicit(&ctx->counts[which], n + 1, memory_order_relaxed);
}

/* Returns the view of the client, or VIEW_WAN if no set depends on the view. */
static inline unsigned common_view(const struct serve_ctx *ctx, const struct serve_client *client)
{
	/* If no set depends on the view, any view gives the same answer. But such a set may be
	 * added at this moment. VIEW_WAN is safe because it never shows private addresses. */
	if (!zone_has_views(ctx->zone))
		return VIEW_WAN;
	return view_slot_of(ctx->views, &client->addr);
}

/* Returns the view of a subnet. It is on the LAN only if all of it is: a rule for a part of the
 * subnet does not count. */
static inline unsigned common_view_of_subnet(
	const struct serve_ctx *ctx, const struct prefix *subnet)
{
	const struct view_table *table =
		atomic_load_explicit(&ctx->views->table, memory_order_acquire);
	const struct view_rule *rule = table ? view_table_match(table, &subnet->addr) : NULL;
	return rule && rule->prefix.len <= subnet->len ? rule->view : VIEW_WAN;
}

/* True if the name is below "local." (RFC 6762 §3). Such names are not for unicast DNS. The
 * answer must be an error, because any other answer would stop clients from asking by multicast
 * (§22.1). */
static inline bool common_is_multicast(const struct key *key)
{
	const uint8_t *name = key_lower(key);
	/* The first comparison is for speed. */
	return key->len >= sizeof(name_local) &&
	       memcmp(name + key->len - sizeof(name_local), name_local, sizeof(name_local)) == 0 &&
	       name_is_mdns(name);
}

/* Returns the maximum length of the reply (RFC 6891 §6.2.3-5; RFC 9715 for our own limit).
 * `payload` is the payload size in the client's EDNS, 0 without EDNS. */
static inline size_t common_limit(const struct serve_client *client, unsigned payload, size_t cap)
{
	size_t limit = payload < UDP_PAYLOAD_MIN ? UDP_PAYLOAD_MIN
		       : payload > EDNS_PAYLOAD  ? EDNS_PAYLOAD
						 : payload;
	if (client->is_tcp)
		limit = MSG_CAP;
	return limit < cap ? limit : cap;
}

/* Returns the flags of a reply: QR, and opcode and RD copied from the query. AD and CD are for
 * resolvers (RFC 4035 §3.1.6). Z is zero. */
static inline unsigned common_flags(unsigned query_flags)
{
	return MSG_QR | (query_flags & (0x7800 | MSG_RD));
}
