/* SPDX-License-Identifier: ISC */
/*
 * A device with DHCP needs a process as long as the container: the client. ontap(1) makes the device
 * and runs the client, and then the plugin once more, which stays:
 *
 *	plugin ─► ontap ─► (device, client, address) ─► plugin as holder
 */
#pragma once

#include "ontap-cni/request.h"

/* Makes the device with ontap(1), and waits until it has an IPv4 address. Returns error->code. */
enum cni_code lease_start(
	const struct cni_request *req, int netns_fd, struct cni_error *error) NONNULL;

/* The first argument of the holder. */
#define LEASE_HOLD "hold"

/* The holder: tells the descriptor in `ready` that all is well, and stays while the link exists.
 * Returns the exit code. */
int lease_hold(const char *ready, const char *ifname) NONNULL;
