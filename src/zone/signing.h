/* SPDX-License-Identifier: ISC */
/*
 * Internals of signed zones (zone/sign.h): what one keeps in addition to the others.
 *
 *	pending.c     owners that are not served yet as they were put
 *	scan.c        a look at a whole zone
 *	signing.c     zones that are signed, and their keys
 *	generation.c  the owners of a generation: their place in the chain, and their nodes
 *	request.c     messages to the signer, and its signatures
 *	kept.c        signatures of the last run, and for the next one
 *	publish.c     what is complete becomes visible
 *	refresh.c     signatures that end
 *
 * In a signed zone, a node in the tree belongs to the tree alone: it has signatures, and is never the
 * node of a source. What the sources say of an owner whose node is not up to date is in `struct
 * pending`.
 */
#pragma once

#include "base/buf.h"
#include "zone/nsec.h"
#include "zone/orders.h"
#include "zone/sign.h"
#include "zone/store.h"

/* An owner that is not served yet as it was put. */
struct pending {
	struct map_node in_map; /* of the zone's store */
	struct list in_waiting; /* while it waits for a generation */
	struct signing *signing;
	struct node *truth; /* what the sources say, without signatures; NULL: nothing */
	bool is_taken;      /* by the generation */
	uint8_t name[];     /* in lower case */
};

/* An owner of a generation. While it is COMING, its truth has its place in the order, and then its node. */
struct job {
	struct map_node in_map; /* of the generation, by name */
	struct pending
		*pending; /* NULL: only its link or its signatures change; or it is published */
	const struct node *
		truth; /* what the sources said when it began, or what is published; borrowed; NULL: nothing */
	struct node *held; /* owned: the same, after the pending has got something else */
	struct node *node; /* to be published: owned until then; NULL: the name goes away */
	unsigned missing;  /* signatures that it still needs */
	bool is_placed;    /* its change of the chain is made */
	bool is_in_chain;
	bool is_in_wan; /* also in the chain of the wan view */
	bool is_coming; /* in one of the orders */
	bool is_last;   /* it hid names that are signed now: they are seen when they are */
	bool is_published;
	bool leaves_wan;    /* it stays in the other chain */
	bool is_begun, hid; /* while it is placed: whether it hid names before */
	uint8_t name[];
};

enum phase {
	PHASE_IDLE,
	PHASE_PLACE, /* the chain is computed */
	PHASE_BUILD, /* nodes are built */
	PHASE_SIGN,  /* requests are made, owners are published */
	PHASE_LEAVE, /* names go away */
	PHASE_CLOSE  /* the SOA is signed */
};

struct generation {
	enum phase phase;
	struct dnssec_key_id
		keys[RRSIG_KEYS_MAX]; /* that sign in it, whatever becomes of the zone's keys */
	unsigned key_count;
	struct job **jobs; /* those with a pending first */
	size_t count, cap;
	size_t changed;   /* jobs with a pending */
	size_t at;        /* of the phase: jobs before are done */
	size_t asked;     /* jobs before have no message that was not asked */
	size_t published; /* number of jobs */
	bool is_reopened; /* jobs that were placed are to be placed once more */
	struct map by_name;
	struct node *apex;     /* of PHASE_CLOSE: owned; NULL: not built yet */
	unsigned apex_missing; /* signatures */
	uint32_t serial;       /* before PHASE_CLOSE */
};

