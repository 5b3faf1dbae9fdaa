/* SPDX-License-Identifier: ISC */
/*
 * Follows the VLANs of our own bridges: which one the untagged frames of a port belong to (its PVID).
 * The kernel says that only in messages of the family AF_BRIDGE, which are apart from those about
 * links, and can be dumped for the asker's own namespace only (net/core/rtnetlink.c,
 * rtnl_bridge_getlink()).
 */
#pragma once

#include "base/compiler.h"
#include "io/netlink.h"

/* Gets EV_LINK with the current state of a port whose PVID has changed. */
typedef void bridge_ports_fn(void *arg, const struct event *ev);

struct bridge_ports; /* opaque */

/* `asker` is borrowed. NULL: out of memory. */
struct bridge_ports *bridge_ports_new(struct asker *asker, bridge_ports_fn *on_link, void *arg)
	NONNULL_ARGS(1, 2) MUSTCHECK;
void bridge_ports_free(struct bridge_ports *b);

/* Reads all anew. `may_tell`: on_link is called for each port that has changed; otherwise a dump of
 * links follows. What cannot be read stays as it was. */
void bridge_ports_read(struct bridge_ports *b, bool may_tell) NONNULL;

/* Takes a notification. Those of other namespaces are ignored. */
void bridge_ports_hear(struct bridge_ports *b, const struct rtnl_port *port) NONNULL;

/* Sets the PVID of a link; 0: it has none, is no port, or is in another namespace. */
void bridge_ports_mark(const struct bridge_ports *b, nsid_t nsid, struct event_link *link) NONNULL;
