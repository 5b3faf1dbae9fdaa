/* SPDX-License-Identifier: ISC */
/*
 * The base of the engine: its data structures, and functions that all its files use. Of the
 * headers in this directory, only mdns.h is for other directories.
 *
 * 	mdns ─┬─ mlink (a link) ── mname (a name on a link) ── recset (a type) ── mrecord
 * 	      └─ identity (a name on all links: as put, and as it is called now) ── its mnames
 *
 * We probe and announce on both lanes (wire/multicast.h) with the same packets. An answer is sent on the lane of the question. The time of the last multicast is kept
 * per lane. A lane that comes later than the other is "muted" until the names that we hold have been
 * probed for there: we listen on it, and go on with the other.
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

/* Why a record must be in a packet: bits of `wanted`. The first two bits are for the lanes. */
enum {
	WANTED_ANNOUNCE = 4,
	WANTED_REPLY = 8,
	WANTED_LATER = 16,
	WANTED_AGAIN = 32 /* in the further announcements of its set */
};

struct mrecord {
	const uint8_t *rdata; /* as sent: `put`, or own memory if a name in it was renamed */
	const uint8_t *put;
	uint16_t len, put_len;
	uint8_t wanted;
	ns_t sent[LANE_COUNT]; /* time of the last multicast per lane, or LONG_AGO */
	uint64_t hash;         /* rdata_hash() of `rdata` */
	uint64_t known_in;     /* serial of the message in which a peer knows it (§7.1, §7.4) */
};

/* A reference from a record's rdata to a name that may be an identity of ours. All references to
 * one name form a ring, and one of them is in the map: thousands of services may point to one
 * host. */
struct reference {
	struct map_node by_target; /* mdns.references, under the name in the rdata as put */
	struct list same_target;
	struct recset *set; /* NULL: not added yet */
	uint16_t index;
	bool is_in_map;
};

struct recset {
	struct mname *mname;
	struct recset *next; /* next set of the mname, in the order of mdns_put() */
	uint16_t type, count;
	bool is_unique, is_known_unique;
	bool is_public, is_quiet;
	bool replaces_sent; /* replaces a set that peers may still have, until this is announced */
	uint8_t announces_left;
	uint32_t ttl;
	ns_t announce_at;                 /* NS_NEVER: nothing to announce */
	struct heap_node due[LANE_COUNT]; /* mlink.answers: an answer is pending */
	ns_t not_before[LANE_COUNT];      /* earliest time of that answer: the rate limits of §6 */
	uint64_t asked_in, packed_in;     /* serials of messages, to do nothing twice */
	uint64_t known_in;
	uint16_t known_count; /* number of its records known in that message */
	struct mrecord *records;
	uint16_t *index; /* record numbers, in a table by hash */
	uint32_t index_mask;
	struct reference *references; /* `count` of them, or NULL: the rdata has no names */
};

/* A name on a link. */
struct mname {
	struct map_node by_name; /* mlink.mnames, under its current name */
	struct list of_identity;
	struct list of_host; /* in mlink.of_host, or in no list: it is no name of the host */
	struct identity *identity;
	struct mlink *link;
	struct recset *sets;
	struct recset nsec; /* tells that no other types exist (§6.1): a set like the others, */
	struct mrecord nsec_record; /* but its rdata is made when it is sent */
	enum mdns_state state;
	struct heap_node timer;
	struct heap *timer_heap; /* the heap that contains `timer` */
	uint8_t probes_sent;
	uint8_t intros_sent;
	struct heap_node intro; /* mlink.intros: to be probed for on the muted lane */
	bool was_yielded;       /* now probing, because the workload was asked and did not answer */
	uint8_t defences;       /* number of defences of a name that cannot be renamed, limited */
	ns_t since;
	ns_t lease;         /* how long YIELDED lasts */
	ns_t doubted_at;    /* when a peer's question was last a reason to ask the workload */
	ns_t update_at;     /* when the last change was or will be announced … */
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
	struct list of_kept;   /* mdns.kept or mdns.recent: it has no mnames */
	uint8_t *current;      /* `owner`, or memory of its own */
	unsigned number;       /* of the last rename: 2 for N-2 */
	bool is_persisted;     /* has a changed name, which is kept without mnames */
	bool is_recent;        /* in mdns.recent */
	ns_t remembered_until; /* echoes of what was said under it are known until then */
	ns_t own_words_until;  /* until then its workload probably speaks for itself */
	struct {
		uint64_t hash; /* of type and rdata */
		ns_t until;
	} former[IDENTITY_FORMER]; /* was ours, and caches may still have it: no conflict */
	struct {
		uint64_t sum; /* of its records that were sent in one packet */
		ns_t at;
	} said[IDENTITY_SAID];
	uint8_t former_next, said_next;
	uint8_t owner[];
};

