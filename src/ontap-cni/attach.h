/* SPDX-License-Identifier: ISC */
/* ADD, DEL, CHECK and STATUS: devices of containers, by way of ontapd. */
#pragma once

#include "ontap-cni/request.h"

/* What a container has got. */
struct cni_result {
	char ifname[IF_NAMESIZE];
	uint8_t hwaddr[HWADDR_CAP];
	uint8_t hwaddr_len;
	uint32_t ifindex, mtu;
	struct device_addr
		addrs[CNI_ADDRS_CAP]; /* as the kernel has them, without link-local ones */
	size_t addr_count;
};

/* Makes the device, which stays until DEL, or until its namespace ends. With DHCP, a process holds it
 * (lease.h). The calling process is in the namespace afterwards. Returns error->code. */
enum cni_code cni_add(const struct cni_request *req, const char *netns, struct cni_result *ret,
	struct cni_error *error) NONNULL;

/* Removes the device. One that is not there is removed already, and so is one whose namespace is gone
 * (`netns` is NULL, or not there). */
enum cni_code cni_del(const struct cni_request *req, const char *netns, struct cni_error *error)
	NONNULL_ARGS(1, 3);

/* Checks that the device is there, is one of ontapd's, and has the configured addresses. */
enum cni_code cni_check(
	const struct cni_request *req, const char *netns, struct cni_error *error) NONNULL;

/* Checks that ontapd answers. */
enum cni_code cni_status(const struct cni_request *req, struct cni_error *error) NONNULL;
