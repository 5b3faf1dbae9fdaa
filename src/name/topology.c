/* SPDX-License-Identifier: ISC */
/*
 * Owns what depends on where links are: segments, and the links on which mDNS is spoken.
 * Never looks at labels.
 */
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "name/client_link.h"
#include "name/index.h"
#include "name/segment.h"

static uint32_t index_of(const struct names *n, nsid_t nsid, uint32_t ifindex)
{
	const struct nlink *nlink = ifindex ? nlink_find(n, nsid, ifindex) : NULL;
	return nlink ? nlink->index : SEGMENT_NONE;
}

static void segment_describe(
	const struct names *n, const struct nlink *nlink, struct segment_link *ret)
{
	const struct event_link *info = &nlink->link->info;
	*ret = (struct segment_link){.info = info,
		.parent = index_of(n, info->parent_nsid, info->parent),
		.master = index_of(n, nlink->link->ns->nsid, info->master)};
}

static uint64_t nlink_key(const struct nlink *nlink)
{
	return link_key(nlink->link->ns->nsid, nlink->link->info.ifindex);
}

/* Names each segment by its smallest link key, so the order of the array does not matter. Marks the
 * claims of links whose segment, or state as a bridge port, has changed. */
static void segments_name(struct names *n, const struct segment_link *placed, uint64_t *smallest)
{
	MAP_EACH(nlink, &n->links, const struct nlink, node) {
		uint64_t *of = &smallest[placed[nlink->index].segment];
		if (*of == 0 || nlink_key(nlink) < *of)
			*of = nlink_key(nlink);
	}
	MAP_EACH(nlink, &n->links, struct nlink, node) {
		uint64_t segment = smallest[placed[nlink->index].segment];
		bool is_port = client_link_is_port(n->model, nlink->link);
		bool is_open = placed[nlink->index].is_open;
		if (segment != nlink->segment || is_port != nlink->is_bridge_port ||
			is_open != nlink->is_open)
			claims_mark(n, nlink, NULL);
		n->has_new_wires |= segment != nlink->segment && nlink->segment != 0;
		nlink->segment = segment;
		nlink->is_bridge_port = is_port;
		nlink->is_open = is_open;
	}
}

static int place(struct segment_link *links, uint32_t count)
{
	uint32_t vlans = segment_count_vlans(links, count);
	struct segment_vlan *room = vlans ? calloc(vlans, sizeof(*room)) : NULL;
	if (vlans && !room)
		return ERR_NOMEM;
	segment_place(links, count, room);
	free(room);
	return 0;
}

int segments_place(struct names *n)
{
	int err = 0;
	uint32_t count = 0;
	struct segment_link *links = calloc(n->links.count + 1, sizeof(*links));
	uint64_t *smallest = calloc(n->links.count + 1, sizeof(*smallest));
	if (links && smallest) {
		MAP_EACH(nlink, &n->links, struct nlink, node)
			nlink->index = count++;
		MAP_EACH(nlink, &n->links, const struct nlink, node) {
			segment_describe(n, nlink, &links[nlink->index]);
		}
		err = place(links, count);
		if (!err)
			segments_name(n, links, smallest);
	} else {
		err = ERR_NOMEM;
	}
	names_check(n, err);
	free(links);
	free(smallest);
	return err;
}

static bool is_listed(const struct policy *policy, const char *name)
{
	for (unsigned i = 0; i < policy->mdns_link_count; i++)
		if (strcmp(policy->mdns_links[i], name) == 0)
			return true;
	return false;
}

static bool may_speak_mdns(const struct names *n, const struct model_link *link)
{
	const struct event_link *info = &link->info;
	if (link->ns->nsid != NSID_OWN || !model_link_is_up(info))
		return false;
	switch (n->policy.mdns) {
	case NAME_MDNS_NONE: return false;
	case NAME_MDNS_LISTED: return is_listed(&n->policy, info->name);
	case NAME_MDNS_AUTO: break;
	}
	return client_link_is(n->model, link);
}

static int own_addr_cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static int prefix_cmp(const void *a, const void *b)
{
	const struct prefix *p = a, *q = b;
	int diff = addr_cmp(&p->addr, &q->addr);
	return diff ? diff : p->len - q->len;
}

/* Fills in the prefixes and families of a link. IPv6 needs a link-local address that
 * is not tentative. */
static int spoken_link_fill(struct spoken_link *link, const struct model_link *from)
{
	size_t count = 0;
	LIST_EACH(addr, &from->addrs, struct model_addr, in_link)
		count++;
	link->prefixes = calloc(count + 1, sizeof(*link->prefixes));
	link->addrs = calloc(count + 1, sizeof(*link->addrs));
	if (!link->prefixes || !link->addrs)
		return ERR_NOMEM;
	LIST_EACH(addr, &from->addrs, const struct model_addr, in_link) {
		const struct event_addr *info = &addr->info;
		if (!addr->is_present || info->is_guest)
			continue;
		if (info->addr.family == ADDR_V4)
			link->has_v4 = true;
		else if (addr_scope(&info->addr) == ADDR_SCOPE_LOCAL &&
			 !(info->flags & IFA_F_TENTATIVE))
			link->has_v6 = true;
		link->addrs[link->prefix_count] = info->addr;
		link->prefixes[link->prefix_count++] = onlink_prefix(info);
	}
	qsort(link->prefixes, link->prefix_count, sizeof(*link->prefixes), prefix_cmp);
	qsort(link->addrs, link->prefix_count, sizeof(*link->addrs), own_addr_cmp);
	return 0;
}

