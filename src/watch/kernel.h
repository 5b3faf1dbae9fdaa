/* SPDX-License-Identifier: ISC */
/*
 * The kernel's half of the daemon: what happens to links and addresses in all namespaces, as
 * events, one after the other, such that a model that applies them equals the kernel as soon as no
 * event is left (model/event.h). One thread, one descriptor to wait for, one deadline.
 *
 * Privileges: CAP_NET_BROADCAST to hear of other namespaces, CAP_NET_ADMIN to ask about them and to
 * give them ids. Without one of them only our own namespace is watched. CAP_SYS_ADMIN, if there, is
 * used to find the cookies of namespaces, and with CAP_SYS_PTRACE their host names (watch/census.h).
 */
#pragma once

#include "base/time.h"
#include "watch/census.h"
#include "io/log.h"
#include "model/event.h"

/* Room for 10 000 links that come up at once, or 40 000 addresses; the kernel takes memory for what
 * is queued only. */
#define KERNEL_RCVBUF ((size_t)32 << 20)

struct kernel_config {
	const char *netns_dir; /* namespaces bound here get ids and names; NULL: none do */
	bool has_all_nsids;    /* and those that a process is in get ids */
	enum census_means census;
	const char *grants_dir; /* what ontapd says of names is there; NULL: nowhere */
	size_t rcvbuf;          /* of notifications, in bytes; 0: KERNEL_RCVBUF */
	const struct log *log;  /* borrowed; NULL is silence */

	/* Called for each event, from within kernel_handle() only. Must not call kernel_*. */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

struct kernel_stats {
	uint64_t datagrams, events, dumps;
	uint64_t overruns;      /* times that notifications were lost */
	uint64_t interrupted;   /* dumps that saw changes, and were repeated */
	uint64_t malformed;     /* messages dropped */
	uint64_t misattributed; /* answers of a namespace that was not asked, dropped */
	bool is_own_only;       /* a capability is missing */
	struct census_stats census;
};

struct kernel; /* opaque */

/* Subscribes. The first kernel_handle() asks for the first dumps. NULL, and a message
 * in the log, if not even our own namespace can be watched. */
struct kernel *kernel_open(const struct kernel_config *config) NONNULL MUSTCHECK;
void kernel_close(struct kernel *k);

/* To be polled for reading; kernel_handle() is to be called then, and at the deadline. */
int kernel_fd(const struct kernel *k) NONNULL;
ns_t kernel_deadline(const struct kernel *k) NONNULL;

/* Does all that can be done now, without waiting. */
void kernel_handle(struct kernel *k, ns_t now) NONNULL;

/* Whether all namespaces known at the start have been dumped. Once true, it stays so. */
bool kernel_is_synced(const struct kernel *k) NONNULL;

/* Whether there is nothing to be read, and no dump to be done now or later: for tests. */
bool kernel_is_quiet(const struct kernel *k) NONNULL;

struct kernel_stats kernel_stats(const struct kernel *k) NONNULL;
