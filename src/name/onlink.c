/* SPDX-License-Identifier: ISC */
/*
 * Owns the on-link prefixes of watched links. A client in one of them is a lan client.
 * Never looks at labels.
 */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/hash.h"
#include "name/client_link.h"
#include "name/index.h"

/* A prefix that at least one watched link has. */
struct onlink {
	struct map_node node; /* in names.onlinks; key: prefix */
	struct list holders;  /* of struct holder.in_onlink; never empty */
	struct holder *told;  /* the first holder by holder_is_before() */
	struct prefix prefix;
};

/* A link that has the prefix. It is identified by its numbers: the link may be removed before its
 * addresses are counted out. */
struct holder {
	struct map_node node; /* in names.onlink_holders; key: prefix and link */
	struct list in_onlink;
	struct onlink *onlink;
	size_t count; /* number of its addresses in the prefix */
	nsid_t nsid;
	uint32_t ifindex;
};

/* True if an address makes its prefix on-link. A host route does not, nor a prefix wider than any
 * LAN (a container could claim half of the internet). */
static bool is_onlink(const struct event_addr *info)
{
	unsigned widest = info->addr.family == ADDR_V4 ? 8 : 32;
	return !addr_is_loopback(&info->addr) && info->rt_scope != RT_SCOPE_HOST &&
	       info->prefix_len >= widest && info->prefix_len < 8 * addr_len(&info->addr);
}

/* Links of our own namespace come first, then the oldest namespace, then the oldest link. */
static bool holder_is_before(const struct holder *a, const struct holder *b)
{
	if ((a->nsid == NSID_OWN) != (b->nsid == NSID_OWN))
		return a->nsid == NSID_OWN;
	return a->nsid != b->nsid ? a->nsid < b->nsid : a->ifindex < b->ifindex;
}

static struct onlink *onlink_find(const struct names *n, const struct prefix *prefix, uint64_t hash)
{
	return MAP_FIND(&n->onlinks, hash, struct onlink, node, onlink,
		prefix_equal(&onlink->prefix, prefix));
}

static uint64_t prefix_hash(const struct names *n, const struct prefix *prefix)
{
	return hash_bytes(n->seed, prefix, sizeof(*prefix));
}

/* Finds or makes the prefix. NULL: out of memory. */
static struct onlink *onlink_get(struct names *n, const struct prefix *prefix)
{
	uint64_t hash = prefix_hash(n, prefix);
	struct onlink *onlink = onlink_find(n, prefix, hash);
	if (onlink)
		return onlink;
	onlink = calloc(1, sizeof(*onlink));
	if (!onlink || map_add(&n->onlinks, &onlink->node, hash)) {
		free(onlink);
		return NULL;
	}
	onlink->prefix = *prefix;
	list_init(&onlink->holders);
	return onlink;
}

static void onlink_end(struct names *n, struct onlink *onlink)
{
	map_remove(&n->onlinks, &onlink->node);
	free(onlink);
}

static uint64_t holder_hash(
	const struct names *n, const struct prefix *prefix, const struct model_link *link)
{
	return hash_mix(prefix_hash(n, prefix), link_key(link->ns->nsid, link->info.ifindex));
}

static struct holder *holder_find(const struct names *n, const struct prefix *prefix,
	const struct model_link *link, uint64_t hash)
{
	return MAP_FIND(&n->onlink_holders, hash, struct holder, node, holder,
		holder->nsid == link->ns->nsid && holder->ifindex == link->info.ifindex &&
			prefix_equal(&holder->onlink->prefix, prefix));
}

static void tell(struct names *n, struct onlink *onlink, struct holder *holder)
{
	onlink->told = holder;
	n->has_new_onlinks = true;
}

/* Finds or makes the holder. NULL: out of memory. */
static struct holder *holder_get(
	struct names *n, const struct prefix *prefix, const struct model_link *link)
{
	uint64_t hash = holder_hash(n, prefix, link);
	struct holder *holder = holder_find(n, prefix, link, hash);
	if (holder)
		return holder;
	struct onlink *onlink = onlink_get(n, prefix);
	holder = onlink ? calloc(1, sizeof(*holder)) : NULL;
	if (!holder || map_add(&n->onlink_holders, &holder->node, hash)) {
		free(holder);
		if (onlink && list_is_empty(&onlink->holders))
			onlink_end(n, onlink);
		return NULL;
	}
	holder->onlink = onlink;
	holder->nsid = link->ns->nsid;
	holder->ifindex = link->info.ifindex;
	list_append(&onlink->holders, &holder->in_onlink);
	if (!onlink->told || holder_is_before(holder, onlink->told))
		tell(n, onlink, holder);
	return holder;
}

