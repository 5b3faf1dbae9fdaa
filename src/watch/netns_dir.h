/* SPDX-License-Identifier: ISC */
/*
 * The directory in which namespaces are bound to files (/run/netns). It is watched with inotify, to
 * find the names and their namespaces. The directory may appear and disappear.
 *
 * There is no inotify event for the mount that makes a file a namespace: `ip netns add` creates the
 * file first, and mounts the namespace on it later. So a file that is not a namespace yet is
 * checked again whenever the mount table changes (reported by poll(2) on /proc/self/mountinfo). If
 * that is not available, the file is checked again after 1 ms, then after delays that double up to
 * 1 s. After NETNS_DIR_PATIENCE it is not checked any more until it is touched. Progress: each
 * check either binds the file or makes it wait longer, up to that limit.
 *
 * If there is no inotify, because other programs have used up its limits, the directory is scanned every
 * five seconds, and the watch is tried again.
 *
 * A name disappears together with its file. What is known about the namespace stays until the
 * namespace itself is gone.
 */
#pragma once

#include "base/time.h"
#include "io/log.h"
#include "model/event.h"

#define NETNS_DIR_PATIENCE (10 * NS_PER_S)

struct netns_dir_config {
	const char *path;
	int epoll_fd;          /* the watch adds its file descriptors to it; borrowed */
	const struct log *log; /* borrowed */

	/* Finds the nsid of the namespace that `fd` refers to, or gives it one. Returns a negative
	 * errno or 0. */
	int (*identify)(void *arg, int fd, nsid_t *ret);

	/* Reports the name and owner of a namespace; the name is "" if it has none any more. Must
	 * not call back. */
	void (*on_info)(void *arg, nsid_t nsid, const struct event_ns *info);

	/* A file was not noticed for lack of memory: netns_dir_scan() is needed after a delay. May
	 * be NULL. */
	void (*on_shortage)(void *arg);
	void *arg;
};

struct netns_dir; /* opaque */

/* Starts watching; call netns_dir_scan() next. ERR_NOMEM, -errno. */
int netns_dir_new(const struct netns_dir_config *config, struct netns_dir **ret) NONNULL MUSTCHECK;
void netns_dir_free(struct netns_dir *d);

/* Checks every file. Call it at the start, and after notifications were lost. */
void netns_dir_scan(struct netns_dir *d, ns_t now) NONNULL;

/* Reads the events of inotify, and checks again the files that are due. */
void netns_dir_handle(struct netns_dir *d, ns_t now) NONNULL;

/* Returns when to call netns_dir_handle() at the latest; NS_NEVER if only for events. */
ns_t netns_dir_deadline(const struct netns_dir *d) NONNULL;

/* Call it when the namespace, or its nsid, is gone: its names are checked again. */
void netns_dir_ns_gone(struct netns_dir *d, nsid_t nsid, ns_t now) NONNULL;

/* Returns what is known about the namespace, or NULL. Borrowed until the next call. */
const struct event_ns *netns_dir_info(const struct netns_dir *d, nsid_t nsid) NONNULL;
