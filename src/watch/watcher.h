/* SPDX-License-Identifier: ISC */
/*
 * The kernel's half of the daemon (watch/kernel.h) in a process of its own, which keeps the privileges
 * that watching needs and never sees a byte from the network; the other half gets events over a
 * socketpair and can give all of them up.
 *
 *	watcher process                       serving process
 *	netlink ─► kernel_handle ─► send      receive ─► on_event
 *
 * If the serving half does not keep up, the watcher waits, the kernel drops notifications, and the
 * dump that follows makes good for them: no queue grows. Each half ends when the other does.
 */
#pragma once

#include "base/compiler.h"
#include "watch/kernel.h"

struct watcher_config {
	const char *netns_dir; /* these four as in struct kernel_config */
	bool has_all_nsids;
	enum census_means census;
	const char *grants_dir;
	const char *socket_paths[2]; /* to be removed when both end; NULL: none */
	const struct log *log;

	/* Called for each event, from within watcher_handle() only. */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

struct watcher; /* opaque */

/* Starts the process: to be called before there are threads, with the signals blocked that it shall
 * not die of. NULL, which has been logged. */
struct watcher *watcher_start(const struct watcher_config *config) NONNULL MUSTCHECK;

/* Ends the process and waits for that. */
void watcher_stop(struct watcher *w);

/* To be polled for reading. */
int watcher_fd(const struct watcher *w) NONNULL;

/* Hands on what has come, up to a bound. -errno: the watcher has ended, and with it all news; it
 * has said why. */
int watcher_handle(struct watcher *w) NONNULL MUSTCHECK;

/* As of the last message: kernel_is_synced() and kernel_stats(). */
bool watcher_is_synced(const struct watcher *w) NONNULL;
struct kernel_stats watcher_stats(const struct watcher *w) NONNULL;
