/* SPDX-License-Identifier: ISC */
/*
 * Owns the places of addresses that are being removed.
 * Never keeps them after they are reported.
 */
#include "ontap-zone/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* A limit, so that the search stays short in a batch that removes very much. */
enum { PLACES_MAX = 1024 };

static void note_addr(struct places *p, const struct model_addr *addr)
{
	const struct model_link *link = addr->link;
	const struct model_hostname *hostname =
		LIST_FIRST(&link->ns->hostnames, const struct model_hostname, in_ns);
	if (p->count == PLACES_MAX || ARRAY_RESERVE(p->list, p->cap, p->count + 1))
		return;
	struct place *place = &p->list[p->count++];
	*place = (struct place){.addr = addr->info.addr, .nsid = link->ns->nsid};
	strcpy(place->netns, link->ns->info.name);
	strcpy(place->link, link->info.name);
	if (hostname)
		strcpy(place->hostname, hostname->info.name);
}

static void note_link(struct places *p, const struct model_link *link)
{
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
		if (addr->is_present)
			note_addr(p, addr);
}

void places_note(struct places *p, const struct model *model, const struct event *ev)
{
	if (ev->type == EV_ADDR_GONE) {
		const struct model_addr *addr =
			model_addr(model, ev->nsid, ev->addr.ifindex, &ev->addr.addr);
		if (addr)
			note_addr(p, addr);
	} else if (ev->type == EV_LINK_GONE) {
		const struct model_link *link = model_link(model, ev->nsid, ev->link.ifindex);
		if (link)
			note_link(p, link);
	} else if (ev->type == EV_NS_GONE) {
		const struct model_ns *ns = model_ns(model, ev->nsid);
		if (!ns)
			return;
		LIST_EACH(link, &ns->links, const struct model_link, in_ns)
			if (link->is_present)
				note_link(p, link);
	}
}

const struct place *places_find(const struct places *p, const struct addr *addr)
{
	for (size_t i = 0; i < p->count; i++)
		if (addr_equal(&p->list[i].addr, addr))
			return &p->list[i];
	return NULL;
}

void places_clear(struct places *p)
{
	free(p->list);
	*p = (struct places){0};
}
