/* SPDX-License-Identifier: ISC */
/*
 * Owns the choice of the addresses of a name: which of its claims', how many, and for how long.
 * Never says them: host.c does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/limits.h"
#include "name/index.h"

/* --- the limit ---------------------------------------------------------------------------- */

/* The lowest addresses of a family and scope, ascending, none twice. */
struct lowest {
	struct addr at[LIMIT_HOST_ADDRS];
	size_t count;
	size_t left_out; /* how many were not added */
};

/* Adds an address. False if it is not one of the lowest. */
static bool lowest_add(struct lowest *l, const struct addr *addr)
{
	size_t from = 0, to = l->count;
	if (l->count == LIMIT_HOST_ADDRS && addr_cmp(addr, &l->at[l->count - 1]) > 0) {
		l->left_out++;
		return false;
	}
	/* Progress: each turn halves what is left. */
	while (from < to) {
		const size_t middle = (from + to) / 2;
		if (addr_cmp(&l->at[middle], addr) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from < l->count && addr_equal(&l->at[from], addr))
		return true;
	l->count -= l->count == LIMIT_HOST_ADDRS;
	memmove(&l->at[from + 1], &l->at[from], (l->count - from) * sizeof(*l->at));
	l->at[from] = *addr;
	l->count++;
	return true;
}

/* A class is a family with a scope that names have. */
enum { CLASS_COUNT = 2 * ADDR_SCOPE_WAN };

static size_t class_of(const struct host_addr *ha)
{
	return (ha->addr.family == ADDR_V6 ? ADDR_SCOPE_WAN : 0u) + ha->scope - ADDR_SCOPE_LOCAL;
}

/* The addresses of a host, while they are collected: the lowest of each family and scope, and those that
 * were among them when they came. So the choice depends on the state alone, and takes one pass. */
struct gather {
	struct host_addrs addrs;
	struct lowest lowest[CLASS_COUNT];
	size_t cap;
	int err;
};

static void gather_init(struct gather *g)
{
	g->addrs = (struct host_addrs){0};
	g->cap = 0;
	g->err = 0;
	for (size_t i = 0; i < CLASS_COUNT; i++)
		g->lowest[i].count = g->lowest[i].left_out = 0;
}

static void gather_add(struct gather *g, const struct host_addr *ha)
{
	if (!lowest_add(&g->lowest[class_of(ha)], &ha->addr))
		return;
	int err = ARRAY_RESERVE(g->addrs.list, g->cap, g->addrs.count + 1u);
	if (err) {
		g->err = err;
		return;
	}
	g->addrs.list[g->addrs.count++] = *ha;
}

/* Removes what is not among the lowest any more. */
static void gather_cut(struct gather *g)
{
	size_t kept = 0;
	for (size_t i = 0; i < g->addrs.count; i++) {
		const struct host_addr *ha = &g->addrs.list[i];
		const struct lowest *l = &g->lowest[class_of(ha)];
		if (addr_cmp(&ha->addr, &l->at[l->count - 1]) <= 0)
			g->addrs.list[kept++] = *ha;
	}
	g->addrs.left_out = g->addrs.count - kept;
	g->addrs.count = kept;
	for (size_t i = 0; i < CLASS_COUNT; i++)
		g->addrs.left_out += g->lowest[i].left_out;
}

/* --- lifetimes ---------------------------------------------------------------------------- */

/* Returns how long caches may keep an address that is valid for so long: in powers of two, so an
 * address that runs out changes its records a few times only. HOST_ADDR_LASTS: there is no need to
 * care. */
static uint32_t step_of(const struct names *n, uint32_t expires_s)
{
	if (expires_s == 0)
		return HOST_ADDR_LASTS;
	/* The second that has begun is over when a cache may have the record. */
	const uint64_t end = (uint64_t)(n->now / NS_PER_S) + 1;
	const uint64_t left = expires_s > end ? expires_s - end : 0;
	uint32_t step = 1;
	if (left >= n->policy.ttl_s)
		return HOST_ADDR_LASTS;
	while (2 * (uint64_t)step <= left)
		step *= 2;
	return left ? step : 0;
}

/* Returns when an address with this step gets a lower one. */
static ns_t step_end(const struct names *n, uint32_t expires_s, uint32_t step)
{
	const uint32_t ttl = step == HOST_ADDR_LASTS ? n->policy.ttl_s : step;
	return expires_s && ttl && step ? ((ns_t)expires_s - ttl) * NS_PER_S : NS_NEVER;
}

bool expiry_matters(const struct names *n, uint32_t before_s, uint32_t after_s)
{
	const bool is_earlier = after_s && (!before_s || after_s < before_s);
	return is_earlier || step_of(n, before_s) != step_of(n, after_s);
}

/* --- collection --------------------------------------------------------------------------- */

static void gather_one(const struct names *n, const struct nlink *nlink,
	const struct model_addr *addr, struct gather *good, struct gather *spare)
{
	const enum addr_verdict verdict =
		addr_judge(&n->policy, addr, nlink->is_bridge_port, nlink->is_foreign);
	if (!addr->is_present || (verdict != ADDR_SERVED && verdict != ADDR_SPARE))
		return;
	gather_add(verdict == ADDR_SERVED ? good : spare,
		&(struct host_addr){.segment = nlink->segment,
			.addr = addr->info.addr,
			.is_own = nlink->link->ns->nsid == NSID_OWN && !addr->info.is_guest,
			.is_open = nlink->is_open,
			.scope = addr->scope,
			.expires_s = addr->info.expires_s,
			.nsid = nlink->link->ns->nsid,
			.guest = addr->info.is_guest ? nlink->link->info.ifindex : 0});
}

static void gather_claim(
	const struct names *n, const struct claim *claim, struct gather *good, struct gather *spare)
{
	const struct nlink *nlink = claim->nlink;
	if (claim->only) {
		gather_one(n, nlink, claim->only, good, spare);
		return;
	}
	LIST_EACH(addr, &nlink->link->addrs, const struct model_addr, in_link)
		if (claim_names(claim, addr) && !claim_is_host_end(claim, addr))
			gather_one(n, nlink, addr, good, spare);
}

/* Adds the deprecated ones of each family and scope that has no other: a client without a choice can
 * still connect. */
static void gather_spare(struct gather *good, const struct gather *spare)
{
	bool is_needed[CLASS_COUNT];
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		is_needed[i] = good->lowest[i].count == 0;
		if (is_needed[i])
			good->lowest[i].left_out = spare->lowest[i].left_out;
	}
	for (size_t i = 0; i < spare->addrs.count; i++) {
		const struct host_addr *ha = &spare->addrs.list[i];
		if (is_needed[class_of(ha)])
			gather_add(good, ha);
	}
}

