/* SPDX-License-Identifier: ISC */
/* The subscription to the news of all namespaces, and the id of our own one in its own table. */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "io/netlink.h"

/* The kernel assigns the lowest free id. Ours start far above, so we never reuse an id that another
 * namespace had before. */
enum { NSID_FIRST = 1000 };

struct subscription {
	nsid_t own_id;       /* NSID_UNKNOWN: our own namespace has none */
	uint64_t own_cookie; /* 0: not known */
	bool is_own_only;    /* a capability is missing, and only our own namespace is heard */
};

/* Subscribes `news_fd` to all namespaces if privileges allow, otherwise to our own, and logs what is
 * missing. Fails only if that is refused, too: -errno.
 *
 * Our own namespace gets an id in its own table before that. The kernel would assign one by itself as
 * soon as a link elsewhere has its parent here. With an id from the start, we know it, and never take it
 * for another namespace. The kernel chooses the id: it cannot pass to another namespace while we live. */
int subscription_open(struct asker *asker, int news_fd, const struct log *log,
	struct subscription *ret) NONNULL_ARGS(1, 4) MUSTCHECK;
