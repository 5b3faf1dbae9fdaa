/* SPDX-License-Identifier: ISC */
/* Opens the character device of a macvtap or ipvtap without a node in /dev. */
#pragma once

#include "ontapd/netns_visit.h"

/* Opens `count` queues of the tap with that name and ifindex in the namespace that we are visiting,
 * and puts them into `fds`. `kind` is "macvtap" or "ipvtap". Returns 0, or a negative errno with
 * nothing left open. */
int tap_open(struct netns_visit *h, const char *kind, const char *ifname, uint32_t ifindex,
	unsigned count, int *fds) NONNULL MUSTCHECK;
