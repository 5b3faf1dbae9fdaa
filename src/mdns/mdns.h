/* SPDX-License-Identifier: ISC */
/*
 * A Multicast DNS responder (RFC 6762), pure: packets and time in, packets and the next deadline
 * out. It knows links as numbers, has no sockets, no clock and no randomness but its seed.
 *
 * The owner keeps it up to date with what it should say (mdns_put) on which link, feeds it what
 * comes in (mdns_input), sends what it wants to send (mdns_poll, until it has nothing), and comes
 * back at the deadline. One engine for all links and both families: so it knows its own records on
 * each of them (RFC 6762 §14), and two of our links on one wire are no conflict.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "wire/msg.h"
#include "wire/rrset.h"

/* What a link is to the engine. `prefixes` are the on-link ones, for the check of §11; copied. */
struct mdns_link {
	uint32_t id;         /* the shell's: the ifindex */
	uint32_t mtu;        /* of the link, in bytes, IP header included */
	bool has_v4, has_v6; /* whether multicast can be sent by that family: a group is joined */
	const struct prefix *prefixes;
	size_t prefix_count;
};

/* A set of records to be answered on a link. Unique sets are probed for and defended; shared
 * ones (DNS-SD's PTR) are not. Names in rdata that are a unique name of ours follow when it is
 * renamed. */
struct mdns_rrset {
	struct rrset set; /* its `view` is not looked at */
	bool is_unique;
	bool is_known_unique; /* unique, and needs no probe: the reverse of an own address (§8.1) */
};

/* Where a packet came from, or where it goes: with an IP TTL of 255, always. That of packets that come
 * in does not matter (RFC 6762 §11: the source's address does). */
struct mdns_path {
	uint32_t link;
	struct addr peer; /* source of what comes in; destination of what goes out */
	uint16_t peer_port;
	bool is_multicast; /* sent to the group, not to one address */
	struct addr local; /* that address, which the reply comes from; ADDR_NONE: the group */
};

/* Something a person should know. Text is for the log; names are in wire form. */
enum mdns_notice_type {
	MDNS_NOTICE_ESTABLISHED, /* probed and announced: `name` is ours on `link` */
	MDNS_NOTICE_RENAMED,     /* `name` is `current` from now on, on all links: persist it */
	MDNS_NOTICE_CONFLICT,    /* `peer` claims `name` on `link`: probing again */
	MDNS_NOTICE_YIELDED,     /* `peer` is the workload itself: it speaks for `name` on `link` */
	MDNS_NOTICE_COUNT
};
struct mdns_notice {
	enum mdns_notice_type type;
	uint32_t link;
	struct addr peer;
	struct name name, current;
};

struct mdns; /* opaque */

/* NULL if out of memory. */
struct mdns *mdns_new(uint64_t seed) MUSTCHECK;
/* Says nothing on the wire: mdns_goodbye() and poll first. */
void mdns_free(struct mdns *m);

/* A link to speak on, new or changed; the same again changes nothing. A link that comes back
 * (mdns_link_down() before) probes and announces what it has again (§8). ERR_NOMEM. */
int mdns_link_up(struct mdns *m, ns_t now, const struct mdns_link *link) NONNULL MUSTCHECK;
/* The link cannot carry packets for now; its records are kept, and silent. */
void mdns_link_down(struct mdns *m, ns_t now, uint32_t link) NONNULL;
/* The link is gone with its records, without a goodbye. */
void mdns_link_gone(struct mdns *m, uint32_t link) NONNULL;

/* Says that exactly these sets are to be answered for `owner` on `link` (0 sets: none), which
 * may come up later. A name has a set of a type once; its sets are unique or shared each.
 * Compares with what was said before, and only the difference acts: a new name is probed; a
 * changed set of a name that is ours is announced, without a probe (§8.4); a set that is gone
 * says goodbye (§10.1). ERR_NOMEM, ERR_RANGE (a limit in base/limits.h): nothing changed then. */
