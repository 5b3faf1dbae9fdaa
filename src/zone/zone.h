/* SPDX-License-Identifier: ISC */
/*
 * The authoritative data: all zones in one table of owner names, with the answers ready to copy.
 *
 * One writer, any number of readers. Nodes are immutable once published. The writer builds a new
 * node, stores its pointer (release) and keeps the old node in its garbage until the shell has
 * waited for the readers (RCU grace period; the shell does this because this layer has no
 * threads). Readers do not lock, wait or write. The work for a change is proportional to the
 * change.
 *
 * Views: the records at an owner may depend on the client's view (wire/rrset.h). But whether a
 * *name* exists does not depend on it: NXDOMAIN would reveal more than NODATA, and caches would
 * disagree.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "wire/rrset.h"

/* The sources of records. Each source replaces only its own records. Records of several sources
 * are merged: the lowest TTL for a set (RFC 2181 §5.2), equal rdata once. */
enum zone_source {
	ZONE_DERIVED, /* the kernel; and other hosts, by the collector */
	ZONE_STATIC,  /* zone files */
	ZONE_UPDATED, /* updates (RFC 2136) */
	ZONE_SOURCE_COUNT
};

/* The apex SOA (RFC 1035 §3.3.13) without its serial, and the apex NS. */
struct zone_apex {
	const uint8_t *name;
	const uint8_t *mname; /* also the apex NS */
	const uint8_t *rname;
	uint32_t refresh_s, retry_s, expire_s, minimum_s;
	uint32_t ttl_s; /* of SOA and NS */
};

/* One record that was added or removed. It is reported while a batch is being made, for `watch`,
 * IXFR and exports. For each owner the removed records are reported first. zone_commit() also
 * reports a new serial: old SOA removed, new SOA added. */
struct zone_change {
	bool is_added;
	const uint8_t *owner;
	uint16_t type;
	uint8_t view;
	uint32_t ttl;
	struct rdata rdata;
};

struct zone_listener {
	void (*on_change)(void *arg, const struct zone_change *change); /* may be NULL */
	void *arg;
};

struct node;
struct zone;         /* the store; opaque, for the writer */
struct zone_garbage; /* what readers may still use */

/* Returns an empty store. NULL if out of memory. */
struct zone *zone_new(uint64_t seed, struct zone_listener listener) MUSTCHECK;
/* Frees the store with all nodes and garbage. No reader may be left. */
void zone_free(struct zone *z);

/* Makes `apex->name` the apex of a zone, or changes its parameters. Existing names below it
 * belong to this zone from now on. ERR_NOMEM. */
int zone_add_apex(struct zone *z, const struct zone_apex *apex) NONNULL MUSTCHECK;
/* Returns how many records of that type are published at the owner of the last zone_put(), which has succeeded,
 * in the view with most of them, if several sources have records there; otherwise 0. */
size_t zone_sum_count(const struct zone *z, uint16_t type) NONNULL;

/* True if `name` is the apex of a zone. */
bool zone_has_apex(const struct zone *z, const uint8_t *name) NONNULL;
/* Returns how often a zone has come or gone. */
uint64_t zone_apex_changes(const struct zone *z) NONNULL;
/* Returns the apex of the zone that contains the name, in lower case; NULL: none. Valid until the next change. */
const uint8_t *zone_apex_of(const struct zone *z, const uint8_t *name) NONNULL;
/* Removes the zone and every name that only this zone contains (none, if another zone is above
 * it). ERR_ABSENT. ERR_NOMEM: part of it may be removed already; try again. */
int zone_remove_apex(struct zone *z, const uint8_t *apex) NONNULL MUSTCHECK;

/* Sets the records of `source` at `owner` to exactly these sets; `count` 0 means none. Each
 * owner changes in one step for readers, but several owners do not change together. A
 * ZONE_STATIC SOA at the apex replaces the generated parameters and sets a minimum for the
 * serial. NS at the apex replaces the generated NS. An alias (CNAME) is hidden if its owner has
 * anything else. ERR_RANGE: the owner is in no zone, or a node cannot hold this much (64 KiB).
 * ERR_NOMEM. After an error nothing has changed. */
int zone_put(struct zone *z, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count) NONNULL_ARGS(1, 3) MUSTCHECK;

/* Returns what zone_put() would return, and changes nothing: 0; ERR_RANGE; ERR_NOMEM, which the other may have later
 * all the same. */
int zone_try(struct zone *z, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count) NONNULL_ARGS(1, 3) MUSTCHECK;

/* Removes all records of `source`, except at owners for which `is_kept` returns true. ERR_NOMEM:
 * some may be removed already; try again. */
int zone_keep(struct zone *z, enum zone_source source,
	bool (*is_kept)(void *arg, const uint8_t *owner), void *arg) NONNULL_ARGS(1, 3) MUSTCHECK;

/* True if `source` has records at `owner`, whether they are served or hidden. */
bool zone_has(const struct zone *z, enum zone_source source, const uint8_t *owner) NONNULL;

