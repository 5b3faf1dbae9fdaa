/* SPDX-License-Identifier: ISC */
/*
 * Owns the choice among several addresses of one name.
 * Never adds an address, and never leaves a set empty.
 */
#include "serve/near.h"

/* NULL: there is nothing to choose by. */
static const struct view_table *wires(const struct serve_ctx *ctx)
{
	const struct view_table *table =
		ctx->views ? atomic_load_explicit(&ctx->views->table, memory_order_acquire) : NULL;
	return table && view_table_has_wires(table) ? table : NULL;
}

bool near_depends(const struct serve_ctx *ctx)
{
	return wires(ctx) != NULL;
}

uint64_t near_choose(const struct serve_ctx *ctx, const struct prefix *client, const struct node *n,
	const struct node_set *set)
{
	const struct view_table *table = wires(ctx);
	if (!table)
		return UINT64_MAX;
	const struct view_rule *rule = view_table_match(table, &client->addr);
	if (rule->prefix.len > client->len)
		return UINT64_MAX;
	return view_table_choose(table, rule, node_rdata(n, set), set->len, set->count);
}

bool near_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *n, const struct node_set *set, uint64_t chosen)
{
	const uint8_t *rdata = node_rdata(n, set);
	const struct reply before = *r;
	if (chosen == UINT64_MAX)
		return reply_add_set(r, section, owner_off, n, set, set->ttl);
	for (unsigned i = 0; i < set->count; i++, rdata += set->len) {
		if (!(chosen >> i & 1))
			continue;
		if (!reply_add_rr(r, section, owner_off, set->type, set->ttl, rdata, set->len)) {
			*r = before;
			return false;
		}
	}
	return true;
}
