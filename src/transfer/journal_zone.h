/* SPDX-License-Identifier: ISC */
/*
 * Inside of the journal: the zones, which journal.c keeps, and what source.c keeps ready to be sent
 * of each.
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
	struct list in_dirty;   /* while the SOA was told of since the last commit */
	struct name apex;
	struct records *soa;      /* of `serial`; NULL before the first */
	struct records *next_soa; /* as told since the last commit; NULL: none, the zone goes */
	uint32_t serial;          /* 0: not committed yet */
	bool is_catalog;
	bool is_leaf; /* there was no zone below it when the last walk began, and none has come since */
	struct history history;

	/* source.c's */
	struct list in_imaged;     /* while it has an snapshot that is ready */
	struct list in_wanted;     /* while it waits for the next walk to make one */
	struct snapshot *snapshot; /* ready, or NULL */
	struct snapshot *making;   /* by the walk that is under way, or NULL */
	ns_t snapshot_until;
	size_t whole_len; /* of the last snapshot, 0 if there was none yet */
};

struct journal {
	uint64_t seed;
	struct zone *zone;
	struct map zones;
	struct list dirty;     /* zones: a commit costs as much as there is to be committed */
	struct jzone *catalog; /* NULL: none */
	size_t bytes;          /* of all histories */
	uint64_t forgotten;

	/* source.c's */
	struct list imaged, wanted;
	struct snapshot_walk *walk; /* NULL: none is under way */
	struct jzone *surveyed;     /* the zone of the last owner that it came by, or NULL */
};

/* The zone with that apex, or NULL. */
struct jzone *jzone_find(const struct journal *j, const uint8_t *apex) NONNULL;

/* The zone that a name is in: the nearest at or above it, never the catalog; NULL: none. */
struct jzone *jzone_over(const struct journal *j, const uint8_t *name) NONNULL;

/* Whether the catalog lists it. */
bool jzone_is_member(const struct jzone *z) NONNULL;
