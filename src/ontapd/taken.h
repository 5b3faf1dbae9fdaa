/* SPDX-License-Identifier: ISC */
/* The addresses of the host: of all links in our own namespace, as the kernel reports them. No guest may have one. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/map.h"
#include "io/loop.h"
#include "io/netlink.h"

struct taken {
	struct loop *loop;
	struct loop_watch watch; /* fd -1: not open */
	struct rtnl rtnl;
	void *buf;
	struct map addrs; /* of struct taken_addr */
	uint32_t round;   /* of the dump in progress */
	/* The address is the host's now, or no longer. */
	void (*on_change)(void *arg, const struct addr *addr, bool is_taken);
	void *arg;
};

/* Begins to follow the addresses, and learns those that are there. The caller has set on_change and arg. -errno;
 * `t` can be closed in either case. */
int taken_open(struct taken *t, struct loop *loop) NONNULL MUSTCHECK;
void taken_close(struct taken *t) NONNULL;

bool taken_has(const struct taken *t, const struct addr *addr) NONNULL;

/* Calls `each` for each address. */
void taken_each(const struct taken *t, void (*each)(void *arg, const struct addr *addr), void *arg)
	NONNULL_ARGS(1, 2);
