/* SPDX-License-Identifier: ISC */
/*
 * Internals of the zone's writer: the data it keeps in addition to what is published. Most
 * owners have only one source and are no apex; then the published node is all there is. Each
 * other owner has a `struct owner`. It has one unpublished node per source. The published node
 * is the merge of these nodes.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "base/slabs.h"
#include "zone/garbage.h"
#include "zone/sign.h"
#include "zone/tree.h"
#include "zone/zone.h"

enum {
	SAY_DERIVED = ZONE_DERIVED,
	SAY_STATIC = ZONE_STATIC,
	SAY_UPDATED = ZONE_UPDATED,
	SAY_GENERATED, /* SOA and NS of an apex, from its parameters */
	SAY_KEYS,      /* DNSKEY, CDS and CDNSKEY of the apex of a signed zone */
	SAY_COUNT
};

/* SOA rdata: two names, five numbers (RFC 1035 §3.3.13). */
enum { SOA_FIXED_LEN = 20, SOA_CAP = 2 * NAME_CAP + SOA_FIXED_LEN };

struct signing;
struct signer_queue;
struct pending;

struct owner {
	struct map_node in_map; /* by hash of the name */
	struct list in_dirty;   /* while the zone with this apex needs a new serial */
	struct node *said[SAY_COUNT];
	struct apex *apex; /* NULL: no zone begins here */
	uint8_t name[];    /* in lower case */
};

struct apex {
	uint32_t serial;         /* as published */
	struct signing *signing; /* owned; NULL: not a signed zone */
	uint32_t serial_floor;   /* of the static SOA */
	uint8_t soa[SOA_CAP];    /* scratch: rdata with the serial filled in */
};

struct zone {
	struct zone_reader reader;
	struct zone_listener listener;
	struct tree tree;
	struct garbage garbage;
	struct slabs *slabs; /* owned: memory of nodes */
	struct map owners;
	struct list dirty;    /* owners that need a new serial at the next commit */
	struct list signings; /* signed zones */
	struct map pending;   /* owners in signed zones that are not served yet as they were put */
	struct signing
		*retired; /* zones that are not signed any more: readers may still use them */
	struct signer_queue *queue; /* owned; NULL: nothing was ever signed */
	uint32_t now_s;             /* unix time; 0: not known */
	struct zone_kept kept;      /* `find` NULL: nothing is kept */
	uint32_t trusted_from_s;    /* signatures that begin before are made anew */
	size_t apex_count;
	uint64_t apex_changes;
	uint32_t latest_serial;      /* highest serial that any zone had; 0: none yet */
	const struct node *last_sum; /* of the last zone_put(), if it merged several sources */
	struct facts facts, before, after; /* scratch */
};

/* Returns the owner record of that name, or NULL. */
struct owner *zone_owner(const struct zone *z, const struct key *key, unsigned skip) NONNULL;

/* Adds an empty owner record. NULL if out of memory. */
struct owner *zone_owner_new(struct zone *z, const struct place *place) NONNULL MUSTCHECK;
/* Frees the owner record. Its nodes must have been moved or freed. */
void zone_owner_free(struct zone *z, struct owner *owner) NONNULL;

/* Merges the nodes of all sources into a new node; NULL if there are no records. `apex` is not
 * NULL at an apex. */
int zone_merge(struct zone *z, const uint8_t *name, struct node *const said[SAY_COUNT],
	struct apex *apex, struct node **ret) NONNULL_ARGS(1, 2, 3, 5) MUSTCHECK;

/* Reports the differences to the listener. ERR_NOMEM: nothing was reported. */
int zone_tell(struct zone *z, const uint8_t *name, const struct node *before,
	const struct node *after) NONNULL_ARGS(1, 2) MUSTCHECK;

/* Marks the zone with this apex as changed, so that the commit gives it a new serial. Returns
 * false if it was marked already. */
bool zone_mark(struct zone *z, struct owner *owner) NONNULL;

/* True if both say the same; NULL: nothing. */
bool zone_says_same(const struct node *a, const struct node *b);

/* Sets what one of SAY_* says at `owner`: zone_put(). */
int zone_say(struct zone *z, unsigned say, const uint8_t *owner, const struct rrset *sets,
	size_t count) NONNULL_ARGS(1, 3) MUSTCHECK;

/* Marks the zone that contains the place as changed. */
void zone_touch(struct zone *z, const struct place *place) NONNULL;

/* Makes a node with the generated SOA and NS. ERR_NOMEM. */
int apex_generate(struct zone *z, const struct zone_apex *params, struct node **ret) NONNULL
	MUSTCHECK;

/* Writes the serial of the apex into the SOA of settled facts. */
void apex_fill_serial(struct apex *apex, struct facts *facts) NONNULL;

/* Reads the serial of the SOA in a node. Returns false if there is no SOA. */
bool apex_serial_of(const struct node *n, uint32_t *ret) NONNULL;

/* Returns the next serial of the apex: later than the current one, not before either floor, and
 * never 0. */
uint32_t apex_next_serial(const struct apex *apex, uint32_t floor) NONNULL;

/* One owner that is about to change: its present state and its new state. */
struct update {
	struct place place;
	const uint8_t *name;
	struct owner *owner;          /* NULL: none yet, or none needed */
	struct owner *new_owner;      /* made for this update */
	struct node *said[SAY_COUNT]; /* as it will be */
	struct node *dropped;         /* old node of a source, replaced by this update */
	struct apex *apex;            /* as it will be */
	struct node *sum;             /* new merged node to publish, NULL: nothing */
	struct signing *signing;      /* of the zone; NULL: not signed */
	struct pending *pending;      /* what is said, if it is not served yet */
	struct pending *new_pending;  /* made for this update */
	struct node *copy;            /* owned until it is published: of what one source has said */
	bool needs_owner;
};

/* Fills `u` with the present state of the name. */
void update_begin(struct zone *z, struct update *u, const uint8_t *name) NONNULL;

/* Returns the node with what is said now, or NULL if it has no records. In a signed zone it may be not published yet. */
struct node *update_present(const struct update *u) NONNULL;

/* To be called after `said`, `dropped` and `apex` were set. Merges the records, allocates
 * everything that publishing needs, and informs the listener. ERR_NOMEM, ERR_RANGE: nothing has
 * changed; the caller still owns the new nodes in `said`. */
int update_prepare(struct zone *z, struct update *u) NONNULL MUSTCHECK;

/* Tells what update_prepare() would return, but for memory, and allocates and changes nothing. It is to be called in its
 * place; the caller still owns the new nodes. */
int update_try(struct zone *z, struct update *u) NONNULL MUSTCHECK;

/* Publishes the update. Cannot fail. */
void update_publish(struct zone *z, struct update *u) NONNULL;
