/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules that tell which links share a wire; union-find applies them.
 * Never allocates; sees only the arrays it is given.
 */
#include "name/segment.h"

#include <linux/if_link.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static uint32_t find(struct segment_link *links, uint32_t i)
{
	while (links[i].segment != i) {
		links[i].segment = links[links[i].segment].segment;
		i = links[i].segment;
	}
	return i;
}

/* The lower index represents both, so the result does not depend on the order of joining. Returns
 * true if they were apart. */
static bool join(struct segment_link *links, uint32_t a, uint32_t b)
{
	a = find(links, a);
	b = find(links, b);
	if (a < b)
		links[b].segment = a;
	else
		links[a].segment = b;
	return a != b;
}

static bool is_kind(const struct event_link *link, const char *kind)
{
	return strcmp(link->kind, kind) == 0;
}

/* True for an ipvlan in L3 or L3S mode: its lower device routes for it. */
static bool is_routed(const struct event_link *link)
{
	return (is_kind(link, "ipvlan") || is_kind(link, "ipvtap")) &&
	       link->ipvlan_mode != IPVLAN_MODE_L2;
}

static bool shares_parent_wire(const struct event_link *link)
{
	if (is_kind(link, "ipvlan") || is_kind(link, "ipvtap"))
		return !is_routed(link);
	return is_kind(link, "macvlan") || is_kind(link, "macvtap") || is_kind(link, "veth");
}

static bool shares_port_wire(const struct event_link *master)
{
	return is_kind(master, "bridge") || is_kind(master, "bond") || is_kind(master, "team");
}

/* Returns the bridge that keeps its VLANs apart and has the link as a port, or NULL. */
static const struct event_link *aware_master(
	const struct segment_link *links, const struct segment_link *link)
{
	const struct event_link *master =
		link->master != SEGMENT_NONE ? links[link->master].info : NULL;
	return master && is_kind(master, "bridge") && master->is_vlan_aware ? master : NULL;
}

/* True if the wire of the port is that of the bridge device itself: their untagged frames are of one
 * VLAN. */
static bool is_on_masters_wire(const struct segment_link *links, const struct segment_link *link)
{
	const struct event_link *aware = aware_master(links, link);
	if (aware)
		return link->info->pvid != 0 && link->info->pvid == aware->pvid;
	return link->master != SEGMENT_NONE && shares_port_wire(links[link->master].info);
}

/* Returns the VLAN that the link is, or whose untagged frames it has as a port: `link` is unset, and
 * `lower` is the link that carries it, SEGMENT_NONE if there is none. */
static struct segment_vlan vlan_of(
	const struct segment_link *links, const struct segment_link *link)
{
	const struct event_link *aware = aware_master(links, link);
	if (is_kind(link->info, "vlan"))
		return (struct segment_vlan){.lower = link->parent, .id = link->info->vlan_id};
	if (aware && link->info->pvid != 0 && link->info->pvid != aware->pvid)
		return (struct segment_vlan){.lower = link->master, .id = link->info->pvid};
	return (struct segment_vlan){.lower = SEGMENT_NONE};
}

uint32_t segment_count_vlans(const struct segment_link *links, uint32_t count)
{
	uint32_t vlans = 0;
	for (uint32_t i = 0; i < count; i++)
		vlans += vlan_of(links, &links[i]).lower != SEGMENT_NONE;
	return vlans;
}

static int vlan_cmp(const void *a, const void *b)
{
	const struct segment_vlan *x = a, *y = b;
	if (x->lower != y->lower)
		return x->lower < y->lower ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->link > y->link) - (x->link < y->link);
}

/* Joins the VLANs that have the same id on the same segment. Returns true if it has joined any. */
static bool join_vlans(struct segment_link *links, uint32_t count, struct segment_vlan *vlans)
{
	uint32_t vlan_count = 0;
	bool has_joined = false;
	for (uint32_t i = 0; i < count; i++) {
		const struct segment_vlan vlan = vlan_of(links, &links[i]);
		if (vlan.lower != SEGMENT_NONE)
			vlans[vlan_count++] =
				(struct segment_vlan){find(links, vlan.lower), i, vlan.id};
	}
	if (vlan_count > 1)
		qsort(vlans, vlan_count, sizeof(*vlans), vlan_cmp);
	for (uint32_t i = 1; i < vlan_count; i++)
		if (vlans[i].lower == vlans[i - 1].lower && vlans[i].id == vlans[i - 1].id)
			has_joined |= join(links, vlans[i].link, vlans[i - 1].link);
	return has_joined;
}

/* True if the link has an end that is not among the links. */
static bool has_unknown_end(const struct segment_link *link)
{
	static const char *const inner[] = {"bridge", "bond", "team", "dummy", "ifb"};
	static const char *const upper[] = {
		"veth", "macvlan", "macvtap", "ipvlan", "ipvtap", "vlan"};
	for (size_t i = 0; i < ARRAY_LEN(inner); i++)
		if (is_kind(link->info, inner[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(upper); i++)
		if (is_kind(link->info, upper[i]))
			return link->parent == SEGMENT_NONE || is_routed(link->info);
	return link->info->type != ARPHRD_LOOPBACK;
}

/* Opens the segments of VLANs that are carried by open ones. Returns true if there were any. */
static bool open_vlans(struct segment_link *links, uint32_t count)
{
	bool has_opened = false;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t lower = vlan_of(links, &links[i]).lower;
		if (lower == SEGMENT_NONE || !links[find(links, lower)].is_open)
			continue;
		struct segment_link *of = &links[find(links, i)];
		has_opened |= !of->is_open;
		of->is_open = true;
	}
	return has_opened;
}

static void open_segments(struct segment_link *links, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		links[i].is_open = false;
	for (uint32_t i = 0; i < count; i++)
		if (has_unknown_end(&links[i]))
			links[find(links, i)].is_open = true;
	for (unsigned level = 0; level < LIMIT_VLAN_LEVELS && open_vlans(links, count); level++)
		;
}

void segment_place(struct segment_link *links, uint32_t count, struct segment_vlan *room)
{
	for (uint32_t i = 0; i < count; i++)
		links[i].segment = i;
	for (uint32_t i = 0; i < count; i++) {
		if (links[i].parent != SEGMENT_NONE && shares_parent_wire(links[i].info))
			join(links, i, links[i].parent);
		if (is_on_masters_wire(links, &links[i]))
			join(links, i, links[i].master);
	}
	/* VLANs on VLANs need one turn per level. */
	for (unsigned level = 0; level < LIMIT_VLAN_LEVELS && join_vlans(links, count, room);
		level++)
		;
	open_segments(links, count);
	for (uint32_t i = 0; i < count; i++) {
		links[i].segment = find(links, i);
		links[i].is_open = links[links[i].segment].is_open;
	}
}
