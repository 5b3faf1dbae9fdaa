/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the engine share; nobody else includes this.
 *
 *	mdns ─┬─ mlink (a link) ── mname (a name on a link) ── recset (a type) ── record
 *	      └─ identity (a name on all links: as put, and as it is called now) ── its mnames
 *
 * RFC 6762 §20 and §14: IPv4 and IPv6 on one link are two networks to mDNS, each with listeners of
 * its own. We probe and announce on both (a "lane" each), with the same packets; an answer goes out
 * on the lane that the question came in on, and what was multicast when is kept for each lane.
 *
 * An mname with unique records moves so (§8, §9):
 *
 *	            put, link up, restart
 *	                    │ random 0–250 ms, shared by what is put together
 *	                    ▼
 *	  ┌───────────► PROBING ── 3 probes, 250 ms apart, nobody objects ──► ANNOUNCING ◄─┐ a set
 *	  │ 1 s,            │                                                  │ twice     │ changes
 *	  │ 5 s,            │ other rdata in a response: rename, start again   ▼           │
 *	  │ an hour         │ lost tie-break: CONFLICT, 1 s                ESTABLISHED ────┘
 *	CONFLICT ◄──────────┤                                                  │
 *	                    └◄──── other rdata in a response: probe again ─────┘
 *	YIELDED: the peer of the conflict is the workload itself; silent until it says goodbye, its
 *	         addresses change, or its records have expired: then PROBING.
 *	SILENT:  the link is down.
 *
 * Inputs: put, link up and down, packets, time. Deadlines: one timer an mname, in its link's
 * `probes` (PROBING, CONFLICT, YIELDED) or `announces` (ANNOUNCING). Progress: what is due either
 * goes into the packet being made, with its timer moved past `now`, or waits for the next packet of
 * this poll, and a packet that is sent holds at least one of them. Announcements are counted down;
 * so every mname ends ESTABLISHED, or silent, or in YIELDED or CONFLICT with a timer that only
 * grows.
 */
#pragma once

#include "base/hash.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "mdns/mdns.h"
#include "wire/msg.h"
#include "wire/pack.h"

enum lane { LANE_V4, LANE_V6, LANE_COUNT };
enum { LANES_ALL = 1 << LANE_V4 | 1 << LANE_V6 };

/* Top bits of classes: §18.12, §18.13. */
enum { CLASS_QU = 0x8000, CLASS_FLUSH = 0x8000, CLASS_MASK = 0x7fff };

/* A record that was not multicast yet was so a long time ago. */
#define LONG_AGO (-(INT64_MAX / 4))

/* Why a record is to be in a packet: bits of `wanted`. The first two are the lanes'. */
enum { WANTED_ANNOUNCE = 4, WANTED_REPLY = 8, WANTED_LATER = 16 };

struct mrecord {
	const uint8_t *rdata; /* as it is sent: `put`, or its own memory where a name was renamed */
	const uint8_t *put;
	uint16_t len, put_len;
	uint8_t wanted;
	ns_t sent[LANE_COUNT]; /* last multicast there, or LONG_AGO */
	uint64_t hash;         /* rdata_hash() of `rdata` */
	uint64_t known_in; /* the message in which a peer said that it knows it (§7.1, §7.4) */
};

/* Whether rdata of that type has one name, which follows when its owner is renamed. */
static inline bool rr_has_target(uint16_t type)
{
	return rr_layout(type).names == 1 && type != RR_NSEC;
}

/* That a record's rdata has in it a name which may be an identity of ours. Those to one name are a
 * ring, of which one is in the map: thousands of services may be one host's. */
struct reference {
	struct map_node by_target; /* mdns.references, under the name in the rdata as put */
	struct list same_target;
	struct recset *set; /* NULL: not added yet */
	uint16_t index;
	bool is_in_map;
};

struct recset {
	struct mname *mname;
	struct recset *next; /* of the mname, in the order of put */
	uint16_t type, count;
	bool is_unique, is_known_unique;
	uint8_t announces_left;
	uint32_t ttl;
	ns_t announce_at;                 /* NS_NEVER: nothing to announce */
	struct heap_node due[LANE_COUNT]; /* mlink.answers: an answer is pending */
	ns_t not_before[LANE_COUNT];      /* of that answer: the rate limits of §6 */
	uint64_t asked_in, packed_in;     /* serials of messages, so that nothing is done twice */
	uint64_t known_in;
	uint16_t known_count; /* records of it that are known in that message */
	struct mrecord *records;
	uint16_t *index; /* of their numbers, by their hashes */
	uint32_t index_mask;
	struct reference *references; /* `count` of them, or NULL: no names in such rdata */
};

