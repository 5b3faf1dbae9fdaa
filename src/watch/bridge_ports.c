/* SPDX-License-Identifier: ISC */
/*
 * Owns the PVIDs of bridges and their ports in our own namespace.
 * Never decides what a VLAN means for names: name/segment.c does.
 */
#include "watch/bridge_ports.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"

enum { DUMP_TRIES = 3 /* of a dump that changes have interrupted */ };

struct port {
	struct map_node node; /* in ports, by ifindex */
	uint32_t ifindex;
	uint16_t pvid;
	bool is_listed;   /* by the running dump */
	bool has_changed; /* on_link is still to be called */
};

struct bridge_ports {
	struct asker *asker;
	bridge_ports_fn *on_link;
	void *arg;
	struct map ports;
};

/* The kernel chooses the numbers: no seed is needed. */
static uint64_t port_hash(uint32_t ifindex)
{
	return hash_mix(0, ifindex);
}

static struct port *port_find(const struct bridge_ports *b, uint32_t ifindex)
{
	return MAP_FIND(
		&b->ports, port_hash(ifindex), struct port, node, port, port->ifindex == ifindex);
}

static void port_end(struct bridge_ports *b, struct port *port)
{
	map_remove(&b->ports, &port->node);
	free(port);
}

/* Returns the port, with that PVID now; NULL if out of memory: then it has none. */
static struct port *port_put(struct bridge_ports *b, const struct rtnl_port *from)
{
	struct port *port = port_find(b, from->ifindex);
	if (!port) {
		port = calloc(1, sizeof(*port));
		if (!port || map_add(&b->ports, &port->node, port_hash(from->ifindex))) {
			free(port);
			return NULL;
		}
		port->ifindex = from->ifindex;
	}
	port->has_changed |= port->pvid != from->pvid;
	port->pvid = from->pvid;
	port->is_listed = true;
	return port;
}

static void tell(struct bridge_ports *b, struct port *port)
{
	struct event ev;
	port->has_changed = false;
	if (asker_get_link(b->asker, NSID_OWN, port->ifindex, &ev) == 0)
		b->on_link(b->arg, &ev); /* otherwise it is gone, as news will say */
}

static void on_listed(void *arg, const struct rtnl_port *port)
{
	(void)port_put(arg, port);
}

static void on_nothing(void *arg UNUSED, const struct event *ev UNUSED)
{
}

/* Returns true if the kernel has listed all ports. */
static bool dump(struct bridge_ports *b)
{
	const struct rtnl_sink sink = {
		.on_event = on_nothing, .on_bridge_port = on_listed, .arg = b};
	struct asker *asker = b->asker;
	int err = -EINTR;
	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		const struct rtnl_request request = rtnl_dump_bridge_ports(++asker->seq);
		err = asker_dump(asker, &request, NSID_OWN, &sink);
	}
	return err == 0;
}

void bridge_ports_read(struct bridge_ports *b, bool may_tell)
{
	MAP_EACH(port, &b->ports, struct port, node)
		port->is_listed = false;
	const bool is_complete = dump(b);
	MAP_EACH(port, &b->ports, struct port, node) {
		if (port->has_changed && may_tell)
			tell(b, port);
		port->has_changed = false;
		if (is_complete && !port->is_listed)
			port_end(b, port);
	}
}

void bridge_ports_hear(struct bridge_ports *b, const struct rtnl_port *port)
{
	struct port *known = port_find(b, port->ifindex);
	if (port->nsid != NSID_OWN)
		return;
	if (port->is_gone) {
		if (known)
			port_end(b, known);
		return;
	}
	/* Some notifications leave the VLANs out (rtnl_bridge_notify()). */
	if (!port->has_vlans) {
		if (known)
			bridge_ports_read(b, true);
		return;
	}
	known = port_put(b, port);
	if (known && known->has_changed)
		tell(b, known);
}

void bridge_ports_mark(const struct bridge_ports *b, nsid_t nsid, struct event_link *link)
{
	const struct port *port = nsid == NSID_OWN ? port_find(b, link->ifindex) : NULL;
	link->pvid = port ? port->pvid : 0;
}

struct bridge_ports *bridge_ports_new(struct asker *asker, bridge_ports_fn *on_link, void *arg)
{
	struct bridge_ports *b = calloc(1, sizeof(*b));
	if (b)
		*b = (struct bridge_ports){.asker = asker, .on_link = on_link, .arg = arg};
	return b;
}

void bridge_ports_free(struct bridge_ports *b)
{
	if (!b)
		return;
	MAP_EACH(port, &b->ports, struct port, node)
		port_end(b, port);
	map_fini(&b->ports);
	free(b);
}