struct signing {
	struct list in_zone;
	struct signing *next_retired;
	struct owner *owner;     /* of the apex */
	struct order *order;     /* all owners */
	struct order *wan;       /* those that exist for the wan view; NULL: the same ones */
	struct nsec_rdata *link; /* owned: scratch */
	struct dnssec_key_id keys[RRSIG_KEYS_MAX];
	unsigned key_count; /* 0: not known yet */
	struct rrsig ready[ZONE_KEY_SETS_MAX][RRSIG_KEYS_MAX];
	unsigned ready_count[ZONE_KEY_SETS_MAX];
	uint16_t ready_type[ZONE_KEY_SETS_MAX];
	unsigned ready_sets;
	struct list waiting; /* struct pending */
	size_t waiting_count;
	uint8_t **due; /* owned names of owners to be signed anew */
	size_t due_count, due_cap;
	bool has_failed; /* the signer has no keys for it */
	bool apex_hides; /* the apex has a DNAME, as published */
	bool is_dirty;   /* something was published since the SOA */
	bool has_closed; /* the zone was whole once: its SOA is signed */
	bool is_refused; /* the signer has refused something: wait */
	bool needs_scan; /* names may have lost their place in the chain, or got one */
	unsigned cuts;   /* owners in the chain that hide names below */
	struct generation gen;
	struct name look_at;                    /* zone_refresh() goes on behind this name */
	uint32_t look_expiration, look_renewal; /* of the present pass */
	bool is_urgent; /* this look has found a signature that has ended, or nearly so */
	bool has_stale; /* it has found a signature that must be made anew */
	bool is_fresh;  /* a pass with the present keys has found none */
	struct zone_sign_stats stats;
};

/* Messages at the signer. */
struct asked {
	uint64_t ticket;         /* 0: free */
	struct signing *signing; /* NULL: it is gone */
	size_t count;
	struct {
		struct job *job; /* NULL: the apex */
		struct node_sig *sig;
	} slots[ZONE_REQUEST_MAX];
};

struct signer_queue {
	uint64_t last_ticket;
	struct asked asked[ZONE_REQUESTS];
	struct buf bytes, scratch;
};

/* Stamps of a node: one for each key. At an apex, more for the sets that the signer signs by itself. */
enum { STAMPS_OF_KEYS = RRSIG_KEYS_MAX, STAMPS_MAX = (1 + ZONE_KEY_SETS_MAX) * RRSIG_KEYS_MAX };

/* KEYS_SPARE: room at an apex for what keys say, in bytes. */
enum {
	KEYS_SPARE = 2 * 1024,
	GENERATION_OWNERS = 256,
	FIRST_OWNERS = 1024, /* of each, before the zone is whole for the first time */
	SIGN_VALID_S = 14 * 86400,
	SIGN_BEFORE_S = 3600, /* the inception is in the past: clocks differ */
	SIGN_RENEW_S = 7 * 86400,
	SIGN_SPREAD_S = SIGN_RENEW_S * 12 / 100
};

/* Returns the signing of the zone with that apex; NULL: it is not signed. */
struct signing *signing_find(const struct zone *z, const uint8_t *apex) NONNULL;
/* Returns the signing of the zone that contains the place; NULL: it is not signed. */
struct signing *signing_over(const struct zone *z, const struct place *place) NONNULL;
struct pending *pending_find(const struct zone *z, const struct key *key) NONNULL;
/* Returns a pending for that name that is in no list yet. NULL if out of memory. */
struct pending *pending_new(struct zone *z, struct signing *s, const struct key *key) NONNULL
	MUSTCHECK;
void pending_free(struct zone *z, struct pending *p) NONNULL;
/* Sets what the sources say, and lets the owner wait for a generation. Takes over `truth`. */
void pending_set(struct zone *z, struct pending *p, struct node *truth) NONNULL_ARGS(1, 2);

