/* SPDX-License-Identifier: ISC */
/*
 * Owns the table of requests.
 * Never reads a frame.
 */
#include "guest/ask.h"

#include <string.h>

/* The xid alone is not enough: two devices with one hardware address, or two clients, may use
 * the same. */
static bool is_same(const struct ask *a, const struct ask *b)
{
	if (a->family != b->family || a->xid != b->xid)
		return false;
	if (a->family == ADDR_V4)
		return hwaddr_equal(a->hwaddr, b->hwaddr);
	return addr_equal(&a->source, &b->source);
}

void ask_put(struct guest *g, const struct ask *ask, ns_t now)
{
	struct ask *place = &g->asks[0];
	for (int i = 0; i < LIMIT_GUEST_ASKS; i++) {
		struct ask *a = &g->asks[i];
		if (a->until > 0 && is_same(a, ask)) {
			place = a;
			break;
		}
		if (a->until < place->until)
			place = a;
	}
	*place = *ask;
	place->until = lan_after(now, LIMIT_GUEST_ASK_S);
}

struct ask *ask_find(struct guest *g, const struct ask *key, ns_t now)
{
	for (int i = 0; i < LIMIT_GUEST_ASKS; i++)
		if (g->asks[i].until > now && is_same(&g->asks[i], key))
			return &g->asks[i];
	return NULL;
}

void ask_end(struct ask *ask)
{
	*ask = (struct ask){0};
}

void ask_end_all(struct guest *g, enum addr_family family, const uint8_t *hwaddr)
{
	for (int i = 0; i < LIMIT_GUEST_ASKS; i++)
		if (g->asks[i].family == family && hwaddr_equal(g->asks[i].hwaddr, hwaddr))
			ask_end(&g->asks[i]);
}
