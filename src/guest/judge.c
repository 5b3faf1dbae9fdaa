/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules of what a guest may claim.
 * Never reports anything.
 */
#include "guest/judge.h"

static const struct prefix link_local = {{ADDR_V6, {0xfe, 0x80}}, 64};

static bool is_unicast(const struct guest *g, const struct addr *a, ns_t now)
{
	enum addr_scope scope = addr_scope(a);
	if (scope == ADDR_SCOPE_NONE || lan_is_anycast(&g->lan, a, now))
		return false;
	return a->family == ADDR_V4 || scope != ADDR_SCOPE_LOCAL || prefix_has(&link_local, a);
}

static bool has_ip6(const struct guest_policy *p)
{
	for (size_t i = 0; i < p->prefix_count; i++)
		if (p->prefixes[i].addr.family == ADDR_V6)
			return true;
	return p->kinds != 0;
}

static bool has_lease(const struct holding *h, ns_t now)
{
	return !h->is_resumed && h->lease_until > now;
}

/* By the policy alone, without what was known at the start. */
static bool is_allowed(const struct guest *g, const struct holding *h, ns_t now)
{
	const struct guest_policy *p = &g->config.policy;
	if (prefixes_have(p->prefixes, p->prefix_count, &h->addr) || (p->kinds & GUEST_KIND_ANY))
		return true;
	if ((p->kinds & GUEST_KIND_DHCP) && has_lease(h, now))
		return true;
	if (prefix_has(&link_local, &h->addr))
		return has_ip6(p);
	return (p->kinds & GUEST_KIND_SLAAC) && lan_prefix_until(&g->lan, &h->addr, now) > 0;
}

int judge(const struct guest *g, const struct holding *h, ns_t now)
{
	const struct guest_sink *sink = &g->config.sink;
	if (!is_unicast(g, &h->addr, now))
		return GUEST_REFUSED_CLASS;
	if (sink->is_taken && sink->is_taken(sink->arg, &h->addr))
		return GUEST_REFUSED_TAKEN;
	if (lan_is_server(&g->lan, &h->addr, now))
		return GUEST_REFUSED_ROUTER;
	if ((h->is_resumed && h->lease_until > now) || is_allowed(g, h, now))
		return -1;
	return GUEST_REFUSED_POLICY;
}

/* Until when the claim counts by what the guest itself said. */
static ns_t evidence_until(const struct guest *g, const struct holding *h, ns_t now)
{
	if (h->addr.family == ADDR_V4)
		return lan_after(h->seen, LIMIT_GUEST_ARP_S);
	ns_t prefix_until = lan_prefix_until(&g->lan, &h->addr, now),
	     until = lan_after(h->seen, LIMIT_GUEST_ND_S);
	return prefix_until > 0 ? ns_min(until, prefix_until) : until;
}

ns_t judge_until(const struct guest *g, const struct holding *h, ns_t now)
{
	if (has_lease(h, now))
		return h->lease_until;
	ns_t until = is_allowed(g, h, now) ? evidence_until(g, h, now) : 0;
	return h->is_resumed ? ns_max(until, h->lease_until) : until;
}
