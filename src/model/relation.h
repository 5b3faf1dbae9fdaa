/* SPDX-License-Identifier: ISC */
/*
 * Which UTS namespaces are related to which network namespaces. Two are related if some task is in
 * both. The kernel's object for this is struct nsproxy, the set of namespaces that tasks share.
 * clone, unshare and setns make one, fork shares it, and it is gone with its last task. A pair is
 * related as long as some nsproxy has both.
 *
 * Two kinds of input, in any mixture:
 *
 *	inventory   relation_begin, relation_saw for each task (or each nsproxy), relation_end:
 *	            tasks that were not seen (or nsproxies) are gone
 *	news        relation_saw, relation_gone, relation_renamed as it happens
 *
 * An inventory and news may overlap. The result is right if all news since before the inventory's
 * begin is applied after its end, in order: then the last report on each nsproxy is the newest.
 *
 * Output, on relation_flush() only: EV_HOSTNAME and EV_HOSTNAME_GONE, for namespaces whose nsid is
 * known. A pair that appeared and disappeared between two flushes is not reported.
 *
 * Who chose a name: clone and unshare copy the host's name into the UTS namespace that they make,
 * and services in a sandbox (systemd's ProtectHostname=) never set another name. After the host has
 * been renamed, such a copy looks like a chosen name. So a name counts as inherited
 * (event_hostname.is_inherited) as long as it has not changed since it was first seen, and one of
 * two conditions holds. Either the host had that name at that time. Or the UTS namespace existed
 * before the first inventory ended, is related to the host's own network namespace, and no task in
 * it was seen in another PID namespace than ours (the tasks of containers are in another one): for
 * such a namespace, a chosen name and an old copy look the same.
 *
 * Network namespaces are told apart by their cookie, which is never used twice; UTS namespaces by
 * their inode number, which is reused at once: this is harmless, because each sight has all that is
 * known of a UTS namespace.
 */
#pragma once

#include "base/compiler.h"
#include "model/event.h"

/* A task, or the nsproxy that many tasks share, and its namespaces. */
struct relation_sight {
	uint64_t nsproxy; /* identifies the nsproxy while it exists */
	uint64_t net;     /* cookie of the network namespace */
	int32_t pid;      /* of a task that is in it; a thread has its own */
	bool is_apart;    /* that task is known to be in another PID namespace than ours */
	uint8_t owner;    /* enum event_owner: of the less trusted of both namespaces */
	uint32_t uid;     /* OWNER_USER: the user to whom that one is accounted */
	struct event_hostname uts;
};

struct relation; /* opaque */

/* Returns an empty relation. `seed` is for the hash of its tables. NULL if out of memory. */
struct relation *relation_new(uint64_t seed, void (*sink)(void *arg, const struct event *ev),
	void *arg) NONNULL_ARGS(2) MUSTCHECK;
void relation_free(struct relation *r);

/* Adds a nsproxy, or replaces what was known of it. Strangers together get LIMIT_MODEL_STRANGERS_PART of
 * LIMIT_RELATION_PROXIES, and each user LIMIT_MODEL_USER_PART. ERR_NOMEM or ERR_RANGE: the nsproxy is then
 * treated as gone. */
int relation_saw(struct relation *r, const struct relation_sight *sight) NONNULL MUSTCHECK;

/* Removes the nsproxy. Returns false if it was not known. */
bool relation_gone(struct relation *r, uint64_t nsproxy) NONNULL;

/* The UTS namespace has another name. Network namespaces that are related to it and have no nsid
 * yet are again returned by relation_next_without_nsid(). Returns false if it was not known. */
bool relation_renamed(struct relation *r, uint64_t uts, const char *name) NONNULL;

/* Begin and end an inventory. At the end, nsproxies that it did not see are removed; true: there were some. */
void relation_begin(struct relation *r) NONNULL;
bool relation_end(struct relation *r) NONNULL;

/* Returns the next network namespace whose nsid has to be found, and a task that was seen in it. A
 * namespace is returned once for each time that one of its nsproxies is seen. Returns false if
 * there is none. */
bool relation_next_without_nsid(struct relation *r, uint64_t *ret_net, int32_t *ret_pid) NONNULL;

/* Sets the nsid of the network namespace. Does nothing if the namespace is not known (any more). */
void relation_set_nsid(struct relation *r, uint64_t net, nsid_t nsid) NONNULL;

/* Returns the nsid of the network namespace, or NSID_UNKNOWN if it was not set. */
nsid_t relation_find_nsid(const struct relation *r, uint64_t net) NONNULL;

/* The task that was returned is not in the namespace. Another one has to be seen first. */
void relation_doubt(struct relation *r, uint64_t net) NONNULL;

/* The nsid is no longer valid. The model knows this already, so nothing is reported. */
void relation_nsid_gone(struct relation *r, nsid_t nsid) NONNULL;

/* Pairs of that nsid, or of all for NSID_UNKNOWN, are reported again at the next flush: what was said of
 * them was not stored. */
void relation_tell_again(struct relation *r, nsid_t nsid) NONNULL;

/* All nsids are no longer valid: each network namespace is without an nsid again. Pairs are
 * reported again only if their namespace gets another nsid than before. */
void relation_forget_nsids(struct relation *r) NONNULL;

/* Calls `visit` for each related pair, with its nsid (NSID_UNKNOWN if it has none) and a task that
 * was seen in it (0 if relation_doubt() was called). If the task from before the last inventory was
 * seen again, it stays, because a task that has lived longer will probably live longer. Else it is
 * the one with the lowest id. */
void relation_each(const struct relation *r,
	void (*visit)(void *arg, nsid_t nsid, const struct event_hostname *uts, int32_t pid),
	void *arg) NONNULL_ARGS(1, 2);

/* Reports what changed since the last flush. */
void relation_flush(struct relation *r) NONNULL;

/* Counts, for `status` and tests. */
struct relation_stats {
	size_t nsproxies, pairs, nets, utses;
	uint64_t made; /* pairs, ever */
};
struct relation_stats relation_stats(const struct relation *r) NONNULL;
