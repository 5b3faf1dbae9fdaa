/* SPDX-License-Identifier: ISC */
/*
 * Owns a guest from the outside: the functions of guest.h, and which reader takes a frame.
 * Never sends anything.
 */
#include "guest/guest.h"

#include <stdlib.h>
#include <string.h>

#include "guest/hear.h"
#include "guest/hold.h"
#include "guest/own.h"
#include "guest/said.h"

struct guest *guest_new(const struct guest_config *config)
{
	struct guest *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->config = *config;
	memcpy(g->hwaddrs[0], config->hwaddr, GUEST_HWADDR_LEN);
	return g;
}

void guest_free(struct guest *g)
{
	if (!g)
		return;
	hold_fini(g);
	said_fini(g);
	free(g);
}

/* Clients hear only servers, and say only what is for servers. */
static bool is_of_client(const struct frame *f, enum guest_way way)
{
	return f->is_to_client == (way == GUEST_HEARS);
}

void guest_hear(struct guest *g, enum guest_way way, const void *frame, size_t len, ns_t now)
{
	struct frame f;
	guest_poll(g, now);
	if (frame_read(frame, len, &f))
		return;
	if (way == GUEST_SAYS)
		own_learn(g, f.from);
	if (way == GUEST_SAYS && !own_has(g, f.from))
		return;
	if ((f.kind == FRAME_DHCP || f.kind == FRAME_DHCPV6) && !is_of_client(&f, way))
		return;
	switch (f.kind) {
	case FRAME_ARP: hear_arp(g, way, &f, now); break;
	case FRAME_DHCP: hear_dhcp4(g, way, &f, now); break;
	case FRAME_DHCPV6: hear_dhcp6(g, way, &f, now); break;
	case FRAME_ND: hear_nd(g, way, &f, now); break;
	}
	said_end_old(g);
}

void guest_hint(struct guest *g, const struct addr *addr, ns_t now)
{
	guest_poll(g, now);
	if (addr->family != ADDR_NONE)
		hold_claim(g, addr, GUEST_KERNEL, g->hwaddrs[0], now);
}

void guest_resume(struct guest *g, const struct addr *addr, ns_t until, ns_t now)
{
	guest_poll(g, now);
	if (addr->family != ADDR_NONE && until > now)
		hold_resume(g, addr, until, now);
}

void guest_forget(struct guest *g, const struct addr *addr)
{
	hold_drop(g, addr);
	said_end_old(g);
}

void guest_lose(struct guest *g, const struct addr *addr, ns_t now)
{
	guest_poll(g, now);
	hold_lose(g, addr, now);
	said_end_old(g);
}

void guest_move(
	struct guest *g, const uint8_t hwaddr[static GUEST_HWADDR_LEN], bool is_away, ns_t now)
{
	if (!own_has(g, hwaddr))
		return;
	guest_poll(g, now);
	hold_move(g, hwaddr, is_away, now);
	said_end_old(g);
}

void guest_judge(struct guest *g, ns_t now)
{
	guest_poll(g, now);
	hold_judge(g, now);
	said_end_old(g);
}

void guest_set_policy(struct guest *g, const struct guest_policy *policy, ns_t now)
{
	g->config.policy = *policy;
	guest_judge(g, now);
}

void guest_set_wire_hwaddr(struct guest *g, const uint8_t hwaddr[static GUEST_HWADDR_LEN])
{
	memcpy(g->config.wire_hwaddr, hwaddr, GUEST_HWADDR_LEN);
}

ns_t guest_deadline(const struct guest *g)
{
	return hold_deadline(g);
}

void guest_poll(struct guest *g, ns_t now)
{
	hold_poll(g, now);
	said_end_old(g);
}

const char *guest_name(const struct guest *g)
{
	return said_name(g);
}

bool guest_hwaddr(const struct guest *g, uint8_t ret[static GUEST_HWADDR_LEN])
{
	memcpy(ret, g->hwaddrs[0], GUEST_HWADDR_LEN);
	return !hwaddr_is_zero(ret);
}

const char *guest_origin_text(enum guest_origin origin)
{
	switch (origin) {
	case GUEST_ARP: return "arp";
	case GUEST_ND: return "nd";
	case GUEST_DHCP: return "dhcp";
	case GUEST_DHCPV6: return "dhcpv6";
	case GUEST_KERNEL: return "kernel";
	case GUEST_RESUMED: return "resumed";
	}
	return "?";
}

const char *guest_refusal_text(enum guest_refusal why)
{
	switch (why) {
	case GUEST_REFUSED_CLASS: return "not a unicast address";
	case GUEST_REFUSED_TAKEN: return "the host or another guest has it";
	case GUEST_REFUSED_ROUTER: return "a router or DHCP server has it";
	case GUEST_REFUSED_POLICY: return "not allowed to this guest";
	case GUEST_REFUSED_LOST: return "it does not answer";
	case GUEST_REFUSED_AWAY: return "the guest is behind another port now";
	}
	return "?";
}
