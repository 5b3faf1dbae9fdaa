/* SPDX-License-Identifier: ISC */
/*
 * Decides which dump to request from the kernel, and when. This automaton makes the model equal to
 * the kernel at the start, when a namespace appears, and after notifications were lost. It has no
 * socket and no clock: the shell tells it what happened, and sends the requests.
 *
 * The shell subscribes to notifications first and then dumps. News that is read while a dump runs
 * may be older or younger than the dump's snapshot. The model's marks handle both cases, as long as
 * no news is missing. Hence the rules:
 *
 *	- After an overrun nothing is dumped until all that was queued before it has been read: a
 *	  stale notification, whose successor was lost, must not win over the dump.
 *	- Then everything is dumped again: the table of namespaces, and each namespace.
 *	- Otherwise only a namespace that is new, or whose last dump did not end well, or of which
 *	  something was not stored, is dumped.
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
 * Inputs: sync_ns_appeared, sync_ns_again, sync_ns_gone, sync_overrun, sync_received, sync_drained,
 * sync_dump_done, and the time. Outputs: the next request (sync_next), EV_SYNC_* and EV_NS_GONE to
 * the sink, the next deadline (sync_deadline), and whether the dump in flight is still wanted
 * (sync_is_dumping).
 *
 * Deadlines: the dump of a namespace is repeated at once after its first failure, then after 10 ms;
 * the delay doubles up to 1 s. After several overruns in a row, dumps are delayed in the same way.
 * A dump that has not ended after SYNC_PATIENCE is given up and counts as failed.
 *
 * Progress: each dump ends with an answer or after SYNC_PATIENCE. Then its purpose is settled, or
 * it has to wait longer. Draining ends when the queue is empty, or after as many datagrams as the
 * queue can hold. The objects that a namespace's dump listed are used even if the dump was
 * interrupted. So constant changes delay only the removal of objects that are gone.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "model/event.h"

#define SYNC_BACKOFF_MIN (10 * NS_PER_MS)
#define SYNC_BACKOFF_MAX NS_PER_S
#define SYNC_PATIENCE    (30 * NS_PER_S)

/* After this many failed dumps of one namespace, readiness no longer waits for it. */
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
	SYNC_INTERRUPTED, /* objects changed meanwhile: listed ones exist, others may */
	SYNC_FAILED,      /* no memory, busy, socket lost: repeat it */
	SYNC_REFUSED,     /* we lack the permission: do not repeat it */
	SYNC_ABSENT       /* there is no such namespace */
};

/* Returns how a dump ended from the kernel's error (-errno, or 0) and NLM_F_DUMP_INTR. */
enum sync_outcome sync_outcome_of(int error, bool is_interrupted);

struct sync; /* opaque */

/* Returns an automaton that knows only our own namespace. Without `has_table`, other namespaces are
 * not requested and must not appear. The sink gets EV_SYNC_* and EV_NS_GONE; it must not call back.
 * NULL if out of memory. */
struct sync *sync_new(bool has_table, void (*sink)(void *arg, const struct event *ev), void *arg)
	NONNULL_ARGS(2) MUSTCHECK;
void sync_free(struct sync *s);

/* A namespace got an id (from news, from an entry of the table, or from us). A known namespace is
 * not dumped again. ERR_NOMEM or ERR_RANGE: it stays unknown. */
int sync_ns_appeared(struct sync *s, nsid_t nsid) NONNULL MUSTCHECK;

/* Something of the namespace was not stored, and there is room for it now: it is dumped again. Does
 * nothing if it is not known. */
void sync_ns_again(struct sync *s, nsid_t nsid) NONNULL;

/* A namespace is gone, according to news. The sink knows it already. */
void sync_ns_gone(struct sync *s, nsid_t nsid) NONNULL;

/* Notifications were lost; at most `queued` datagrams from before the loss are still unread. */
void sync_overrun(struct sync *s, size_t queued) NONNULL;

/* One datagram of notifications was read. */
void sync_received(struct sync *s, ns_t now) NONNULL;

/* No notification is left to read. */
void sync_drained(struct sync *s, ns_t now) NONNULL;

/* The dump in flight is over. */
void sync_dump_done(struct sync *s, enum sync_outcome outcome, ns_t now) NONNULL;

/* Returns what to request now; from then on this dump is in flight. SYNC_ASK_NOTHING: wait for
 * input or the deadline. */
struct sync_request sync_next(struct sync *s, ns_t now) NONNULL;

/* True if a dump is in flight. If not, messages that still arrive from a dump are stale: drop
 * them. */
bool sync_is_dumping(const struct sync *s) NONNULL;

/* Returns when sync_next() may have a request if nothing happens before; NS_NEVER if it will
 * not. */
ns_t sync_deadline(const struct sync *s) NONNULL;

/* True if the table of namespaces has been dumped and nothing was lost since. */
bool sync_has_table(const struct sync *s) NONNULL;

/* True if everything known has been dumped, except namespaces whose dumps keep failing. */
bool sync_is_settled(const struct sync *s) NONNULL;
