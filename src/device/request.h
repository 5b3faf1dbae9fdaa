/* SPDX-License-Identifier: ISC */
/*
 * What changes links, addresses and routes, as whole rtnetlink messages (model/rtnl_request.h has
 * those that only ask). Each wants NLM_F_ACK and is answered by an errno.
 */
#pragma once

#include <net/if.h>

#include "base/addr.h"
#include "device/secret.h"
#include "device/type.h"
#include "model/rtnl_request.h"

/* A device to be made. */
struct device_spec {
	enum device_type type;
	struct device_mode mode;
	uint32_t parent; /* ifindex, in the namespace of the socket */
	int netns_fd;    /* where it is to appear */
	const char *ifname;
	const uint8_t *hwaddr; /* DEVICE_HWADDR_LEN bytes, or NULL for the kernel's choice */
};

/* Makes the device, directly in the namespace that it is for. */
struct rtnl_request request_new_link(uint32_t seq, const struct device_spec *spec) NONNULL;

/* Removes the link. Needs CAP_NET_ADMIN for `nsid`. */
struct rtnl_request request_delete_link(uint32_t seq, nsid_t nsid, uint32_t ifindex);

/* Those below are about the namespace of the socket. */

/* The link of that name, as it is. */
struct rtnl_request request_get_link(uint32_t seq, const char *ifname) NONNULL;

/* Its name; "NAME%d" is the first that is free. The link must be down. */
struct rtnl_request request_rename_link(uint32_t seq, uint32_t ifindex, const char *name) NONNULL;
struct rtnl_request request_set_alias(uint32_t seq, uint32_t ifindex, const char *alias) NONNULL;
struct rtnl_request request_set_up(uint32_t seq, uint32_t ifindex);
struct rtnl_request request_add_altname(uint32_t seq, uint32_t ifindex, const char *name) NONNULL;

/* An address with its on-link prefix. */
struct device_addr {
	struct addr addr;
	uint8_t prefix_len;
	uint32_t lifetime_s; /* then the kernel removes it; 0: never */
};

/* Adds the address, or gives it another lifetime. */
struct rtnl_request request_add_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr) NONNULL;

/* Removes it, and the routes that have it as their source. */
struct rtnl_request request_delete_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr) NONNULL;

/* Makes `gateway` the default route; it goes with the address `source`. */
struct rtnl_request request_default_route(uint32_t seq, uint32_t ifindex,
	const struct addr *gateway, const struct addr *source) NONNULL;

/* All routes of the main table of that family. */
struct rtnl_request request_dump_routes(uint32_t seq, enum addr_family family);
