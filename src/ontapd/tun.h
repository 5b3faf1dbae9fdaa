/* SPDX-License-Identifier: ISC */
/* Makes tap devices in the namespace that the process is in, and opens their queues. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* Creates a tap with that name and ifindex, with the virtio header that the queues of macvtap have (IFF_VNET_HDR),
 * and for more than one queue if `is_multi`. Only the user `owner` and root may attach to it. It ends
 * when the returned descriptor is closed, unless tun_keep() was called. -EBUSY if one of them is taken; another
 * negative errno. */
int tun_create(const char *name, uint32_t ifindex, uid_t owner, bool is_multi) NONNULL MUSTCHECK;

/* Lets the tap exist without a descriptor (TUNSETPERSIST). */
int tun_keep(int fd) MUSTCHECK;

/* Opens `count` queues of the existing tap in our own namespace. -EBUSY if others have its only one.
 * Returns a negative errno, with nothing left open, or 0. */
int tun_open(const char *name, unsigned count, int *fds) NONNULL MUSTCHECK;
