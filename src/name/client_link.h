/* SPDX-License-Identifier: ISC */
/*
 * Links that may have clients: --mdns=auto and --listen=auto use these links. And bridges that lead
 * out of the machine. A bridge does not lead out if it has no ports, or only veth, tap or dummy
 * devices as ports: it is the network of a container engine or a hypervisor, which has its own DNS
 * server there.
 */
#pragma once

#include "base/compiler.h"
#include "model/model.h"

/* True if the link is a port of a bridge. Then the bridge has the addresses instead. */
bool client_link_is_port(const struct model *m, const struct model_link *link) NONNULL;

/* True if the link is a tunnel to other hosts, although it looks like an Ethernet: the kernel marks
 * only some kinds as point-to-point. Its other end is usually a cluster's or a provider's. */
bool client_link_is_tunnel(const struct model_link *link) NONNULL;

/* True if clients may be behind the link as soon as it has carrier: it is set up and multicast, and
 * it is not a loopback, a point-to-point tunnel or a port of a bridge. */
bool client_link_may_be(const struct model *m, const struct model_link *link) NONNULL;

/* The same, and it has carrier now. */
bool client_link_is(const struct model *m, const struct model_link *link) NONNULL;

/* The bridges of one namespace that have at least one port that leads out of the machine. */
struct client_bridges {
	uint32_t *at; /* ifindexes, ascending; owned: client_bridges_fini() */
	size_t count;
};

/* Finds these bridges in one walk over the links. ERR_NOMEM. */
int client_bridges_find(const struct model_ns *ns, struct client_bridges *ret) NONNULL MUSTCHECK;
void client_bridges_fini(struct client_bridges *b) NONNULL;

/* True if the link is a bridge that is not in `b`. */
bool client_bridges_is_inner(const struct client_bridges *b, const struct model_link *link) NONNULL;