/* A name on a link. */
struct mname {
	struct map_node by_name; /* mlink.mnames, under its current name */
	struct list of_identity;
	struct identity *identity;
	struct mlink *link;
	struct recset *sets;
	struct recset nsec;         /* that there is nothing else (§6.1): a set like the others, */
	struct mrecord nsec_record; /* but its rdata is made when it is sent */
	enum mdns_state state;
	struct heap_node timer;
	struct heap *timer_heap; /* the one that `timer` is in */
	uint8_t probes_sent;
	bool was_yielded; /* probing to see whether the workload still speaks */
	uint8_t defences; /* of a name that cannot be renamed, bounded */
	ns_t since;
	ns_t lease;         /* how long YIELDED lasts */
	ns_t update_at;     /* when the last change was, or will be, announced … */
	ns_t update_credit; /* … and the time up to which updates are used up (§8.4) */
	struct addr against;
	struct ready_reply *ready; /* oneshot.c's */
	uint64_t probed_in;        /* the message that proposes records for it, … */
	uint64_t probed_sum;       /* … their sum, … */
	uint16_t probed_rank;      /* … its place among the mnames of that message, … */
	bool is_probed_by_other;   /* … and whether any of them is not ours */
};

enum { IDENTITY_FORMER = 8, IDENTITY_SAID = 12 };

/* A name on all links. */
struct identity {
	struct map_node by_owner, by_current;
	struct list mnames;
	struct list of_kept; /* mdns.kept: it has no mnames, but another name */
	uint8_t *current;    /* `owner`, or memory of its own */
	unsigned number;     /* of the last rename: N-2 has 2 */
	bool is_persisted;   /* it has another name, which is kept while it has no mnames */
	struct {
		uint64_t hash; /* of type and rdata */
		ns_t until;
	} former[IDENTITY_FORMER];    /* what was ours a moment ago: an echo of it is no conflict */
	uint64_t said[IDENTITY_SAID]; /* sums of what was sent of it in one packet */
	uint8_t former_next, said_next;
	uint8_t owner[];
};

/* A record that is no more, waiting for its goodbye (§10.1). */
struct goodbye {
	struct list of_link;
	uint16_t type, class, len;
	uint8_t owner_len;
	uint8_t bytes[]; /* owner, rdata */
};

struct mlink {
	struct map_node by_id;
	struct mdns *m;
	uint32_t id, mtu;
	bool is_up;
	uint8_t lanes; /* bits of the families it speaks */
	struct prefix *prefixes;
	size_t prefix_count;
	struct map mnames, ready; /* struct mname; struct ready_reply */
	struct heap probes, announces, answers[LANE_COUNT];
	struct list goodbyes, continued; /* struct goodbye; struct continued */
	struct heap_node due;            /* mdns.due */
	ns_t batch_at;                   /* first probe of the names that are put about now */
	unsigned batch_count[2];         /* of these, those that need no probe, and those that do */
	ns_t last_probe;
	ns_t conflicts[LIMIT_MDNS_CONFLICTS]; /* a ring of their times (§8.1) */
	unsigned conflict_next;
	bool is_contested;
};

/* Ready packets to one peer each, in the order they were made. */
struct outbox {
	uint8_t *bytes; /* LIMIT_MDNS_OUTBOX of them */
	size_t head, tail;
};

/* A record in a message, its rdata in full, about a name that is claimed here. */
struct peer_record {
	struct mname *mname; /* NULL: not looked for */
	uint16_t type, len;
	bool has_flush;
	uint32_t ttl;
	const uint8_t *rdata;
};

struct mdns {
	uint64_t hash_seed, random_state;
	uint64_t serial; /* of messages, in and out */
	struct map links, identities, names, references;
	struct list kept; /* identities; the one first that has had no mnames for longest */
	unsigned kept_count;
	struct heap due; /* links by their deadline */
	struct outbox outbox;
	struct mdns_path repeat_to; /* the packet that goes out on the second lane too */
	size_t repeat_len;
	unsigned continued_count;
	struct list notices;
	unsigned notice_count;
	struct mdns_stats stats;
	struct peer_record proposed[2][LIMIT_MDNS_PROPOSED]; /* theirs, and ours of one name */
	uint8_t scratch[LIMIT_MDNS_SCRATCH]; /* rdata of one message, names in full */
	uint8_t repeat[LIMIT_MDNS_PACKET];
};

/* engine.c */

