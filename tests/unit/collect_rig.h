/* SPDX-License-Identifier: ISC */
/*
 * What the tests of the collector share: hosts with keys, their signed packets, and a sink that keeps what it was given.
 */
#pragma once

#include "base/limits.h"
#include "collect/collect.h"
#include "dnssec/keys.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum {
	RIG_LINK = 3,
	RIG_START_S = 1764523456,
	RIG_NAMES = LIMIT_COLLECT_KEY_NAMES,
	RIG_PACKET = 9000
};

/* A host with the key of that number: its signer's name is hN.example. */
struct rig_host {
	struct key_pair key;
	struct name signer, local; /* hN.local. */
	uint8_t rdata[DNSKEY_CAP];
	size_t rdata_len;
};

/* What was put of a name. */
struct rig_put {
	char label[COLLECT_LABEL_CAP]; /* "": the place is free */
	struct addr addrs[LIMIT_HOST_ADDRS];
	size_t count;
	uint32_t ttl_s;
};

struct rig {
	struct collect *c;
	struct collect_config config;
	ns_t now;
	uint64_t now_s;
	struct rig_put puts[RIG_NAMES];
	unsigned put_count; /* calls */
	bool put_fails;
	const char *taken;              /* a label that is reserved */
	const struct rig_host *in_zone; /* its KEY is in the zone */
	const uint8_t *known;           /* a signer's name that is somebody's */
	unsigned news[COLLECT_NEWS_COUNT];
	int asks;                     /* questions that are being asked */
	char last_ask[NAME_TEXT_CAP]; /* the last one that was begun */
	uint16_t last_ask_type;
	bool (*is_wanted)(
		void *arg, const struct mdns_path *from, const uint8_t *packet, size_t len);
	struct buf text; /* the file of the state, if it is kept */
	bool keeps_text;
};

struct rig_packet {
	struct pack p;
	size_t len;
	uint8_t bytes[RIG_PACKET];
};

struct rig_host rig_host(unsigned number);
struct addr rig_addr(const char *text);

/* Begins a collector with that configuration, with the link RIG_LINK, on which are 192.0.2.0/24, 10.0.0.0/8 and
 * 2001:db8::/64. */
void rig_begin(struct rig *r, const struct collect_config *config);
void rig_add_link(struct rig *r, uint32_t id);
/* Ends it, and what is left is checked: nothing is asked after all has gone. */
void rig_end(struct rig *r);
/* Writes the state, ends the collector, and begins another one that reads it. */
void rig_restart(struct rig *r);
/* Lets time pass, second by second if something is due. */
void rig_pass(struct rig *r, uint64_t seconds);
/* Appends the changes to the text, if it is kept. */
void rig_write(struct rig *r);

void packet_begin(struct rig_packet *m);
void packet_add(struct rig_packet *m, const char *owner, uint16_t type, uint32_t ttl_s,
	bool is_flush, const void *rdata, size_t len);
void packet_add_addr(struct rig_packet *m, const char *host, const struct addr *a, uint32_t ttl_s);
/* PTR, SRV and TXT; `wanted` NULL: a TXT without label. */
void packet_add_instance(
	struct rig_packet *m, const char *host, const char *wanted, uint32_t ttl_s);
void packet_add_key(struct rig_packet *m, const struct rig_host *h);
void packet_sign(struct rig_packet *m, const struct rig_host *h, uint64_t inception_s);
/* Sends it on that link, from an address there. */
enum collect_verdict packet_send(struct rig *r, uint32_t link, const struct rig_packet *m);
enum collect_verdict packet_send_from(
	struct rig *r, uint32_t link, const struct rig_packet *m, const struct addr *peer);

/* A whole name in a packet of its own, sent now. `addrs` are texts with blanks between them. TTL 0 is a goodbye. */
enum collect_verdict rig_say(struct rig *r, const struct rig_host *h, const char *host,
	const char *wanted, const char *addrs, uint32_t ttl_s);

/* Returns what was put of the name; NULL: there is no such name. */
const struct rig_put *rig_find(const struct rig *r, const char *label);
/* Asserts that the name has these addresses, in order, with blanks between them, and that TTL; NULL: there is no such
 * name. */
void rig_assert(const struct rig *r, const char *label, const char *addrs, uint32_t ttl_s);
enum collect_state rig_state(const struct rig *r, const char *label);
