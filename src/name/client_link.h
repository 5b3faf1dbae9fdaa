/* SPDX-License-Identifier: ISC */
/*
 * Links behind which clients may be: where --mdns=auto speaks, and --listen=auto listens. And bridges that
 * lead out of the machine: a bridge whose ports are all veth, tap or dummy devices, or that has none, is the
 * network of a container engine or a hypervisor, which has a DNS server of its own there.
 */
#pragma once

#include "base/compiler.h"
#include "model/model.h"

/* Whether the link is a port of a bridge, which has the addresses in its place. */
bool client_link_is_port(const struct model *m, const struct model_link *link) NONNULL;

/* Whether clients may be behind the link: it is up, multicast, no loopback, no tunnel from point to point and no
 * port of a bridge. */
bool client_link_is(const struct model *m, const struct model_link *link) NONNULL;

/* The bridges of one namespace that have a port which leads out of the machine. */
struct client_bridges {
	uint32_t *at; /* ifindexes, ascending; owned: client_bridges_fini() */
	size_t count;
};

/* Finds them, in one walk over the links. ERR_NOMEM. */
int client_bridges_find(const struct model_ns *ns, struct client_bridges *ret) NONNULL MUSTCHECK;
void client_bridges_fini(struct client_bridges *b) NONNULL;

/* Whether that link is a bridge which is not one of them. */
bool client_bridges_is_inner(const struct client_bridges *b, const struct model_link *link) NONNULL;
