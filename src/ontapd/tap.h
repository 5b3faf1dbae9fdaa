/* SPDX-License-Identifier: ISC */
/* The character device of a macvtap or ipvtap, opened without any node in /dev. */
#pragma once

#include "ontapd/netns_visit.h"

/* Opens `count` queues of the tap with that name and ifindex in the namespace that we are in (a visit),
 * into `fds`. `kind` is "macvtap" or "ipvtap". A negative errno, and nothing is open; 0. */
int tap_open(struct netns_visit *h, const char *kind, const char *ifname, uint32_t ifindex,
	unsigned count, int *fds) NONNULL MUSTCHECK;
