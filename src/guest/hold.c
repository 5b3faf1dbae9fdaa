/* SPDX-License-Identifier: ISC */
/*
 * Owns the table of a guest's addresses, and what the sink was told of each.
 * Never reads a frame.
 */
#include "guest/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "guest/judge.h"

static struct holdings *family_of(struct guest *g, const struct addr *addr)
{
	return &g->holdings[addr->family == ADDR_V6 ? FAMILY_V6 : FAMILY_V4];
}

static struct holding *find(struct guest *g, const struct addr *addr)
{
	struct holdings *all = family_of(g, addr);
	for (size_t i = 0; i < all->count; i++)
		if (addr_equal(&all->at[i].addr, addr))
			return &all->at[i];
	return NULL;
}

static void report(struct guest *g, const struct holding *h, ns_t now)
{
	struct guest_addr a = {
		.addr = h->addr, .origin = h->origin, .until = h->until, .lifetime_s = UINT32_MAX};
	ns_t left_s = (h->until - now) / NS_PER_S + ((h->until - now) % NS_PER_S > 0);
	if (h->until != NS_NEVER && left_s < UINT32_MAX)
		a.lifetime_s = (uint32_t)left_s;
	g->config.sink.on_addr(g->config.sink.arg, &a);
}

static void report_gone(struct guest *g, struct holding *h, enum hold_state state)
{
	bool was_held = h->state == HOLD_HELD;
	h->state = state;
	if (was_held)
		g->config.sink.on_addr_gone(g->config.sink.arg, &h->addr);
}

/* Removes a claim; the last one takes its place. */
static void drop(struct guest *g, struct holding *h)
{
	struct holdings *all = family_of(g, &h->addr);
	report_gone(g, h, HOLD_REFUSED);
	*h = all->at[--all->count];
}

/* True unless somebody has to speak before it may be reported. */
static bool may_count(const struct holding *h)
{
	return h->state == HOLD_TENTATIVE || h->state == HOLD_HELD;
}

/* The one to replace when the table is full: of those that do not count, or else of all, the one
 * that was seen least recently. */
static struct holding *victim(struct holdings *all)
{
	struct holding *worst = &all->at[0];
	for (size_t i = 1; i < all->count; i++) {
		struct holding *h = &all->at[i];
		bool counts = may_count(h), worst_counts = may_count(worst);
		if (counts < worst_counts || (counts == worst_counts && h->seen < worst->seen))
			worst = h;
	}
	return worst;
}

/* Adds a copy of `h`, unless the table is full of claims that count, and this one
 * would not. NULL: it is not added, or there is no memory; the guest's next frame tries again. */
static struct holding *add(struct guest *g, const struct holding *h)
{
	struct holdings *all = family_of(g, &h->addr);
	if (all->count >= LIMIT_GUEST_ADDRS) {
		struct holding *worst = victim(all);
		if (may_count(worst) && judge(g, h, h->seen) >= 0)
			return NULL;
		drop(g, worst);
	}
	if (ARRAY_RESERVE(all->at, all->cap, all->count + 1))
		return NULL;
	all->at[all->count] = *h;
	return &all->at[all->count++];
}

/* Finds the claim of that address, and notes that it was seen; or adds this one, as refused
 * without a reason yet. NULL as add(). */
static struct holding *find_or_add(struct guest *g, const struct holding *claim)
{
	struct holding *h = find(g, &claim->addr);
	if (!h)
		return add(g, claim);
	h->seen = claim->seen;
	h->away_at = 0;
	memcpy(h->hwaddr, claim->hwaddr, sizeof(h->hwaddr));
	return h;
}

static struct holding make(
	const struct addr *addr, enum guest_origin origin, const uint8_t *hwaddr, ns_t now)
{
	struct holding h = {.addr = *addr, .origin = (uint8_t)origin, .refusal = -1, .seen = now};
	memcpy(h.hwaddr, hwaddr, sizeof(h.hwaddr));
	return h;
}

