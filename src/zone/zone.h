/* SPDX-License-Identifier: ISC */
/*
 * The authoritative data: all zones in one table of owner names, with the answers ready to copy.
 *
 * One writer, any number of readers. Nodes are immutable once published: the writer builds a new
 * one aside, stores its pointer (release) and keeps the old one in its garbage until the shell has
 * waited for the readers (RCU's grace period; this layer knows no threads, the shell does). Readers
 * neither lock nor wait nor write. Work for a change is in proportion to the change.
 *
 * Views: what is at an owner may differ by where the client stands (wire/rrset.h). Whether a *name*
 * exists does not: NXDOMAIN would tell more than NODATA, and differ between caches.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "wire/rrset.h"

/* Who says what is at an owner. Each source replaces only what it said itself; what several say is
 * merged, the lowest TTL for a set that several give (RFC 2181 §5.2), equal rdata once. */
enum zone_source { ZONE_DERIVED, ZONE_STATIC, ZONE_SOURCE_COUNT };

/* Apex SOA (RFC 1035 §3.3.13) but for its serial, and apex NS. */
struct zone_apex {
	const uint8_t *name;
	const uint8_t *mname; /* also the apex NS */
	const uint8_t *rname;
	uint32_t refresh_s, retry_s, expire_s, minimum_s;
	uint32_t ttl_s; /* of SOA and NS */
};

/* One record that came or went, as told while a batch is being made: `watch`, IXFR, exports. For each
 * owner what went is told first. A new serial is told too, by zone_commit(): SOA out, SOA in. */
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

struct zone;         /* the store; opaque, the writer's */
struct zone_garbage; /* what readers may still look at */

/* An empty store. NULL if out of memory. */
struct zone *zone_new(uint64_t seed, struct zone_listener listener) MUSTCHECK;
/* Frees it with all nodes and garbage. No reader may be left. */
void zone_free(struct zone *z);

/* Makes `apex->name` the top of a zone, or changes its parameters. What is below it and in the table
 * already belongs to it from now on. ERR_NOMEM. */
int zone_add_apex(struct zone *z, const struct zone_apex *apex) NONNULL MUSTCHECK;
/* The zone is no more: with everything that only it held (nothing, if another zone is above it).
 * ERR_ABSENT; ERR_NOMEM: part of it may be gone, try again. */
int zone_remove_apex(struct zone *z, const uint8_t *apex) NONNULL MUSTCHECK;

/* Says that, according to `source`, exactly these sets are at `owner`; `count` 0: none. Not seen by
 * readers as one with other owners, but each owner changes in one step. SOA at the apex (ZONE_STATIC)
 * replaces the generated parameters and sets a floor for the serial; NS at the apex replaces the
 * generated one. An alias (CNAME) gives way to anything else at its owner. ERR_RANGE: in no zone, or
 * more than a node can hold (64 KiB); ERR_NOMEM; nothing changed then. */
int zone_put(struct zone *z, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count) NONNULL_ARGS(1, 3) MUSTCHECK;

/* Takes back all that `source` said, but for the owners that `is_kept` says yes to. ERR_NOMEM: part of it may be
 * gone, try again. */
int zone_keep(struct zone *z, enum zone_source source,
	bool (*is_kept)(void *arg, const uint8_t *owner), void *arg) NONNULL_ARGS(1, 3) MUSTCHECK;

/* Whether ZONE_STATIC says that `owner` is an alias, and that gives way to something else there: `*ret` is
 * the rdata of its CNAME then, valid until the next zone_put(). */
bool zone_hidden_alias(const struct zone *z, const uint8_t *owner, struct rdata *ret) NONNULL;

/* Ends a batch: zones in which anything changed since the last commit get a serial of at least
 * `serial_floor` (the shell passes unix time) and greater than before (RFC 1982). Returns what readers
 * may still see, to be given to zone_garbage_free() after a grace period; NULL if there is none. */
struct zone_garbage *zone_commit(struct zone *z, uint32_t serial_floor) NONNULL;
void zone_garbage_free(struct zone_garbage *garbage);

/* The zone with that apex, if there is one, gets a new serial with the next commit, though no record of
 * it changed: some of those who hold a copy do not hold what they would get now. */
void zone_renew(struct zone *z, const uint8_t *apex) NONNULL;

/* Serial of the zone with that apex, 0 if there is no such zone. */
uint32_t zone_serial(const struct zone *z, const uint8_t *apex) NONNULL;
/* The latest serial that any zone has or had, 0 before the first commit. */
uint32_t zone_latest_serial(const struct zone *z) NONNULL;

/* Names with data, zones, and bytes held, for `status`. */
struct zone_stats {
	size_t zones, names, records, bytes;
};
struct zone_stats zone_stats(const struct zone *z) NONNULL;

/* For exports and AXFR, the writer's thread only: each record at each owner at or below `apex` (the
 * root: of all zones), apex SOA and NS included, the SOA of `apex` first, then in canonical order
 * (RFC 4034 §6.1). `visit` gets is_added true; it must not change the store. ERR_NOMEM: not
 * all were visited. */
int zone_each_record(const struct zone *z, const uint8_t *apex,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
	NONNULL_ARGS(1, 2, 3);

/* Every node that has records (zone/node.h), in no order, the writer's thread only: all at once, or
 * some at a time while the store changes in between. Then those that are there all the time are
 * visited once. */
struct node;
void zone_each_node(const struct zone *z, void (*visit)(void *arg, const struct node *n), void *arg)
	NONNULL_ARGS(1, 2);

struct zone_walk {
	size_t table; /* its number */
	size_t at;    /* slot */
};
/* False: the table is just being moved; to be tried again, for this moves it on. */
bool zone_walk_begin(struct zone *z, struct zone_walk *ret) NONNULL MUSTCHECK;
/* Goes on by so many slots of the table. 1: there is more; 0: that was all; ERR_ABSENT: the table was
 * moved, and what was visited is not known any more. */
int zone_walk_some(const struct zone *z, struct zone_walk *w, size_t slots,
	void (*visit)(void *arg, const struct node *n), void *arg) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
/* Whether that node, which is in the store, was come by. */
bool zone_walk_has_passed(
	const struct zone *z, const struct zone_walk *w, const struct node *n) NONNULL;

/* A large number of names is about to be put, so many in all: the table is made for them at once, and
 * not while they come. ERR_NOMEM. */
int zone_expect(struct zone *z, size_t names) NONNULL MUSTCHECK;

/* Tells `listener` from now on, and the one before no more. */
void zone_listen(struct zone *z, struct zone_listener listener) NONNULL;

/* What readers look things up in (zone/lookup.h); valid as long as the store. */
struct zone_reader;
const struct zone_reader *zone_reader(const struct zone *z) NONNULL;
