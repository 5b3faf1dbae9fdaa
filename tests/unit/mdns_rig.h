/* SPDX-License-Identifier: ISC */
/*
 * One engine on one link (or more), a clock to turn by hand, and what it sends as text: what the
 * unit tests of the mDNS engine are written with.
 */
#pragma once

#include "mdns/mdns.h"
#include "unit.h"

enum { RIG_LINK = 1, RIG_SECOND = 2, RIG_HEARD = 4096 };

struct rig_packet {
	ns_t at;
	struct mdns_path to;
	size_t len;
	char *text;
};

struct rig {
	struct mdns *m;
	ns_t now;
	bool has_both; /* keep what goes out on IPv6 too; else IPv4 and replies alone */
	struct rig_packet heard[RIG_HEARD];
	unsigned heard_count;
};

/* The one of the case under way, which these make and end. */
extern struct rig rig;
int rig_setup(void **state);
int rig_teardown(void **state);

/* An engine with a link that has 10.0.0.0/24 and 2001:db8::/64, MTU 1500, up. */
void rig_init(uint64_t seed);
void rig_fini(void);
void rig_link(uint32_t link, uint32_t mtu, bool has_v6);

/* Sets as text, with commas between records: "A 10.0.0.1, AAAA fe80::1"; a word before a record
 * says that its set is "shared" or "known" (unique without a probe). NULL: nothing. */
int rig_put(uint32_t link, const char *owner, const char *records);

/* A packet from `peer`, "10.0.0.9" (port 5353, to the group), "10.0.0.9:4000" or "10.0.0.9!" (to
 * our address alone). What is sent at once is heard. */
void rig_say(const char *peer, const char *message);
void rig_say_on(uint32_t link, const char *peer, const char *message);

/* Lets that time pass, and hears what is sent in it. */
void rig_wait(ns_t duration);
/* Until what is put is announced twice: 5 s; then forgets what was heard. */
void rig_settle(void);
void rig_forget(void);

/* The number of packets heard that have all of these texts (the second may be NULL). */
unsigned rig_count(const char *part, const char *other);
/* The first packet heard with that text in it; fails the test if there is none. */
const struct rig_packet *rig_expect(const char *part);
void rig_expect_none(const char *part);
void rig_expect_silence(void);

/* The state of a name on a link; fails if there is no such name. */
struct mdns_status rig_status(uint32_t link, const char *owner);
/* Its current name as text, in static storage. */
const char *rig_current(const char *owner);

/* What most cases do: sets on a link, and on the first one; until they are announced twice; and what
 * is heard within a second of a message. */
void put_on(uint32_t link, const char *owner, const char *records);
void put(const char *owner, const char *records);
void put_settled(const char *owner, const char *records);
void ask(const char *peer, const char *message);
