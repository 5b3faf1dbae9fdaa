/* SPDX-License-Identifier: ISC */
/*
 * Owns what DHCP for IPv4 says of a guest (RFC 2131 §4.4).
 * Never reads bytes: dhcp4.h does.
 */
#include "guest/ask.h"
#include "guest/dhcp4.h"
#include "guest/hear.h"
#include "guest/hold.h"
#include "guest/own.h"
#include "guest/said.h"

static struct ask key_of(const struct dhcp4 *m)
{
	struct ask key = {.family = ADDR_V4, .type = m->type, .xid = m->xid};
	memcpy(key.hwaddr, m->hwaddr, sizeof(key.hwaddr));
	return key;
}

/* A name that the DISCOVER had counts on if the REQUEST with the same xid has none. */
static void take_name(struct guest *g, struct ask *ask, const struct dhcp4 *m, ns_t now)
{
	const struct ask *before = ask_find(g, ask, now);
	ask->has_name = m->name[0] != '\0' || (before && before->has_name);
	if (m->name[0] != '\0' || (m->type == DHCP4_REQUEST && !ask->has_name))
		said_set(g, ADDR_V4, m->name);
}

static void says_request(struct guest *g, const struct dhcp4 *m, ns_t now)
{
	struct ask ask = key_of(m);
	ask.wanted = m->requested;
	if (!addr_is_unspecified(&m->ciaddr)) {
		ask.wanted = m->ciaddr;
		hold_touch(g, &m->ciaddr, now);
	}
	take_name(g, &ask, m, now);
	ask_put(g, &ask, now);
}

static void says(struct guest *g, const struct dhcp4 *m, ns_t now)
{
	switch (m->type) {
	case DHCP4_DISCOVER:
	case DHCP4_REQUEST: says_request(g, m, now); break;
	case DHCP4_RELEASE:
		ask_end_all(g, ADDR_V4, m->hwaddr);
		hold_drop(g, &m->ciaddr);
		break;
	case DHCP4_DECLINE:
		ask_end_all(g, ADDR_V4, m->hwaddr);
		hold_drop(g, &m->requested);
		break;
	default: break; /* an INFORM asks for no address */
	}
}

/* The addresses of the routers and of the server are theirs, at least as long as the lease. */
static void note_servers(struct guest *g, const struct dhcp4 *m, ns_t now)
{
	uint32_t lease_s =
		m->has_lease && m->lease_s > LIMIT_GUEST_ND_S ? m->lease_s : LIMIT_GUEST_ND_S;
	ns_t until = lan_after(now, lease_s);
	bool is_news = false;
	for (unsigned i = 0; i < m->router_count; i++)
		is_news |= lan_add_server(&g->lan, &m->routers[i], until, now);
	if (m->server.family != ADDR_NONE)
		is_news |= lan_add_server(&g->lan, &m->server, until, now);
	if (is_news)
		hold_judge(g, now);
}

/* A client has one lease: with another address, the one before is over. */
static void hears_ack(struct guest *g, struct ask *ask, const struct dhcp4 *m, ns_t now)
{
	if (addr_is_unspecified(&m->yiaddr)) /* the answer to an INFORM (§3.4) */
		return;
	ask_end(ask);
	note_servers(g, m, now);
	uint32_t lease_s = m->has_lease ? m->lease_s : LIMIT_GUEST_ARP_S;
	if (lease_s == 0)
		hold_drop(g, &m->yiaddr);
	else
		hold_lease(g, &m->yiaddr, GUEST_DHCP, m->hwaddr, lan_after(now, lease_s), now);
	hold_drop_leases(g, ADDR_V4, m->hwaddr, &m->yiaddr);
}

static void hears_nak(struct guest *g, struct ask *ask, const struct dhcp4 *m)
{
	const struct addr wanted = ask->wanted, none = {0};
	ask_end(ask);
	if (addr_is_unspecified(&wanted))
		hold_drop_leases(g, ADDR_V4, m->hwaddr, &none);
	else
		hold_drop(g, &wanted);
}

static void hears(struct guest *g, const struct dhcp4 *m, ns_t now)
{
	struct ask key = key_of(m), *ask = ask_find(g, &key, now);
	if (!ask)
		return;
	switch (m->type) {
	case DHCP4_ACK: hears_ack(g, ask, m, now); break;
	case DHCP4_NAK: hears_nak(g, ask, m); break;
	default: break;
	}
}

void hear_dhcp4(struct guest *g, enum guest_way way, const struct frame *f, ns_t now)
{
	struct dhcp4 m;
	if (dhcp4_read(f->body, &m) || !own_has(g, m.hwaddr))
		return;
	if (way == GUEST_SAYS && !m.is_reply)
		says(g, &m, now);
	else if (way == GUEST_HEARS && m.is_reply)
		hears(g, &m, now);
}