static int holder_cmp(const struct host_addr *x, const struct host_addr *y)
{
	if (x->nsid != y->nsid)
		return x->nsid < y->nsid ? -1 : 1;
	return (x->guest > y->guest) - (x->guest < y->guest);
}

static int host_addr_cmp(const void *a, const void *b)
{
	const struct host_addr *x = a, *y = b;
	int diff = addr_cmp(&x->addr, &y->addr);
	if (diff == 0)
		diff = (x->segment > y->segment) - (x->segment < y->segment);
	return diff ? diff : holder_cmp(x, y);
}

/* An address that a link has twice, with two prefix lengths, lasts as long as the later of them. */
static bool is_later(uint32_t a, uint32_t b)
{
	return b != 0 && (a == 0 || a > b);
}

static void gather_sort(struct gather *g)
{
	struct host_addr *list = g->addrs.list;
	size_t kept = 0;
	if (g->addrs.count == 0)
		return;
	qsort(list, g->addrs.count, sizeof(*list), host_addr_cmp);
	for (size_t i = 0; i < g->addrs.count; i++)
		if (kept == 0 || host_addr_cmp(&list[kept - 1], &list[i]) != 0)
			list[kept++] = list[i];
		else if (is_later(list[i].expires_s, list[kept - 1].expires_s))
			list[kept - 1].expires_s = list[i].expires_s;
	g->addrs.count = kept;
}

/* The steps take the place of the ends: lists with the same records are equal. */
static void gather_date(const struct names *n, struct gather *g)
{
	g->addrs.lower_at = NS_NEVER;
	for (size_t i = 0; i < g->addrs.count; i++) {
		struct host_addr *ha = &g->addrs.list[i];
		const uint32_t expires_s = ha->expires_s;
		ha->step_s = step_of(n, expires_s);
		g->addrs.lower_at = ns_min(g->addrs.lower_at, step_end(n, expires_s, ha->step_s));
	}
}

/* The room for a collection. */
struct gather_room {
	struct gather good, spare;
};

struct gather_room *gather_room_new(void)
{
	return malloc(sizeof(struct gather_room));
}

static int collect(const struct names *n, struct gather_room *room,
	const struct claim *const *claims, size_t count)
{
	gather_init(&room->good);
	gather_init(&room->spare);
	for (size_t i = 0; i < count; i++)
		gather_claim(n, claims[i], &room->good, &room->spare);
	gather_spare(&room->good, &room->spare);
	free(room->spare.addrs.list);
	return room->good.err ? room->good.err : room->spare.err;
}

/* The end of a collection: the lowest ones, in order. */
static int finish(struct gather *g, int err)
{
	if (err) {
		free(g->addrs.list);
		return err;
	}
	gather_cut(g);
	gather_sort(g);
	return 0;
}

int gather_claims(const struct names *n, const struct claim *const *claims, size_t count,
	struct host_addrs *ret)
{
	struct gather *good = &n->room->good;
	int err = finish(good, collect(n, n->room, claims, count));
	if (!err) {
		gather_date(n, good);
		*ret = good->addrs;
	}
	return err;
}

int gather_collected(
	const struct names *n, const struct collected *collected, struct host_addrs *ret)
{
	struct gather *good = &n->room->good;
	gather_init(good);
	for (size_t i = 0; i < collected->count; i++) {
		const struct addr *addr = &collected->addrs[i];
		const enum addr_scope scope = addr_scope(addr);
		if (scope == ADDR_SCOPE_LAN || scope == ADDR_SCOPE_WAN)
			gather_add(
				good, &(struct host_addr){.addr = *addr, .scope = (uint8_t)scope});
	}
	int err = finish(good, good->err);
	if (err)
		return err;
	for (size_t i = 0; i < good->addrs.count; i++)
		good->addrs.list[i].step_s = collected->ttl_s;
	good->addrs.lower_at = NS_NEVER;
	*ret = good->addrs;
	return 0;
}
