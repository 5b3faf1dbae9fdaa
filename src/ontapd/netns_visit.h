/* SPDX-License-Identifier: ISC */
/*
 * Access to the kernel: in our own namespace, where the parents are, and during short visits to the
 * namespaces of callers. A visit moves the only thread of the process, so nothing else happens
 * during it.
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
	int node_dir_fd;      /* a private file system for nodes of taps; -1 until needed */
	struct list watchers; /* of struct netns_watcher */
	size_t watcher_count;
};

/* A client that wants nsids for the namespaces of our callers: an asker in its namespace. */
struct netns_watcher {
	struct list in_host;
	struct asker asker;
};

/* Returns a negative errno or 0; `h` can be closed in either case. */
int netns_visit_open(struct netns_visit *h, const struct log *log, uint32_t seed) NONNULL MUSTCHECK;
void netns_visit_close(struct netns_visit *h) NONNULL;

/* Lists all namespaces that have an nsid in ours, and our own, which is NSID_OWN. The caller frees
 * the list. Returns a negative errno or 0. */
int netns_visit_list_namespaces(struct netns_visit *h, nsid_t **ret, size_t *ret_count) NONNULL
	MUSTCHECK;

/* Finds the nsid of the namespace in ours. If it has none, gives it one, in ours and in the
 * namespaces of the watchers. NSID_OWN is our own. Returns a negative errno or 0. */
int netns_visit_identify(struct netns_visit *h, int netns_fd, nsid_t *ret) NONNULL MUSTCHECK;

/* True if `fd` refers to a network namespace. A stranger may have sent it: its file system, which may
 * answer when it likes, or never, is not asked anything. */
bool netns_visit_is_netns(struct netns_visit *h, int fd) NONNULL MUSTCHECK;

/* True if that network namespace is our own. */
bool netns_visit_is_own(const struct netns_visit *h, int netns_fd) NONNULL MUSTCHECK;

/* Adds a watcher: the namespace of `netns_fd` gets nsids too. Returns 0; -EUSERS if there are too
 * many watchers; another negative errno. */
int netns_watcher_add(struct netns_visit *h, int netns_fd, struct netns_watcher **ret) NONNULL
	MUSTCHECK;
void netns_watcher_remove(struct netns_visit *h, struct netns_watcher *w);

/* Enters the namespace and opens `a` there. On a negative errno we are still in our own namespace.
 * On 0 we are inside, and the caller must call netns_visit_leave(). */
int netns_visit_enter(struct netns_visit *h, int netns_fd, struct asker *a) NONNULL MUSTCHECK;
void netns_visit_leave(struct netns_visit *h, struct asker *a) NONNULL;

/* Sends `request`, whose sequence number must be ++a->seq, about the namespace of `a`. */
int netns_visit_ask(struct asker *a, const struct rtnl_request *request) NONNULL MUSTCHECK;

/* Gets the link of that name in the namespace of `a`. Returns a negative errno or 0. */
int netns_visit_get_link(struct asker *a, const char *ifname, struct event *ret) NONNULL MUSTCHECK;
