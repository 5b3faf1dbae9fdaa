/* SPDX-License-Identifier: ISC */
/* A record of an export, and its place in the order. */
#pragma once

#include "base/arena.h"
#include "export/export.h"

struct erecord {
	const uint8_t *owner;
	const uint8_t *rdata;
	uint32_t ttl;
	uint16_t type;
	uint16_t rdata_len;
	uint8_t view;
	uint8_t bytes[]; /* owner and rdata */
};

/* Records sorted by owner (canonical order), then SOA, NS and other types by number, then rdata,
 * then view. No two records are equal in all of these. */
struct erecords {
	struct erecord *const *at;
	size_t count;
};

/* Returns a copy of the record in the change. The arena must have no other use. NULL if out of memory. */
struct erecord *erecord_new(struct arena *arena, const struct zone_change *change) NONNULL
	MUSTCHECK;

/* Compares everything except the TTL and the spelling of the owner. 0: the same record. */
int erecord_same_cmp(const struct erecord *a, const struct erecord *b) NONNULL;

/* Compares elements of an array of `struct erecord *`, for qsort(). The order is total, so it
 * does not depend on the input order. Equal records are ordered by TTL, lowest first, then by
 * the spelling of the owner. */
int erecord_cmp(const void *a, const void *b) NONNULL;

/* Returns the first record of that owner and type, or NULL; the others follow it. `*ret_left` is
 * the number of records from it to the end. */
struct erecord *const *erecords_find(
	struct erecords r, const uint8_t *owner, uint16_t type, size_t *ret_left) NONNULL;
