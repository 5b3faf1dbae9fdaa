/* SPDX-License-Identifier: ISC */
/*
 * The directory in which namespaces are bound to files (/run/netns): which names there are, of
 * which namespaces, watched by inotify. The directory may come and go.
 *
 * There is no inotify event for the mount that makes a file a namespace: `ip netns add` creates the
 * file, and mounts the namespace on it after. So a file that is no namespace yet is looked at again
 * whenever the mount table changes (poll(2) on /proc/self/mountinfo tells), and, where that cannot
 * be had, 1 ms later, doubling up to 1 s; after NETNS_DIR_PATIENCE it has to be touched again to be
 * looked at. Progress: each look either binds the file or makes it wait longer, up to that end.
 *
 * A name goes when its file does. What is known of the namespace stays until it is gone itself.
 */
#pragma once

#include "base/time.h"
#include "io/log.h"
#include "model/event.h"

#define NETNS_DIR_PATIENCE (10 * NS_PER_S)

struct netns_dir_config {
	const char *path;
	int epoll_fd;          /* the watch puts its descriptors in; borrowed */
	const struct log *log; /* borrowed */

	/* Finds or gives the nsid of the namespace that `fd` is of. A negative errno or 0. */
	int (*identify)(void *arg, int fd, nsid_t *ret);

	/* A namespace has that name, "" if none any more, and owner. Must not call back. */
	void (*on_info)(void *arg, nsid_t nsid, const struct event_ns *info);
	void *arg;
};

struct netns_dir; /* opaque */

/* Starts watching; netns_dir_scan() is to be called next. ERR_NOMEM, -errno. */
int netns_dir_new(const struct netns_dir_config *config, struct netns_dir **ret) NONNULL MUSTCHECK;
void netns_dir_free(struct netns_dir *d);

/* Looks at every file, at the start and after notifications were lost. */
void netns_dir_scan(struct netns_dir *d, ns_t now) NONNULL;

/* Reads what inotify has to say, and looks at files again that are due. */
void netns_dir_handle(struct netns_dir *d, ns_t now) NONNULL;

/* When netns_dir_handle() has to be called at the latest; NS_NEVER if only for events. */
ns_t netns_dir_deadline(const struct netns_dir *d) NONNULL;

/* The namespace is gone, or its id: its names are looked at again. */
void netns_dir_ns_gone(struct netns_dir *d, nsid_t nsid, ns_t now) NONNULL;

/* What is known of it, or NULL. Borrowed until the next call. */
const struct event_ns *netns_dir_info(const struct netns_dir *d, nsid_t nsid) NONNULL;
