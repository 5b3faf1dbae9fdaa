/* SPDX-License-Identifier: ISC */
/*
 * A list of records, back to back in one block, immutable and reference-counted. Transfers send
 * these blocks. The main thread makes a block; the sending thread holds a reference until it has
 * finished.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/cursor.h"
#include "zone/zone.h"

/* Reference-counted: any thread may hold it. The count is changed with acquire and release. */
struct records {
	_Atomic unsigned refs;
	size_t len;
	uint8_t bytes[];
};

/* One record, borrowed from the block. */
struct record {
	const uint8_t *owner;
	uint16_t type;
	uint8_t view;
	uint32_t ttl;
	struct rdata rdata;
};

/* Appends a record in the block's form. */
void records_add(struct buf *b, const struct record *r) NONNULL;

/* Returns the length of a record in the block's form. */
size_t record_len(const struct record *r) NONNULL;

/* Returns a block without records and with room for `cap` bytes, with one reference. It is
 * filled by records_put() while nobody else holds it. NULL if out of memory. */
struct records *records_alloc(size_t cap) MUSTCHECK;
/* Appends a record. There must be room. */
void records_put(struct records *block, const struct record *r) NONNULL;

/* Returns a block with the contents of the buffer, with one reference. NULL if out of memory,
 * also if the buffer ran out of memory. */
struct records *records_new(const struct buf *b) NONNULL MUSTCHECK;
struct records *records_ref(struct records *r) NONNULL;
void records_unref(struct records *r);

/* Reads the record at the cursor, in the block's form, and moves the cursor behind it. */
void rd_record(struct rd *r, struct record *ret) NONNULL;

/* Returns the record of a change, added or removed. */
static inline struct record record_of(const struct zone_change *change)
{
	return (struct record){
		change->owner, change->type, change->view, change->ttl, change->rdata};
}
