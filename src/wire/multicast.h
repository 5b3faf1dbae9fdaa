/* SPDX-License-Identifier: ISC */
/*
 * What both engines of Multicast DNS, the responder and the querier, know of links and packets: paths, lanes,
 * groups, sizes, the top bits of classes, and packets that wait to be sent.
 *
 * RFC 6762 §20 and §14: for mDNS, IPv4 and IPv6 on one link are two networks, each with its own listeners. Each
 * of them is a "lane".
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"

enum lane { LANE_V4, LANE_V6, LANE_COUNT };
enum { LANES_ALL = 1 << LANE_V4 | 1 << LANE_V6 };

/* Top bits of classes: §18.12, §18.13. */
enum { CLASS_QU = 0x8000, CLASS_FLUSH = 0x8000, CLASS_MASK = 0x7fff };

/* The time of what has never happened. */
#define LONG_AGO (-(INT64_MAX / 4))

/* A link, as an engine sees it. `prefixes` are the on-link prefixes, for the check of §11;
 * copied. */
struct mdns_link {
	uint32_t id;         /* the ifindex */
	uint32_t mtu;        /* of the link, in bytes, IP header included */
	bool has_v4, has_v6; /* multicast works in that family: a group is joined */
	const struct prefix *prefixes;
	size_t prefix_count;
	const struct addr *addrs; /* of the link itself, copied */
	size_t addr_count;
};

/* The source or destination of a packet. Packets are always sent with an IP TTL of 255. The TTL
 * of received packets does not matter (RFC 6762 §11: the source address does). */
struct mdns_path {
	uint32_t link;
	struct addr peer; /* source of a received packet; destination of a sent one */
	uint16_t peer_port;
	bool is_multicast;    /* sent to the group, not to one address */
	bool is_of_host;      /* of a sent packet: it has records of a name of the host */
	bool wants_signature; /* of a sent packet: it has public records (mdns/mdns.h) */
	struct addr local;    /* own address for a unicast packet; ADDR_NONE: the group */
};

static inline enum lane lane_of(const struct addr *a)
{
	return a->family == ADDR_V4 ? LANE_V4 : LANE_V6;
}

/* Returns the path to the multicast group (§3) of that lane. */
struct mdns_path multicast_group(uint32_t link, enum lane lane);
/* Returns the maximum length in bytes of a message on these lanes, by the MTU (§17). */
size_t multicast_payload(uint32_t mtu, unsigned lanes);
/* True if the address is of the link: of one of its `count` prefixes, or link-local (§11). */
bool multicast_is_on_link(const struct prefix *prefixes, size_t count, const struct addr *peer)
	NONNULL_ARGS(3);

/* Finished packets, each with its path, in the order in which they were made. */
struct outbox {
	uint8_t *bytes; /* of the owner; NULL while `cap` is 0 */
	size_t cap;
	size_t head, tail;
};

/* What is stored of a message besides its bytes. */
struct outbox_head {
	size_t len;
	struct mdns_path to;
};

/* Returns room for a message of up to `len` bytes, or NULL if there is none. */
uint8_t *outbox_room(const struct outbox *box, size_t len) NONNULL MUSTCHECK;
/* Adds the message that was written to outbox_room(). */
void outbox_add(struct outbox *box, const struct mdns_path *to, size_t len) NONNULL;
/* Copies the oldest message to `buffer`, removes it and returns its length. Returns 0 if there is none. */
size_t outbox_take(struct outbox *box, struct mdns_path *to, uint8_t *buffer) NONNULL;

static inline bool outbox_is_empty(const struct outbox *box)
{
	return box->head == box->tail;
}
