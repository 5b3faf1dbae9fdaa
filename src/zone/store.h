/* SPDX-License-Identifier: ISC */
/*
 * Inside of the zone's writer: what it knows besides what is published. Most owners have one source
 * and no zone begins there: then the published node is all there is. The others have a `struct owner`
 * with what each source says, each as a node of its own that is not published, and the published
 * node is their sum.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "zone/garbage.h"
#include "zone/tree.h"
#include "zone/zone.h"

enum {
	SAY_DERIVED = ZONE_DERIVED,
	SAY_STATIC = ZONE_STATIC,
	SAY_GENERATED, /* SOA and NS of an apex, from its parameters */
	SAY_COUNT
};

/* SOA rdata: two names, five numbers (RFC 1035 §3.3.13). */
enum { SOA_FIXED_LEN = 20, SOA_CAP = 2 * NAME_CAP + SOA_FIXED_LEN };

struct owner {
	struct map_node in_map; /* by hash of the name */
	struct list in_dirty;   /* while the zone that begins here is ahead of its serial */
	struct node *said[SAY_COUNT];
	struct apex *apex; /* NULL: no zone begins here */
	uint8_t name[];    /* in lower case */
};

struct apex {
	uint32_t serial;       /* as published */
	uint32_t serial_floor; /* of the static SOA */
	uint8_t soa[SOA_CAP];  /* scratch: rdata with the serial filled in */
};

struct zone {
	struct zone_reader reader;
	struct zone_listener listener;
	struct tree tree;
	struct garbage garbage;
	struct map owners;
	struct list dirty; /* owners: a commit costs as much as there is to be committed */
	size_t apex_count;
	uint32_t latest_serial;            /* of all that any zone had; 0: none yet */
	struct facts facts, before, after; /* scratch */
};

/* The owner record of that name, or NULL. */
struct owner *zone_owner(const struct zone *z, const struct key *key, unsigned skip) NONNULL;

/* Adds an empty owner record. NULL if out of memory. */
struct owner *zone_owner_new(struct zone *z, const struct place *place) NONNULL MUSTCHECK;
/* Forgets it; its nodes must have been moved or thrown away. */
void zone_owner_free(struct zone *z, struct owner *owner) NONNULL;

/* The sum of what sources say, as a new node; NULL for nothing. `apex` is not NULL at an apex. */
int zone_merge(struct zone *z, const uint8_t *name, struct node *const said[SAY_COUNT],
	struct apex *apex, struct node **ret) NONNULL_ARGS(1, 2, 3, 5) MUSTCHECK;

/* Tells the listener what differs. ERR_NOMEM: it was told nothing. */
int zone_tell(struct zone *z, const uint8_t *name, const struct node *before,
	const struct node *after) NONNULL_ARGS(1, 2) MUSTCHECK;

/* The zone that begins at the owner has changed: it gets a serial at the commit. False if that was
 * known. */
bool zone_mark(struct zone *z, struct owner *owner) NONNULL;

/* The zone that the place is in has changed. */
void zone_touch(struct zone *z, const struct place *place) NONNULL;

/* The generated SOA and NS. ERR_NOMEM. */
int apex_generate(struct zone *z, const struct zone_apex *params, struct node **ret) NONNULL
	MUSTCHECK;

/* Makes settled facts carry the apex's serial in their SOA. */
void apex_fill_serial(struct apex *apex, struct facts *facts) NONNULL;

/* The serial of the SOA in a node; false if there is none. */
bool apex_serial_of(const struct node *n, uint32_t *ret) NONNULL;

/* The serial that follows the apex's: later than it, and not before either floor; never 0. */
uint32_t apex_next_serial(const struct apex *apex, uint32_t floor) NONNULL;

/* One owner that is about to change: what is known of it, and what will be. */
struct update {
	struct place place;
	const uint8_t *name;
	struct owner *owner;          /* NULL: none yet, or none needed */
	struct owner *new_owner;      /* made for this update */
	struct node *said[SAY_COUNT]; /* as it will be */
	struct node *dropped;         /* what a source said before, and no longer */
	struct apex *apex;            /* as it will be */
	struct node *sum;             /* what will be published, NULL: nothing */
	bool needs_owner;
};

/* What is at the name now. */
void update_begin(struct zone *z, struct update *u, const uint8_t *name) NONNULL;

/* The published node, or NULL if it has no records. */
struct node *update_published(const struct update *u) NONNULL;

/* After `said`, `dropped`, `apex` were set: adds up, allocates all that publishing takes, tells the
 * listener. ERR_NOMEM, ERR_RANGE: nothing has changed; what is new in `said` is still the caller's. */
int update_prepare(struct zone *z, struct update *u) NONNULL MUSTCHECK;

/* Publishes. Cannot fail. */
void update_publish(struct zone *z, struct update *u) NONNULL;
