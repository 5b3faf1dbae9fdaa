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
	uint32_t port_ifindex; /* of the outer end of a veth, or 0 if `ifindex` is */
	int netns_fd;          /* the namespace to create it in */
	const char *ifname;
	const uint8_t *hwaddr; /* DEVICE_HWADDR_LEN bytes; NULL: the kernel chooses */
};

/* Creates the device directly in its target namespace. Not for ports of a bridge. */
struct rtnl_request request_new_link(uint32_t seq, const struct device_spec *spec) NONNULL;

/* The hardware address of the port of a device with the hardware address `hwaddr`: of a tap, or the
 * outer end of a veth. They must differ, or the bridge would take the device's frames for its host. A
 * bridge without an address of its own has the lowest of its ports (br_stp_recalculate_bridge_id),
 * and 0xfe is the highest first byte of a unicast address: so no device changes it. */
void device_port_hwaddr(const uint8_t *hwaddr, uint8_t out[DEVICE_HWADDR_LEN]) NONNULL;

/* Creates a veth: the inner end by `spec`; the outer one, under a free name, as a port of the bridge
 * spec->parent, with the MTU of that, like the inner one. */
struct rtnl_request request_new_veth(
	uint32_t seq, const struct device_spec *spec, uint32_t mtu) NONNULL;

/* Makes the link a port of the bridge, and lets the kernel choose no IPv6 addresses on it. */
struct rtnl_request request_join_bridge(uint32_t seq, uint32_t ifindex, uint32_t bridge);

/* Sets what the port may do (DEVICE_PORT_*). In all modes it takes no part in STP: it is disabled when
 * its device sends a BPDU, and never leads to the root (net/bridge/br_stp_bpdu.c). */
struct rtnl_request request_set_port(uint32_t seq, uint32_t ifindex, uint8_t mode);

/* Tells the bridge that this hardware address is at the port, in all VLANs that the port has. */
struct rtnl_request request_add_fdb(uint32_t seq, uint32_t ifindex, const uint8_t *hwaddr) NONNULL;

struct rtnl_request request_set_hwaddr(
	uint32_t seq, uint32_t ifindex, const uint8_t *hwaddr) NONNULL;

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

/* Reads "ADDR/LEN", or an address alone, whose prefix has its full length. Its host bits stay.
 * ERR_SYNTAX; `*ret` is then unchanged. */
int device_addr_parse(const char *text, struct device_addr *ret) NONNULL MUSTCHECK;

/* Adds the address, or changes its lifetime. */
struct rtnl_request request_add_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr) NONNULL;

/* Adds the address of a guest to the link through which it is reached, or changes its lifetime: without a
 * route, and without DAD, which the guest does itself. lifetime_s 0 or UINT32_MAX: never removed. */
struct rtnl_request request_add_guest_addr(
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
