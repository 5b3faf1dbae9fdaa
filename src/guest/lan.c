/* SPDX-License-Identifier: ISC */
/*
 * Owns the small tables of prefixes and servers.
 * Never judges a guest.
 */
#include "guest/lan.h"

enum { TWO_HOURS_S = 7200 };

ns_t lan_after(ns_t now, uint32_t seconds)
{
	ns_t span = (ns_t)seconds * NS_PER_S;
	return seconds == UINT32_MAX || now >= NS_NEVER - span ? NS_NEVER : now + span;
}

static struct lan_prefix *prefix_place(struct lan *lan, const struct prefix *prefix)
{
	struct lan_prefix *first = &lan->prefixes[0];
	for (unsigned i = 0; i < lan->prefix_count; i++) {
		if (prefix_equal(&lan->prefixes[i].prefix, prefix))
			return &lan->prefixes[i];
		if (lan->prefixes[i].until < first->until)
			first = &lan->prefixes[i];
	}
	if (lan->prefix_count < LIMIT_GUEST_PREFIXES)
		first = &lan->prefixes[lan->prefix_count++];
	*first = (struct lan_prefix){.prefix = *prefix};
	return first;
}

void lan_add_prefix(struct lan *lan, const struct prefix *prefix, uint32_t valid_s, ns_t now)
{
	ns_t until = lan_after(now, valid_s), soon = lan_after(now, TWO_HOURS_S);
	struct lan_prefix *p = prefix_place(lan, prefix);
	if (valid_s > TWO_HOURS_S || until > p->until)
		p->until = until;
	else
		p->until = ns_min(p->until, soon);
}

bool lan_add_server(struct lan *lan, const struct addr *addr, ns_t until, ns_t now)
{
	struct lan_server *place = &lan->servers[0];
	for (unsigned i = 0; i < lan->server_count; i++) {
		struct lan_server *s = &lan->servers[i];
		if (addr_equal(&s->addr, addr)) {
			bool is_new = s->until <= now;
			s->until = until;
			return is_new;
		}
		if (s->until < place->until)
			place = s;
	}
	if (lan->server_count < LIMIT_GUEST_ROUTERS)
		place = &lan->servers[lan->server_count++];
	*place = (struct lan_server){.addr = *addr, .until = until};
	return true;
}

ns_t lan_prefix_until(const struct lan *lan, const struct addr *addr, ns_t now)
{
	ns_t until = 0;
	for (unsigned i = 0; i < lan->prefix_count; i++) {
		const struct lan_prefix *p = &lan->prefixes[i];
		if (p->until > now && prefix_has(&p->prefix, addr))
			until = ns_max(until, p->until);
	}
	return until;
}

bool lan_is_anycast(const struct lan *lan, const struct addr *addr, ns_t now)
{
	for (unsigned i = 0; i < lan->prefix_count; i++) {
		const struct lan_prefix *p = &lan->prefixes[i];
		if (p->prefix.len == 64 && p->until > now && addr_equal(&p->prefix.addr, addr))
			return true;
	}
	return false;
}

bool lan_is_server(const struct lan *lan, const struct addr *addr, ns_t now)
{
	for (unsigned i = 0; i < lan->server_count; i++)
		if (lan->servers[i].until > now && addr_equal(&lan->servers[i].addr, addr))
			return true;
	return false;
}
