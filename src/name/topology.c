/* SPDX-License-Identifier: ISC */
/*
 * Owns what depends on the position of links: segments, the links that speak mDNS, and the on-link
 * prefixes that identify lan clients.
 * Never looks at labels.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
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
		if (segment != nlink->segment || is_port != nlink->is_bridge_port)
			claims_mark(n, nlink);
		nlink->segment = segment;
		nlink->is_bridge_port = is_port;
	}
}

void segments_place(struct names *n)
{
	uint32_t count = 0;
	struct segment_link *links = calloc(n->links.count + 1, sizeof(*links));
	uint64_t *smallest = calloc(n->links.count + 1, sizeof(*smallest));
	if (links && smallest) {
		MAP_EACH(nlink, &n->links, struct nlink, node)
			nlink->index = count++;
		MAP_EACH(nlink, &n->links, const struct nlink, node) {
			segment_describe(n, nlink, &links[nlink->index]);
		}
		segment_place(links, count);
		segments_name(n, links, smallest);
	} else {
		names_check(n, ERR_NOMEM);
	}
	free(links);
	free(smallest);
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
	if (!link->prefixes)
		return ERR_NOMEM;
	LIST_EACH(addr, &from->addrs, const struct model_addr, in_link) {
		const struct event_addr *info = &addr->info;
		if (!addr->is_present)
			continue;
		if (info->addr.family == ADDR_V4)
			link->has_v4 = true;
		else if (addr_scope(&info->addr) == ADDR_SCOPE_LOCAL &&
			 !(info->flags & IFA_F_TENTATIVE))
			link->has_v6 = true;
		link->prefixes[link->prefix_count++] = prefix_make(&info->addr, info->prefix_len);
	}
	qsort(link->prefixes, link->prefix_count, sizeof(*link->prefixes), prefix_cmp);
	return 0;
}

static bool is_same_spoken_link(const struct spoken_link *a, const struct spoken_link *b)
{
	return a->ifindex == b->ifindex && a->mtu == b->mtu && a->segment == b->segment &&
	       a->has_v4 == b->has_v4 && a->has_v6 == b->has_v6 && strcmp(a->name, b->name) == 0 &&
	       a->prefix_count == b->prefix_count &&
	       memcmp(a->prefixes, b->prefixes, a->prefix_count * sizeof(*a->prefixes)) == 0;
}

static struct spoken_link *spoken_link_find(
	struct spoken_link *links, size_t count, uint32_t ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (links[i].ifindex == ifindex)
			return &links[i];
	return NULL;
}

static void spoken_link_put(struct names *n, const struct spoken_link *link, bool is_gone)
{
	struct names_mdns_link told = {.ifindex = link->ifindex,
		.mtu = link->mtu,
		.has_v4 = link->has_v4,
		.has_v6 = link->has_v6,
		.prefixes = link->prefixes,
		.prefix_count = link->prefix_count,
		.name = link->name};
	n->has_new_spoken_links = true;
	names_check(n, n->sink.put_mdns_link(n->sink.arg, &told, is_gone));
}

static void links_free(struct spoken_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(links[i].prefixes);
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

void spoken_links_update(struct names *n)
{
	struct spoken_link *links, *old = n->spoken_links;
	size_t count, old_count = n->spoken_link_count;
	int err = spoken_links_make(n, &links, &count);
	if (err) {
		names_check(n, err);
		return;
	}
	for (size_t i = 0; i < old_count; i++)
		if (!spoken_link_find(links, count, old[i].ifindex))
			spoken_link_put(n, &old[i], true);
	for (size_t i = 0; i < count; i++) {
		const struct spoken_link *before =
			spoken_link_find(old, old_count, links[i].ifindex);
		if (!before || !is_same_spoken_link(before, &links[i]))
			spoken_link_put(n, &links[i], false);
	}
	n->spoken_links = links;
	n->spoken_link_count = count;
	links_free(old, old_count);
}

void spoken_links_free(struct names *n)
{
	links_free(n->spoken_links, n->spoken_link_count);
	n->spoken_links = NULL;
	n->spoken_link_count = 0;
}

/* True if the prefix of the address identifies lan clients. Excluded are host routes, prefixes
 * wider than any LAN (a container could claim half of the internet), and rootless addresses. */
static bool is_onlink(const struct model_link *link, const struct event_addr *info)
{
	unsigned widest = info->addr.family == ADDR_V4 ? 8 : 32;
	return !model_ns_is_foreign(link->ns) && !addr_is_loopback(&info->addr) &&
	       info->rt_scope != RT_SCOPE_HOST && info->prefix_len >= widest &&
	       info->prefix_len < 8 * addr_len(&info->addr);
}