/* A removed record that waits for its goodbye (§10.1). */
struct goodbye {
	struct list of_link;
	uint16_t type, class, len;
	uint8_t owner_len;
	bool is_public;
	uint8_t bytes[]; /* owner, rdata */
};

/* A query that continues in further packets, and the records that the querier knows (§7.2). */
struct continued {
	struct list of_link;
	struct mdns_path from;
	ns_t due;
	bool wants_signature;
	bool is_closed; /* the peer has sent another query since: nothing continues this one */
	unsigned packets;
	uint64_t *known; /* a number for each record of ours that the querier knows */
	size_t known_count, known_cap;
	size_t len;
	uint8_t packet[]; /* header and questions */
};

/* Our packets to the group that may not have come back yet. Records are multicast once a second (§6),
 * and a hundred names fit into a packet. */
enum { SENT_MAX = 32 };

/* Other responders on this host (mdns_set_company()). */
struct neighbour {
	unsigned others;
	bool is_looked; /* `others` has been set */
	bool is_asked;  /* the others were asked: none answers for the host */
	bool is_heard;
	struct addr peer; /* its address, if it is heard */
	ns_t since;
	ns_t lease, until;       /* length and end of the silence; then we ask */
	ns_t deaf_until;         /* packets received before do not count */
	uint64_t sent[SENT_MAX]; /* ring of the hashes of our packets with a name of the host */
	unsigned sent_next;
};

struct mlink {
	struct map_node by_id;
	struct mdns *m;
	uint32_t id, mtu;
	bool is_up;
	uint8_t lanes; /* bits: lanes that the link uses */
	uint8_t muted; /* bits: those where nothing is said yet but probes */
	struct prefix *prefixes;
	size_t prefix_count;
	struct addr *addrs; /* of the link, as many as `addr_count` */
	size_t addr_count;
	struct neighbour neighbour;
	struct list of_host;      /* mnames that are names of the host */
	struct map mnames, ready; /* struct mname; struct ready_reply */
	struct heap probes, intros, announces, answers[LANE_COUNT];
	struct list goodbyes, continued; /* struct goodbye; struct continued */
	struct heap_node due;            /* mdns.due */
	ns_t batch_at;           /* time of the first probe for the names that are put now */
	unsigned batch_count[2]; /* number of these names without probe, and with probe */
	ns_t last_probe;
	ns_t conflicts[LIMIT_MDNS_CONFLICTS]; /* ring of the times of conflicts (§8.1) */
	unsigned conflict_next;
	bool is_contested;
};

/* True if the set is part of what its name claims by probes (§8.2). */
static inline bool recset_is_claimed(const struct recset *set)
{
	return set->is_unique && !set->is_quiet;
}

static inline bool mname_is_of_host(const struct mname *mname)
{
	return !list_is_empty(&mname->of_host);
}

/* True if we must not answer for the names of the host on that link. */
static inline bool mlink_defers(const struct mlink *link)
{
	const struct neighbour *n = &link->neighbour;
	return n->is_heard || (n->others > 0 && !n->is_asked);
}

/* Returns the lanes on which the link speaks. */
static inline unsigned mlink_spoken_lanes(const struct mlink *link)
{
	return link->lanes & ~(unsigned)link->muted;
}

/* A record of a peer's message about a name that is claimed here. Its rdata is uncompressed. */
struct peer_record {
	struct mname *mname; /* NULL: not looked up */
	uint16_t type, len;
	bool has_flush;
	uint32_t ttl;
	const uint8_t *rdata;
};

/* A notice that the owner of the engine has not fetched yet. */
struct pending_notice {
	struct list of_mdns;
	struct mdns_notice notice;
};

