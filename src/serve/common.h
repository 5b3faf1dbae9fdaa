/* SPDX-License-Identifier: ISC */
/* What holds for every answer: who sees what, how long it may be, which bits of the query come back. */
#pragma once

#include <string.h>

#include "serve/answer.h"
#include "wire/msg.h"
#include "zone/lookup.h"

/* Relaxed, and no read-modify-write: this thread is the only one that writes. */
static inline void common_count(struct serve_ctx *ctx, enum serve_count which)
{
	uint64_t n = atomic_load_explicit(&ctx->counts[which], memory_order_relaxed);
	atomic_store_explicit(&ctx->counts[which], n + 1, memory_order_relaxed);
}

/* Where the client stands, if it matters. */
static inline unsigned common_view(const struct serve_ctx *ctx, const struct serve_client *client)
{
	/* Where no set depends on it, any view does; but one such set may be on its way in, and the view
	 * that never shows private addresses is the safe one. */
	if (!zone_has_views(ctx->zone))
		return VIEW_WAN;
	return view_slot_of(ctx->views, &client->addr);
}

/* Where a subnet stands. It is on the LAN only if all of it is: the rule must not be for a part. */
static inline unsigned common_view_of_subnet(
	const struct serve_ctx *ctx, const struct prefix *subnet)
{
	const struct view_table *table =
		atomic_load_explicit(&ctx->views->table, memory_order_acquire);
	const struct view_rule *rule = table ? view_table_match(table, &subnet->addr) : NULL;
	return rule && rule->prefix.len <= subnet->len ? rule->view : VIEW_WAN;
}

/* Whether the name is below "local." (RFC 6762 §3): those are not for unicast. Anything but an
 * error here would stop clients from asking by multicast (§22.1). */
static inline bool common_is_multicast(const struct key *key)
{
	const uint8_t *name = key_lower(key);
	/* The first comparison is for speed. */
	return key->len >= sizeof(name_local) &&
	       memcmp(name + key->len - sizeof(name_local), name_local, sizeof(name_local)) == 0 &&
	       name_is_mdns(name);
}

/* Most bytes that the reply may have (RFC 6891 §6.2.3-5; RFC 9715 for our own limit). `payload`: what
 * the client's EDNS offers, 0 without. */
static inline size_t common_limit(const struct serve_client *client, unsigned payload, size_t cap)
{
	size_t limit = payload < UDP_PAYLOAD_MIN ? UDP_PAYLOAD_MIN
		       : payload > EDNS_PAYLOAD  ? EDNS_PAYLOAD
						 : payload;
	if (client->is_tcp)
		limit = MSG_CAP;
	return limit < cap ? limit : cap;
}

/* What a reply repeats of the query's flags: operation and RD. AD and CD are for resolvers (RFC 4035
 * §3.1.6), Z is zero. */
static inline unsigned common_flags(unsigned query_flags)
{
	return MSG_QR | (query_flags & (0x7800 | MSG_RD));
}