static void refuse(struct guest *g, struct holding *h, enum hold_state state, int why)
{
	const struct guest_sink *sink = &g->config.sink;
	report_gone(g, h, state);
	if (h->refusal == why)
		return;
	h->refusal = (int8_t)why;
	if (sink->on_refused)
		sink->on_refused(sink->arg, &h->addr, (enum guest_refusal)why);
}

/* True if the sink has to know that the end has moved: a lease always; else not for each frame,
 * but when an eighth of the time is over. */
static bool is_news(const struct holding *h, ns_t until, ns_t now)
{
	if (until <= h->until || (h->lease_until > now && !h->is_resumed))
		return until != h->until;
	return until - h->until > (until - now) / 8;
}

/* Judges a claim that is not tentative any more. If it has ended, it is removed. */
static void settle(struct guest *g, struct holding *h, ns_t now)
{
	int why = judge(g, h, now);
	if (why >= 0) {
		refuse(g, h, HOLD_REFUSED, why);
		return;
	}
	ns_t until = judge_until(g, h, now);
	if (until <= now) {
		drop(g, h);
		return;
	}
	if (h->away_at && h->away_at <= now) {
		refuse(g, h, HOLD_AWAY, GUEST_REFUSED_AWAY);
		return;
	}
	if (h->state == HOLD_HELD && !is_news(h, until, now))
		return;
	h->state = HOLD_HELD;
	h->refusal = -1;
	h->until = until;
	report(g, h, now);
}

void hold_claim(struct guest *g, const struct addr *addr, enum guest_origin origin,
	const uint8_t *hwaddr, ns_t now)
{
	struct holding claim = make(addr, origin, hwaddr, now), *h = find_or_add(g, &claim);
	if (h)
		settle(g, h, now);
}

void hold_probe(struct guest *g, const struct addr *addr, const uint8_t *hwaddr, ns_t now)
{
	struct holding claim = make(addr, GUEST_ND, hwaddr, now), *h = find_or_add(g, &claim);
	if (!h)
		return;
	h->dad_until = lan_after(now, LIMIT_GUEST_DAD_S);
	if (h->state == HOLD_HELD)
		settle(g, h, now);
	else
		h->state = HOLD_TENTATIVE;
}

void hold_object(struct guest *g, const struct addr *addr, ns_t now)
{
	struct holding *h = find(g, addr);
	if (h && h->dad_until > now)
		drop(g, h);
}

void hold_lease(struct guest *g, const struct addr *addr, enum guest_origin origin,
	const uint8_t *hwaddr, ns_t until, ns_t now)
{
	struct holding claim = make(addr, origin, hwaddr, now);
	claim.lease_until = until;
	struct holding *h = find_or_add(g, &claim);
	if (!h)
		return;
	h->origin = (uint8_t)origin;
	h->is_resumed = false;
	h->lease_until = until;
	if (addr->family == ADDR_V6 && h->state != HOLD_HELD) {
		h->state = HOLD_TENTATIVE;
		h->dad_until = lan_after(now, LIMIT_GUEST_DAD_S);
		return;
	}
	settle(g, h, now);
}

void hold_resume(struct guest *g, const struct addr *addr, ns_t until, ns_t now)
{
	struct holding claim = make(addr, GUEST_RESUMED, g->hwaddrs[0], now);
	claim.is_resumed = true;
	claim.lease_until = until;
	struct holding *h = find_or_add(g, &claim);
	if (!h || h->state == HOLD_HELD)
		return;
	h->is_resumed = true;
	h->lease_until = until;
	settle(g, h, now);
}

void hold_touch(struct guest *g, const struct addr *addr, ns_t now)
{
	struct holding *h = find(g, addr);
	if (h)
		h->seen = now;
}

void hold_drop(struct guest *g, const struct addr *addr)
{
	struct holding *h = find(g, addr);
	if (h)
		drop(g, h);
}

void hold_lose(struct guest *g, const struct addr *addr, ns_t now)
{
	struct holding *h = find(g, addr);
	if (h && h->state == HOLD_HELD && lan_after(h->seen, LIMIT_GUEST_LOST_S) <= now)
		refuse(g, h, HOLD_LOST, GUEST_REFUSED_LOST);
}

