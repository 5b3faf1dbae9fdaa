/* SPDX-License-Identifier: ISC */
/*
 * One walk over the store makes the snapshots of several zones, a limited part at a time, while
 * the store may change in between. Each snapshot has the state at the start of the walk. If an
 * owner is about to change, its old state is first added to its snapshot; the walk skips the
 * owner later.
 *
 *	begin ──► snapshot_walk_work() … each turn ──► done
 *	              │ the store has moved to another table
 *	              └──► the walk is lost: all snapshots are begun anew
 *
 * Progress rule: each call passes a number of slots. The store moves to another table only after
 * its number of names has changed by a fraction of the total, so lost walks become rarer and
 * rarer.
 */
#pragma once

#include "transfer/snapshot.h"
#include "zone/zone.h"

struct snapshot_walk; /* opaque */

/* The snapshots that get an owner's records; each may be NULL. `own` is for the zone that
 * contains the owner. If that zone begins at the owner, `above` is for the parent zone, which
 * has the NS of the delegation (RFC 1034 §4.2.1). */
struct walked_snapshots {
	struct snapshot *own, *above;
};

/* Begins a walk. `snapshots_of` is called for each owner. NULL if out of memory, or if the store
 * cannot be walked now; then try later. */
struct snapshot_walk *snapshot_walk_new(struct zone *zone, uint64_t seed,
	struct walked_snapshots (*snapshots_of)(void *arg, const uint8_t *owner), void *arg)
	NONNULL_ARGS(1, 3) MUSTCHECK;
void snapshot_walk_free(struct snapshot_walk *s);

/* To be called before that owner changes. ERR_NOMEM: the walk is void. */
int snapshot_walk_before_change(struct snapshot_walk *s, const uint8_t *owner) NONNULL MUSTCHECK;

/* Continues the walk. 1: there is more; 0: done; ERR_ABSENT: the walk is lost; ERR_NOMEM. The
 * snapshots also have their own errors. */
int snapshot_walk_work(struct snapshot_walk *s) NONNULL MUSTCHECK;
