/* SPDX-License-Identifier: ISC */
/* Sets of resource records as borrowed values: names, zone files, zone and mDNS pass them in this
 * form. */
#pragma once

#include <stdint.h>

#include "wire/rr.h"

/* Which clients see a set: one bit for each place where a client can be. */
enum view { VIEW_LAN = 1, VIEW_WAN = 2, VIEW_ANY = VIEW_LAN | VIEW_WAN };

struct rdata {
	const uint8_t *bytes; /* uncompressed; rdata_is_valid() */
	uint16_t len;
};

/* Records of one owner, class IN, one type. Everything is borrowed for the duration of the call
 * that gets it. */
struct rrset {
	uint16_t type;
	uint8_t view; /* enum view */
	uint32_t ttl; /* in seconds; one for the whole set (RFC 2181 §5.2) */
	uint16_t count;
	const struct rdata *rdata; /* `count` of them, in any order, no two the same */
};
