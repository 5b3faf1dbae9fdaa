/* SPDX-License-Identifier: ISC */
/*
 * The census of tasks. It finds the network and UTS namespaces that tasks are in, the host names of
 * these, and the nsid of each network namespace, or gives it one. It keeps the relation
 * (model/relation.h) equal to the kernel, with the best method available:
 *
 *	fexit  BPF tells each change as it happens; a look at all tasks at the start, and after loss
 *	iter   a look by BPF after each trigger
 *	proc   a look at /proc after each trigger
 *
 * These events trigger a look: a host name has changed anywhere (reported by poll(2) on
 * /proc/sys/kernel/hostname); a namespace of unknown owner got an nsid; a namespace that we know
 * got an nsid in another namespace, as when a link moves; a process that stands for a pair of
 * namespaces has ended (reported by its pidfd). There is no timer. A look is delayed only to limit
 * the load: all looks together take at most a fifth of one CPU (except for CENSUS_BURST). A look
 * because of an ended process is delayed by up to a second, if the looks before it for the same
 * reason found no change. After a look has found a new pair, another look follows a little later,
 * because some processes, like ours, enter namespaces only for an instant.
 *
 * Progress: a look handles all triggers that came before it. If a look finds that a process has
 * ended before its namespaces were identified, it is repeated up to CENSUS_RETRIES times, with
 * growing delays.
 */
#pragma once

#include "base/time.h"
#include "io/log.h"
#include "model/event.h"

enum census_means {
	CENSUS_AUTO, /* the best available */
	CENSUS_FEXIT,
	CENSUS_ITER,
	CENSUS_PROC,
	CENSUS_NONE, /* none is available, or none is wanted */
	CENSUS_MEANS_COUNT
};

/* The CPU time that looks may use at once, if they used none for a while. */
#define CENSUS_BURST (500 * NS_PER_MS)
enum { CENSUS_RETRIES = 10 };

struct census_config {
	enum census_means means;
	bool has_all_nsids;    /* give an nsid to each network namespace that has a process */
	int epoll_fd;          /* the census puts its descriptors in; borrowed */
	const struct log *log; /* borrowed */

	/* Finds the nsid of the namespace that `fd` refers to, or gives it one if `may_give`.
	 * Returns a negative errno or 0. */
	int (*identify)(void *arg, int fd, bool may_give, nsid_t *ret);

	/* Reports what was found about a namespace: its cookie and its owner. Its name is not
	 * known. */
	void (*on_info)(void *arg, nsid_t nsid, const struct event_ns *info);

	/* EV_HOSTNAME and EV_HOSTNAME_GONE. */
	void (*on_event)(void *arg, const struct event *ev);

	/* Something was not noticed for lack of memory: census_forget_ids() is needed after a
	 * delay. */
	void (*on_shortage)(void *arg);
	void *arg;
};

/* Why a method is not available: a negative errno, and the capabilities that it needs and we lack,
 * as bits. 0 if it is available, or was not tried because a better one is. */
struct census_fault {
	int err;
	uint64_t missing;
};

struct census_stats {
	enum census_means means;
	struct census_fault faults[CENSUS_MEANS_COUNT];
	uint64_t looks, news_lost;
	size_t pairs, nsproxies, given; /* nsids given to namespaces of other user namespaces */
};

struct census; /* opaque */

/* Chooses the method, and logs it. The first census_handle() takes the first look. ERR_NOMEM,
 * -errno. */
int census_new(const struct census_config *config, struct census **ret) NONNULL MUSTCHECK;
void census_free(struct census *c);

/* Does all work that is due. Call it when the file descriptor is readable, and at the deadline. */
void census_handle(struct census *c, ns_t now) NONNULL;
ns_t census_deadline(const struct census *c) NONNULL;

/* Triggers a look. */
void census_trigger(struct census *c) NONNULL;

/* Call it when a namespace got an nsid and nothing else is known about it. This triggers a look,
 * unless the census knows the namespace. */
void census_ns_appeared(struct census *c, nsid_t nsid) NONNULL;

/* Call it when the namespace, or its nsid, is gone. */
void census_ns_gone(struct census *c, nsid_t nsid) NONNULL;

/* The host names of that namespace, or of all for NSID_UNKNOWN, are reported again: what was said of them
 * was not stored. */
void census_tell_again(struct census *c, nsid_t nsid) NONNULL;

/* Call it when notifications were lost: nsids may refer to other namespaces now. */
void census_forget_ids(struct census *c) NONNULL;

/* Returns what is known about the namespace, or NULL. Borrowed until the next call. */
const struct event_ns *census_info(const struct census *c, nsid_t nsid) NONNULL;

/* Returns the nsid of the network namespace with that cookie, NSID_UNKNOWN if none is known. */
nsid_t census_find(const struct census *c, uint64_t cookie) NONNULL;

/* True if the first look has been taken, or if there will never be one. */
bool census_is_settled(const struct census *c) NONNULL;

struct census_stats census_stats(const struct census *c) NONNULL;

/* "fexit", "iter", … Static storage. */
const char *census_means_text(enum census_means means);
