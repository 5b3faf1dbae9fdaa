/* SPDX-License-Identifier: ISC */
/*
 * One walk over the store that makes the snapshots of several zones, a bounded piece at a time, while
 * the store changes in between: each snapshot is of the serial at which the walk began. An owner that
 * is about to change is put into its snapshot as it still is, and passed by when the walk comes there.
 *
 *	begin ──► snapshot_walk_work() … each turn ──► done
 *	              │ the store has moved to another table
 *	              └──► the walk is lost: all snapshots are begun anew
 *
 * Progress rule: each call passes a number of slots. Tables are moved when their number of names has
 * changed by a part of it, so that ever fewer are lost.
 */
#pragma once

#include "transfer/snapshot.h"
#include "zone/zone.h"

struct snapshot_walk; /* opaque */

/* The snapshots that an owner's records belong to, either NULL: that of the zone which it is in, and if
 * that zone begins there, that of the zone above, which has its NS (RFC 1034 §4.2.1). */
struct walked_snapshots {
	struct snapshot *own, *above;
};

/* Begins one. `snapshots_of` is asked for each owner. NULL if out of memory, or the store does not let
 * itself be walked now: then later. */
struct snapshot_walk *snapshot_walk_new(struct zone *zone, uint64_t seed,
	struct walked_snapshots (*snapshots_of)(void *arg, const uint8_t *owner), void *arg)
	NONNULL_ARGS(1, 3) MUSTCHECK;
void snapshot_walk_free(struct snapshot_walk *s);

/* That owner changes after this call. ERR_NOMEM: the walk is void. */
int snapshot_walk_before_change(struct snapshot_walk *s, const uint8_t *owner) NONNULL MUSTCHECK;

/* Goes on. 1: there is more; 0: done; ERR_ABSENT: the walk is lost; ERR_NOMEM: the snapshots have
 * their own errors beside. */
int snapshot_walk_work(struct snapshot_walk *s) NONNULL MUSTCHECK;
