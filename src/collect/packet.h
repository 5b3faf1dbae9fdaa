/* SPDX-License-Identifier: ISC */
/*
 * A packet of Multicast DNS, as far as the collector understands it.
 */
#pragma once

#include "collect/state.h"
#include "dnssec/sig0.h"

/* The service by which hosts list their names. */
extern const uint8_t collect_service[19]; /* "_ontap._udp.local." */

enum item_type {
	ITEM_ADDR, /* N.local A or AAAA: `addr` */
	ITEM_PTR,  /* there is an instance N */
	ITEM_SRV,  /* the instance N: `is_own_target`: it is at N.local */
	ITEM_TXT,  /* the instance N: `wanted` is the label; none: N */
	ITEM_KEY,  /* N.local KEY: `key` */
	ITEM_TYPE_COUNT
};

/* A record. */
struct item {
	enum item_type type;
	bool is_flush, is_own_target;
	uint32_t ttl_s; /* 0: a goodbye; at most LIMIT_COLLECT_TTL_S */
	struct wire_label name;
	struct wire_label wanted;
	struct addr addr;
	struct rdata key; /* in the packet */
};

/* No record has fewer bytes than twelve: a pointer, and what each has. */
enum { ITEMS_MAX = LIMIT_MDNS_PACKET / 12 };

/* Finds the signature of a response, in the form of collect.h, and its owner. COLLECT_ACCEPTED: found; else
 * COLLECT_UNSIGNED or COLLECT_MALFORMED. */
enum collect_verdict packet_find_signature(
	const uint8_t *packet, size_t len, struct sig0 *ret, struct name *ret_owner) NONNULL;

/* Reads the records that mean something in front of the signature to `items`, which has room for ITEMS_MAX. Returns
 * their number; ERR_SYNTAX. */
int packet_read(const uint8_t *packet, const struct sig0 *sig, struct item *items) NONNULL
	MUSTCHECK;

/* Copies the first label of a name, in lower case. */
void wire_label_of(const uint8_t *name, struct wire_label *ret) NONNULL;
