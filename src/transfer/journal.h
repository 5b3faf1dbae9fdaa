/* SPDX-License-Identifier: ISC */
/*
 * The history of each zone. It has the changes from one serial to the next for IXFR (RFC 1995),
 * up to a number of bytes, and snapshots of whole zones, made when a client asks for AXFR. Its
 * input is what the zone's listener is told. It is used by one thread, the zone's writer.
 *
 * A change is *pending* until a commit gives the zone a new serial. Then all pending changes
 * become one step. A record that was both added and removed in between is left out.
 *
 * The catalog (RFC 9432) is a zone that exists only in the journal. It lists the other zones.
 */
#pragma once

#include "base/compiler.h"
#include "transfer/xfr.h"
#include "zone/zone.h"

struct journal; /* opaque */

/* Returns an empty journal, with the zones that `zone` has now. NULL if out of memory. */
struct journal *journal_new(uint64_t seed, struct zone *zone) NONNULL MUSTCHECK;
void journal_free(struct journal *j);

/* From now on lists all zones in a catalog zone with the apex `catalog` and a serial of at least
 * `serial_floor`. ERR_NOMEM. */
int journal_set_catalog(struct journal *j, const uint8_t *catalog, uint32_t serial_floor) NONNULL
	MUSTCHECK;

/* Processes one change. To be called from struct zone_listener. */
void journal_change(struct journal *j, const struct zone_change *change) NONNULL;

/* To be called after each zone_commit(): makes the steps. `visit` is called for each zone that
 * has a new serial, including the catalog, and with serial 0 for each removed zone. */
void journal_commit(struct journal *j, uint32_t serial_floor,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
	NONNULL_ARGS(1, 3);

/* Makes the data to send to a client that asks. To be called between batches, when everything is
 * committed. JOURNAL_LATER: the data is being made; call again, with the same `ask`, after
 * journal_work(). ERR_ABSENT: there is no such zone; ERR_NOMEM. The caller owns `*ret`. */
enum { JOURNAL_LATER = 1 };
int journal_source(struct journal *j, struct xfr_ask *ask, ns_t now,
	struct xfr_source **ret) NONNULL MUSTCHECK;

/* journal_has_work(): true if snapshots are being made. journal_work(): makes a limited part of
 * them, between batches; true if clients that got JOURNAL_LATER may ask again now. */
bool journal_has_work(const struct journal *j) NONNULL;
bool journal_work(struct journal *j, ns_t now) NONNULL;

/* Returns the present SOA of a zone, one record in the form of struct records, or NULL. Borrowed
 * until the next commit. */
struct records *journal_soa(const struct journal *j, const uint8_t *apex) NONNULL;

/* Frees snapshots that no client has asked for lately. */
void journal_trim(struct journal *j, ns_t now) NONNULL;
ns_t journal_deadline(const struct journal *j) NONNULL;

/* Calls `visit` for each zone, including the catalog. */
void journal_each_zone(const struct journal *j,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
	NONNULL_ARGS(1, 2);

/* To be called when the views of clients have changed. Calls `visit` for each zone whose present
 * state a client holds in a view that differs from its view now. If the zone gets a new serial,
 * that client is notified and sent the whole zone. LIMIT_JOURNAL_CLIENTS clients per zone are
 * known; others get the zone with its next change. */
void journal_each_misplaced(const struct journal *j,
	unsigned (*view_of)(void *arg, const struct addr *client),
	void (*visit)(void *arg, const uint8_t *apex), void *arg) NONNULL_ARGS(1, 2, 3);

struct journal_stats {
	size_t zones, steps, bytes;
	uint64_t forgotten; /* steps dropped because of the size limit */
};
struct journal_stats journal_stats(const struct journal *j) NONNULL;
