/* SPDX-License-Identifier: ISC */
/*
 * All records of one zone except its SOA, as of one serial: the data of an AXFR. They are in
 * several blocks, so that adding a record never copies the existing ones. A transfer holds
 * references to the blocks.
 */
#pragma once

#include "transfer/records.h"
#include "zone/node.h"

struct snapshot {
	struct records *soa; /* counted */
	uint32_t serial;
	struct records **blocks;      /* each counted */
	size_t count, cap;            /* blocks */
	size_t len;                   /* bytes in them */
	int err;                      /* sticky: 0 or ERR_NOMEM */
	uint8_t link[NSEC_RDATA_MAX]; /* scratch: of the chain */
};

/* Returns an empty snapshot of a zone with that SOA. NULL if out of memory. */
struct snapshot *snapshot_new(struct records *soa, uint32_t serial) NONNULL MUSTCHECK;
void snapshot_free(struct snapshot *snapshot);

void snapshot_add(struct snapshot *snapshot, const struct record *r) NONNULL;

/* Adds the sets of a node that have that type (RR_ANY: all), but never a SOA. */
void snapshot_add_node(struct snapshot *snapshot, const struct node *n, uint16_t type) NONNULL;
