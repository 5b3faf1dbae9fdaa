/* SPDX-License-Identifier: ISC */
/*
 * Environment variables that tell PROG about its devices. Calls of ontap can be nested: each adds
 * its variables to those of the calls before.
 *
 *	ONTAP_IFNAME ONTAP_HWADDR ONTAP_IFINDEX       of the last device
 *	ONTAP_IFNAME0 ... ONTAP_IFNAME1 ...           of each, ONTAP_NDEVS of them
 *	ONTAP_FD0 ONTAP_FD1 ...                       descriptors of all, ONTAP_NFDS of them
 */
#pragma once

#include "base/compiler.h"
#include "libontap/ontap.h"

/* Adds the variables of a device and its file descriptors. -errno. */
int environ_export(const struct ontap_device *device, const int *fds, unsigned fd_count) NONNULL
	MUSTCHECK;

/* Prints the variables of a single device as assignments, for a shell to read. */
void environ_print(const struct ontap_device *device) NONNULL;
