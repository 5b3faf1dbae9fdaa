/* SPDX-License-Identifier: ISC */
/*
 * What a program waits for a link to have: addresses in given networks, and routes. The caller
 * feeds in the kernel's events and route messages, and asks whether everything is there.
 *
 *	dump or news ─► await_event, await_route ─► await_is_met ─► await_answer(i)
 */
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "model/event.h"

enum {
	AWAIT_CRITERIA_CAP = 16,
	AWAIT_NETS_CAP = 16,
	AWAIT_ADDRS_CAP = 256,
	AWAIT_ROUTES_CAP = 256
};

/* One condition: the link has an address in one of `nets`, or, if `is_route`, a route to the only
 * entry of `nets`. */
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

/* If all but `ifname` is zero, it waits only for the link itself. */
struct await {
	char ifname[IF_NAMESIZE];
	struct await_criterion criteria[AWAIT_CRITERIA_CAP];
	size_t criterion_count;

	uint32_t ifindex; /* 0: there is no such link now */
	bool is_up;
	struct event_addr addrs[AWAIT_ADDRS_CAP];
	size_t addr_count;
	struct await_route routes[AWAIT_ROUTES_CAP];
	size_t route_count;
};

/* Adds a criterion: "CIDR[,CIDR…]", or for a route "PREFIX". ERR_SYNTAX; ERR_RANGE; ERR_SPACE if
 * there are too many. */
int await_add_nets(struct await *a, const char *text) NONNULL MUSTCHECK;
int await_add_route(struct await *a, const char *text) NONNULL MUSTCHECK;

/* Takes in EV_LINK, EV_LINK_GONE, EV_ADDR and EV_ADDR_GONE of our own namespace, and ignores other
 * events. Events of addresses count even before the name of the link is known. */
void await_event(struct await *a, const struct event *ev) NONNULL;

/* Takes in RTM_NEWROUTE or RTM_DELROUTE. Ignores other messages, other routing tables and malformed
 * messages. */
void await_message(struct await *a, const struct nlmsghdr *h) NONNULL;

/* Forgets everything that was taken in. Call it before a dump. */
void await_forget(struct await *a) NONNULL;

/* True if the link is there and meets all criteria. */
bool await_is_met(const struct await *a) NONNULL;

/* Appends a text for people: that the link does not exist or is down, else each criterion that is
 * not met, with the addresses that are not usable yet. Appends nothing if await_is_met(). */
void await_missing(const struct await *a, struct buf *out) NONNULL;

/* Returns what meets criterion `i`: the address, or the gateway of the route (the unspecified
 * address of the network's family if there is no gateway). Only valid if await_is_met(). */
struct addr await_answer(const struct await *a, size_t i) NONNULL;
