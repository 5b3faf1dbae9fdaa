/* SPDX-License-Identifier: ISC */
/*
 * Owns the name index as a whole: takes the model's changes, marks what they affect, flushes.
 * Never derives a record itself: claim.c, host.c, reverse.c, topology.c do.
 */
#include "name/names.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "name/index.h"

static struct nlink *nlink_of(const struct names *n, const struct model_link *link)
{
	return nlink_find(n, link->ns->nsid, link->info.ifindex);
}

static int nlink_add(struct names *n, const struct model_link *link)
{
	struct nlink *nlink = calloc(1, sizeof(*nlink));
	uint64_t hash = link_hash(n, link->ns->nsid, link->info.ifindex);
	if (!nlink || map_add(&n->links, &nlink->node, hash)) {
		n->has_lost_links = true;
		free(nlink);
		return ERR_NOMEM;
	}
	nlink->link = link;
	nlink->generation = ++n->last_generation;
	nlink->is_foreign = link_is_foreign(&n->policy, n->model, link);
	list_init(&nlink->claims);
	list_init(&nlink->bound);
	claims_update(n, nlink, true);
	return 0;
}

static void nlink_remove(struct names *n, struct nlink *nlink)
{
	claims_drop(n, nlink);
	map_remove(&n->links, &nlink->node);
	free(nlink);
}

/* Notes who owns the link now. Returns true if it was foreign and is not, or the reverse: then its
 * addresses count as on-link, or no longer. */
static bool nlink_judge(struct names *n, struct nlink *nlink)
{
	const bool is_foreign = link_is_foreign(&n->policy, n->model, nlink->link);
	if (is_foreign == nlink->is_foreign)
		return false;
	nlink->is_foreign = is_foreign;
	onlink_count_link(n, nlink->link, is_foreign ? -1 : 1);
	return true;
}

static bool has_moved(const struct event_link *a, const struct event_link *b)
{
	return a->parent != b->parent || a->parent_nsid != b->parent_nsid ||
	       a->master != b->master || a->vlan_id != b->vlan_id || a->pvid != b->pvid ||
	       a->is_vlan_aware != b->is_vlan_aware || a->ipvlan_mode != b->ipvlan_mode ||
	       strcmp(a->kind, b->kind) != 0;
}

static void on_link(void *arg, enum model_change change, const struct model_link *link,
	const struct event_link *before)
{
	struct names *n = arg;
	struct nlink *nlink = nlink_of(n, link);
	if (link->ns->nsid == NSID_OWN)
		n->has_own_changes = true;
	if (change == MODEL_LINK_GONE) {
		n->has_moved_links = n->has_new_owners = true;
		if (nlink)
			nlink_remove(n, nlink);
		return;
	}
	if (!nlink) {
		n->has_moved_links = n->has_new_owners = true;
		names_check(n, nlink_add(n, link));
		return;
	}
	/* It may be up again in the same batch, and plugged in elsewhere. */
	if (!model_link_is_up(&link->info))
		nlink->generation = ++n->last_generation;
	if (before && has_moved(before, &link->info))
		n->has_moved_links = n->has_new_owners = true;
	claims_update(n, nlink, before && strcmp(before->alias, link->info.alias) != 0);
	if (before &&
		(before->flags != link->info.flags || before->operstate != link->info.operstate))
		claims_mark(n, nlink, NULL);
}

/* With its last address a link may have lost all of IPv6, groups included: its MTU was below 1280, or
 * IPv6 was disabled (net/ipv6/addrconf.c, addrconf_ifdown()). */
static bool has_v6(const struct model_link *link)
{
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
		if (addr->is_present && !addr->info.is_guest && addr->info.addr.family == ADDR_V6)
			return true;
	return false;
}

/* Routers and DHCP renew lifetimes every few minutes, and nothing else changes then. */
static bool is_only_renewed(
	const struct names *n, const struct event_addr *before, const struct event_addr *now)
{
	struct event_addr same = *before;
	same.expires_s = now->expires_s;
	return memcmp(&same, now, sizeof(same)) == 0 &&
	       !expiry_matters(n, before->expires_s, now->expires_s);
}

static void on_addr(void *arg, enum model_change change, const struct model_addr *addr,
	const struct event_addr *before)
{
	struct names *n = arg;
	if (change == MODEL_ADDR_CHANGED && is_only_renewed(n, before, &addr->info))
		return;
	struct nlink *nlink = nlink_of(n, addr->link);
	if (nlink && change == MODEL_ADDR_GONE)
		bound_drop(n, nlink, addr);
	else if (nlink)
		bound_update(n, nlink, addr, change == MODEL_ADDR_NEW);
	if (nlink)
		claims_mark(n, nlink, addr);
	if (nlink && change == MODEL_ADDR_GONE && !addr->info.is_guest &&
		addr->info.addr.family == ADDR_V6 && !has_v6(addr->link))
		nlink->generation_v6 = ++n->last_generation;
	if (addr->link->ns->nsid == NSID_OWN)
		n->has_own_changes = true;
	if (!nlink || nlink->is_foreign)
		return;
	if (before)
		onlink_count(n, addr->link, before, -1);
	onlink_count(n, addr->link, &addr->info, change == MODEL_ADDR_GONE ? -1 : 1);
}