/* Returns the records of `source` at `owner`, served or hidden, as a node (zone/node.h); NULL if it
 * has none. Valid until the next zone_put(). */
const struct node *zone_said(
	const struct zone *z, enum zone_source source, const uint8_t *owner) NONNULL;

/* Returns what all sources say at `owner`, as a node; NULL if nothing. It is served, or waits for signatures: then
 * zone_is_waiting() is true. Valid until the next zone_put(). */
const struct node *zone_latest(const struct zone *z, const uint8_t *owner) NONNULL;
bool zone_is_waiting(const struct zone *z, const uint8_t *owner) NONNULL;

/* True if ZONE_STATIC has an alias at `owner` that is hidden because of other records there.
 * Then `*ret` is the rdata of its CNAME, valid until the next zone_put(). */
bool zone_hidden_alias(const struct zone *z, const uint8_t *owner, struct rdata *ret) NONNULL;

/* Ends a batch. Each zone with a change since the last commit gets a new serial: at least
 * `serial_floor` (the shell passes unix time) and greater than before (RFC 1982). Returns what
 * readers may still see; the caller passes it to zone_garbage_free() after a grace period. NULL
 * if there is none. */
struct zone_garbage *zone_commit(struct zone *z, uint32_t serial_floor) NONNULL;
void zone_garbage_free(struct zone_garbage *garbage);

/* Gives the zone with that apex, if it exists, a new serial at the next commit, even if no
 * record changed. Needed because some secondaries have a copy that differs from what they would
 * get now. */
void zone_renew(struct zone *z, const uint8_t *apex) NONNULL;

/* Returns the serial of the zone with that apex, 0 if there is no such zone. */
uint32_t zone_serial(const struct zone *z, const uint8_t *apex) NONNULL;
/* Returns the latest serial that any zone has or had, 0 before the first commit. */
uint32_t zone_latest_serial(const struct zone *z) NONNULL;

/* Names with data, zones, and bytes used, for `status`. */
struct zone_stats {
	size_t zones, names, records, bytes;
};
struct zone_stats zone_stats(const struct zone *z) NONNULL;

/* For exports and AXFR, in the writer's thread only. Visits each record at or below `apex` (the
 * root: of all zones), including SOA and NS of the apex. The SOA of `apex` is first; then
 * canonical order follows (RFC 4034 §6.1). `visit` gets is_added true; it must not change the
 * store. ERR_NOMEM: not all records were visited. */
int zone_each_record(const struct zone *z, const uint8_t *apex,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
	NONNULL_ARGS(1, 2, 3);

/* Visits every node that has records (zone/node.h), in no order, in the writer's thread only.
 * zone_each_node() does this at once. A walk (struct zone_walk) visits some at a time, and the
 * store may change in between. A node that exists during the whole walk is visited once. */
void zone_each_node(const struct zone *z, void (*visit)(void *arg, const struct node *n), void *arg)
	NONNULL_ARGS(1, 2);
/* The same for the nodes at the apexes of zones only. */
void zone_each_apex(const struct zone *z, void (*visit)(void *arg, const struct node *n), void *arg)
	NONNULL_ARGS(1, 2);

/* Visits all records of a node, as zone_each_record() does. ERR_NOMEM: not all were visited. */
int zone_node_records(
	const struct node *n, void (*visit)(void *arg, const struct zone_change *record), void *arg)
	NONNULL_ARGS(1, 2) MUSTCHECK;

struct zone_walk {
	size_t table; /* number of the table */
	size_t at;    /* slot */
};
/* Returns false if the table is being moved. Each call moves more of it, so try again. */
bool zone_walk_begin(struct zone *z, struct zone_walk *ret) NONNULL MUSTCHECK;
/* Visits the next `slots` slots of the table. Returns 1 if there is more, 0 at the end.
 * ERR_ABSENT: the table was moved, and it is no longer known which nodes were visited. */
int zone_walk_some(const struct zone *z, struct zone_walk *w, size_t slots,
	void (*visit)(void *arg, const struct node *n), void *arg) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
/* True if the walk has visited that node, which must be in the store. */
bool zone_walk_has_passed(
	const struct zone *z, const struct zone_walk *w, const struct node *n) NONNULL;

/* Announces that `names` names in total are about to be put. The table grows for them now, and
 * not while they are put. ERR_NOMEM. */
int zone_expect(struct zone *z, size_t names) NONNULL MUSTCHECK;

/* Lets names be hidden that have records for the lan view only, with all below them: in the wan view they do not
 * exist. Set it before any zone is signed. */
void zone_hide_lan(struct zone *z, bool hides) NONNULL;

/* From now on reports changes to `listener` instead of the previous listener. */
void zone_listen(struct zone *z, struct zone_listener listener) NONNULL;

/* Returns the handle for lookups (zone/lookup.h). It is valid as long as the store. */
struct zone_reader;
const struct zone_reader *zone_reader(const struct zone *z) NONNULL;
