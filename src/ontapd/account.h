/* SPDX-License-Identifier: ISC */
/* To which user a caller is counted. One who has subordinate ids, or a user namespace, is one user all
 * the same: each limit for a user is for all of these ids together. */
#pragma once

#include "device/subids.h"
#include "io/netns.h"
#include "ontapd/caller.h"

/* Finds the user to whom the caller is counted: by his range of ids (subids_account()), otherwise by the
 * owner of the outermost user namespace below our own that his process is in, for which the kernel
 * vouches (ioctl_ns(2), NS_GET_OWNER_UID). Root stays root, and nobody else becomes root. */
uid_t account_of(
	const struct caller *c, const struct subids *subids, const struct netns_self *self) NONNULL;
