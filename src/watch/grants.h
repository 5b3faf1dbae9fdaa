/* SPDX-License-Identifier: ISC */
/*
 * The names that ontapd has granted to devices in namespaces of other users (device/grant.h), as the
 * directory has them now, watched by inotify. A directory that others than the administrator may
 * write to is none: what is in it is not believed.
 *
 * One that is not there at the start, or is removed, grants nothing until the next start.
 */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "io/netlink.h"

struct grants_config {
	const char *path;
	int epoll_fd;          /* gets one descriptor; borrowed */
	struct asker *asker;   /* for links that are said again; borrowed */
	const struct log *log; /* borrowed */

	/* The nsid of the namespace with that cookie, or NSID_UNKNOWN. */
	nsid_t (*find_ns)(void *arg, uint64_t cookie);

	/* EV_LINK: the link as it is, for what is granted to it is another than before. From within
	 * grants_handle() and grants_ns_known(). */
	void (*on_link)(void *arg, const struct event *ev);
	void *arg;
};

struct grants; /* opaque */

/* Reads the directory. NULL: there is none, which is as good; others may write to it; or the system
 * says no, which has been told. */
struct grants *grants_open(const struct grants_config *config) NONNULL MUSTCHECK;
void grants_close(struct grants *g);

/* Reads what inotify has to say. */
void grants_handle(struct grants *g) NONNULL;

/* It is known now which namespace has that nsid: what was said of its links knew of no grant. */
void grants_ns_known(struct grants *g, nsid_t nsid, const struct event_ns *info) NONNULL;

/* Whether the link of the namespace with that cookie may have the alias that it has. */
bool grants_has(const struct grants *g, uint64_t cookie, const struct event_link *link) NONNULL;
