/* SPDX-License-Identifier: ISC */
/*
 * What PROG is told of its devices, by environment variables. Calls of ontap stack: each adds to what
 * the ones before have said.
 *
 *	ONTAP_IFNAME ONTAP_HWADDR ONTAP_IFINDEX       of the last device
 *	ONTAP_IFNAME0 ... ONTAP_IFNAME1 ...           of each, ONTAP_NDEVS of them
 *	ONTAP_FD0 ONTAP_FD1 ...                       descriptors of all, ONTAP_NFDS of them
 */
#pragma once

#include "base/compiler.h"
#include "libontap/ontap.h"

/* Adds a device with its descriptors. -errno. */
int environ_export(const struct ontap_device *device, const int *fds, unsigned fd_count) NONNULL
	MUSTCHECK;

/* Prints what would be said of a device alone, as assignments, for a shell to read. */
void environ_print(const struct ontap_device *device) NONNULL;
