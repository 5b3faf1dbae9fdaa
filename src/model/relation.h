/* SPDX-License-Identifier: ISC */
/*
 * Which UTS namespaces are related to which network namespaces: those that some task is in both of.
 * The kernel's own object for this is struct nsproxy, the set of namespaces that tasks share: made by
 * clone, unshare and setns, shared by fork, gone with its last task. A pair is related as long as
 * there is a nsproxy that has it.
 *
 * Two kinds of input, in any mixture:
 *
 *	inventory   relation_begin, relation_saw for each task (or each nsproxy), relation_end: what
 *	            was not seen is gone
 *	news        relation_saw, relation_gone, relation_renamed as it happens
 *
 * An inventory and news that overlap come out right if the news since before the inventory's begin is
 * applied after its end, all of it and in order: the last word on each nsproxy is then the youngest.
 *
 * Output, on relation_flush() only: EV_HOSTNAME and EV_HOSTNAME_GONE, for namespaces whose nsid is
 * known. What came and went between two flushes is not told.
 *
 * Who chose a name: clone and unshare copy the host's name into the UTS namespace that they make, and services
 * in a sandbox (systemd's ProtectHostname=) never set another. After the host has been renamed, such a copy looks
 * like a choice. So a name counts as inherited (event_hostname.is_inherited) as long as it is what
 * it was at first sight, and either the host had that name then; or the namespace was there before the first inventory had
 * ended, is related to the host's own network namespace, and no task in it was seen in another PID namespace than
 * ours, as the tasks of containers are: of those nothing can tell a choice from an old copy.
 *
 * Network namespaces are told apart by their cookie, which is never used twice; UTS namespaces by their
 * inode number, which is reused at once: harmless, for a sight says all that there is to know of it.
 */
#pragma once

#include "base/compiler.h"
#include "model/event.h"

/* A task, or the nsproxy that many tasks share, and what it is in. */
struct relation_sight {
	uint64_t nsproxy; /* tells nsproxies apart while they last */
	uint64_t net;     /* cookie of the network namespace */
	int32_t pid;      /* of a task that is in it; a thread has its own */
	bool is_apart;    /* that task is known to be in another PID namespace than ours */
	struct event_hostname uts;
};

struct relation; /* opaque */

/* Nothing is related yet. `seed` is of the tables' hash. NULL if out of memory. */
struct relation *relation_new(uint64_t seed, void (*sink)(void *arg, const struct event *ev),
	void *arg) NONNULL_ARGS(2) MUSTCHECK;
void relation_free(struct relation *r);

/* There is such a nsproxy now, whatever was known of it before. ERR_NOMEM or ERR_RANGE: it is as if it
 * were not there. */
int relation_saw(struct relation *r, const struct relation_sight *sight) NONNULL MUSTCHECK;

/* The nsproxy is gone; nothing if it was not known. */
void relation_gone(struct relation *r, uint64_t nsproxy) NONNULL;

/* The UTS namespace has another name. Network namespaces that are related to it and not placed are
 * without_nsid anew. False if it was not known. */
bool relation_renamed(struct relation *r, uint64_t uts, const char *name) NONNULL;

/* An inventory begins; at its end what it did not see goes. */
void relation_begin(struct relation *r) NONNULL;
void relation_end(struct relation *r) NONNULL;

/* The next network namespace whose nsid has to be found, and a task that was seen in it:
 * each is named once for each time that a nsproxy of it is seen. False if there is none. */
bool relation_next_without_nsid(struct relation *r, uint64_t *ret_net, int32_t *ret_pid) NONNULL;

/* The network namespace has that nsid; nothing if it is not known (any more). */
void relation_set_nsid(struct relation *r, uint64_t net, nsid_t nsid) NONNULL;

/* What the nsid of the network namespace is, as far as it was placed; else NSID_UNKNOWN. */
nsid_t relation_find_nsid(const struct relation *r, uint64_t net) NONNULL;

/* The task that was named is not in it: another has to be seen first. */
void relation_doubt(struct relation *r, uint64_t net) NONNULL;

/* The nsid means nothing any more; the model knows, and so nothing is told. */
void relation_nsid_gone(struct relation *r, nsid_t nsid) NONNULL;

/* No nsid means what it did: each network namespace is without an nsid again. What is related is told anew
 * only where the nsid turns out to be another. */
void relation_forget_nsids(struct relation *r) NONNULL;

/* Calls `visit` for each related pair: its place (NSID_UNKNOWN if it has none), and a task that was seen
 * in it, 0 if that is doubted: the same as before the last inventory, if it was seen again, for who was
 * there longer will stay longer; else the lowest. */
void relation_each(const struct relation *r,
	void (*visit)(void *arg, nsid_t nsid, const struct event_hostname *uts, int32_t pid),
	void *arg) NONNULL_ARGS(1, 2);

/* Tells what changed since the last flush. */
void relation_flush(struct relation *r) NONNULL;

/* Counts, for `status` and tests. */
struct relation_stats {
	size_t nsproxies, pairs, nets, utses;
	uint64_t made; /* pairs, ever */
};
struct relation_stats relation_stats(const struct relation *r) NONNULL;
