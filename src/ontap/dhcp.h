/* SPDX-License-Identifier: ISC */
/* The system's DHCP client beside PROG, and what it tells about leases. */
#pragma once

#include <stdbool.h>

#include "io/log.h"
#include "libontap/ontap.h"

/* Starts the client for the device; it ends with this process, which may become PROG meanwhile. ERR_ABSENT:
 * there is none installed; -errno. What fails has been told. */
int dhcp_start(const struct ontap_device *device, const struct log *log) NONNULL MUSTCHECK;

/* Whether the client runs us to tell of a lease, by the environment that dhcp_start() gave it. */
bool dhcp_is_script(void);

/* Does what it tells: adds the address and the default route, or removes the address that is no longer
 * leased. The exit code. */
int dhcp_script(const char *event, const struct log *log) NONNULL;
