/* SPDX-License-Identifier: ISC */
/*
 * Owns the reverse zones that are ours because of addresses, and who may have how many signed ones.
 * Never decides which addresses begin one: reverse.c does.
 *
 * Signed zones have LIMIT_SIGNED_ZONES places. Root in a namespace can configure addresses of any prefixes, so one that is
 * not our own gets a part of them, and all of these together another. A zone counts as that of who has begun it. Zones
 * without a place wait for one: it is offered when one is given back, and when somebody else has an address in the zone.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/index.h"

/* The length of the reverse zone of an address. Private IPv4: the zones of RFC 6303; other IPv4:
 * /24. ULA: /48, since its 40 random bits identify a site (RFC 4193 §3.2); other IPv6: /64. */
static unsigned rzone_bits(const struct addr *addr)
{
	bool is_lan = addr_scope(addr) == ADDR_SCOPE_LAN;
	if (addr->family == ADDR_V6)
		return is_lan ? 48 : 64;
	if (!is_lan)
		return 24;
	return addr->bytes[0] == 10 ? 8 : 16;
}

static uint64_t rzone_name(const struct names *n, const struct addr *addr, struct name *ret)
{
	name_reverse(addr, rzone_bits(addr), ret);
	return name_hash(n->seed, ret->wire);
}

static struct rzone *rzone_find(const struct names *n, const struct addr *addr)
{
	struct name apex;
	uint64_t hash = rzone_name(n, addr, &apex);
	return MAP_FIND(
		&n->rzones, hash, struct rzone, node, r, name_equal(r->apex.wire, apex.wire));
}

static struct rzone *rzone_make(struct names *n, const struct addr *addr)
{
	struct rzone *rzone = calloc(1, sizeof(*rzone));
	uint64_t hash = rzone ? rzone_name(n, addr, &rzone->apex) : 0;
	if (!rzone || map_add(&n->rzones, &rzone->node, hash)) {
		free(rzone);
		return NULL;
	}
	list_init(&rzone->in_waiting);
	/* No parent has a DS of the others, so they are signed only if they are named. */
	rzone->is_global = addr_scope(addr) == ADDR_SCOPE_WAN;
	return rzone;
}

/* Places. */

static bool has_room(const struct names *n, uint32_t holder)
{
	return n->signers.sums[0] < LIMIT_SIGNED_ZONES / LIMIT_SIGNED_OTHERS_PART &&
	       share_count(&n->signers, holder, 0) < LIMIT_SIGNED_ZONES / LIMIT_SIGNED_NS_PART;
}

/* Without memory for the share, it waits. */
static void take_place(struct names *n, struct rzone *rzone, uint32_t holder)
{
	struct share *share = NULL;
	rzone->holder = holder;
	rzone->has_place = !rzone->is_global || holder == HOLDER_OWN;
	if (!rzone->has_place && has_room(n, holder))
		share = share_get(&n->signers, holder);
	if (!share)
		return;
	share_add(&n->signers, share, 0, 1);
	rzone->share = share;
	rzone->has_place = true;
}

static void give_place_back(struct names *n, struct rzone *rzone)
{
	n->has_free_places |= rzone->share != NULL;
	if (rzone->share)
		share_take(&n->signers, rzone->share, 0, 1);
	rzone->share = NULL;
	rzone->has_place = false;
}

static void rzone_free(struct names *n, struct rzone *rzone)
{
	give_place_back(n, rzone);
	list_remove(&rzone->in_waiting);
	map_remove(&n->rzones, &rzone->node);
	free(rzone);
}

/* ERR_NOMEM; ERR_EXISTS: it comes to an end first. */
static int rzone_put(struct names *n, const struct rzone *rzone, enum names_zone what)
{
	int err = n->sink.put_reverse_zone(n->sink.arg, rzone->apex.wire, what);
	if (err != ERR_EXISTS)
		names_check(n, err);
	return err == ERR_NOMEM || err == ERR_EXISTS ? err : 0;
}

static int rzone_begin(struct names *n, const struct rzone *rzone)
{
	return rzone_put(n, rzone, rzone->has_place ? NAMES_ZONE_SIGNABLE : NAMES_ZONE_OURS);
}

static void offer(struct names *n, struct rzone *rzone, uint32_t holder)
{
	take_place(n, rzone, holder);
	if (!rzone->has_place)
		return;
	if (rzone_begin(n, rzone) == 0)
		list_remove(&rzone->in_waiting);
	else
		give_place_back(n, rzone);
}

void rzone_offer(struct names *n, const struct addr *addr, uint32_t holder)
{
	struct rzone *rzone = list_is_empty(&n->waiting_rzones) ? NULL : rzone_find(n, addr);
	if (rzone && !rzone->has_place)
		offer(n, rzone, holder);
}

void rzones_settle(struct names *n)
{
	if (!n->has_free_places)
		return;
	n->has_free_places = false;
	LIST_EACH(rzone, &n->waiting_rzones, struct rzone, in_waiting)
		offer(n, rzone, rzone->holder);
}

/* Life. */

int rzone_enter(struct names *n, const struct addr *addr, uint32_t holder, bool *ret_is_new)
{
	struct rzone *rzone = rzone_find(n, addr);
	if (!rzone && !(rzone = rzone_make(n, addr))) {
		names_check(n, ERR_NOMEM);
		return ERR_NOMEM;
	}
	const bool is_first = rzone->count == 0;
	if (is_first)
		take_place(n, rzone, holder);
	else
		rzone_offer(n, addr, holder);
	int err = is_first || rzone->is_half_removed ? rzone_begin(n, rzone) : 0;
	if (err) {
		if (is_first)
			rzone_free(n, rzone);
		return err;
	}
	if (!rzone->has_place && is_first)
		list_append(&n->waiting_rzones, &rzone->in_waiting);
	*ret_is_new = is_first || rzone->is_half_removed;
	rzone->is_half_removed = false;
	rzone->count++;
	return 0;
}

int rzone_leave(struct names *n, const struct addr *addr)
{
	struct rzone *rzone = rzone_find(n, addr); /* exists: the address is counted in it */
	if (rzone->count > 1) {
		rzone->count--;
		return 0;
	}
	rzone->is_half_removed = rzone_put(n, rzone, NAMES_ZONE_GONE) != 0;
	if (rzone->is_half_removed)
		return ERR_NOMEM;
	rzone_free(n, rzone);
	return 0;
}

void rzones_free(struct names *n)
{
	MAP_EACH(rzone, &n->rzones, struct rzone, node)
		rzone_free(n, rzone);
	map_fini(&n->rzones);
	shares_fini(&n->signers);
}
