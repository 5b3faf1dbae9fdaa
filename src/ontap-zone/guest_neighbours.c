/* SPDX-License-Identifier: ISC */
/*
 * Owns what entries of the kernel's tables mean for guests.
 * Never asks the kernel for them.
 */
#include "ontap-zone/guest_neighbours.h"

#include <string.h>

#include "name/guest_link.h"
#include "ontap-zone/guest_part.h"

static const struct model *model_of(const struct guests *g)
{
	return pipeline_model(g->runtime->pipeline);
}

/* The kernel has it as a neighbour: as good as a word of the guest. */
static void hint(struct guests *g, const struct event *ev)
{
	const struct guest_place at = {ev->nsid, ev->neighbour.ifindex};
	struct guest_link *l = guest_part_find(g, &at);
	if (!l || !l->guest)
		return;
	guest_hint(l->guest, &ev->neighbour.addr, loop_now());
	guest_part_schedule(l);
}

/* The guests that have the address: the wire of one is that of the link on which the kernel has asked. */
struct losers {
	struct guests *guests;
	const struct model_link *asked_on;
	struct guest_link *found;
};

static bool is_same_wire(const struct losers *s, const struct model_link *link)
{
	const struct names *names = pipeline_names(s->guests->runtime->pipeline);
	const uint64_t wire = names_segment(names, link);
	return link == s->asked_on || (wire != 0 && names_segment(names, s->asked_on) == wire);
}

static void look_at_holder(void *arg, const struct model_addr *holder)
{
	struct losers *s = arg;
	const struct guest_place at = {holder->link->ns->nsid, holder->link->info.ifindex};
	struct guest_link *l = holder->info.is_guest ? guest_part_find(s->guests, &at) : NULL;
	if (l && l->guest && holder->link->ns == s->asked_on->ns && is_same_wire(s, holder->link))
		s->found = l;
}

/* On one wire, one guest has the address. It goes after the walk, for the walk is over those that have it. */
static void lose(struct guests *g, const struct event *ev)
{
	struct losers s = {
		.guests = g, .asked_on = model_link(model_of(g), ev->nsid, ev->neighbour.ifindex)};
	if (!s.asked_on)
		return;
	model_each_holder(model_of(g), &ev->neighbour.addr, look_at_holder, &s);
	if (!s.found)
		return;
	guest_lose(s.found->guest, &ev->neighbour.addr, loop_now());
	guest_part_schedule(s.found);
}

/* The other end of the port is in a namespace that we see: a container, where no machine moves to. */
static bool is_of_container(const struct guests *g, const struct model_link *port)
{
	const struct event_link *info = &port->info;
	return strcmp(info->kind, "veth") == 0 && info->parent != 0 &&
	       info->parent_nsid != NSID_UNKNOWN &&
	       model_link(model_of(g), info->parent_nsid, info->parent);
}

static void move_one(struct guest_link *l, const struct event *ev, bool is_away)
{
	if (!l->guest)
		return;
	guest_move(l->guest, ev->neighbour.hwaddr, is_away, loop_now());
	guest_part_schedule(l);
}

static void move(struct guests *g, const struct event *ev)
{
	const struct guest_place at = {ev->nsid, ev->neighbour.ifindex};
	const struct model_link *port = model_link(model_of(g), at.nsid, at.ifindex);
	struct guest_link *here = guest_part_find(g, &at);
	if (here) {
		move_one(here, ev, false);
		return;
	}
	if (!port || is_of_container(g, port))
		return;
	MAP_EACH(l, &g->links, struct guest_link, node) {
		const struct model_link *link = guest_part_link(l);
		if (link && guest_link_is_beside(link, port, ev->neighbour.vid))
			move_one(l, ev, true);
	}
}

void guest_neighbours_hear(struct guests *g, const struct event *ev)
{
	switch ((enum event_neighbour_kind)ev->neighbour.kind) {
	case NEIGHBOUR_IS_THERE: hint(g, ev); break;
	case NEIGHBOUR_IS_LOST: lose(g, ev); break;
	case NEIGHBOUR_IS_BEHIND: move(g, ev); break;
	}
}
