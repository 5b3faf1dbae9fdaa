/* SPDX-License-Identifier: ISC */
/*
 * Owns the memory of the model: objects, the tables that find them, and the limits.
 * Never decides what an event means.
 */
#include "model/table.h"

#include <linux/if.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"

static uint64_t ns_hash(const struct model *m, nsid_t nsid)
{
	return hash_mix(m->seed, (uint32_t)nsid);
}

static uint64_t link_hash(const struct model *m, nsid_t nsid, uint32_t ifindex)
{
	return hash_mix(m->seed, (uint64_t)(uint32_t)nsid << 32 | ifindex);
}

static uint64_t addr_hash(
	const struct model *m, nsid_t nsid, uint32_t ifindex, const struct addr *a)
{
	return hash_bytes(link_hash(m, nsid, ifindex), a, sizeof(*a));
}

static uint64_t holder_hash(const struct model *m, const struct addr *a)
{
	return hash_bytes(m->seed, a, sizeof(*a));
}

struct model_ns *table_find_ns(const struct model *m, nsid_t nsid)
{
	return MAP_FIND(
		&m->namespaces, ns_hash(m, nsid), struct model_ns, node, ns, ns->nsid == nsid);
}

struct model_link *table_find_link(const struct model *m, nsid_t nsid, uint32_t ifindex)
{
	return MAP_FIND(&m->links, link_hash(m, nsid, ifindex), struct model_link, node, link,
		link->ns->nsid == nsid && link->info.ifindex == ifindex);
}

static bool addr_is_at(
	const struct model_addr *a, nsid_t nsid, uint32_t ifindex, const struct addr *addr)
{
	return a->link->ns->nsid == nsid && a->info.ifindex == ifindex &&
	       addr_equal(&a->info.addr, addr);
}

/* True if the kernel treats two addresses with the same link and local address as the same one:
 * IPv4 compares prefix length and peer too (inet_insert_ifa), IPv6 only the address
 * (ipv6_add_addr). The guest's are apart from the kernel's. */
static bool addr_is_same(const struct event_addr *a, const struct event_addr *b)
{
	if (a->is_guest != b->is_guest)
		return false;
	return a->addr.family == ADDR_V6 ||
	       (a->prefix_len == b->prefix_len && addr_equal(&a->peer, &b->peer));
}

struct model_addr *table_find_addr(
	const struct model *m, nsid_t nsid, const struct event_addr *info)
{
	return MAP_FIND(&m->addrs, addr_hash(m, nsid, info->ifindex, &info->addr),
		struct model_addr, node, a,
		addr_is_at(a, nsid, info->ifindex, &info->addr) && addr_is_same(&a->info, info));
}

/* How many there are in a pot, and how many may be. */
struct filling {
	size_t count, limit;
};

static struct filling filling_of(const struct model *m, enum table_pot pot)
{
	switch (pot) {
	case POT_NAMESPACES: return (struct filling){m->namespaces.count, m->limits.namespaces};
	case POT_LINKS: return (struct filling){m->links.count, m->limits.links};
	case POT_ADDRS: break;
	}
	return (struct filling){m->addrs.count, m->limits.addrs};
}

/* Whom a namespace belongs to. */
struct holder {
	bool is_stranger;
	uint32_t uid;
};

static struct holder holder_by_info(nsid_t nsid, const struct event_ns *info)
{
	return (struct holder){
		.is_stranger = nsid != NSID_OWN && (!info || info->owner < OWNER_SYSTEM),
		.uid = info ? event_ns_account(info) : SHARE_NOBODY};
}

static struct holder holder_of(const struct model *m, nsid_t nsid)
{
	const struct model_ns *ns = table_find_ns(m, nsid);
	return holder_by_info(nsid, ns ? &ns->info : NULL);
}

static bool is_full(const struct model *m, enum table_pot pot, struct holder holder)
{
	const struct filling f = filling_of(m, pot);
	if (f.count >= f.limit)
		return true;
	return holder.is_stranger &&
	       (m->strangers.sums[pot] >= f.limit / LIMIT_MODEL_STRANGERS_PART ||
		       share_count(&m->strangers, holder.uid, pot) >=
			       f.limit / LIMIT_MODEL_USER_PART);
}

bool table_ns_has_room(const struct model *m, const struct model_ns *ns)
{
	const struct holder holder = holder_by_info(ns->nsid, &ns->info);
	return !is_full(m, POT_LINKS, holder) && !is_full(m, POT_ADDRS, holder);
}

