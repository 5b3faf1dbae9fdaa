/* SPDX-License-Identifier: ISC */
/* Runs the system's DHCP client beside PROG, and handles its leases. */
#pragma once

#include <stdbool.h>

#include "io/log.h"
#include "libontap/ontap.h"

/* Starts the client for the device. It ends together with this process, which may become PROG by
 * exec. The connection `device_fd`, -1: none, is held until it has released its lease, at most three
 * seconds longer. If it ends before, that is logged, and it is started again. But if `is_awaited`, and this
 * process has not become PROG yet, it is not started again, and `*ret_fd` becomes readable: a descriptor,
 * closed on exec, that the caller closes. ERR_ABSENT if no client is installed; -EPERM without CAP_NET_ADMIN;
 * -errno. Errors are logged. */
int dhcp_start(const struct ontap_device *device, int device_fd, bool is_awaited,
	const struct log *log, int *ret_fd) NONNULL_ARGS(1, 4, 5) MUSTCHECK;

/* True if the client runs us as its script, to report a lease. dhcp_start() sets an environment
 * variable for this. */
bool dhcp_is_script(void);

/* Handles an event of the client: adds the address and the default route, or removes the address
 * whose lease has ended. Returns the exit code. */
int dhcp_script(const char *event, const struct log *log) NONNULL;
