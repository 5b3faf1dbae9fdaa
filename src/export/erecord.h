/* SPDX-License-Identifier: ISC */
/* The records collected, and the writers of the formats: inside this directory only. */
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

/* The first record of that owner and type, or NULL; the others follow it. `*ret_left`: how many
 * records there are from it to the end. */
struct erecord *const *erecords_find(
	struct erecords r, const uint8_t *owner, uint16_t type, size_t *ret_left) NONNULL;

void export_tinydns(
	struct erecords r, const struct export_options *options, struct buf *out) NONNULL;
/* ERR_ABSENT: no SOA at the apex. */
int export_zone(struct erecords r, const struct export_options *options, struct buf *out) NONNULL
	MUSTCHECK;
/* ERR_NOMEM. */
int export_hosts(struct erecords r, const struct export_options *options, struct buf *out) NONNULL
	MUSTCHECK;
void export_json(struct erecords r, const struct export_options *options, struct buf *out) NONNULL;
