/* SPDX-License-Identifier: ISC */
/* Entries of the kernel's tables of neighbours, and of bridges (RTM_NEWNEIGH). */
#pragma once

#include <linux/netlink.h>

#include "base/compiler.h"
#include "model/event.h"

/* Reads one whole message. Returns false if it is of another type, malformed, or says nothing of use: an entry
 * that was never answered, or a port's own hardware address. */
bool neighbour_read(const struct nlmsghdr *h, struct event_neighbour *ret) NONNULL MUSTCHECK;
