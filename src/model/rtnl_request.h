/* SPDX-License-Identifier: ISC */
/*
 * The few requests to the kernel, as values: whole rtnetlink messages, ready to be sent. They are
 * for a socket with NETLINK_GET_STRICT_CHK. Without it, the kernel silently ignores the target
 * namespace of a dump of addresses.
 */
#pragma once

#include <stddef.h>

#include "model/event.h"

/* The longest request sets the alias of a link (device/request.h). */
enum { RTNL_REQUEST_CAP = 384 };

struct rtnl_request {
	_Alignas(8) uint8_t bytes[RTNL_REQUEST_CAP];
	size_t len;
};

/* Request all links, or all addresses of both families, of `nsid`. Need CAP_NET_ADMIN unless `nsid`
 * is NSID_OWN. */
struct rtnl_request rtnl_dump_links(uint32_t seq, nsid_t nsid);
struct rtnl_request rtnl_dump_addrs(uint32_t seq, nsid_t nsid);

/* Requests all bridges of our own namespace, and their ports, with their VLANs. */
struct rtnl_request rtnl_dump_bridge_ports(uint32_t seq);

/* Requests one link of `nsid`. The answer has our own id for its parent's namespace. Needs
 * CAP_NET_ADMIN unless `nsid` is NSID_OWN. */
struct rtnl_request rtnl_get_link(uint32_t seq, nsid_t nsid, uint32_t ifindex);

/* Requests the tables of neighbours of both families, of the socket's own namespace. */
struct rtnl_request rtnl_dump_neighbours(uint32_t seq);

/* Requests the hardware addresses that a bridge has learnt behind this port; likewise. The port has to be named: else the
 * kernel goes through the whole bridge once for each port (rtnl_fdb_dump() in net/core/rtnetlink.c). */
struct rtnl_request rtnl_dump_behind(uint32_t seq, uint32_t port);

/* Requests all ids in our own namespace's table. */
struct rtnl_request rtnl_dump_nsids(uint32_t seq);

/* Requests the id of the namespace to which the descriptor `fd` refers. */
struct rtnl_request rtnl_get_nsid(uint32_t seq, int fd);

/* Gives the namespace of `fd` the id `nsid`; -1 means the lowest free id. The answer is EEXIST if
 * the namespace has an id already, or another namespace has this id. Needs CAP_NET_ADMIN. */
struct rtnl_request rtnl_set_nsid(uint32_t seq, int fd, nsid_t nsid);
