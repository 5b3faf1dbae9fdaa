/* SPDX-License-Identifier: ISC */
/*
 * A Multicast DNS responder (RFC 6762) as a pure engine: packets and time go in, packets and the
 * next deadline come out. To the engine a link is a number. It has no sockets and no clock, and
 * its only randomness comes from its seed.
 *
 * The owner tells it which records to answer on which link (mdns_put), passes received packets
 * to it (mdns_input), sends its packets (mdns_poll, until it returns 0), and calls mdns_poll
 * again at the deadline. There is one engine for all links and both families. So it knows its
 * own records on each link (RFC 6762 §14), and two of our links on one wire cause no conflict.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "wire/msg.h"
#include "wire/multicast.h"
#include "wire/rrset.h"

/* A set of records to be answered on a link. Unique sets are probed for and defended. Shared
 * sets (PTR of DNS-SD) are not. If a unique name of ours is renamed, the same name in rdata is
 * renamed too. */
struct mdns_rrset {
	struct rrset set; /* its `view` is ignored */
	bool is_unique;
	bool is_known_unique; /* unique without a probe: the reverse of an own address (§8.1) */
	bool is_of_host; /* of the host's own name, or of a reverse name of its own: see mdns_set_company() */
	bool is_public; /* said with a signature: see mdns_set_signature() */
	bool is_quiet;  /* unique: answered, but neither announced nor part of a claim */
};