/* Counts a namespace and all in it as its holder's. ERR_NOMEM: nothing changed. */
static int share_begin(struct model *m, struct model_ns *ns, struct holder holder)
{
	if (!holder.is_stranger)
		return 0;
	struct share *share = share_get(&m->strangers, holder.uid);
	if (!share)
		return ERR_NOMEM;
	ns->share = share;
	share_add(&m->strangers, share, POT_NAMESPACES, 1);
	share_add(&m->strangers, share, POT_LINKS, ns->link_count);
	share_add(&m->strangers, share, POT_ADDRS, ns->addr_count);
	return 0;
}

/* The namespace goes last: the share may go with it. */
static void share_end(struct model *m, const struct model_ns *ns, struct share *share)
{
	if (!share)
		return;
	share_take(&m->strangers, share, POT_ADDRS, ns->addr_count);
	share_take(&m->strangers, share, POT_LINKS, ns->link_count);
	share_take(&m->strangers, share, POT_NAMESPACES, 1);
}

static void count(struct model *m, const struct model_ns *ns, enum table_pot pot, bool is_more)
{
	if (ns->share && is_more)
		share_add(&m->strangers, ns->share, pot, 1);
	else if (ns->share)
		share_take(&m->strangers, ns->share, pot, 1);
}

static void count_link(struct model *m, struct model_ns *ns, bool is_more)
{
	ns->link_count += is_more ? 1 : SIZE_MAX;
	count(m, ns, POT_LINKS, is_more);
}

static void count_addr(struct model *m, struct model_ns *ns, bool is_more)
{
	ns->addr_count += is_more ? 1 : SIZE_MAX;
	count(m, ns, POT_ADDRS, is_more);
}

int table_set_ns(struct model *m, struct model_ns *ns, const struct event_ns *info)
{
	struct share *before = ns->share;
	ns->share = NULL;
	int err = share_begin(m, ns, holder_by_info(ns->nsid, info));
	if (err) {
		ns->share = before;
		return err;
	}
	share_end(m, ns, before);
	ns->info = *info;
	return 0;
}

void table_remove_ns(struct model *m, struct model_ns *ns)
{
	map_remove(&m->namespaces, &ns->node);
	share_end(m, ns, ns->share);
	ns->share = NULL;
}

int table_make_ns(struct model *m, nsid_t nsid, const struct event_ns *info, struct model_ns **ret)
{
	const struct holder holder = holder_by_info(nsid, info);
	if (is_full(m, POT_NAMESPACES, holder)) {
		m->has_lost_ns = true;
		return ERR_RANGE;
	}
	struct model_ns *ns = calloc(1, sizeof(*ns));
	if (!ns)
		return ERR_NOMEM;
	ns->nsid = nsid;
	if (info)
		ns->info = *info;
	list_init(&ns->links);
	list_init(&ns->hostnames);
	int err = share_begin(m, ns, holder);
	if (!err) {
		err = map_add(&m->namespaces, &ns->node, ns_hash(m, nsid));
		if (err)
			share_end(m, ns, ns->share);
	}
	if (err) {
		free(ns);
		return err;
	}
	if (m->listener.on_ns)
		m->listener.on_ns(m->listener.arg, MODEL_NS_NEW, ns);
	*ret = ns;
	return 0;
}

int table_get_ns(struct model *m, nsid_t nsid, struct model_ns **ret)
{
	struct model_ns *ns = table_find_ns(m, nsid);
	if (!ns)
		return table_make_ns(m, nsid, NULL, ret);
	*ret = ns;
	return 0;
}

/* Makes a link of which only the id is known. */
int table_make_link(struct model *m, nsid_t nsid, uint32_t ifindex, struct model_link **ret)
{
	if (is_full(m, POT_LINKS, holder_of(m, nsid)))
		return ERR_RANGE;
	struct model_link *link = calloc(1, sizeof(*link));
	if (!link)
		return ERR_NOMEM;
	link->info.ifindex = ifindex;
	list_init(&link->addrs);
	int err = table_get_ns(m, nsid, &link->ns);
	if (!err)
		err = map_add(&m->links, &link->node, link_hash(m, nsid, ifindex));
	if (err) {
		free(link);
		return err;
	}
	list_append(&link->ns->links, &link->in_ns);
	count_link(m, link->ns, true);
	*ret = link;
	return 0;
}

