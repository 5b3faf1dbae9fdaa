/* SPDX-License-Identifier: ISC */
/*
 * All records of one zone but its SOA, as of one serial: what AXFR sends. It is in blocks, so that
 * adding to it never copies what is there, and that a transfer holds on to them by their counts.
 */
#pragma once

#include "transfer/records.h"

struct node;

struct snapshot {
	struct records *soa; /* counted */
	uint32_t serial;
	struct records **blocks; /* each counted */
	size_t count, cap;       /* blocks */
	size_t len;              /* bytes in them */
	int err;                 /* sticky: 0 or ERR_NOMEM */
};

/* An empty one, of a zone with that SOA. NULL if out of memory. */
struct snapshot *snapshot_new(struct records *soa, uint32_t serial) NONNULL MUSTCHECK;
void snapshot_free(struct snapshot *snapshot);

void snapshot_add(struct snapshot *snapshot, const struct record *r) NONNULL;

/* Adds what a node has: only the sets of that type (RR_ANY: all), never a SOA. */
void snapshot_add_node(struct snapshot *snapshot, const struct node *n, uint16_t type) NONNULL;
