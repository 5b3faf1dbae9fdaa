/* SPDX-License-Identifier: ISC */
/*
 * The census of tasks: which network and UTS namespaces they are in, what these are called, and which
 * nsid each network namespace has, or is given. It keeps the relation (model/relation.h) equal to the
 * kernel by the best means there is:
 *
 *	fexit  BPF tells each change as it happens; a look at all tasks at the start, and after loss
 *	iter   a look by BPF after each trigger
 *	proc   a look by way of /proc after each trigger
 *
 * Triggers of a look are: a host name that changed anywhere (poll(2) on /proc/sys/kernel/hostname
 * tells); a namespace of unknown owner that got an id; one that got an id from another namespace which
 * we know, as for a link that moves; the end of a process that stands for a pair of namespaces, by its
 * pidfd. There is no timer: a look is only ever put off, so that all looks together take a fifth of one
 * CPU at most (CENSUS_BURST apart); and one that is because of such an end by up to a second, where those
 * before it had found nothing changed. A look that found a new pair is taken again a little later, for
 * there are processes that enter namespaces only for an instant, like us.
 *
 * Progress: a look answers each trigger that came before it. One that found a process gone before its
 * namespaces were identified is repeated, CENSUS_RETRIES times, later each time.
 */
#pragma once

#include "base/time.h"
#include "io/log.h"
#include "model/event.h"

enum census_means {
	CENSUS_AUTO, /* the best that there is */
	CENSUS_FEXIT,
	CENSUS_ITER,
	CENSUS_PROC,
	CENSUS_NONE, /* none is there, or none is wanted */
	CENSUS_MEANS_COUNT
};

/* What looks may take of a CPU at once, where they took nothing for a while. */
#define CENSUS_BURST (500 * NS_PER_MS)
enum { CENSUS_RETRIES = 10 };

struct census_config {
	enum census_means means;
	bool has_all_nsids;    /* give an nsid to each network namespace that has a process */
	int epoll_fd;          /* the census puts its descriptors in; borrowed */
	const struct log *log; /* borrowed */

	/* Finds the nsid of the namespace that `fd` is of, or gives it one if `may_give`. A negative
	 * errno or 0. */
	int (*identify)(void *arg, int fd, bool may_give, nsid_t *ret);

	/* What was found out about a namespace: its cookie, its owner; its name is not known. */
	void (*on_info)(void *arg, nsid_t nsid, const struct event_ns *info);

	/* EV_HOSTNAME and EV_HOSTNAME_GONE. */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

/* Why a means is not there: a negative errno, and the capabilities that it wants and we lack, as bits; 0
 * if it is there, or has not been tried because a better one is. */
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

/* Finds the means, and says in the log which it is. The first look is taken by the first
 * census_handle(). ERR_NOMEM, -errno. */
int census_new(const struct census_config *config, struct census **ret) NONNULL MUSTCHECK;
void census_free(struct census *c);

/* Does what there is to do. To be called when the descriptor is readable, and at the deadline. */
void census_handle(struct census *c, ns_t now) NONNULL;
ns_t census_deadline(const struct census *c) NONNULL;

/* Something has happened after which a look is worth it. */
void census_trigger(struct census *c) NONNULL;

/* A namespace got an id, and nothing else is known of it: a trigger, unless it is known here. */
void census_ns_appeared(struct census *c, nsid_t nsid) NONNULL;

/* The namespace is gone, or its id. */
void census_ns_gone(struct census *c, nsid_t nsid) NONNULL;

/* Notifications were lost: ids may mean others now. */
void census_forget_ids(struct census *c) NONNULL;

/* What is known of the namespace, or NULL. Borrowed until the next call. */
const struct event_ns *census_info(const struct census *c, nsid_t nsid) NONNULL;

/* The id of the network namespace with that cookie, NSID_UNKNOWN if none is known. */
nsid_t census_find(const struct census *c, uint64_t cookie) NONNULL;

/* Whether the first look has been taken, or there never will be one. */
bool census_is_settled(const struct census *c) NONNULL;

struct census_stats census_stats(const struct census *c) NONNULL;

/* "fexit", "iter", … Static storage. */
const char *census_means_text(enum census_means means);
