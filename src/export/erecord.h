/* SPDX-License-Identifier: ISC */
/* A record of an export, and where it stands among the others. */
#pragma once

#include "export/export.h"

struct erecord {
	const uint8_t *owner;
	const uint8_t *rdata;
	uint32_t ttl;
	uint16_t type;
	uint16_t rdata_len;
	uint8_t view;
	uint8_t bytes[]; /* of owner and rdata */
};

/* Sorted: owner (canonical order), then SOA, NS and other types by number, then rdata, then view.
 * No two are equal in all of these. */
struct erecords {
	struct erecord *const *at;
	size_t count;
};

/* A copy of the record in the change; free() it. NULL: no memory. */
struct erecord *erecord_new(const struct zone_change *change) NONNULL MUSTCHECK;

/* By what makes two records the same one: all but the TTL and the spelling of the owner. */
int erecord_same_cmp(const struct erecord *a, const struct erecord *b) NONNULL;

/* The order of an array of `struct erecord *`, for qsort(). Total, so that it does not depend on the one
 * they came in: of equal records the one with the lowest TTL comes first, then by the spelling of the
 * owner. */
int erecord_cmp(const void *a, const void *b) NONNULL;

/* The first record of that owner and type, or NULL; the others follow it. `*ret_left`: how many
 * records there are from it to the end. */
struct erecord *const *erecords_find(
	struct erecords r, const uint8_t *owner, uint16_t type, size_t *ret_left) NONNULL;
