/* SPDX-License-Identifier: ISC */
/*
 * Owns what DHCPv6 says of a guest (RFC 8415 §18.2).
 * Never reads bytes: dhcp6.h does.
 */
#include "guest/ask.h"
#include "guest/dhcp6.h"
#include "guest/hear.h"
#include "guest/hold.h"
#include "guest/said.h"

/* A name that the Solicit had counts on if the Request with another xid has none: only a Renew
 * without one ends it. */
static void says_request(struct guest *g, const struct frame *f, const struct dhcp6 *m, ns_t now)
{
	struct ask ask = {.family = ADDR_V6, .type = m->type, .xid = m->xid, .source = f->source};
	memcpy(ask.hwaddr, f->from, sizeof(ask.hwaddr));
	if (m->name[0] != '\0' || m->type == DHCP6_RENEW)
		said_set(g, ADDR_V6, m->name);
	ask_put(g, &ask, now);
}

static void says(struct guest *g, const struct frame *f, const struct dhcp6 *m, ns_t now)
{
	hold_claim(g, &f->source, GUEST_ND, f->from, now);
	switch (m->type) {
	case DHCP6_SOLICIT:
	case DHCP6_REQUEST:
	case DHCP6_CONFIRM:
	case DHCP6_RENEW:
	case DHCP6_REBIND: says_request(g, f, m, now); break;
	case DHCP6_RELEASE:
	case DHCP6_DECLINE:
		for (unsigned i = 0; i < m->lease_count; i++)
			hold_drop(g, &m->leases[i].addr);
		break;
	default: break;
	}
}

static void take_lease(
	struct guest *g, const struct dhcp6_lease *lease, const uint8_t *hwaddr, ns_t now)
{
	if (lease->valid_s == 0)
		hold_drop(g, &lease->addr);
	else
		hold_lease(
			g, &lease->addr, GUEST_DHCPV6, hwaddr, lan_after(now, lease->valid_s), now);
}

/* In the Reply to a Confirm, a status other than success says that the addresses are not for
 * this link (§18.2.10.3). */
static void hears(struct guest *g, const struct frame *f, const struct dhcp6 *m, ns_t now)
{
	static const struct addr none;
	const struct ask key = {.family = ADDR_V6, .xid = m->xid, .source = f->dest};
	struct ask *found = ask_find(g, &key, now);
	if (!found || m->type != DHCP6_REPLY)
		return;
	const struct ask ask = *found;
	ask_end(found);
	if (lan_add_server(&g->lan, &f->source, lan_after(now, LIMIT_GUEST_ND_S), now))
		hold_judge(g, now);
	if (ask.type == DHCP6_CONFIRM) {
		if (m->status != 0)
			hold_drop_leases(g, ADDR_V6, ask.hwaddr, &none);
		return;
	}
	for (unsigned i = 0; i < m->lease_count && m->status == 0; i++)
		take_lease(g, &m->leases[i], ask.hwaddr, now);
}

void hear_dhcp6(struct guest *g, enum guest_way way, const struct frame *f, ns_t now)
{
	struct dhcp6 m;
	if (addr_is_unspecified(&f->source) || dhcp6_read(f->body, &m))
		return;
	if (way == GUEST_SAYS)
		says(g, f, &m, now);
	else
		hears(g, f, &m, now);
}