int mdns_put(struct mdns *m, ns_t now, uint32_t link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count) NONNULL_ARGS(1, 4) MUSTCHECK;

/* What was persisted: `owner`, when it is put later, is first tried under the name `current`. Of names
 * that are not put, LIMIT_MDNS_KEPT are remembered.
 * ERR_EXISTS: another name of ours is that already; ERR_NOMEM. */
int mdns_set_name(struct mdns *m, const uint8_t *owner, const uint8_t *current) NONNULL MUSTCHECK;

/* Calls `visit` for each name that is called otherwise than it was put, whether it is put now or not:
 * what is to be persisted, in that order, which is the one in which they would be forgotten. */
void mdns_each_renamed(const struct mdns *m,
	void (*visit)(void *arg, const uint8_t *owner, const uint8_t *current), void *arg)
	NONNULL_ARGS(1, 2);

/* One packet that came in on port 5353. Any bytes are safe. */
void mdns_input(struct mdns *m, ns_t now, const struct mdns_path *from, const uint8_t *packet,
	size_t len) NONNULL;

/* Whether there may be no room for the reply to one more packet: mdns_poll() is to be called before the
 * next one is handed in, or it may go unanswered. */
bool mdns_is_full(const struct mdns *m) NONNULL;

/* The machine slept, or the network changed under us: everything probes and announces again
 * (§8). */
void mdns_restart(struct mdns *m, ns_t now) NONNULL;

/* Goodbye for every record on every link (§10.1): then poll until nothing is left, and free. */
void mdns_goodbye(struct mdns *m, ns_t now) NONNULL;

/* The next packet to be sent at `now`, or 0 if there is none. `buffer` has `cap` bytes, 9000 or
 * more. Returns the length and sets `*to`. */
size_t mdns_poll(
	struct mdns *m, ns_t now, struct mdns_path *to, uint8_t *buffer, size_t cap) NONNULL;

/* When mdns_poll() is to be called next if nothing happens before: now, if it is in the past;
 * NS_NEVER if not at all. */
ns_t mdns_deadline(const struct mdns *m) NONNULL;

/* The oldest notice not fetched yet, or false. The queue is bounded: of too many, the oldest go. */
bool mdns_next_notice(struct mdns *m, struct mdns_notice *ret) NONNULL;

/* State of one name on one link, for `status`. */
enum mdns_state {
	MDNS_PROBING,
	MDNS_ANNOUNCING,
	MDNS_ESTABLISHED,
	MDNS_CONFLICT,
	MDNS_YIELDED,
	MDNS_SILENT,
	MDNS_STATE_COUNT
};
struct mdns_status {
	uint32_t link;
	struct name name, current;
	enum mdns_state state;
	ns_t since;
	struct addr against; /* who has, or disputes, the name; ADDR_NONE if nobody */
};
/* Calls `visit` for each unique name on each link; order unspecified. */
void mdns_each_status(const struct mdns *m,
	void (*visit)(void *arg, const struct mdns_status *status), void *arg) NONNULL_ARGS(1, 2);

/* One record that is ours on a link. */
struct mdns_held {
	uint32_t link;
	uint16_t type;
	uint32_t ttl_s;
	struct rdata rdata; /* as it is answered: names in it are current ones */
};
/* Calls `visit` for each record of the name, as it is called now, on each link where it is ours: answered for,
 * or left to the workload that it is about. Work grows with what is visited. Borrowed for the call. */
void mdns_each_held(const struct mdns *m, const uint8_t *name,
	void (*visit)(void *arg, const struct mdns_held *held), void *arg) NONNULL_ARGS(1, 2, 3);

/* Counted since the start. */
struct mdns_stats {
	uint64_t packets_in, packets_out, bytes_out;
	uint64_t malformed, off_link, ignored; /* packets dropped: why */
	uint64_t queries, responses, answers, suppressed, conflicts, renames, limited;
};
struct mdns_stats mdns_stats(const struct mdns *m) NONNULL;
