/* SPDX-License-Identifier: ISC */
/*
 * Environment variables that tell PROG about its devices. Calls of ontap can be nested.
 *
 *	ONTAP_IFNAME ONTAP_HWADDR ONTAP_IFINDEX ONTAP_MTU   of the call just made
 *	ONTAP_FD0 ONTAP_FD1 ... ONTAP_NFDS ONTAP_FDS        its descriptors
 *	ONTAP_IFNAME0 ... ONTAP_FDS0  ONTAP_IFNAME1 ...     of each device, ONTAP_NDEVS of them
 *
 * ONTAP_FDS has all descriptors in one word: "5:6". A call of --open is about a device that may be
 * known from a call before; then it is not counted again.
 */
#pragma once

#include "base/compiler.h"
#include "libontap/ontap.h"

/* Sets the variables of a device and of the descriptors that this call has got for it. The
 * variables of the last call keep no value of an earlier one. -errno. */
int environ_export(const struct ontap_device *device, const int *fds, unsigned fd_count) NONNULL
	MUSTCHECK;

/* Prints the variables of a single device as assignments, for a shell to read. */
void environ_print(const struct ontap_device *device) NONNULL;
