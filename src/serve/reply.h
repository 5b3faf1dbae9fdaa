/* SPDX-License-Identifier: ISC */
/*
 * A reply that is being written behind its question. Owners are always names that stand in the
 * message already, so each is a pointer of two bytes (RFC 1035 §4.1.4).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/msg.h"
#include "zone/node.h"

enum {
	RR_HEAD_LEN = 12,          /* pointer, type, class, TTL, length */
	POINTER_OFFSET_MAX = 0x3fff,
	OPT_REPLY_LEN = 11
};

struct reply {
	uint8_t *start, *at;
	uint8_t *end;              /* of what may be used: room for OPT is kept behind it */
	uint16_t count[SECTION_COUNT];
};

/* Offset of what comes next. */
static inline unsigned reply_off(const struct reply *r)
{
	return (unsigned)(r->at - r->start);
}

/* Adds the records of a set, all or none. `owner_off`: where the owner's name stands, at most
 * POINTER_OFFSET_MAX. False if they do not fit. */
bool reply_add_set(struct reply *r, enum msg_section section, unsigned owner_off,
	const struct node *node, const struct node_set *set, uint32_t ttl) NONNULL MUSTCHECK;

/* Adds one record with rdata from elsewhere. */
bool reply_add_rr(struct reply *r, enum msg_section section, unsigned owner_off, uint16_t type,
	uint32_t ttl, const uint8_t *rdata, unsigned len) NONNULL MUSTCHECK;
