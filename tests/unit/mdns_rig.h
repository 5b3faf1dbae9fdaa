/* SPDX-License-Identifier: ISC */
/*
 * The rig for unit tests of the mDNS engine: one engine on one link (or more), a clock that the
 * test sets, and the packets sent, as text.
 */
#pragma once

#include "mdns/mdns.h"
#include "unit.h"

enum { RIG_LINK = 1, RIG_SECOND = 2, RIG_HEARD = 4096 };

struct rig_packet {
	ns_t at;
	struct mdns_path to;
	size_t len;
	uint8_t *bytes;
	char *text;
};

struct rig {
	struct mdns *m;
	ns_t now;
	bool has_both; /* keeps packets on IPv6 too; otherwise only IPv4 and replies */
	struct rig_packet heard[RIG_HEARD];
	unsigned heard_count;
};

/* The rig of the current case; the functions below make and free it. */
extern struct rig rig;
int rig_setup(void **state);
int rig_teardown(void **state);

/* Makes an engine with a link that is up and has 10.0.0.0/24, 2001:db8::/64 and MTU 1500. Its own
 * addresses are 10.0.0.200 and fe80::200. */
void rig_init(uint64_t seed);
void rig_fini(void);
void rig_link(uint32_t link, uint32_t mtu, bool has_v6);

/* Puts sets given as text, with commas between records: "A 10.0.0.1, AAAA fe80::1". A word before a
 * record makes its set "shared" or "known" (unique without a probe); "host"
 * after it marks the name of this host, "public" a public set, "quiet" one that is only answered. NULL: no sets. */
int rig_put(uint32_t link, const char *owner, const char *records);

/* Hands in a packet from `peer`: "10.0.0.9" (port 5353, to the group), "10.0.0.9:4000", or
 * "10.0.0.9!" (to our address alone). Takes what is sent at once. */
void rig_say(const char *peer, const char *message);
void rig_say_on(uint32_t link, const char *peer, const char *message);

/* For rigs of other engines: the path from a peer that is given as above; and notes a packet that was sent. */
struct mdns_path rig_path(uint32_t link, const char *peer);
void rig_hear(const struct mdns_path *to, const uint8_t *packet, size_t len);

/* Lets that time pass, and takes what is sent. */
void rig_wait(ns_t duration);
/* Waits 5 s, until puts have been announced twice; then forgets the packets. */
void rig_settle(void);
void rig_forget(void);

/* Returns the number of packets that contain all of these texts (the second may be NULL). */
unsigned rig_count(const char *part, const char *other);
/* Returns the first packet that contains the text. Fails the test if there is none. */
const struct rig_packet *rig_expect(const char *part);
void rig_expect_none(const char *part);
void rig_expect_silence(void);

/* Returns the state of a name on a link. Fails if the name does not exist. */
struct mdns_status rig_status(uint32_t link, const char *owner);
/* Returns its current name as text, in static storage. */
const char *rig_current(const char *owner);

/* Shortcuts for most cases: put sets on a link, or on the first one; put and wait until they are
 * announced twice; hand in a message and wait a second. */
void put_on(uint32_t link, const char *owner, const char *records);
void put(const char *owner, const char *records);
void put_settled(const char *owner, const char *records);
void ask(const char *peer, const char *message);
