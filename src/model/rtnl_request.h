/* SPDX-License-Identifier: ISC */
/*
 * The few requests that are sent to the kernel, as values: whole rtnetlink messages, ready to be
 * sent. They are for a socket with NETLINK_GET_STRICT_CHK, else the kernel passes over the target
 * namespace of a dump of addresses without a word.
 */
#pragma once

#include <stddef.h>

#include "model/event.h"

/* The longest is one that gives a link its alias (device/request.h). */
enum { RTNL_REQUEST_CAP = 384 };

struct rtnl_request {
	_Alignas(8) uint8_t bytes[RTNL_REQUEST_CAP];
	size_t len;
};

/* All links, or all addresses of both families, of `nsid`. Needs CAP_NET_ADMIN unless NSID_OWN. */
struct rtnl_request rtnl_dump_links(uint32_t seq, nsid_t nsid);
struct rtnl_request rtnl_dump_addrs(uint32_t seq, nsid_t nsid);

/* One link of `nsid`: its parent's namespace comes by our own ids. Needs CAP_NET_ADMIN likewise. */
struct rtnl_request rtnl_get_link(uint32_t seq, nsid_t nsid, uint32_t ifindex);

/* All ids of our own namespace's table. */
struct rtnl_request rtnl_dump_nsids(uint32_t seq);

/* The id of the namespace that the descriptor `fd` is of. */
struct rtnl_request rtnl_get_nsid(uint32_t seq, int fd);

/* Gives that namespace the id `nsid`, -1 for the lowest that is free. Answered by EEXIST where it
 * has one, or another namespace has that id. Needs CAP_NET_ADMIN. */
struct rtnl_request rtnl_set_nsid(uint32_t seq, int fd, nsid_t nsid);
