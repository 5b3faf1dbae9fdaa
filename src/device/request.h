/* SPDX-License-Identifier: ISC */
/*
 * Requests that change links, addresses and routes, as whole rtnetlink messages (requests that only
 * read are in model/rtnl_request.h). Each has NLM_F_ACK set, and the kernel answers with an errno.
 */
#pragma once

#include <net/if.h>

#include "base/addr.h"
#include "device/secret.h"
#include "device/type.h"
#include "model/rtnl_request.h"

/* A device to create. */
struct device_spec {
	enum device_type type;
	struct device_mode mode;
	uint32_t parent;  /* ifindex, in the namespace of the socket */
	uint32_t ifindex; /* of the device; 0: the kernel chooses. EBUSY or EEXIST if it is taken */
	int netns_fd;     /* the namespace to create it in */
	const char *ifname;
	const uint8_t *hwaddr; /* DEVICE_HWADDR_LEN bytes; NULL: the kernel chooses */
};

/* Creates the device directly in its target namespace. */
struct rtnl_request request_new_link(uint32_t seq, const struct device_spec *spec) NONNULL;

/* Removes the link. Needs CAP_NET_ADMIN for `nsid`. */
struct rtnl_request request_delete_link(uint32_t seq, nsid_t nsid, uint32_t ifindex);

/* The requests below apply to the namespace of the socket. */

/* Asks for the current state of the link with that name. */
struct rtnl_request request_get_link(uint32_t seq, const char *ifname) NONNULL;

/* Renames the link. "NAME%d" stands for the first free name of that form. The link must be down. */
struct rtnl_request request_rename_link(uint32_t seq, uint32_t ifindex, const char *name) NONNULL;
struct rtnl_request request_set_alias(uint32_t seq, uint32_t ifindex, const char *alias) NONNULL;
struct rtnl_request request_set_up(uint32_t seq, uint32_t ifindex);
/* Lets all multicast frames through to the link (IFF_ALLMULTI). */
struct rtnl_request request_set_allmulti(uint32_t seq, uint32_t ifindex);
struct rtnl_request request_set_mtu(uint32_t seq, uint32_t ifindex, uint32_t mtu);
struct rtnl_request request_add_altname(uint32_t seq, uint32_t ifindex, const char *name) NONNULL;

/* An address with its on-link prefix. */
struct device_addr {
	struct addr addr;
	uint8_t prefix_len;
	uint32_t lifetime_s; /* the kernel removes it after this; 0: never */
};

/* Adds the address, or changes its lifetime. */
struct rtnl_request request_add_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr) NONNULL;

/* Removes the address, and the routes that have it as their source. */
struct rtnl_request request_delete_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr) NONNULL;

/* Makes `gateway` the default route. The route is removed together with the address `source`. */
struct rtnl_request request_default_route(uint32_t seq, uint32_t ifindex,
	const struct addr *gateway, const struct addr *source) NONNULL;

/* Makes `gateway` the default route on this link, even if it is in no network of the link's
 * addresses. The link must be up. */
struct rtnl_request request_gateway(
	uint32_t seq, uint32_t ifindex, const struct addr *gateway) NONNULL;

/* Asks for all routes of that family in the main table. */
struct rtnl_request request_dump_routes(uint32_t seq, enum addr_family family);
