/* SPDX-License-Identifier: ISC */
/*
 * The history of each zone: what came and went from one serial to the next, kept for IXFR (RFC
 * 1995) up to a number of bytes, and whole zones as of now, made when AXFR is asked for. It is fed
 * by what the zone's listener is told; one thread, the zone's writer.
 *
 * A change is *pending* until the commit that gives the zone a new serial; then what was said in
 * between is settled, so that a record that came and went again is not told, and becomes one step.
 *
 * The catalog (RFC 9432) is a zone of the journal alone, and lists the others.
 */
#pragma once

#include "base/compiler.h"
#include "transfer/xfr.h"
#include "zone/zone.h"

struct journal; /* opaque */

/* An empty one. It learns the zones that `zone` has by now. NULL if out of memory. */
struct journal *journal_new(uint64_t seed, struct zone *zone) NONNULL MUSTCHECK;
void journal_free(struct journal *j);

/* Lists all zones from now on in one more, whose apex is `catalog`, with a serial of at least
 * `serial_floor`. ERR_NOMEM. */
int journal_set_catalog(struct journal *j, const uint8_t *catalog, uint32_t serial_floor) NONNULL
	MUSTCHECK;

/* One change; what struct zone_listener calls. */
void journal_change(struct journal *j, const struct zone_change *change) NONNULL;

/* After each zone_commit(): makes the steps. `visit` is called for each zone that has a new serial,
 * the catalog included, and with serial 0 for each that is no more. */
void journal_commit(struct journal *j, uint32_t serial_floor,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
	NONNULL_ARGS(1, 3);

/* What has to be sent to one who asks; to be called between batches, when all is committed.
 * JOURNAL_LATER: it is being made; ask again, with the same `ask`, after journal_work().
 * ERR_ABSENT: there is no such zone; ERR_NOMEM. The caller owns `*ret`. */
enum { JOURNAL_LATER = 1 };
int journal_source(struct journal *j, struct xfr_ask *ask, ns_t now,
	struct xfr_source **ret) NONNULL MUSTCHECK;

/* Whether whole zones are being made; makes a bounded piece of them, between batches. True if who was
 * told JOURNAL_LATER may ask again now. */
bool journal_has_work(const struct journal *j) NONNULL;
bool journal_work(struct journal *j, ns_t now) NONNULL;

/* The SOA of a zone as it is: one record in struct records' form, or NULL. Borrowed until the next
 * commit. */
struct records *journal_soa(const struct journal *j, const uint8_t *apex) NONNULL;

/* Lets go of whole zones that nobody has asked for lately. */
void journal_trim(struct journal *j, ns_t now) NONNULL;
ns_t journal_deadline(const struct journal *j) NONNULL;

/* Each zone, the catalog included. */
void journal_each_zone(const struct journal *j,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
	NONNULL_ARGS(1, 2);

/* Who stands where has changed: each zone that a client holds as it is, but in another view than it is
 * in by now. With a new serial of it that client is told, and sent all. LIMIT_JOURNAL_CLIENTS of a
 * zone are known; others get it with the next change. */
void journal_each_misplaced(const struct journal *j,
	unsigned (*view_of)(void *arg, const struct addr *client),
	void (*visit)(void *arg, const uint8_t *apex), void *arg) NONNULL_ARGS(1, 2, 3);

struct journal_stats {
	size_t zones, steps, bytes;
	uint64_t forgotten; /* steps that were dropped for want of room */
};
struct journal_stats journal_stats(const struct journal *j) NONNULL;
