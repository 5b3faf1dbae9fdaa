/* SPDX-License-Identifier: ISC */
/*
 * The state of an mname, and when it changes.
 *
 * State diagram of an mname with unique records (§8, §9):
 *
 *	            put, link up, restart
 *	                    │ random 0–250 ms, shared by what is put together
 *	                    ▼
 *	  ┌───────────► PROBING ── 3 probes, 250 ms apart, nobody objects ──► ANNOUNCING ◄─┐ a set
 *	  │ 1 s,            │                                                  │ twice     │ changes
 *	  │ 5 s,            │ other rdata in a response: rename, start again   ▼           │
 *	  │ an hour         │ lost tie-break: CONFLICT, 1 s                ESTABLISHED ────┘
 *	CONFLICT ◄──────────┤                                                  │
 *	                    └◄──── other rdata in a response: probe again ─────┘
 *	YIELDED: the workload speaks for itself; silent until it says goodbye, its addresses change, or
 *	         its records have expired. Then it is asked three times, and if it does not answer, the
 *	         mname starts as if it were put now. A question is no claim: the workload may be probing
 *	         again itself, and would take ours for a conflict.
 *	DEFERRED: another responder of this host has it, or is asked whether it has: neighbour.c.
 *	SILENT:  the link is down, or all is asleep.
 *
 * Inputs: put, link up and down, packets, time. Deadlines: one timer an mname, in its link's
 * `probes` (PROBING, CONFLICT, YIELDED, DEFERRED) or `announces` (ANNOUNCING). Progress: what is due either
 * goes into the packet being made, with its timer moved past `now`, or waits for the next packet of
 * this poll, and a packet that is sent holds at least one of them. Announcements are counted down;
 * so every mname ends ESTABLISHED, or silent, or in YIELDED or CONFLICT with a timer that only
 * grows.
 */
#pragma once

#include "mdns/link.h"

enum {
	PROBES = 3,       /* §8.1 */
	QUESTIONS = 3,    /* to one that speaks for itself, without a claim */
	ANNOUNCEMENTS = 2 /* §8.3 */
};

#define PROBE_INTERVAL (250 * NS_PER_MS)

/* Rounds a time up, so that waiting names continue at the same time and share packets. */
static inline ns_t next_shared_moment(ns_t at, ns_t step)
{
	return (at + step - 1) / step * step;
}

/* True if the name is ours on that link: queries for it are answered. */
static inline bool mname_is_held(const struct mname *mname)
{
	return mname->state == MDNS_ANNOUNCING || mname->state == MDNS_ESTABLISHED;
}

/* True if it has a unique set that another host might own (§8.1). */
bool mname_needs_probe(const struct mname *mname) NONNULL;
/* Sets the state and the time of the change. ANNOUNCING and ESTABLISHED count as one state for
 * the time. */
void mname_set_state(struct mname *mname, enum mdns_state state, ns_t now) NONNULL;
/* Sets the only timer of the mname: due at `at`, in that heap of its link and in no other. */
void mname_set_timer(struct mname *mname, struct heap *heap, ns_t at) NONNULL;
/* Starts the mname: probing if needed, otherwise announcing. DEFERRED if it is a neighbour's, SILENT
 * if the link is down. */
void mname_start(struct mname *mname, ns_t now) NONNULL;
/* Makes the mname silent until `at`, in `state`; then it probes, or asks in YIELDED. */
void mname_wait(struct mname *mname, enum mdns_state state, ns_t at, ns_t now) NONNULL;
/* Leaves the mname to its workload, which has spoken for itself before: silent for a moment, in which the
 * workload may start again; then it is asked. */
void mname_await_workload(struct mname *mname, ns_t now) NONNULL;
/* Leaves the mname, a name of the host, to a neighbour: silent until a question is due. */
void mname_defer(struct mname *mname, ns_t now) NONNULL;
/* Returns the time of the first probe for a name that is put now: a random delay, the same for
 * all names put at about the same time, so that they share packets (§8.1). */
ns_t mlink_batch_time(struct mlink *link, bool needs_probe, ns_t now) NONNULL;
/* Makes the mname silent, without a timer. */
void mname_stop(struct mname *mname, enum mdns_state state, ns_t now) NONNULL;
/* Schedules `times` announcements of the set, from `at` on. Does nothing if the name is not
 * held. */
void mname_announce(struct mname *mname, struct recset *set, unsigned times, ns_t at) NONNULL;
/* Schedules the probes for the mname on a lane that has come later; if they have begun, they begin again
 * on all lanes. */
void mname_probe_late(struct mname *mname, ns_t now) NONNULL;
/* The same for the records of the set that were never multicast; and for those that wait to be. */
void mname_announce_new(struct mname *mname, struct recset *set, unsigned times, ns_t at) NONNULL;
/* Announces all sets as if they were new, without a probe, for peers that have not heard them
 * before. Does nothing if the name is not held. */
void mname_introduce(struct mname *mname, ns_t now) NONNULL;
/* Like mname_announce(), once, but for one record only; for its whole set if the set is unique. */
void mname_announce_record(
	struct mname *mname, struct recset *set, struct mrecord *record, ns_t at) NONNULL;
/* Returns when a change may be announced: at most ten announcements a minute (§8.4). */
ns_t mname_update_at(struct mname *mname, ns_t now) NONNULL;
