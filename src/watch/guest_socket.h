/* SPDX-License-Identifier: ISC */
/*
 * Packet sockets for links behind which guests are: opened here, with the privileges for it, and read by the
 * serving process. A filter in the kernel passes only what tells addresses and names of guests, and it is locked.
 */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "model/event.h"

struct guest_sockets; /* opaque */

/* `netns_dir` is the directory in which namespaces are bound, NULL: none; borrowed. Returns NULL if out of memory
 * or descriptors. */
struct guest_sockets *guest_sockets_new(const char *netns_dir) MUSTCHECK;
void guest_sockets_free(struct guest_sockets *g);

/* Opens a packet socket (AF_PACKET, SOCK_RAW), bound to the link `ifindex` of the namespace, non-blocking. `info`
 * is what is known about the namespace, NULL: nothing. Returns a descriptor, which belongs to the caller, or
 * a negative errno: -EPERM if CAP_NET_RAW is missing; -EINVAL if no guest may be behind a link of that
 * kind; -ENODEV; -ENOENT if there is no file of the namespace. Needs CAP_NET_RAW, and CAP_SYS_ADMIN for
 * other namespaces than our own. */
int guest_sockets_open(struct guest_sockets *g, nsid_t nsid, const struct event_ns *info,
	uint32_t ifindex) NONNULL_ARGS(1) MUSTCHECK;

/* Links whose neighbours are found together: the kernel's tables are read once for all of them. */
enum { GUEST_SOCKETS_AT_ONCE = 64 };

/* Passes on which addresses the kernel's own neighbours have behind these links of the namespace: EV_NEIGHBOUR with
 * NEIGHBOUR_IS_THERE for each. A guest that was running before us is found so, before it says a word. Failure
 * only means that none are found. Links beyond GUEST_SOCKETS_AT_ONCE are left out. */
void guest_sockets_find_neighbours(struct guest_sockets *g, nsid_t nsid,
	const struct event_ns *info, const uint32_t *ifindexes, size_t count,
	void (*on_event)(void *arg, const struct event *ev), void *arg) NONNULL_ARGS(1, 4, 6, 7);
