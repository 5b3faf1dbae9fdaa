/* SPDX-License-Identifier: ISC */
/*
 * Owns a guest: what it has asked for, its addresses, its name.
 * Never sends anything.
 */
#include "guest/guest.h"

#include <stdlib.h>
#include <string.h>

struct guest {
	struct guest_config config;
};

struct guest *guest_new(const struct guest_config *config)
{
	struct guest *g = calloc(1, sizeof(*g));
	if (g)
		g->config = *config;
	return g;
}

void guest_free(struct guest *g)
{
	free(g);
}

void guest_hear(struct guest *g UNUSED, enum guest_way way UNUSED, const void *frame UNUSED,
	size_t len UNUSED, ns_t now UNUSED)
{
}

void guest_hint(struct guest *g UNUSED, const struct addr *addr UNUSED, ns_t now UNUSED)
{
}

void guest_resume(
	struct guest *g UNUSED, const struct addr *addr UNUSED, ns_t until UNUSED, ns_t now UNUSED)
{
}

void guest_forget(struct guest *g UNUSED, const struct addr *addr UNUSED)
{
}

void guest_judge(struct guest *g UNUSED, ns_t now UNUSED)
{
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

ns_t guest_deadline(const struct guest *g UNUSED)
{
	return NS_NEVER;
}

void guest_poll(struct guest *g UNUSED, ns_t now UNUSED)
{
}

const char *guest_name(const struct guest *g UNUSED)
{
	return "";
}

bool guest_hwaddr(const struct guest *g, uint8_t ret[static GUEST_HWADDR_LEN])
{
	static const uint8_t none[GUEST_HWADDR_LEN];
	memcpy(ret, g->config.hwaddr, GUEST_HWADDR_LEN);
	return memcmp(ret, none, sizeof(none)) != 0;
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
	}
	return "?";
}
