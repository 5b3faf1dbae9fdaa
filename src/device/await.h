/* SPDX-License-Identifier: ISC */
/*
 * What a link is waited for to have: addresses in networks, routes. Fed with the kernel's events and
 * route messages, it says when all of it is there.
 *
 *	dump or news ─► await_event, await_route ─► await_is_met ─► await_answer(i)
 */
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "model/event.h"

enum {
	AWAIT_CRITERIA_CAP = 16,
	AWAIT_NETS_CAP = 16,
	AWAIT_ADDRS_CAP = 256,
	AWAIT_ROUTES_CAP = 256
};

/* One thing that has to be there: an address in one of `nets`, or, `is_route`, a route to the only
 * one of them. */
struct await_criterion {
	bool is_route;
	struct prefix nets[AWAIT_NETS_CAP];
	size_t net_count;
};

struct await_route {
	struct prefix to;
	struct addr gateway; /* ADDR_NONE: the network is on the link itself */
	uint32_t ifindex;
	uint32_t metric;
};

/* All zero bytes but `ifname` wait for nothing but the link. */
struct await {
	char ifname[IF_NAMESIZE];
	struct await_criterion criteria[AWAIT_CRITERIA_CAP];
	size_t criterion_count;

	uint32_t ifindex; /* of the link while it is there, else 0 */
	bool is_up;
	struct event_addr addrs[AWAIT_ADDRS_CAP];
	size_t addr_count;
	struct await_route routes[AWAIT_ROUTES_CAP];
	size_t route_count;
};

/* Adds "CIDR[,CIDR…]" or, for a route, "PREFIX". ERR_SYNTAX, ERR_RANGE, ERR_SPACE: too many. */
int await_add_nets(struct await *a, const char *text) NONNULL MUSTCHECK;
int await_add_route(struct await *a, const char *text) NONNULL MUSTCHECK;

/* Takes in EV_LINK, EV_LINK_GONE, EV_ADDR, EV_ADDR_GONE of the own namespace; others are passed
 * over. Those of addresses count even before the link is known by name. */
void await_event(struct await *a, const struct event *ev) NONNULL;

/* Takes in RTM_NEWROUTE or RTM_DELROUTE; other messages, other tables and what is malformed are
 * passed over. */
void await_message(struct await *a, const struct nlmsghdr *h) NONNULL;

/* Forgets all that was taken in, before a dump. */
void await_forget(struct await *a) NONNULL;

/* Whether the link is there and everything that it is waited for to have. */
bool await_is_met(const struct await *a) NONNULL;

/* What meets criterion `i`: the address, or the gateway of the route (the network's own, unspecified,
 * address where there is none). Only where await_is_met(). */
struct addr await_answer(const struct await *a, size_t i) NONNULL;
