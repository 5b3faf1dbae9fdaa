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

/* An engine with a link that has 10.0.0.0/24 and 2001:db8::/64, MTU 1500, up. */
void rig_init(struct rig *rig, uint64_t seed);
void rig_fini(struct rig *rig);
void rig_link(struct rig *rig, uint32_t link, uint32_t mtu, bool has_v6);

/* Sets as text, with commas between records: "A 10.0.0.1, AAAA fe80::1"; a word before a record
 * says that its set is "shared" or "known" (unique without a probe). NULL: nothing. */
int rig_put(struct rig *rig, uint32_t link, const char *owner, const char *records);

/* A packet from `peer`, "10.0.0.9" (port 5353, to the group), "10.0.0.9:4000" or "10.0.0.9!" (to
 * our address alone). What is sent at once is heard. */
void rig_say(struct rig *rig, const char *peer, const char *message);
void rig_say_on(struct rig *rig, uint32_t link, const char *peer, const char *message);

/* Lets that time pass, and hears what is sent in it. */
void rig_wait(struct rig *rig, ns_t duration);
/* Until what is put is announced twice: 5 s; then forgets what was heard. */
void rig_settle(struct rig *rig);
void rig_forget(struct rig *rig);

/* The number of packets heard that have all of these texts (the second may be NULL). */
unsigned rig_count(const struct rig *rig, const char *part, const char *other);
/* The first packet heard with that text in it; fails the test if there is none. */
const struct rig_packet *rig_expect(const struct rig *rig, const char *part);
void rig_expect_none(const struct rig *rig, const char *part);
void rig_expect_silence(const struct rig *rig);

/* The state of a name on a link; fails if there is no such name. */
struct mdns_status rig_status(struct rig *rig, uint32_t link, const char *owner);
/* Its current name as text, in static storage. */
const char *rig_current(struct rig *rig, const char *owner);
