/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of the guest's hardware addresses.
 * Never reads a frame.
 */
#include "guest/own.h"

#include <string.h>

/* The place of a hardware address in the list, or the last place. */
static int place_of(const struct guest *g, const uint8_t *hwaddr)
{
	int i = 0;
	while (i < LIMIT_GUEST_HWADDRS - 1 && !hwaddr_equal(g->hwaddrs[i], hwaddr))
		i++;
	return i;
}

void own_learn(struct guest *g, const uint8_t *hwaddr)
{
	if (!hwaddr_is_zero(g->config.hwaddr) || !hwaddr_is_unicast(hwaddr))
		return;
	int i = place_of(g, hwaddr);
	memmove(g->hwaddrs[1], g->hwaddrs[0], (size_t)i * GUEST_HWADDR_LEN);
	memcpy(g->hwaddrs[0], hwaddr, GUEST_HWADDR_LEN);
}

bool own_has(const struct guest *g, const uint8_t *hwaddr)
{
	return hwaddr_is_unicast(hwaddr) &&
	       (hwaddr_equal(g->hwaddrs[place_of(g, hwaddr)], hwaddr) ||
		       hwaddr_equal(g->config.wire_hwaddr, hwaddr));
}
