/* SPDX-License-Identifier: ISC */
/*
 * Owns the question which links carry clients.
 * Never looks at addresses or names.
 */
#include "name/client_link.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static bool is_bridge(const struct event_link *link)
{
	return strcmp(link->kind, "bridge") == 0;
}

bool client_link_is_port(const struct model *m, const struct model_link *link)
{
	const struct model_link *master =
		link->info.master ? model_link(m, link->ns->nsid, link->info.master) : NULL;
	return master && is_bridge(&master->info);
}

/* drivers/net/vxlan, geneve.c, bareudp.c, amt.c; net/ipv4/ip_gre.c, net/ipv6/ip6_gre.c. */
bool client_link_is_tunnel(const struct model_link *link)
{
	static const char kinds[][KIND_CAP] = {
		"vxlan", "geneve", "gretap", "ip6gretap", "erspan", "ip6erspan", "bareudp", "amt"};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(link->info.kind, kinds[i]) == 0)
			return true;
	return false;
}

bool client_link_may_be(const struct model *m, const struct model_link *link)
{
	const uint32_t flags = link->info.flags;
	return (flags & IFF_UP) && (flags & IFF_MULTICAST) &&
	       !(flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) && !client_link_is_port(m, link);
}

bool client_link_is(const struct model *m, const struct model_link *link)
{
	return client_link_may_be(m, link) && model_link_is_up(&link->info);
}

/* The other end of a veth or a tap ("tun") is a container or a guest. A dummy has no other end:
 * some container managers add one to their bridge, for its MTU or hardware address. */
static bool leads_out(const struct event_link *port)
{
	return strcmp(port->kind, "veth") != 0 && strcmp(port->kind, "tun") != 0 &&
	       strcmp(port->kind, "dummy") != 0;
}

static int ifindex_cmp(const void *a, const void *b)
{
	const uint32_t *p = a, *q = b;
	return (*p > *q) - (*p < *q);
}

int client_bridges_find(const struct model_ns *ns, struct client_bridges *ret)
{
	struct client_bridges found = {NULL, 0};
	size_t count = 0;
	LIST_EACH(link, &ns->links, const struct model_link, in_ns)
		count += link->info.master != 0;
	found.at = calloc(count + 1, sizeof(*found.at));
	if (!found.at)
		return ERR_NOMEM;
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		uint32_t master = link->info.master;
		bool is_known = found.count > 0 && found.at[found.count - 1] == master;
		if (link->is_present && master != 0 && !is_known && leads_out(&link->info))
			found.at[found.count++] = master;
	}
	qsort(found.at, found.count, sizeof(*found.at), ifindex_cmp);
	*ret = found;
	return 0;
}

void client_bridges_fini(struct client_bridges *b)
{
	free(b->at);
	*b = (struct client_bridges){NULL, 0};
}

bool client_bridges_is_inner(const struct client_bridges *b, const struct model_link *link)
{
	return is_bridge(&link->info) &&
	       !bsearch(&link->info.ifindex, b->at, b->count, sizeof(*b->at), ifindex_cmp);
}