static void ns_update_claims(struct names *n, const struct model_ns *ns)
{
	LIST_EACH(model_link, &ns->links, struct model_link, in_ns) {
		struct nlink *nlink = nlink_of(n, model_link);
		if (nlink)
			claims_update(n, nlink, !ns_is_foreign(&n->policy, ns));
	}
}

/* If this host's name changes, every other host name may have become inherited, or ceased to be.
 * It changes rarely. */
static void on_hostnames(void *arg, const struct model_ns *ns)
{
	struct names *n = arg;
	if (ns->nsid == NSID_OWN)
		MAP_EACH(nlink, &n->links, struct nlink, node)
			claims_update(n, nlink, false);
	else
		ns_update_claims(n, ns);
	if (n->sink.on_hostnames)
		n->sink.on_hostnames(n->sink.arg, ns);
}

/* Links of other namespaces may lead to this one: names_flush() judges them. */
static void on_ns(void *arg, enum model_change change, const struct model_ns *ns)
{
	struct names *n = arg;
	n->has_new_owners = true;
	if (change != MODEL_NS_CHANGED)
		return;
	LIST_EACH(model_link, &ns->links, struct model_link, in_ns) {
		struct nlink *nlink = nlink_of(n, model_link);
		if (!nlink)
			continue;
		(void)nlink_judge(n, nlink);
		claims_update(n, nlink, true);
		claims_mark(n, nlink, NULL);
	}
}

/* A link belongs to the host by its namespace, or by the links on its way to the host (name/judge.h),
 * of which any may have changed. */
static void judge_links(struct names *n)
{
	n->has_new_owners = false;
	MAP_EACH(nlink, &n->links, struct nlink, node) {
		if (!nlink_judge(n, nlink))
			continue;
		claims_update(n, nlink, false);
		claims_mark(n, nlink, NULL);
	}
}

struct names *names_new(uint64_t seed, const struct policy *policy, struct names_sink sink)
{
	struct names *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->room = gather_room_new();
	if (!n->room) {
		free(n);
		return NULL;
	}
	n->policy = *policy;
	n->sink = sink;
	n->seed = seed;
	list_init(&n->dirty_groups);
	list_init(&n->dirty_hosts);
	list_init(&n->dirty_ptrs);
	list_init(&n->waiting_rzones);
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	MAP_EACH(nlink, &n->links, struct nlink, node)
		nlink_remove(n, nlink);
	MAP_EACH(host, &n->hosts, struct host, node) {
		map_remove(&n->hosts, &host->node);
		host_free(n, host);
	}
	MAP_EACH(group, &n->groups, struct group, node) {
		map_remove(&n->groups, &group->node);
		free(group->collected);
		free(group);
	}
	onlinks_free(n);
	ptrs_free(n);
	spoken_links_free(n);
	map_fini(&n->links);
	map_fini(&n->groups);
	map_fini(&n->hosts);
	free(n->room);
	free(n);
}

struct model_listener names_listener(struct names *n)
{
	return (struct model_listener){.on_ns = on_ns,
		.on_link = on_link,
		.on_addr = on_addr,
		.on_hostnames = on_hostnames,
		.arg = n};
}

void names_bind_model(struct names *n, const struct model *model)
{
	n->model = model;
}

void names_set_time(struct names *n, ns_t now)
{
	n->now = now;
	hosts_mark_expiring(n);
}

ns_t names_deadline(const struct names *n)
{
	return heap_deadline(&n->expiring);
}

bool names_is_dirty(const struct names *n)
{
	return !list_is_empty(&n->dirty_groups) || !list_is_empty(&n->dirty_hosts) ||
	       !list_is_empty(&n->dirty_ptrs) || n->has_moved_links || n->has_own_changes ||
	       n->has_new_owners || n->has_new_onlinks || n->has_new_policy ||
	       n->has_new_spoken_links || n->has_lost_links || n->has_lost_onlinks;
}

static void find_lost_links(void *arg, const struct model_ns *ns)
{
	struct names *n = arg;
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		struct nlink *nlink = link->is_present ? nlink_of(n, link) : NULL;
		if (nlink) {
			claims_update(n, nlink, false);
		} else if (link->is_present) {
			n->has_moved_links = n->has_new_owners = true;
			names_check(n, nlink_add(n, link));
			n->has_lost_onlinks = true;
		}
	}
}