/* A number of nanoseconds from `low` to `high`, evenly. */
ns_t mdns_random(struct mdns *m, ns_t low, ns_t high) NONNULL;
/* Queues a notice about an mname; drops the oldest if there are too many. */
void mdns_notify(struct mname *mname, enum mdns_notice_type type, const struct addr *peer) NONNULL;
/* Puts the link where its deadline belongs; to be called after whatever may have changed it. */
void mlink_touch(struct mlink *link) NONNULL;
/* Found or made: records may be put before the link is up. NULL: no memory. */
struct mlink *mlink_get(struct mdns *m, uint32_t id) NONNULL MUSTCHECK;
struct mlink *mlink_find(const struct mdns *m, uint32_t id) NONNULL;
/* The address of the group (§3) and the port, on that lane. */
struct mdns_path mlink_group(const struct mlink *link, enum lane lane) NONNULL;
/* Most bytes of a message on these lanes, by the MTU (§17). */
size_t mlink_payload(const struct mlink *link, unsigned lanes) NONNULL;
/* Whether a packet from there can have originated on the link (§11). */
bool mlink_has_source(const struct mlink *link, const struct addr *peer) NONNULL;

/* Names that wait share the moments when they go on, and so their packets. */
static inline ns_t next_shared_moment(ns_t at, ns_t step)
{
	return (at + step - 1) / step * step;
}

static inline enum lane lane_of(const struct addr *a)
{
	return a->family == ADDR_V4 ? LANE_V4 : LANE_V6;
}

/* records.c */

/* A copy of a set, its names renamed as the identities say, not in any mname. NULL: no memory. */
struct recset *recset_new(struct mdns *m, const struct mdns_rrset *from) NONNULL MUSTCHECK;
void recset_free(struct mdns *m, struct recset *set) NONNULL_ARGS(1);
/* Whether both say the same, records in any order. */
bool recset_equal(const struct recset *a, const struct recset *b) NONNULL;
/* Gets the times when `old` sent the records that are in both. */
void recset_inherit(struct recset *set, const struct recset *old) NONNULL;
struct mrecord *recset_find(const struct mdns *m, const struct recset *set, const uint8_t *rdata,
	size_t len) NONNULL_ARGS(1, 2);
/* When any of its records was multicast last, or the one that was so longest ago. */
ns_t recset_last_sent(const struct recset *set, unsigned lanes) NONNULL;
ns_t recset_first_sent(const struct recset *set, enum lane lane) NONNULL;
/* No answer of it is pending on these lanes any more. */
void recset_forget_answers(struct recset *set, unsigned lanes) NONNULL;
/* Notes that message `serial` has the record as known; true if all of the set are known now. */
bool recset_note_known(struct recset *set, struct mrecord *record, uint64_t serial) NONNULL;
/* The set of that type, or NULL. */
struct recset *mname_find_set(const struct mname *mname, uint16_t type) NONNULL;
/* Reads a record's rdata from the message, names in full, into the engine's scratch memory at `at`,
 * and moves that. ERR_*: malformed, or no room. */
int peer_record_read(struct mdns *m, const struct rd *r, const struct rr *rr, size_t *at,
	struct peer_record *ret) NONNULL MUSTCHECK;
/* A number for type and rdata. */
uint64_t rdata_hash(const struct mdns *m, uint16_t type, const uint8_t *rdata, size_t len)
	NONNULL_ARGS(1);
/* All references to `identity` get its current name; their sets are announced. */
void references_rename(struct identity *identity, struct mdns *m, ns_t now) NONNULL;
/* Queues the goodbye of a record if it was ever multicast; without memory there is none. */
void goodbye_add(
	struct mname *mname, const struct recset *set, const struct mrecord *record) NONNULL;

/* put.c */

/* The mname of that name on the link, or NULL. `hash` is name_hash() of it. */
struct mname *mname_find(const struct mlink *link, const uint8_t *name, uint64_t hash) NONNULL;
/* Frees an mname and what it has, without a word; its identity if nobody else needs it. */
void mname_free(struct mname *mname) NONNULL;
/* Goodbye for what was announced of the mname (§10.1). */
void mname_say_goodbye(struct mname *mname) NONNULL;

/* identity.c */

struct identity *identity_find(const struct mdns *m, const uint8_t *owner) NONNULL;
/* Found or made. NULL: no memory. */
struct identity *identity_get(struct mdns *m, const uint8_t *owner) NONNULL MUSTCHECK;
/* It has an mname, or is about to. */
void identity_use(struct mdns *m, struct identity *identity) NONNULL;
/* Frees it if it has no mnames and nothing to remember; of too many that have no mnames and are
 * remembered for their names, that one which has had none for longest. */