/* True if the sources may say this in a signed zone: signed, it still fits into a node. */
bool signing_has_room(const struct node *n) NONNULL;
/* Returns a copy of what the sources say at a node. NULL if out of memory. */
struct node *signing_copy(struct zone *z, const struct node *n) NONNULL MUSTCHECK;
/* Notes in a new node which addresses are a choice: those that are in `truth`. */
void signing_copy_near(struct node *n, const struct node *truth) NONNULL;
/* Ends the signing of the zone: its nodes are ordinary ones again. ERR_NOMEM: nothing has changed. */
int signing_end(struct zone *z, struct signing *s) NONNULL MUSTCHECK;
/* Its part for a store that is freed: the list of orders stays as it is. */
void signing_retire(struct zone *z, struct signing *s) NONNULL;
/* Frees what is left of it; no reader may be left. */
void signing_free(struct signing *s);
/* Lets all owners wait whose place in the chain is not what it should be. ERR_NOMEM. */
int signing_scan(struct zone *z, struct signing *s) NONNULL MUSTCHECK;
/* True if the owner is in the chain and hides names below, as of the present generation. */
bool signing_hides(const struct zone *z, const struct signing *s, const uint8_t *name) NONNULL;
/* True if a cut or a DNAME in the chain is above that name (in the zone). */
bool signing_is_hidden(const struct zone *z, const struct signing *s, const uint8_t *name) NONNULL;

/* Begins or continues the generation of each signed zone, as far as that is possible now. */
void signing_advance(struct zone *z, uint32_t serial_floor) NONNULL;

/* generation.c: its first phases. ERR_NOMEM: go on later. */
bool generation_begin(struct zone *z, struct signing *s) NONNULL;
int generation_place(struct zone *z, struct signing *s) NONNULL MUSTCHECK;
int generation_build(struct zone *z, struct signing *s) NONNULL MUSTCHECK;
/* Builds the node of an owner from what the sources say, with the link to the next owner. Signatures of `old` (NULL:
 * none) that are still good are used; `*ret_missing` is the number of others. ERR_NOMEM, ERR_RANGE. */
int generation_node(struct zone *z, const struct signing *s, const struct node *truth,
	const struct node *old, struct node **ret, unsigned *ret_missing)
	NONNULL_ARGS(1, 2, 3, 5, 6) MUSTCHECK;
/* True if the apex is about to lose its DNAME: first, the names below are placed and signed. */
bool generation_shows(struct signing *s) NONNULL;
/* The TTL of links now, in seconds: RFC 9077 §3. */
uint32_t generation_link_ttl(const struct zone *z, const struct signing *s) NONNULL;
/* The job of that owner in the present generation, or NULL. */
struct job *generation_job(
	const struct zone *z, const struct signing *s, const uint8_t *name) NONNULL;
/* Frees the jobs; no reader may see a node that is not published. */
void generation_free(struct signing *s) NONNULL;

/* publish.c: what is complete. ERR_NOMEM: go on later. */
int publish_job(struct zone *z, struct signing *s, struct job *job) NONNULL MUSTCHECK;
int publish_apex(struct zone *z, struct signing *s, uint32_t serial_floor) NONNULL MUSTCHECK;

/* kept.c: fills in signatures of a former run that a node lacks and that have that stamp, which becomes theirs if none has
 * it yet. Returns their number. */
unsigned kept_take(
	struct zone *z, const struct signing *s, const struct node *n, unsigned stamp_at) NONNULL;

void request_free(struct signer_queue *queue);
/* request.c: forgets what it has asked for a zone that is not signed any more. */
void request_forget(struct zone *z, const struct signing *s) NONNULL;

/* The time from which on a signature of that owner is made anew, before its end. */
uint32_t signing_renew_before(const struct zone *z, const uint8_t *name) NONNULL;
/* Begins a pass over all signatures: the keys have changed. */
void refresh_restart(struct signing *s) NONNULL;
/* Fills in a stamp; times are unix times. */
void signing_date(struct node_stamp *stamp, struct dnssec_key_id key, uint32_t inception,
	uint32_t expiration) NONNULL;
/* True if signatures with that stamp are by that key. */
bool signing_is_by(const struct node_stamp *stamp, struct dnssec_key_id key) NONNULL;
/* True if signatures need not be made anew because of their times. */
bool signing_is_timely(
	const struct zone *z, const uint8_t *name, const struct node_stamp *stamp) NONNULL;