struct mdns {
	uint64_t hash_seed, random_state;
	uint64_t serial; /* of messages, received and sent */
	struct map links, identities, names, references;
	struct list kept; /* identities; first the one without mnames for the longest time */
	unsigned kept_count;
	struct list recent; /* identities without mnames or another name; first the oldest */
	unsigned recent_count;
	struct heap due;            /* links by their deadline */
	ns_t look_at;               /* mdns_look_at() */
	bool is_asleep;             /* nothing is said but what has been queued */
	bool is_public_said;        /* the packet being made has public records, to the group */
	size_t signature_room;      /* mdns_set_signature() */
	bool is_host_said;          /* the packet being made has records of a name of the host */
	uint64_t own_bits;          /* bits of the hashes of all own addresses: a quick test */
	struct outbox outbox;       /* replies, each to one peer: LIMIT_MDNS_OUTBOX bytes */
	struct mdns_path repeat_to; /* the packet that is sent on the second lane too */
	size_t repeat_len;
	unsigned continued_count;
	struct list notices; /* struct pending_notice */
	unsigned notice_count;
	struct mdns_stats stats;
	struct peer_record proposed[2][LIMIT_MDNS_PROPOSED]; /* the peer's, and ours for one name */
	uint8_t scratch[LIMIT_MDNS_SCRATCH]; /* rdata of one message, uncompressed */
	uint8_t repeat[LIMIT_MDNS_PACKET];
};

/* True if names may be said on the link. */
static inline bool mlink_speaks(const struct mlink *link)
{
	return link->is_up && !link->m->is_asleep;
}

/* Returns a random number of nanoseconds from `low` to `high`, evenly distributed. */
ns_t mdns_random(struct mdns *m, ns_t low, ns_t high) NONNULL;
/* Queues a notice about an mname. Drops the oldest notice if there are too many. */
void mdns_notify(struct mname *mname, enum mdns_notice_type type, const struct addr *peer) NONNULL;
/* Queues a notice about a link. */
void mlink_notify(struct mlink *link, enum mdns_notice_type type, const struct addr *peer) NONNULL;
/* Updates the position of the link in mdns.due. To be called after anything that may have
 * changed its deadline. */
void mlink_touch(struct mlink *link) NONNULL;
/* Returns the link; makes it if it does not exist, because records may be put before the link is
 * up. NULL if out of memory. */
struct mlink *mlink_get(struct mdns *m, uint32_t id) NONNULL MUSTCHECK;
/* Returns the link with that id, or NULL. */
struct mlink *mlink_find(const struct mdns *m, uint32_t id) NONNULL;
/* Returns the maximum length of a message on these lanes, by the MTU (§17). */
size_t mlink_payload(const struct mlink *link, unsigned lanes) NONNULL;
/* True if the address is of one of our links. */
bool mdns_has_addr(const struct mdns *m, const struct addr *a) NONNULL;
/* True if the address is of that link. */
bool mlink_has_addr(const struct mlink *link, const struct addr *a) NONNULL;
/* Updates mdns.own_bits: to be called after the addresses of a link have changed. */
void mdns_update_own_bits(struct mdns *m) NONNULL;
/* True if `peer` has an address of the link: a subnet of ours, or link-local (§11). */
bool mlink_has_source(const struct mlink *link, const struct addr *peer) NONNULL;

/* Returns the identity that was put under that name, or NULL. */
struct identity *identity_find(const struct mdns *m, const uint8_t *owner) NONNULL;
/* Returns the mname with that name on the link, or NULL. `hash` is the name_hash() of the name. */
struct mname *mname_find(const struct mlink *link, const uint8_t *name, uint64_t hash) NONNULL;
/* Returns the set of that type, or NULL. */
struct recset *mname_find_set(const struct mname *mname, uint16_t type) NONNULL;

/* Returns room in the outbox for a message of up to `cap` bytes, or NULL if there is none. */
uint8_t *reply_room(struct mdns *m, size_t cap) NONNULL;
/* Queues the message that was written to reply_room(), as the reply to the query that came from
 * `from`. */
void reply_queue(
	struct mdns *m, const struct mdns_path *from, size_t len, bool wants_signature) NONNULL;
