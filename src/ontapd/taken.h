/* SPDX-License-Identifier: ISC */
/* The addresses of the host: of all links in our own namespace, as the kernel reports them. No guest may have one. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/map.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/netlink.h"

struct taken {
	struct loop *loop;
	struct loop_watch watch; /* fd -1: not open */
	struct rtnl rtnl;
	void *buf;
	struct map addrs; /* of struct taken_addr */
	uint32_t round;   /* of the dump in progress */
	bool must_read; /* something was lost: what is not on the list may be the host's all the same */
	ns_t due;       /* must_read: the next dump */
	size_t rcvbuf;
	size_t drain_left; /* datagrams that may be older than the loss, and are read before the dump */
	/* The address is the host's now, or no longer. */
	void (*on_change)(void *arg, const struct addr *addr, bool is_taken);
	void *arg;
};

/* Begins to follow the addresses, and learns those that are there. The caller has set on_change and arg. -errno;
 * `t` can be closed in either case. */
int taken_open(struct taken *t, struct loop *loop) NONNULL MUSTCHECK;
void taken_close(struct taken *t) NONNULL;

/* After notifications were lost, or a dump did not end well, reads on until the list is whole again. Call it at the
 * deadline (NS_NEVER: there is nothing to do), or earlier. */
void taken_turn(struct taken *t, ns_t now) NONNULL;
ns_t taken_deadline(const struct taken *t) NONNULL;

/* True if the list has all addresses of the host. If notifications were lost, asks the kernel now, so on_change may
 * be called; false if it cannot tell. */
bool taken_is_sure(struct taken *t, ns_t now) NONNULL;

bool taken_has(const struct taken *t, const struct addr *addr) NONNULL;

/* Calls `each` for each address. */
void taken_each(const struct taken *t, void (*each)(void *arg, const struct addr *addr), void *arg)
	NONNULL_ARGS(1, 2);
