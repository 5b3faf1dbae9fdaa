/* SPDX-License-Identifier: ISC */
/* The id of our own namespace in its own table. */
#pragma once

#include "base/compiler.h"
#include "io/netlink.h"

/* The kernel assigns the lowest free id. Ours start far above, so we never reuse an id that another
 * namespace had before. */
enum { NSID_FIRST = 1000 };

/* Assigns our own namespace an id in its own table. The kernel would do so itself as soon as a link
 * elsewhere has its parent here. With an id from the start, we know it, and never take it for
 * another namespace. The kernel chooses the id: it cannot pass to another namespace while we live.
 * `*ret_cookie` is set in any case, 0 if it is not known. -EPERM: CAP_NET_ADMIN is missing. */
int own_id_take(struct asker *asker, nsid_t *ret_id, uint64_t *ret_cookie) NONNULL MUSTCHECK;
