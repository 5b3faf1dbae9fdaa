/* SPDX-License-Identifier: ISC */
/* Runs the system's DHCP client beside PROG, and handles its leases. */
#pragma once

#include <stdbool.h>

#include "io/log.h"
#include "libontap/ontap.h"

/* Starts the client for the device. It ends together with this process, which may become PROG by
 * exec. If it ends before, that is logged, and `*ret_fd` becomes readable: a descriptor, closed on
 * exec, that the caller closes. ERR_ABSENT if no client is installed; -EPERM without CAP_NET_ADMIN;
 * -errno. Errors are logged. */
int dhcp_start(const struct ontap_device *device, const struct log *log, int *ret_fd) NONNULL
	MUSTCHECK;

/* True if the client runs us as its script, to report a lease. dhcp_start() sets an environment
 * variable for this. */
bool dhcp_is_script(void);

/* Handles an event of the client: adds the address and the default route, or removes the address
 * whose lease has ended. Returns the exit code. */
int dhcp_script(const char *event, const struct log *log) NONNULL;