static void move(struct guest *g, struct holding *h, bool is_away, ns_t now)
{
	if (is_away && !h->away_at)
		h->away_at = lan_after(now, LIMIT_GUEST_AWAY_S);
	if (is_away)
		return;
	h->away_at = 0;
	if (h->state == HOLD_AWAY)
		settle(g, h, now);
}

void hold_move(struct guest *g, const uint8_t *hwaddr, bool is_away, ns_t now)
{
	for (int f = 0; f < FAMILY_COUNT; f++)
		for (size_t i = g->holdings[f].count; i-- > 0;)
			if (hwaddr_equal(g->holdings[f].at[i].hwaddr, hwaddr))
				move(g, &g->holdings[f].at[i], is_away, now);
}

static bool is_by_server(const struct holding *h)
{
	return h->lease_until > 0 && !h->is_resumed;
}

void hold_drop_leases(
	struct guest *g, enum addr_family family, const uint8_t *hwaddr, const struct addr *but)
{
	struct holdings *all = &g->holdings[family == ADDR_V6 ? FAMILY_V6 : FAMILY_V4];
	for (size_t i = all->count; i-- > 0;) {
		struct holding *h = &all->at[i];
		if (is_by_server(h) && hwaddr_equal(h->hwaddr, hwaddr) &&
			!addr_equal(&h->addr, but))
			drop(g, h);
	}
}

bool hold_has_lease(const struct guest *g, enum addr_family family)
{
	const struct holdings *all = &g->holdings[family == ADDR_V6 ? FAMILY_V6 : FAMILY_V4];
	for (size_t i = 0; i < all->count; i++)
		if (is_by_server(&all->at[i]) && all->at[i].state != HOLD_REFUSED)
			return true;
	return false;
}

static bool is_to_be_judged(const struct holding *h)
{
	return h->state == HOLD_REFUSED || h->state == HOLD_HELD;
}

void hold_judge(struct guest *g, ns_t now)
{
	for (int f = 0; f < FAMILY_COUNT; f++)
		for (size_t i = g->holdings[f].count; i-- > 0;)
			if (is_to_be_judged(&g->holdings[f].at[i]))
				settle(g, &g->holdings[f].at[i], now);
}

/* When something is to be done about a claim. */
static ns_t due(const struct holding *h)
{
	switch ((enum hold_state)h->state) {
	case HOLD_TENTATIVE: return h->dad_until;
	case HOLD_HELD: return h->away_at ? ns_min(h->until, h->away_at) : h->until;
	case HOLD_REFUSED:
	case HOLD_LOST:
	case HOLD_AWAY: return is_by_server(h) ? h->lease_until : NS_NEVER;
	}
	return NS_NEVER;
}

static void end(struct guest *g, struct holding *h, ns_t now)
{
	if (h->state == HOLD_TENTATIVE && (!is_by_server(h) || h->lease_until > now))
		settle(g, h, now);
	else if (h->state == HOLD_HELD && h->until > now)
		refuse(g, h, HOLD_AWAY, GUEST_REFUSED_AWAY);
	else
		drop(g, h);
}

void hold_poll(struct guest *g, ns_t now)
{
	for (int f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = g->holdings[f].count; i-- > 0;) {
			struct holding *h = &g->holdings[f].at[i];
			if (due(h) <= now && due(h) != NS_NEVER)
				end(g, h, now);
		}
	}
}

ns_t hold_deadline(const struct guest *g)
{
	ns_t at = NS_NEVER;
	for (int f = 0; f < FAMILY_COUNT; f++)
		for (size_t i = 0; i < g->holdings[f].count; i++)
			at = ns_min(at, due(&g->holdings[f].at[i]));
	return at;
}

void hold_fini(struct guest *g)
{
	for (int f = 0; f < FAMILY_COUNT; f++)
		free(g->holdings[f].at);
}
