/* SPDX-License-Identifier: ISC */
/* Entries of the kernel's tables of neighbours, and of bridges (RTM_NEWNEIGH). */
#pragma once

#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>

#include "base/compiler.h"
#include "model/event.h"

/* Reads one whole message. Returns false if it is of another type, malformed, or says nothing of use: an entry
 * that was never answered, or a port's own hardware address. */
bool neighbour_read(const struct nlmsghdr *h, struct event_neighbour *ret) NONNULL MUSTCHECK;

enum { NEIGHBOUR_FILTER_CAP = 16 };

/* Writes the classic BPF program for the socket of RTNLGRP_NEIGH (SO_ATTACH_FILTER) to `out`. It passes only RTM_NEWNEIGH,
 * of a neighbour that does not answer (NUD_FAILED), or of a hardware address that a bridge has learnt: a busy
 * table of neighbours wakes nobody. The kernel sends each notification as a datagram of its own (__neigh_notify() in
 * net/core/neighbour.c, fdb_notify() in net/bridge/br_fdb.c), so the first message decides. Returns the number of
 * instructions. */
size_t neighbour_filter_make(struct sock_filter out[static NEIGHBOUR_FILTER_CAP]);