static struct onlink *onlink_find(const struct names *n, const struct prefix *prefix, uint64_t hash)
{
	return MAP_FIND(&n->onlinks, hash, struct onlink, node, onlink,
		prefix_equal(&onlink->prefix, prefix));
}

void onlink_count(
	struct names *n, const struct model_link *link, const struct event_addr *info, int by)
{
	if (!is_onlink(link, info))
		return;
	struct prefix prefix = prefix_make(&info->addr, info->prefix_len);
	uint64_t hash = hash_bytes(n->seed, &prefix, sizeof(prefix));
	struct onlink *onlink = onlink_find(n, &prefix, hash);
	if (!onlink && by < 0)
		return;
	if (!onlink) {
		onlink = calloc(1, sizeof(*onlink));
		if (!onlink || map_add(&n->onlinks, &onlink->node, hash)) {
			free(onlink);
			names_check(n, ERR_NOMEM);
			return;
		}
		onlink->prefix = prefix;
		onlink->nsid = link->ns->nsid;
		onlink->ifindex = link->info.ifindex;
		n->has_new_onlinks = true;
	}
	onlink->count += (size_t)by;
	if (by > 0 && onlink->nsid != NSID_OWN && link->ns->nsid == NSID_OWN) {
		onlink->nsid = NSID_OWN;
		onlink->ifindex = link->info.ifindex;
		n->has_new_onlinks = true;
	}
	if (onlink->count > 0) {
		bool was_that_link = by < 0 && onlink->nsid == link->ns->nsid &&
				     onlink->ifindex == link->info.ifindex;
		n->has_lost_onlinks |= was_that_link;
		return;
	}
	map_remove(&n->onlinks, &onlink->node);
	free(onlink);
	n->has_new_onlinks = true;
}

static void onlink_count_ns(void *arg, const struct model_ns *ns)
{
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
			if (addr->is_present)
				onlink_count(arg, link, &addr->info, 1);
		}
	}
}

/* The wires of inner bridges, sorted. */
struct inner_wires {
	uint64_t *at; /* owned */
	size_t count;
};

static int wire_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static int inner_wires_find(const struct names *n, struct inner_wires *ret)
{
	struct client_bridges outer;
	const struct model_ns *own = n->model ? model_ns(n->model, NSID_OWN) : NULL;
	size_t count = 0;
	if (!own)
		return 0;
	LIST_EACH(link, &own->links, const struct model_link, in_ns)
		count++;
	ret->at = calloc(count + 1, sizeof(*ret->at));
	if (!ret->at || client_bridges_find(own, &outer))
		return ERR_NOMEM;
	LIST_EACH(link, &own->links, const struct model_link, in_ns) {
		const struct nlink *nlink = nlink_find(n, NSID_OWN, link->info.ifindex);
		if (nlink && client_bridges_is_inner(&outer, link))
			ret->at[ret->count++] = nlink->segment;
	}
	client_bridges_fini(&outer);
	qsort(ret->at, ret->count, sizeof(*ret->at), wire_cmp);
	return 0;
}

void onlinks_each(const struct names *n,
	void (*visit)(void *arg, const struct names_onlink *onlink), void *arg)
{
	struct inner_wires inner = {NULL, 0};
	/* Out of memory, no bridge counts as inner: clients then get more addresses
	 * than they can use. */
	(void)!inner_wires_find(n, &inner);
	MAP_EACH(onlink, &n->onlinks, const struct onlink, node) {
		const struct nlink *nlink = nlink_find(n, onlink->nsid, onlink->ifindex);
		struct names_onlink told = {.prefix = onlink->prefix, .ifname = ""};
		if (nlink) {
			told.ifname = nlink->link->info.name;
			told.wire = nlink->segment;
			told.is_inner =
				inner.count > 0 && bsearch(&told.wire, inner.at, inner.count,
							   sizeof(*inner.at), wire_cmp);
		}
		visit(arg, &told);
	}
	free(inner.at);
}

static void add_sum(void *arg, const struct names_onlink *onlink)
{
	uint64_t *sum = arg;
	uint64_t where = hash_mix(onlink->wire, onlink->is_inner);
	*sum += hash_bytes(where, &onlink->prefix, sizeof(onlink->prefix));
}

void onlinks_note_moves(struct names *n)
{
	uint64_t sum = 0;
	onlinks_each(n, add_sum, &sum);
	n->has_new_onlinks |= sum != n->onlink_sum;
	n->onlink_sum = sum;
}

/* The owner of a namespace is known now, so its addresses may count differently. */
void onlinks_rebuild(struct names *n)
{
	MAP_EACH(onlink, &n->onlinks, struct onlink, node) {
		map_remove(&n->onlinks, &onlink->node);
		free(onlink);
	}
	n->has_new_onlinks = true;
	if (n->model)
		names_check(n, model_each_ns(n->model, onlink_count_ns, n));
}
