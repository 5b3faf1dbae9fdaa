/* SPDX-License-Identifier: ISC */
/*
 * The base of the engine: its data structures, and functions that all its files use. Of the headers in this directory,
 * only querier.h is for other directories.
 *
 *	querier ── qlink (a link) ─┬─ qset (a name and a type) ── qrecord
 *	                           └─ qpeer (a source) ── how much of the cache it has
 *
 * A qset exists while somebody is interested in it, or it has records. Its records are in two lists: those that are
 * valid, in the order in which they were last heard; and those that leave in a second (§10.1, §10.2).
 */
#pragma once

#include "base/hash.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "querier/querier.h"
#include "wire/msg.h"
#include "wire/pack.h"

/* What one source has in the cache. It exists while it has something. */
struct qpeer {
	struct map_node by_addr; /* qlink.peers */
	struct addr addr;
	size_t bytes;
};

struct qrecord {
	struct map_node by_rdata; /* qlink.records */
	struct list of_set;       /* qset.records or qset.leaving */
	struct heap_node timer;   /* qlink.lives */
	struct qset *set;
	struct qpeer *payer;           /* whose part of the cache it takes: who said it first */
	struct addr peers[LANE_COUNT]; /* who said it last, in each family */
	enum lane last_lane;
	ns_t heard_at, expires_at;
	ns_t seen_at; /* when it was last said by anybody, or named as known */
	uint64_t met_in;
	uint32_t ttl_s;
	uint16_t len;
	uint16_t spread;    /* of its refreshes: part of the TTL in 1/65536, up to 2 % (§5.2) */
	uint8_t refreshes;  /* questions that are due before its end, so far: those passed */
	uint8_t unanswered; /* and those asked */
	uint8_t lanes;      /* bits: those where it was last multicast */
	bool is_unique, is_leaving, is_doubted;
	enum querier_end why; /* if it leaves */
	uint8_t rdata[];
};

enum { DOUBT_QUESTIONS = 2 };

/* What others ask on a lane without getting an answer (§10.5). */
struct doubt {
	ns_t since, last; /* times of the first such question, and of the last one that counts */
	ns_t until;       /* when records that were not said since are removed; NS_NEVER: never */
	unsigned count;
	struct addr askers[DOUBT_QUESTIONS]; /* who has asked: they need not answer themselves */
};

struct qset {
	struct map_node by_key; /* qlink.sets */
	struct qlink *link;
	struct list records, leaving; /* struct qrecord */
	unsigned live_count;          /* in `records` */
	unsigned interest;            /* querier_ask() less querier_stop() */
	struct heap_node timer;       /* qlink.timers: the earliest of the times below */
	ns_t ask_at;                  /* the next question of the continuous query; NS_NEVER */
	ns_t interval;                /* until the one after it; 0: it is the first */
	ns_t begun_at;                /* when the continuous query began */
	ns_t asked_at;                /* the last question, ours or one that counts as ours */
	ns_t unicast_at;              /* our last question with the QU bit */
	ns_t confirm_at, confirm_gap; /* the next question to confirm doubted records; NS_NEVER */
	unsigned confirms_left;
	struct doubt doubts[LANE_COUNT];
	ns_t other_at[LANE_COUNT];       /* another host's last question that counts as ours */
	bool is_spared[LANE_COUNT];      /* our last question there was another host's */
	struct list pending[LANE_COUNT]; /* in qlink.pending: to be asked */
	struct list chosen;              /* in a list of the message that is read or written now */
	bool wants_unicast;              /* the next question has the QU bit */
	uint64_t asked_in, alien_in, flushed_in,
		met_in; /* serials of messages, to do nothing twice */
	unsigned met_count;
	uint16_t type;
	uint8_t name_len;
	uint8_t name[];
};

struct qlink {
	struct map_node by_id; /* querier.links */
	struct querier *q;
	uint32_t id, mtu;
	bool is_up;
	bool has_doubts; /* somebody has asked for a set of it: qrecord.seen_at counts */
	uint8_t lanes;   /* bits: lanes that the link has */
	struct prefix *prefixes;
	size_t prefix_count;
	struct addr *addrs;
	size_t addr_count;
	struct map sets, records, peers;
	struct heap timers, lives;
	struct list pending[LANE_COUNT];
	ns_t first_at;      /* when the first questions of what is asked now are due: shared */
	ns_t unicast_until; /* such questions are QU until then */
	ns_t busy_until;    /* what was sent takes so long at the pace of LIMIT_QUERIER_PACKETS_S */
	struct heap_node due; /* querier.due */
};

struct querier {
	uint64_t hash_seed, random_state, serial;
	bool wants_signed;
	struct querier_events events;
	void *arg;
	struct map links;
	struct heap due; /* links by their deadline */
	struct outbox outbox;
	struct querier_stats stats;
	struct pack pack;
	uint8_t raw[LIMIT_MDNS_RDATA]; /* rdata of a record, and its canonical form */
	uint8_t canonical[LIMIT_MDNS_RDATA], other[LIMIT_MDNS_RDATA];
};

/* The rdata of a received record, uncompressed, and its hash. In querier.raw and .canonical: until the next is read. */
struct qrdata {
	uint16_t type, len;
	uint64_t hash;
};

/* Returns the link; makes it if it does not exist. NULL if out of memory. */
struct qlink *qlink_get(struct querier *q, uint32_t id) NONNULL MUSTCHECK;
struct qlink *qlink_find(const struct querier *q, uint32_t id) NONNULL;
/* Frees the link with all it has. Its records have no event. */
void qlink_free(struct qlink *link) NONNULL;
/* Updates the position of the link in querier.due. To be called after anything that may have changed its deadline. */
void qlink_touch(struct qlink *link) NONNULL;
/* Returns when the link may send again. */
ns_t qlink_clear_at(const struct qlink *link) NONNULL;
/* Returns when the first question of what is asked now is due (§5.2). */
ns_t qlink_first_moment(struct qlink *link, ns_t now) NONNULL;

/* Returns the set of that name and type, or NULL. */
struct qset *qset_find(const struct qlink *link, const uint8_t *name, uint16_t type) NONNULL;
/* The same; makes it if it does not exist. It must be used or released. NULL if out of memory. */
struct qset *qset_get(struct qlink *link, const uint8_t *name, uint16_t type) NONNULL MUSTCHECK;
/* Frees the set if it has no records and nobody is interested. Otherwise updates its timer. */
void qset_release(struct qset *set) NONNULL;

/* Reads the rdata of a record of a message. ERR_*: malformed, or too long. */
int qrdata_read(struct querier *q, const struct rd *r, const struct rr *rr,
	struct qrdata *ret) NONNULL MUSTCHECK;
/* Returns the record with that rdata, or NULL. Names in rdata may be spelled differently. */
struct qrecord *qrecord_find(const struct qset *set, const struct qrdata *rdata) NONNULL;
/* Adds a record that `peer` said. The caller sets its times. NULL: there is no room for it, or none for that peer. */
struct qrecord *qrecord_add(
	struct qset *set, const struct qrdata *rdata, const struct addr *peer) NONNULL MUSTCHECK;
/* Removes a record, and frees it. The set remains, even if it is empty now. */
void qrecord_remove(struct qrecord *record, enum querier_end why) NONNULL;
/* Returns the record as others see it. */
struct querier_record qrecord_view(const struct qrecord *record) NONNULL;
