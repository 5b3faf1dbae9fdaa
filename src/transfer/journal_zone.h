/* SPDX-License-Identifier: ISC */
/*
 * Internals of the journal: the zones, which journal.c keeps, and their snapshots, which
 * source.c keeps ready to be sent.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "transfer/history.h"
#include "transfer/snapshot.h"
#include "transfer/journal.h"
#include "transfer/snapshot_walk.h"

/* One zone. */
struct jzone {
	struct map_node in_map; /* by hash of the name */
	struct list in_dirty;   /* if the SOA was reported since the last commit */
	struct name apex;
	struct records *soa; /* of `serial`; NULL before the first */
	struct records
		*next_soa; /* as reported since the last commit; NULL: none, the zone was removed */
	uint32_t serial;   /* 0: not committed yet */
	bool is_catalog;
	bool is_leaf; /* no zone was below it when the last walk began, and none was added since */
	struct history history;

	/* source.c's */
	struct list in_imaged;     /* if it has a snapshot that is ready */
	struct list in_wanted;     /* if it waits for the next walk, to get a snapshot */
	struct snapshot *snapshot; /* ready, or NULL */
	struct snapshot *making;   /* being made by the present walk, or NULL */
	ns_t snapshot_until;
	size_t whole_len; /* bytes of the last snapshot, 0 if there was none yet */
};

struct journal {
	uint64_t seed;
	struct zone *zone;
	struct map zones;
	struct list dirty;     /* zones that the next commit must handle */
	struct jzone *catalog; /* NULL: none */
	size_t bytes;          /* of all histories */
	uint64_t forgotten;

	/* source.c's */
	struct list imaged, wanted;
	struct snapshot_walk *walk; /* NULL: no walk in progress */
	struct jzone *surveyed;     /* the zone of the last owner it visited, or NULL */
};

/* Returns the zone with that apex, or NULL. */
struct jzone *jzone_find(const struct journal *j, const uint8_t *apex) NONNULL;

/* Returns the zone that contains the name: the nearest at or above it, never the catalog. NULL
 * if there is none. */
struct jzone *jzone_over(const struct journal *j, const uint8_t *name) NONNULL;

/* True if the catalog lists the zone. */
bool jzone_is_member(const struct jzone *z) NONNULL;
