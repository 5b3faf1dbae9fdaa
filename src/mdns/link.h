/* SPDX-License-Identifier: ISC */
/*
 * The ground of the engine: its data, and what all its files use. No header of this directory but
 * mdns.h is for others.
 *
 * 	mdns ─┬─ mlink (a link) ── mname (a name on a link) ── recset (a type) ── mrecord
 * 	      └─ identity (a name on all links: as put, and as it is called now) ── its mnames
 *
 * RFC 6762 §20 and §14: IPv4 and IPv6 on one link are two networks to mDNS, each with listeners of
 * its own. We probe and announce on both (a "lane" each), with the same packets; an answer goes out
 * on the lane that the question came in on, and what was multicast when is kept for each lane.
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
	bool replaces_sent; /* others may have records of the set before it, until this is announced */
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

/* A query that goes on in further packets, and what its asker knows (§7.2). */
struct continued {
	struct list of_link;
	struct mdns_path from;
	ns_t due;
	unsigned packets;
	uint64_t *known; /* a number for each record of ours that the asker knows */
	size_t known_count, known_cap;
	size_t len;
	uint8_t packet[]; /* header and questions */
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

/* A notice that its owner has not taken yet. */
struct pending_notice {
	struct list of_mdns;
	struct mdns_notice notice;
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
	struct list notices; /* struct pending_notice */
	unsigned notice_count;
	struct mdns_stats stats;
	struct peer_record proposed[2][LIMIT_MDNS_PROPOSED]; /* theirs, and ours of one name */
	uint8_t scratch[LIMIT_MDNS_SCRATCH]; /* rdata of one message, names in full */
	uint8_t repeat[LIMIT_MDNS_PACKET];
};

static inline enum lane lane_of(const struct addr *a)
{
	return a->family == ADDR_V4 ? LANE_V4 : LANE_V6;
}

/* A number of nanoseconds from `low` to `high`, evenly. */
ns_t mdns_random(struct mdns *m, ns_t low, ns_t high) NONNULL;
/* Queues a notice about an mname; drops the oldest if there are too many. */
void mdns_notify(struct mname *mname, enum mdns_notice_type type, const struct addr *peer) NONNULL;
/* Puts the link where its deadline belongs; to be called after whatever may have changed it. */
void mlink_touch(struct mlink *link) NONNULL;
/* Found or made: records may be put before the link is up. NULL: no memory. */
struct mlink *mlink_get(struct mdns *m, uint32_t id) NONNULL MUSTCHECK;
/* The link of that number, or NULL. */
struct mlink *mlink_find(const struct mdns *m, uint32_t id) NONNULL;
/* The address of the group (§3) and the port, on that lane. */
struct mdns_path mlink_group(const struct mlink *link, enum lane lane) NONNULL;
/* Most bytes of a message on these lanes, by the MTU (§17). */
size_t mlink_payload(const struct mlink *link, unsigned lanes) NONNULL;
/* Whether a packet from there can have originated on the link (§11). */
bool mlink_has_source(const struct mlink *link, const struct addr *peer) NONNULL;

/* The identity that was put under that name, or NULL. */
struct identity *identity_find(const struct mdns *m, const uint8_t *owner) NONNULL;
/* The mname of that name on the link, or NULL. `hash` is name_hash() of it. */
struct mname *mname_find(const struct mlink *link, const uint8_t *name, uint64_t hash) NONNULL;
/* The set of that type, or NULL. */
struct recset *mname_find_set(const struct mname *mname, uint16_t type) NONNULL;

/* Room in the outbox for a message of up to `cap` bytes; NULL: there is none. */
uint8_t *outbox_room(struct mdns *m, size_t cap) NONNULL;
/* The message that was written there goes back to where a query came from. */
void outbox_reply(struct mdns *m, const struct mdns_path *from, size_t len) NONNULL;
/* Copies the oldest message out and returns its length; 0: the outbox is empty. */
size_t outbox_take(struct mdns *m, struct mdns_path *to, uint8_t *buffer) NONNULL;
