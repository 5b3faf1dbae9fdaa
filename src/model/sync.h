/* SPDX-License-Identifier: ISC */
/*
 * Which dump to ask the kernel for, and when: the automaton that makes the model equal to the
 * kernel at the start, when a namespace appears, and after notifications were lost. It holds no
 * socket and no clock: the shell tells it what happened, and does what it asks for.
 *
 * The shell subscribes to notifications first and then dumps. News that is read while a dump runs
 * may be older or younger than the dump's snapshot: the model's marks settle that, provided that no
 * news is missing. Hence the rules:
 *
 *	- After an overrun nothing is dumped until all that was queued before it has been read: a
 *	  stale notification, whose successor was lost, must not win over the dump.
 *	- Then everything is dumped again: the table of namespaces, and each namespace.
 *	- Otherwise only a namespace that is new, or whose last dump did not end well, is dumped.
 *	- One dump is in flight at a time; a namespace that has to be repeated goes behind the
 *	  others.
 *
 * States, and what leads from one to the next:
 *
 *	IDLE ── sync_next ─► DUMP_TABLE ── done ─► IDLE
 *	IDLE ── sync_next ─► DUMP_LINKS ── done ─► LINKS_DONE
 *	LINKS_DONE ── sync_next ─► DUMP_ADDRS ── done ─► IDLE
 *	any  ── sync_overrun ─► DRAINING ── sync_drained, or enough of sync_received ─► IDLE
 *	DUMP_LINKS, LINKS_DONE, DUMP_ADDRS ── sync_ns_gone of that namespace, or failure ─► IDLE
 *
 * Inputs: sync_ns_appeared, sync_ns_gone, sync_overrun, sync_received, sync_drained,
 * sync_dump_done, and the time. Outputs: the next request (sync_next), EV_SYNC_* and EV_NS_GONE by
 * the sink, the next deadline (sync_deadline), and whether the dump in flight is still wanted
 * (sync_is_dumping).
 *
 * Deadlines: a namespace is repeated at once after its first failure, then 10 ms later, doubling up
 * to 1 s; dumps begin as much later after overruns that follow each other. A dump that is not over
 * in SYNC_PATIENCE is given up and counts as failed.
 *
 * Progress: each dump ends by an answer or by SYNC_PATIENCE, and either settles what it was for or
 * makes it wait longer; draining ends when the queue is empty or after as many datagrams as it can
 * have held. What a namespace's dump named is used even if the dump was interrupted, so constant
 * changes delay only the removal of what was lost.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "model/event.h"

#define SYNC_BACKOFF_MIN (10 * NS_PER_MS)
#define SYNC_BACKOFF_MAX NS_PER_S
#define SYNC_PATIENCE    (30 * NS_PER_S)

/* Dumps of one namespace that may end badly before readiness no longer waits for it. */
enum { SYNC_READY_FAILURES = 4 };

enum sync_ask {
	SYNC_ASK_NOTHING,
	SYNC_ASK_TABLE, /* the ids of our own namespace's table */
	SYNC_ASK_LINKS,
	SYNC_ASK_ADDRS
};

struct sync_request {
	enum sync_ask ask;
	nsid_t nsid; /* SYNC_ASK_LINKS, SYNC_ASK_ADDRS */
};

/* How a dump ended. */
enum sync_outcome {
	SYNC_OK,
	SYNC_INTERRUPTED, /* it saw changes: what it named is so, what it did not may be there */
	SYNC_FAILED,      /* no memory, busy, socket lost: repeat it */
	SYNC_REFUSED,     /* not allowed to us: do not repeat it */
	SYNC_ABSENT       /* there is no such namespace */
};

struct sync; /* opaque */

/* Only our own namespace is known at first. Without `has_table`, others are neither asked for nor
 * may appear. The sink gets EV_SYNC_* and EV_NS_GONE; it must not call back. NULL if out of
 * memory. */
struct sync *sync_new(bool has_table, void (*sink)(void *arg, const struct event *ev), void *arg)
	NONNULL_ARGS(2) MUSTCHECK;
void sync_free(struct sync *s);

/* A namespace got an id (news, an entry of the table, or by our own doing). One that is known is
 * not dumped again. ERR_NOMEM or ERR_RANGE: it stays unknown. */
int sync_ns_appeared(struct sync *s, nsid_t nsid) NONNULL MUSTCHECK;

/* A namespace is gone: news, about which the sink knows already. */
void sync_ns_gone(struct sync *s, nsid_t nsid) NONNULL;

/* Notifications were lost; at most `queued` datagrams from before are still to be read. */
void sync_overrun(struct sync *s, size_t queued) NONNULL;

/* One datagram of notifications was read. */
void sync_received(struct sync *s, ns_t now) NONNULL;

/* There is no notification to be read. */
void sync_drained(struct sync *s, ns_t now) NONNULL;

/* The dump in flight is over. */
void sync_dump_done(struct sync *s, enum sync_outcome outcome, ns_t now) NONNULL;

/* What to ask now; it is in flight from then on. SYNC_ASK_NOTHING: wait for input or the
 * deadline. */
struct sync_request sync_next(struct sync *s, ns_t now) NONNULL;

/* Whether a dump is in flight. If not, what still comes of one is stale: throw it away. */
bool sync_is_dumping(const struct sync *s) NONNULL;

/* When sync_next() may have something to ask, if nothing happens before; NS_NEVER if nothing. */
ns_t sync_deadline(const struct sync *s) NONNULL;

/* Whether the table of namespaces has been dumped and nothing was lost since. */
bool sync_has_table(const struct sync *s) NONNULL;

/* Whether all that is known has been dumped, namespaces apart whose dumps keep failing. */
bool sync_is_settled(const struct sync *s) NONNULL;
