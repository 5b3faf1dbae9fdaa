/* SPDX-License-Identifier: ISC */
/*
 * Follows the names that ontapd has granted to devices in namespaces of other users
 * (device/grant.h), by watching the directory of grants with inotify. If anyone but the
 * administrator may write to the directory, it is ignored.
 *
 * A directory that does not exist at the start, or is removed later, grants nothing until the next
 * start.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "io/log.h"
#include "io/netlink.h"

struct grants_config {
	const char *path;
	uid_t owner;           /* may own it, as root and our own user may; 0: nobody else */
	int epoll_fd;          /* gets one descriptor; borrowed */
	struct asker *asker;   /* to ask for links again; borrowed */
	const struct log *log; /* borrowed */

	/* Returns the nsid of the namespace with that cookie, or NSID_UNKNOWN. */
	nsid_t (*find_ns)(void *arg, uint64_t cookie);

	/* Gets EV_LINK with the current state of a link whose grant has changed. Called from within
	 * grants_handle() and grants_ns_known(). */
	void (*on_link)(void *arg, const struct event *ev);
	void *arg;
};

struct grants; /* opaque */

/* Reads the directory. Returns NULL if it does not exist, which is no error; if others may write to
 * it; or on an error of the system, which has been logged. */
struct grants *grants_open(const struct grants_config *config) NONNULL MUSTCHECK;
void grants_close(struct grants *g);

/* Reads the events of inotify; if `g` is NULL, does nothing. Without inotify, because other programs have used up its limits, it reads
 * the directory, and tries inotify again. */
void grants_handle(struct grants *g, ns_t now);
/* Returns when to call it at the latest; NS_NEVER if only for events, or if `g` is NULL. */
ns_t grants_deadline(const struct grants *g);

/* Call it when the namespace of that nsid becomes known: earlier events about its links did not
 * consider its grants. */
void grants_ns_known(struct grants *g, nsid_t nsid, const struct event_ns *info) NONNULL;

/* Sets is_granted and is_of_user of a link in the namespace with that cookie: whether its current
 * alias is granted to it. */
void grants_mark(const struct grants *g, uint64_t cookie, struct event_link *link) NONNULL;