static struct holder *first_holder(const struct onlink *onlink)
{
	struct holder *first = NULL;
	LIST_EACH(holder, &onlink->holders, struct holder, in_onlink) {
		if (!first || holder_is_before(holder, first))
			first = holder;
	}
	return first;
}

static void holder_end(struct names *n, struct holder *holder)
{
	struct onlink *onlink = holder->onlink;
	map_remove(&n->onlink_holders, &holder->node);
	list_remove(&holder->in_onlink);
	if (onlink->told == holder)
		tell(n, onlink, first_holder(onlink));
	free(holder);
	if (!onlink->told)
		onlink_end(n, onlink);
}

void onlink_count(
	struct names *n, const struct model_link *link, const struct event_addr *info, int by)
{
	if (!is_onlink(info))
		return;
	struct prefix prefix = onlink_prefix(info);
	struct holder *holder =
		by > 0 ? holder_get(n, &prefix, link)
		       : holder_find(n, &prefix, link, holder_hash(n, &prefix, link));
	if (!holder) {
		names_check(n, by > 0 ? ERR_NOMEM : 0);
		n->has_lost_onlinks |= by > 0;
		return;
	}
	holder->count += (size_t)by;
	if (holder->count == 0)
		holder_end(n, holder);
}

void onlink_count_link(struct names *n, const struct model_link *link, int by)
{
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
		if (addr->is_present)
			onlink_count(n, link, &addr->info, by);
}

static void drop_all(struct names *n)
{
	MAP_EACH(holder, &n->onlink_holders, struct holder, node) {
		map_remove(&n->onlink_holders, &holder->node);
		free(holder);
	}
	MAP_EACH(onlink, &n->onlinks, struct onlink, node)
		onlink_end(n, onlink);
}

void onlinks_rebuild(struct names *n)
{
	drop_all(n);
	n->has_new_onlinks = true;
	n->has_lost_onlinks = false;
	MAP_EACH(nlink, &n->links, const struct nlink, node)
		if (!nlink->is_foreign)
			onlink_count_link(n, nlink->link, 1);
}

void onlinks_free(struct names *n)
{
	drop_all(n);
	map_fini(&n->onlink_holders);
	map_fini(&n->onlinks);
	free(n->inner_wires.at);
}

static int wire_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static int inner_wires_add(struct inner_wires *w, uint64_t wire)
{
	if (ARRAY_RESERVE(w->at, w->cap, w->count + 1))
		return ERR_NOMEM;
	w->at[w->count++] = wire;
	return 0;
}

static int inner_wires_fill(
	const struct names *n, const struct model_ns *own, struct inner_wires *ret)
{
	struct client_bridges outer;
	if (client_bridges_find(own, &outer))
		return ERR_NOMEM;
	int err = 0;
	LIST_EACH(link, &own->links, const struct model_link, in_ns) {
		if (!client_bridges_is_inner(&outer, link))
			continue;
		const struct nlink *nlink = nlink_find(n, NSID_OWN, link->info.ifindex);
		if (nlink && !err)
			err = inner_wires_add(ret, nlink->segment);
	}
	client_bridges_fini(&outer);
	if (ret->count)
		qsort(ret->at, ret->count, sizeof(*ret->at), wire_cmp);
	return err;
}

static bool is_inner(const struct names *n, uint64_t wire)
{
	const struct inner_wires *inner = &n->inner_wires;
	return inner->count > 0 &&
	       bsearch(&wire, inner->at, inner->count, sizeof(*inner->at), wire_cmp);
}

void onlinks_each(const struct names *n,
	void (*visit)(void *arg, const struct names_onlink *onlink), void *arg)
{
	MAP_EACH(onlink, &n->onlinks, const struct onlink, node) {
		const struct holder *holder = onlink->told;
		const struct nlink *nlink = nlink_find(n, holder->nsid, holder->ifindex);
		struct names_onlink told = {.prefix = onlink->prefix, .ifname = ""};
		if (nlink) {
			told.ifname = nlink->link->info.name;
			told.wire = nlink->segment;
			told.is_inner = is_inner(n, nlink->segment);
		}
		visit(arg, &told);
	}
}

int onlinks_note_moves(struct names *n)
{
	struct inner_wires now = {NULL, 0, 0}, *before = &n->inner_wires;
	const struct model_ns *own = n->model ? model_ns(n->model, NSID_OWN) : NULL;
	n->has_new_onlinks |= n->has_new_wires;
	n->has_new_wires = false;
	if (!own)
		return 0;
	int err = inner_wires_fill(n, own, &now);
	if (err) {
		names_check(n, err);
		free(now.at);
		return err;
	}
	if (now.count != before->count ||
		(now.count && memcmp(now.at, before->at, now.count * sizeof(*now.at)) != 0))
		n->has_new_onlinks = true;
	free(before->at);
	*before = now;
	return 0;
}