void table_free_link(struct model *m, struct model_link *link)
{
	count_link(m, link->ns, false);
	map_remove(&m->links, &link->node);
	list_remove(&link->in_ns);
	free(link->guest);
	free(link);
}

/* Makes an address that is not present yet, and a placeholder for its link if that is not known. */
int table_make_addr(
	struct model *m, nsid_t nsid, const struct event_addr *info, struct model_addr **ret)
{
	if (is_full(m, POT_ADDRS, holder_of(m, nsid)))
		return ERR_RANGE;
	struct model_addr *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NOMEM;
	a->info = *info;
	a->scope = (uint8_t)addr_scope(&info->addr);
	a->link = table_find_link(m, nsid, info->ifindex);
	int err = a->link ? 0 : table_make_link(m, nsid, info->ifindex, &a->link);
	if (!err)
		err = map_add(&m->addrs, &a->node, addr_hash(m, nsid, info->ifindex, &info->addr));
	if (!err) {
		err = map_add(&m->holders, &a->by_addr, holder_hash(m, &info->addr));
		if (err)
			map_remove(&m->addrs, &a->node);
	}
	if (err) {
		free(a);
		return err;
	}
	list_append(&a->link->addrs, &a->in_link);
	count_addr(m, a->link->ns, true);
	*ret = a;
	return 0;
}

void table_free_addr(struct model *m, struct model_addr *a)
{
	count_addr(m, a->link->ns, false);
	map_remove(&m->addrs, &a->node);
	map_remove(&m->holders, &a->by_addr);
	list_remove(&a->in_link);
	free(a);
}

/* --- lookups ------------------------------------------------------------------------------ */

const struct model_ns *model_ns(const struct model *m, nsid_t nsid)
{
	return table_find_ns(m, nsid);
}

const struct model_link *model_link(const struct model *m, nsid_t nsid, uint32_t ifindex)
{
	const struct model_link *link = table_find_link(m, nsid, ifindex);
	return link && link->is_present ? link : NULL;
}

const struct model_addr *model_addr(
	const struct model *m, nsid_t nsid, uint32_t ifindex, const struct addr *addr)
{
	return MAP_FIND(&m->addrs, addr_hash(m, nsid, ifindex, addr), struct model_addr, node, a,
		a->is_present && a->link->is_present && addr_is_at(a, nsid, ifindex, addr));
}

void model_each_holder(const struct model *m, const struct addr *addr,
	void (*visit)(void *arg, const struct model_addr *holder), void *arg)
{
	MAP_EACH_WITH(a, &m->holders, holder_hash(m, addr), struct model_addr, by_addr)
		if (a->is_present && a->link->is_present && addr_equal(&a->info.addr, addr))
			visit(arg, a);
}

static int cmp_ns(const void *a, const void *b)
{
	nsid_t x = (*(const struct model_ns *const *)a)->nsid;
	nsid_t y = (*(const struct model_ns *const *)b)->nsid;
	return (x > y) - (x < y);
}

int model_each_ns(
	const struct model *m, void (*visit)(void *arg, const struct model_ns *ns), void *arg)
{
	size_t count = 0;
	const struct model_ns **sorted = calloc(m->namespaces.count + 1, sizeof(*sorted));
	if (!sorted)
		return ERR_NOMEM;
	MAP_EACH(model_ns, &m->namespaces, struct model_ns, node)
		sorted[count++] = model_ns;
	qsort(sorted, count, sizeof(*sorted), cmp_ns);
	for (size_t i = 0; i < count; i++)
		visit(arg, sorted[i]);
	free(sorted);
	return 0;
}

struct model_stats model_stats(const struct model *m)
{
	return (struct model_stats){
		.namespaces = m->namespaces.count,
		.links = m->links_present,
		.addrs = m->addrs_present,
	};
}

const char *event_owner_text(uint8_t owner)
{
	switch ((enum event_owner)owner) {
	case OWNER_HOST: return "host";
	case OWNER_SYSTEM: return "system";
	case OWNER_USER: return "user";
	case OWNER_UNKNOWN: break;
	}
	return "unknown";
}

bool model_link_is_up(const struct event_link *link)
{
	const uint32_t needed = IFF_UP | IFF_LOWER_UP;
	return (link->flags & needed) == needed &&
	       (link->operstate == IF_OPER_UP || link->operstate == IF_OPER_UNKNOWN);
}