/* An event for the log. Names are in wire format. */
enum mdns_notice_type {
	MDNS_NOTICE_ESTABLISHED, /* probed and announced: `name` is ours on `link` */
	MDNS_NOTICE_RENAMED,     /* `name` is now `current` on all links: persist it */
	MDNS_NOTICE_CONFLICT,    /* `peer` claims `name` on `link`: probing again */
	MDNS_NOTICE_YIELDED,   /* `peer` is the workload itself and answers for `name` on `link` */
	MDNS_NOTICE_NEIGHBOUR, /* another responder answers for this host on `link`, from `peer` */
	MDNS_NOTICE_NEIGHBOUR_GONE, /* it does not any more */
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
/* Frees the engine without sending anything. For goodbyes call mdns_goodbye() and poll first. */
void mdns_free(struct mdns *m);

/* Adds or changes a link. The same link again changes nothing. A link that comes back after
 * mdns_link_down() probes and announces its records again (§8). ERR_NOMEM. */
int mdns_link_up(struct mdns *m, ns_t now, const struct mdns_link *link) NONNULL MUSTCHECK;
/* The link cannot carry packets for now. Its records are kept but not answered. */
void mdns_link_down(struct mdns *m, ns_t now, uint32_t link) NONNULL;
/* Removes the link and its records, without a goodbye. */
void mdns_link_gone(struct mdns *m, ns_t now, uint32_t link) NONNULL;

/* Sets the records of `owner` on `link` to exactly these sets (0 sets: none). The link may come
 * up later. A name has at most one set per type; each set is either unique or shared. Only
 * differences to the previous sets have an effect: a new name is probed; a changed set of a name
 * that is ours is announced without a probe (§8.4); a removed set sends a goodbye (§10.1).
 * ERR_NOMEM, ERR_RANGE (a limit in base/limits.h): nothing has changed. */
int mdns_put(struct mdns *m, ns_t now, uint32_t link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count) NONNULL_ARGS(1, 4) MUSTCHECK;

/* Restores a persisted name: when `owner` is put later, `current` is tried first as its name. Of
 * names that are not put, LIMIT_MDNS_KEPT are remembered. ERR_EXISTS: `current` is the name of
 * another owner; ERR_NOMEM. */
int mdns_set_name(struct mdns *m, const uint8_t *owner, const uint8_t *current) NONNULL MUSTCHECK;

/* Calls `visit` for each owner whose current name differs from `owner`, whether it is put now or
 * not. These names must be persisted in this order: it is the order in which they would be
 * forgotten. */
void mdns_each_renamed(const struct mdns *m,
	void (*visit)(void *arg, const uint8_t *owner, const uint8_t *current), void *arg)
	NONNULL_ARGS(1, 2);

/* Packets with public records get a signature of up to `room` bytes, which the owner appends: they are shorter by that, and
 * mdns_poll() tells that they want one (wants_signature). These are multicast responses and goodbyes, and unicast
 * responses to who has asked with DO (RFC 3225); never probes, nor replies to resolvers that do not speak mDNS (§6.7).
 * 0, at the start: nothing wants a signature. At most LIMIT_MDNS_SIGNATURE. */
void mdns_set_signature(struct mdns *m, size_t room) NONNULL;
/* A packet that wanted a signature is sent with one, as these bytes: so it is known when it comes back. */
void mdns_note_signed(
	struct mdns *m, const struct mdns_path *to, const uint8_t *packet, size_t len) NONNULL;

/*
 * Other responders on this host (Avahi, systemd-resolved): "neighbours". They have our own
 * addresses, and they answer for the host's own name and for the reverse names of its addresses.
 * Two responders with different unique records would be in conflict for ever. So if there is a
 * neighbour, our names of the host (is_of_host) are DEFERRED: not probed for, not defended and not
 * answered.
 *
 * A neighbour is detected by a packet from one of our own addresses that we have not sent, with a
 * record about a name of the host. It ends with its goodbye, or when nobody answers our questions
 * any more. The owner of the engine says how many other sockets of this host have the port or have
 * joined the group on the link: `others`. If there are any, we ask before we probe, because some
 * programs only ask questions; a question, unlike a probe, claims nothing.
 *
 * systemd-resolved drops what comes from its own host, so it never answers our questions. Two
 * minutes after its last word we say the names of the host, too, until it speaks again. So no
 * silence is for ever, whoever has the port without a word.
 */
void mdns_set_company(struct mdns *m, ns_t now, uint32_t link, unsigned others) NONNULL;
/* Returns when the owner should look for other responders, before the engine answers for the host:
 * then call mdns_set_company() for each link, before mdns_poll(). NS_NEVER: not needed. */
ns_t mdns_look_at(const struct mdns *m) NONNULL;
/* True if the names of the host are not ours to say on that link. A packet with `is_of_host` that was
 * polled before the owner knew of the company is not to be sent to the group then. */
bool mdns_is_deferring(const struct mdns *m, uint32_t link) NONNULL;
/* Tells the engine that the owner has looked for them. */
void mdns_looked(struct mdns *m, ns_t now) NONNULL;

/* Processes one packet that was received on port 5353. It may contain any bytes. */
void mdns_input(struct mdns *m, ns_t now, const struct mdns_path *from, const uint8_t *packet,
	size_t len) NONNULL;

/* True if the outbox may have no room for the reply to one more packet. Then call mdns_poll()
 * before the next mdns_input(), or that packet may get no reply. */
bool mdns_is_full(const struct mdns *m) NONNULL;

/* The machine is about to sleep: queues a goodbye for every record on every link (§10.1), which are still to be
 * polled. From then on nothing is answered, and what is put is not said, until mdns_restart(). */
void mdns_sleep(struct mdns *m, ns_t now) NONNULL;

/* To be called after the machine slept or the network changed: probes and announces everything
 * again (§8). */
void mdns_restart(struct mdns *m, ns_t now) NONNULL;

/* Queues a goodbye for every record on every link (§10.1). After that poll until nothing is
 * left, and free. */
void mdns_goodbye(struct mdns *m, ns_t now) NONNULL;

/* Queues a goodbye for every record on that link, which we leave while it still works: then poll until
 * nothing is left, and call mdns_link_gone(). */
void mdns_link_leave(struct mdns *m, ns_t now, uint32_t link) NONNULL;

/* Writes the next packet to send at `now` into `buffer`, which has `cap` bytes, 9000 or more.
 * Returns its length and sets `*to`. Returns 0 if there is none. */
size_t mdns_poll(
	struct mdns *m, ns_t now, struct mdns_path *to, uint8_t *buffer, size_t cap) NONNULL;

/* Returns when to call mdns_poll() if nothing else happens before: immediately if the time is in
 * the past; never if it is NS_NEVER. */
ns_t mdns_deadline(const struct mdns *m) NONNULL;

/* Returns the oldest notice in `*ret`, or false if there is none. The queue is limited: if it is
 * full, the oldest notice is dropped. */
bool mdns_next_notice(struct mdns *m, struct mdns_notice *ret) NONNULL;

/* State of one name on one link, for `status`. */
enum mdns_state {
	MDNS_PROBING,
	MDNS_ANNOUNCING,
	MDNS_ESTABLISHED,
	MDNS_CONFLICT,
	MDNS_YIELDED,
	MDNS_SILENT,
	MDNS_DEFERRED, /* a neighbour has the name, or may have it */
	MDNS_STATE_COUNT
};
struct mdns_status {
	uint32_t link;
	struct name name, current;
	enum mdns_state state;
	ns_t since;
	struct addr against; /* the peer that has or claims the name; ADDR_NONE if none */
};
/* Calls `visit` for each unique name on each link; order unspecified. */
void mdns_each_status(const struct mdns *m,
	void (*visit)(void *arg, const struct mdns_status *status), void *arg) NONNULL_ARGS(1, 2);
/* The same for one owner: the name as it was put, whatever its current name is. */
void mdns_each_status_of(const struct mdns *m, const uint8_t *owner,
	void (*visit)(void *arg, const struct mdns_status *status), void *arg)
	NONNULL_ARGS(1, 2, 3);

/* A link on which a neighbour has the names of the host. */
struct mdns_neighbour {
	uint32_t link;
	struct addr peer; /* its address */
	ns_t since;
};
void mdns_each_neighbour(const struct mdns *m,
	void (*visit)(void *arg, const struct mdns_neighbour *neighbour), void *arg)
	NONNULL_ARGS(1, 2);

/* One record that is ours on a link. */
struct mdns_held {
	uint32_t link;
	uint16_t type;
	uint32_t ttl_s;
	struct rdata rdata; /* as sent: names in it are current names */
};
/* Calls `visit` for each record of the name (its current name) on each link where it is ours: we
 * answer for it, or the workload itself or a neighbour does. The cost is proportional to the number of visited
 * records. Borrowed during the call. */
void mdns_each_held(const struct mdns *m, const uint8_t *name,
	void (*visit)(void *arg, const struct mdns_held *held), void *arg) NONNULL_ARGS(1, 2, 3);

/* Counted since the start. */
struct mdns_stats {
	uint64_t packets_in, packets_out, bytes_out;
	uint64_t malformed, off_link, ignored; /* dropped packets by reason */
	uint64_t queries, responses, answers, suppressed, conflicts, renames, limited;
};
struct mdns_stats mdns_stats(const struct mdns *m) NONNULL;