/* Adds what was missing for lack of memory. What is missing still stays marked. */
static void find_lost(struct names *n)
{
	const bool has_lost_links = n->has_lost_links;
	n->has_lost_links = false;
	if (has_lost_links && model_each_ns(n->model, find_lost_links, n)) {
		names_check(n, ERR_NOMEM);
		n->has_lost_links = true;
	}
	if (n->has_lost_onlinks)
		onlinks_rebuild(n);
}

/* The order matters. Segments are part of a host's addresses. The names must be known before the
 * links are passed on (names_has()), and the links before their records. Reverse zones end after
 * their records; ptrs_say() ensures that. */
void names_flush(struct names *n)
{
	if (!names_is_dirty(n))
		return;
	find_lost(n);
	if (n->has_new_owners)
		judge_links(n);
	int place_err = n->has_moved_links ? segments_place(n) : 0;
	hosts_assign(n);
	const bool has_spoken_news = n->has_own_changes || n->has_moved_links || n->has_new_policy;
	int spoken_err = has_spoken_news ? spoken_links_update(n) : 0;
	if (n->has_new_spoken_links || n->has_new_policy) {
		hosts_mark_all(n);
		ptrs_mark_all(n);
	}
	hosts_say(n);
	ptrs_say(n);
	if (n->has_moved_links && !place_err)
		place_err = onlinks_note_moves(n);
	if (n->has_new_onlinks && n->sink.onlink_changed)
		n->sink.onlink_changed(n->sink.arg);
	n->has_moved_links = place_err;
	n->has_own_changes = spoken_err;
	n->has_new_onlinks = false;
	n->has_new_spoken_links = n->has_new_policy = false;
	n->stats.flushes++;
}

void names_set_policy(struct names *n, const struct policy *policy)
{
	const bool is_same = policy_equal(&n->policy, policy);
	n->policy = *policy; /* what it borrows is another copy */
	if (is_same)
		return;
	n->has_new_policy = n->has_new_owners = true;
	MAP_EACH(nlink, &n->links, struct nlink, node)
		claims_update(n, nlink, false);
	MAP_EACH(group, &n->groups, struct group, node)
		group_mark(n, group);
}

void names_file_changed(struct names *n, const char *label)
{
	char key[LABEL_TEXT_CAP];
	bool may_have = n->lesser_claim_count > 0 || n->policy.rootless == ROOTLESS_YES;
	if (!may_have || strlen(label) >= sizeof(key))
		return;
	label_lower(key, label);
	struct group *group = group_find(n, key);
	if (group &&
		(group->collected || group->ranks[RANK_GUEST] + group->ranks[RANK_ROOTLESS] > 0))
		group_mark(n, group);
}

void names_say_mdns_again(struct names *n)
{
	n->has_new_spoken_links = true;
}

bool names_has(const struct names *n, const char *label)
{
	char key[LABEL_TEXT_CAP];
	if (strlen(label) >= sizeof(key))
		return false;
	label_lower(key, label);
	return host_find(n, key);
}

uint64_t names_segment(const struct names *n, const struct model_link *link)
{
	const struct nlink *nlink = nlink_of(n, link);
	return nlink ? nlink->segment : 0;
}

void names_each_label(
	const struct names *n, const struct model_link *link, names_label_fn *visit, void *arg)
{
	const struct nlink *nlink = nlink_of(n, link);
	if (!nlink)
		return;
	LIST_EACH(claim, &nlink->claims, const struct claim, in_link)
		visit(arg, claim->label, claim->source, claim->is_self);
	LIST_EACH(claim, &nlink->bound, const struct claim, in_link)
		visit(arg, claim->label, claim->source, false);
}

void names_each_onlink(const struct names *n,
	void (*visit)(void *arg, const struct names_onlink *onlink), void *arg)
{
	onlinks_each(n, visit, arg);
}

void names_each_reject(const struct names *n, reject_fn *visit, void *arg)
{
	MAP_EACH(nlink, &n->links, struct nlink, node)
		claims_each_reject(n, nlink->link, visit, arg);
}

static void count_reject(void *arg, const struct model_link *link UNUSED, const char *word UNUSED,
	size_t len UNUSED, enum label_verdict verdict UNUSED)
{
	size_t *count = arg;
	++*count;
}

struct names_stats names_stats(const struct names *n)
{
	struct names_stats stats = n->stats;
	stats.hosts = n->hosts.count;
	stats.groups = n->groups.count;
	stats.reverse_zones = n->rzones.count;
	stats.mdns_links = n->spoken_link_count;
	MAP_EACH(host, &n->hosts, const struct host, node)
		stats.left_out += host->said.left_out;
	names_each_reject(n, count_reject, &stats.rejects);
	return stats;
}
