/* SPDX-License-Identifier: ISC */
/*
 * Requests that attach BPF programs to links by traffic control (clsact, cls_bpf), as whole rtnetlink
 * messages for the namespace of the socket. Other programs there stay: ours has a place of its own in
 * the chain (priority and handle), and says nothing about what others may decide.
 */
#pragma once

#include <linux/netlink.h>

#include "base/compiler.h"
#include "model/rtnl_request.h"

/* Our place in the chain. Programs with a lower number run earlier. */
enum { FILTER_PRIORITY = 2, FILTER_HANDLE = 0x6f6e };

/* Which frames of a link. */
enum filter_way { FILTER_INGRESS, FILTER_EGRESS };

/* Makes the place for filters. -EEXIST: there is one. */
struct rtnl_request request_add_clsact(uint32_t seq, uint32_t ifindex);

/* Attaches the program, or puts it in place of the one that has our place. The program decides by its
 * result (direct action). */
struct rtnl_request request_put_filter(
	uint32_t seq, uint32_t ifindex, enum filter_way way, int program_fd);

/* Removes the program from our place. */
struct rtnl_request request_delete_filter(uint32_t seq, uint32_t ifindex, enum filter_way way);

/* Asks for all filters of that way. */
struct rtnl_request request_dump_filters(uint32_t seq, uint32_t ifindex, enum filter_way way);

/* True if the message is a filter that runs before ours. */
bool filter_is_before_ours(const struct nlmsghdr *h) NONNULL;