/* True if the sink has got `a` and need not get `b`. */
static bool is_same_spoken_link(const struct spoken_link *a, const struct spoken_link *b)
{
	return !a->is_untold && a->ifindex == b->ifindex && a->generation == b->generation &&
	       a->generation_v6 == b->generation_v6 && a->mtu == b->mtu &&
	       a->segment == b->segment && a->is_open == b->is_open && a->has_v4 == b->has_v4 &&
	       a->has_v6 == b->has_v6 && strcmp(a->name, b->name) == 0 &&
	       a->prefix_count == b->prefix_count &&
	       memcmp(a->prefixes, b->prefixes, a->prefix_count * sizeof(*a->prefixes)) == 0 &&
	       memcmp(a->addrs, b->addrs, a->prefix_count * sizeof(*a->addrs)) == 0;
}

static struct spoken_link *spoken_link_find(
	struct spoken_link *links, size_t count, uint32_t ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (links[i].ifindex == ifindex)
			return &links[i];
	return NULL;
}

/* True if the link is the same one as before, and can carry packets. */
static bool works_still(const struct names *n, const struct spoken_link *link)
{
	const struct nlink *nlink = nlink_find(n, NSID_OWN, link->ifindex);
	return nlink && nlink->generation == link->generation &&
	       model_link_is_up(&nlink->link->info);
}

static int spoken_link_put(struct names *n, struct spoken_link *link, bool is_gone)
{
	struct names_mdns_link told = {.ifindex = link->ifindex,
		.mtu = link->mtu,
		.has_v4 = link->has_v4,
		.has_v6 = link->has_v6,
		.prefixes = link->prefixes,
		.prefix_count = link->prefix_count,
		.addrs = link->addrs,
		.addr_count = link->prefix_count,
		.name = link->name,
		.is_left = is_gone && works_still(n, link)};
	n->has_new_spoken_links = true;
	int err = n->sink.put_mdns_link(n->sink.arg, &told, is_gone);
	names_check(n, err);
	link->is_untold = err == ERR_NOMEM;
	return link->is_untold ? err : 0;
}

static void links_free(struct spoken_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(links[i].prefixes);
		free(links[i].addrs);
	}
	free(links);
}

static int spoken_link_cmp(const void *a, const void *b)
{
	const struct spoken_link *p = a, *q = b;
	return (p->ifindex > q->ifindex) - (p->ifindex < q->ifindex);
}

static int spoken_links_make(const struct names *n, struct spoken_link **ret, size_t *ret_count)
{
	size_t count = 0;
	struct spoken_link *links = calloc(n->links.count + 1, sizeof(*links));
	if (!links)
		return ERR_NOMEM;
	MAP_EACH(nlink, &n->links, const struct nlink, node) {
		if (!may_speak_mdns(n, nlink->link))
			continue;
		struct spoken_link *link = &links[count++];
		link->ifindex = nlink->link->info.ifindex;
		link->mtu = nlink->link->info.mtu;
		link->segment = nlink->segment;
		link->is_open = nlink->is_open;
		link->generation = nlink->generation;
		link->generation_v6 = nlink->generation_v6;
		memcpy(link->name, nlink->link->info.name, sizeof(link->name));
		if (spoken_link_fill(link, nlink->link)) {
			links_free(links, count);
			return ERR_NOMEM;
		}
	}
	qsort(links, count, sizeof(*links), spoken_link_cmp);
	*ret = links;
	*ret_count = count;
	return 0;
}

/* A link of before that is another one now is reported as gone first, so nothing of it remains: its
 * sockets have left the groups. ERR_NOMEM: the sink did not get the link. */
static int spoken_link_replace(
	struct names *n, struct spoken_link *before, struct spoken_link *link)
{
	if (before && before->generation != link->generation) {
		(void)spoken_link_put(n, before, true);
	} else if (before && before->generation_v6 != link->generation_v6 && before->has_v6 &&
		   link->has_v6) {
		struct spoken_link without = *link;
		without.has_v6 = false;
		(void)spoken_link_put(n, &without, false);
	}
	return spoken_link_put(n, link, false);
}

int spoken_links_update(struct names *n)
{
	struct spoken_link *links, *old = n->spoken_links;
	size_t count, old_count = n->spoken_link_count;
	int err = spoken_links_make(n, &links, &count);
	if (err) {
		names_check(n, err);
		return err;
	}
	for (size_t i = 0; i < old_count; i++)
		if (!spoken_link_find(links, count, old[i].ifindex))
			(void)spoken_link_put(n, &old[i], true); /* needs no memory */
	for (size_t i = 0; i < count; i++) {
		struct spoken_link *before = spoken_link_find(old, old_count, links[i].ifindex);
		if (!before || !is_same_spoken_link(before, &links[i]))
			err = spoken_link_replace(n, before, &links[i]) ? ERR_NOMEM : err;
	}
	n->spoken_links = links;
	n->spoken_link_count = count;
	links_free(old, old_count);
	return err;
}

void spoken_links_free(struct names *n)
{
	links_free(n->spoken_links, n->spoken_link_count);
	n->spoken_links = NULL;
	n->spoken_link_count = 0;
}