void identity_release(struct mdns *m, struct identity *identity) NONNULL;
void identity_free(struct mdns *m, struct identity *identity) NONNULL;
/* The next name that nobody has here: N-2, N-3 … (§9). ERR_RANGE when there are no more;
 * ERR_NOMEM. Claims keep their state: start them again. */
int identity_rename(struct mdns *m, struct identity *identity) NONNULL MUSTCHECK;
/* The record was ours until now. */
void identity_remember(struct identity *identity, uint64_t hash, ns_t now) NONNULL;
/* Whether that rdata is, or was a moment ago, one of ours under this name on any link (§14). */
bool identity_has(const struct mdns *m, const struct identity *identity, uint16_t type,
	const uint8_t *rdata, size_t len, ns_t now) NONNULL_ARGS(1, 2);
/* Whether that address is one that we publish for the name, or for a name that it points to:
 * then it is the workload itself that speaks (PTR of a reverse name, SRV of a service). */
bool identity_is_spoken_for_by(
	const struct mdns *m, const struct identity *identity, const struct addr *a) NONNULL;

/* probe.c */

/* Whether the name is ours there: it is answered for. */
static inline bool mname_is_held(const struct mname *mname)
{
	return mname->state == MDNS_ANNOUNCING || mname->state == MDNS_ESTABLISHED;
}

bool mname_needs_probe(const struct mname *mname) NONNULL;
void mname_set_state(struct mname *mname, enum mdns_state state, ns_t now) NONNULL;
/* From the start: probing if it is needed, else announcing. SILENT if the link is down. */
void mname_start(struct mname *mname, ns_t now) NONNULL;
/* Silent until `at`, then probes; meanwhile it is in `state`. */
void mname_wait(struct mname *mname, enum mdns_state state, ns_t at, ns_t now) NONNULL;
/* When a name that comes now is first probed for: a random delay, the same for all that come about
 * now, so that they share packets (§8.1). */
ns_t mlink_batch_time(struct mlink *link, bool needs_probe, ns_t now) NONNULL;
/* Silent, without a timer. */
void mname_stop(struct mname *mname, enum mdns_state state, ns_t now) NONNULL;
/* The set is to be announced `times` times, from `at`. Nothing if the name is not held. */
void mname_announce(struct mname *mname, struct recset *set, unsigned times, ns_t at) NONNULL;
/* The same once for one record, or for its whole set if that is unique. */
/* All sets are to be announced as if they were new, without a probe: to those who have not heard them
 * before. Nothing if the name is not held. */
void mname_introduce(struct mname *mname, ns_t now) NONNULL;
void mname_announce_record(
	struct mname *mname, struct recset *set, struct mrecord *record, ns_t at) NONNULL;
/* An announcement of a change: at most ten a minute (§8.4). Returns when it may be. */
ns_t mname_update_at(struct mname *mname, ns_t now) NONNULL;
/* Packets of what is due, one a call; 0 if nothing is. */
size_t probe_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
size_t announce_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
size_t goodbye_poll(struct mlink *link, uint8_t *buffer, size_t cap) NONNULL;

/* compose.c */

enum compose_mode { COMPOSE_MULTICAST, COMPOSE_UNICAST, COMPOSE_LEGACY };
enum { COMPOSE_SETS = 64 }; /* sets of a message of which additional records are looked for */

/* A response being written. */
struct composer {
	struct pack p;
	struct mlink *link;
	enum compose_mode mode;
	unsigned lanes; /* where it will be multicast: bits, 0 if it is not */
	ns_t now;
	size_t grown_cap; /* for a single record that is larger than the MTU (§17) */
	bool is_full;
	uint64_t serial;
	struct recset *sets[COMPOSE_SETS];
	unsigned set_count;
};

void compose_init(struct composer *c, struct mlink *link, enum compose_mode mode, unsigned lanes,
	ns_t now, void *buffer, size_t cap) NONNULL;
/* The length of the message, 0 if it has no records. */
size_t compose_len(const struct composer *c) NONNULL;
/* Adds the records of the set that have a bit of `wanted`, and takes the bits off: a unique set
 * whole, unless it is larger than a packet. False: some are left for the next packet. */
bool compose_wanted(
	struct composer *c, struct recset *set, unsigned wanted, enum msg_section section) NONNULL;
/* What the asker will want to know next, as far as there is room (§6.2, RFC 6763 §12). */
void compose_additionals(struct composer *c) NONNULL;

/* nsec.c */

enum { NSEC_RDATA_CAP = NAME_CAP + 2 + 32 };

/* Whether the engine may say for that name that there is nothing else: all its sets are unique, and
 * of types below 256 (§6.1). */
