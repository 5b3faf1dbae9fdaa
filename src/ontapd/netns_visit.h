/* SPDX-License-Identifier: ISC */
/*
 * The kernel as ontapd sees it: its own namespace, where the parents are, and short visits to those
 * of its callers. A visit moves the process's only thread, so nothing else happens meanwhile.
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "io/log.h"
#include "io/netlink.h"
#include "io/netns.h"

struct netns_visit {
	const struct log *log;
	struct netns_self self;
	struct asker asker; /* in our own namespace */
	nsid_t next_nsid;
	int node_dir_fd; /* a file system of our own, for nodes of taps; -1 until it is wanted */
	struct list watchers; /* of struct netns_watcher */
	size_t watcher_count;
};

/* One who wants to know the namespaces of our callers: an asker in his namespace. */
struct netns_watcher {
	struct list in_host;
	struct asker asker;
};

/* A negative errno or 0; `h` can be closed after either. */
int netns_visit_open(struct netns_visit *h, const struct log *log, uint32_t seed) NONNULL MUSTCHECK;
void netns_visit_close(struct netns_visit *h) NONNULL;

/* All namespaces that have an id in ours, and ours, which is NSID_OWN; to be freed. A negative errno or 0. */
int netns_visit_list_namespaces(struct netns_visit *h, nsid_t **ret, size_t *ret_count) NONNULL
	MUSTCHECK;

/* The id of the namespace in ours, given now if it has none, and in those of the watchers. NSID_OWN is
 * our own. A negative errno or 0. */
int netns_visit_identify(struct netns_visit *h, int netns_fd, nsid_t *ret) NONNULL MUSTCHECK;

/* Whoever lives in `netns_fd` wants ids too. -EUSERS: there are too many; other negative errno; 0. */
int netns_watcher_add(struct netns_visit *h, int netns_fd, struct netns_watcher **ret) NONNULL
	MUSTCHECK;
void netns_watcher_remove(struct netns_visit *h, struct netns_watcher *w);

/* Goes into the namespace and opens `a` there. A negative errno: we are where we were. 0: we are in,
 * and netns_visit_leave() is to be called. */
int netns_visit_enter(struct netns_visit *h, int netns_fd, struct asker *a) NONNULL MUSTCHECK;
void netns_visit_leave(struct netns_visit *h, struct asker *a) NONNULL;

/* Asks `request`, whose sequence number is ++a->seq, about the namespace of `a`. */
int netns_visit_ask(struct asker *a, const struct rtnl_request *request) NONNULL MUSTCHECK;

/* The link of that name where `a` is. A negative errno or 0. */
int netns_visit_get_link(struct asker *a, const char *ifname, struct event *ret) NONNULL MUSTCHECK;
