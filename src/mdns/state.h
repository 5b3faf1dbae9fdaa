/* SPDX-License-Identifier: ISC */
/*
 * The state of an mname, and when it is to change.
 *
 * An mname with unique records moves so (§8, §9):
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
 *	YIELDED: the peer of the conflict is the workload itself; silent until it says goodbye, its
 *	         addresses change, or its records have expired: then PROBING.
 *	SILENT:  the link is down.
 *
 * Inputs: put, link up and down, packets, time. Deadlines: one timer an mname, in its link's
 * `probes` (PROBING, CONFLICT, YIELDED) or `announces` (ANNOUNCING). Progress: what is due either
 * goes into the packet being made, with its timer moved past `now`, or waits for the next packet of
 * this poll, and a packet that is sent holds at least one of them. Announcements are counted down;
 * so every mname ends ESTABLISHED, or silent, or in YIELDED or CONFLICT with a timer that only
 * grows.
 */
#pragma once

#include "mdns/link.h"

enum {
	PROBES = 3,       /* §8.1 */
	ANNOUNCEMENTS = 2 /* §8.3 */
};

#define PROBE_INTERVAL (250 * NS_PER_MS)

/* Names that wait share the moments when they go on, and so their packets. */
static inline ns_t next_shared_moment(ns_t at, ns_t step)
{
	return (at + step - 1) / step * step;
}

/* Whether the name is ours there: it is answered for. */
static inline bool mname_is_held(const struct mname *mname)
{
	return mname->state == MDNS_ANNOUNCING || mname->state == MDNS_ESTABLISHED;
}

/* Whether it has a unique set that might be somebody else's (§8.1). */
bool mname_needs_probe(const struct mname *mname) NONNULL;
/* Notes the state, and since when it is so: ANNOUNCING and ESTABLISHED are one in this. */
void mname_set_state(struct mname *mname, enum mdns_state state, ns_t now) NONNULL;
/* Its one timer: due at `at`, in that heap of its link and in no other. */
void mname_set_timer(struct mname *mname, struct heap *heap, ns_t at) NONNULL;
/* From the start: probing if it is needed, else announcing. SILENT if the link is down. */
void mname_start(struct mname *mname, ns_t now) NONNULL;
/* Silent until `at`, then probes; meanwhile it is in `state`. */
void mname_wait(struct mname *mname, enum mdns_state state, ns_t at, ns_t now) NONNULL;
/* When a name that comes now is first probed for: a random delay, the same for all that come about
 * now, so that they share packets (§8.1). */
ns_t mlink_batch_time(struct mlink *link, bool needs_probe, ns_t now) NONNULL;
/* Silent, without a timer. */
void mname_stop(struct mname *mname, enum mdns_state state, ns_t now) NONNULL;
/* The set is to be announced `times` times, from `at`. Nothing if the name is not held. */
void mname_announce(struct mname *mname, struct recset *set, unsigned times, ns_t at) NONNULL;
/* All sets are to be announced as if they were new, without a probe: to those who have not heard them
 * before. Nothing if the name is not held. */
void mname_introduce(struct mname *mname, ns_t now) NONNULL;
/* As mname_announce(), once, for one record; for its whole set if that is unique. */
void mname_announce_record(
	struct mname *mname, struct recset *set, struct mrecord *record, ns_t at) NONNULL;
/* An announcement of a change: at most ten a minute (§8.4). Returns when it may be. */
ns_t mname_update_at(struct mname *mname, ns_t now) NONNULL;