bool nsec_is_possible(const struct mname *mname) NONNULL;
/* Writes the rdata, returns its length. */
uint16_t nsec_write(const struct mname *mname, uint8_t out[NSEC_RDATA_CAP]) NONNULL;
uint32_t nsec_ttl(const struct mname *mname) NONNULL;

/* respond.c */

/* The records of the set that are not known in message `serial` are to be multicast from `due`
 * on, no earlier than `gap` after they were last (§6). */
void respond_later(struct recset *set, enum lane lane, ns_t due, ns_t gap, uint64_t serial) NONNULL;
size_t respond_poll(
	struct mlink *link, enum lane lane, ns_t now, uint8_t *buffer, size_t cap) NONNULL;
/* Room in the outbox for a message of up to `cap` bytes, NULL if there is none; then the message that
 * was written there goes back to where a query came from. */
uint8_t *outbox_room(struct mdns *m, size_t cap) NONNULL;
void outbox_reply(struct mdns *m, const struct mdns_path *from, size_t len) NONNULL;
size_t outbox_take(struct mdns *m, struct mdns_path *to, uint8_t *buffer) NONNULL;

/* query.c, tc.c */

struct query {
	struct mdns *m;
	struct mlink *link;
	enum lane lane;
	ns_t now;
	const struct mdns_path *from;
	const uint8_t *packet;
	size_t len;
	struct msg_header header;
	uint64_t serial;
	bool is_legacy, is_direct;
	bool is_held_back; /* its wait for known answers is over (§7.2) */
	ns_t delay;        /* of what is delayed in it: drawn once; 0: not yet */
	bool has_reply;
	bool is_truncated;
	bool has_own_sets; /* a response that has records of unique sets of ours */
	struct composer reply;
};

void query_input(struct mdns *m, struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;
/* Answers its questions. */
void query_answer(struct query *q) NONNULL;
typedef void known_visitor(struct query *q, struct recset *set, struct mrecord *record, void *arg);
/* `visit` for each record of ours that the message has as a known answer with at least half of its
 * TTL (§7.1). `r` stands at the answer section, and behind it after. */
void query_each_known(struct query *q, struct rd *r, known_visitor *visit, void *arg)
	NONNULL_ARGS(1, 2, 3);
/* Moves the cursor from the header behind the questions. */
void rd_skip_questions(struct rd *r, unsigned count) NONNULL;

/* Keeps the query until its known answers are complete; false if there is no room (§7.2). */
bool continued_add(struct query *q) NONNULL;
/* Adds known answers that came from the same source; false if it has nothing pending. */
bool continued_extend(struct query *q) NONNULL;
ns_t continued_deadline(const struct mlink *link) NONNULL;
void continued_poll(struct mlink *link, ns_t now) NONNULL;
void continued_clear(struct mlink *link) NONNULL;

/* oneshot.c */

/* Answers a one-shot query for an address that was answered before, as it was then. False: it is
 * another query, or not known yet; nothing has happened. */
bool oneshot_answer(struct mlink *link, const struct mdns_path *from, const uint8_t *packet,
	size_t len) NONNULL MUSTCHECK;
/* The reply to that query has been written: it is kept if the next one like it gets the same. */
void oneshot_keep(const struct query *q, const uint8_t *reply, size_t len) NONNULL;
/* What is kept of the mname may not be true any more: of its sets, its name, whether it is held. */
void oneshot_forget(struct mname *mname) NONNULL;

/* conflict.c */

void response_input(struct mdns *m, struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len) NONNULL;

/* tie.c */

/* Looks at the records that a probe proposes (§8.2): notes which mnames it is about, breaks ties,
 * yields to workloads. `r` stands at the authority section. */
void probe_input(struct query *q, struct rd *r) NONNULL;

/* yield.c */

/* Whether the peer is the workload that the name is for. */
bool mname_is_workload(const struct mname *mname, const struct addr *peer) NONNULL;
/* Silence, as long as records of that TTL live, and at least for the time of a probe. */
void mname_yield(struct mname *mname, const struct addr *peer, uint32_t ttl, ns_t now) NONNULL;
/* The workload to which the name is yielded, or was until a moment ago, says something about it. */
void mname_hear_workload(struct mname *mname, const struct peer_record *record,
	const struct addr *peer, ns_t now) NONNULL;
/* The sum of the hashes of all unique records of an mname. */
uint64_t mname_sum(const struct mname *mname) NONNULL;
/* Records with that sum went out in one packet under this name; whether that was so lately. */
void identity_note_said(struct identity *identity, uint64_t sum) NONNULL;
bool identity_has_said(const struct identity *identity, uint64_t sum) NONNULL;
