/* SPDX-License-Identifier: ISC */
/*
 * The daemon's side towards the kernel. It reports what happens to links and addresses in all
 * namespaces, as a sequence of events. A model that applies them equals the kernel as soon as no
 * event is left (model/event.h). One thread, one file descriptor to wait for, one deadline.
 *
 * Privileges: CAP_NET_BROADCAST to receive notifications of other namespaces; CAP_NET_ADMIN to ask
 * about them and to give them nsids. If one of the two is missing, only our own namespace is
 * watched. CAP_SYS_ADMIN, if present, is used to find the cookies of namespaces, and together with
 * CAP_SYS_PTRACE to find their host names (watch/census.h).
 */
#pragma once

#include "base/time.h"
#include "watch/census.h"
#include "io/log.h"
#include "model/event.h"

/* Room for 10 000 links that come up at once, or 40 000 addresses. The kernel only uses memory for
 * queued data. */
#define KERNEL_RCVBUF ((size_t)32 << 20)

struct kernel_config {
	const char *netns_dir; /* namespaces bound here get nsids and names; NULL: no directory */
	bool has_all_nsids;    /* namespaces that a process is in get nsids too */
	enum census_means census;
	const char *grants_dir; /* directory of ontapd's grants; NULL: none */
	uid_t grants_owner;     /* the user of ontapd; 0: none but root */
	size_t rcvbuf;          /* for notifications, in bytes; 0: KERNEL_RCVBUF */
	const struct log *log;  /* borrowed; NULL: no log */

	/* Called for each event, from within kernel_handle() only. Must not call kernel_*. */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

struct kernel_stats {
	uint64_t datagrams, events, dumps;
	uint64_t overruns;      /* how often notifications were lost */
	uint64_t interrupted;   /* dumps that saw changes, and were repeated */
	uint64_t malformed;     /* messages dropped */
	uint64_t misattributed; /* answers from a namespace that was not asked, dropped */
	bool is_own_only;       /* a capability is missing */
	struct census_stats census;
};

struct kernel; /* opaque */

/* Subscribes to notifications. The first kernel_handle() asks for the first dumps. Returns NULL,
 * with an error logged, if not even our own namespace can be watched. */
struct kernel *kernel_open(const struct kernel_config *config) NONNULL MUSTCHECK;
void kernel_close(struct kernel *k);

/* The file descriptor to poll for reading, and the deadline. Call kernel_handle() when it is
 * readable, and at the deadline. */
int kernel_fd(const struct kernel *k) NONNULL;
ns_t kernel_deadline(const struct kernel *k) NONNULL;

/* Does all work that is possible now, without waiting. */
void kernel_handle(struct kernel *k, ns_t now) NONNULL;

/* Reports all of that namespace again, or of all namespaces for NSID_UNKNOWN: something of it was not
 * stored. Does nothing if the namespace is not known. */
void kernel_look_again(struct kernel *k, nsid_t nsid) NONNULL;

/* True if all namespaces known at the start have been dumped. Once true, it stays true. */
bool kernel_is_synced(const struct kernel *k) NONNULL;

/* True if there is nothing to read, and no dump is running or planned. For tests. */
bool kernel_is_quiet(const struct kernel *k) NONNULL;

/* Returns the facts of a namespace, or NULL. Borrowed until the next kernel_handle(). */
const struct event_ns *kernel_ns_info(const struct kernel *k, nsid_t nsid) NONNULL;

struct kernel_stats kernel_stats(const struct kernel *k) NONNULL;
