/* SPDX-License-Identifier: ISC */
/*
 * A list of records back to back in one block, immutable and counted: what a transfer sends. The
 * main thread makes it, the thread that sends it holds on to it for as long as that takes.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/cursor.h"
#include "zone/zone.h"

/* Counted: any thread may hold it. The count is changed with acquire and release. */
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

/* Bytes of a record in the block's form. */
size_t record_len(const struct record *r) NONNULL;

/* A block without records, and room for `cap` bytes of them, counted once; for records_put(), as
 * long as nobody else holds it. NULL if out of memory. */
struct records *records_alloc(size_t cap) MUSTCHECK;
/* Appends a record, for which there must be room. */
void records_put(struct records *block, const struct record *r) NONNULL;

/* A block of what is in the buffer, counted once. NULL if out of memory, or the buffer was. */
struct records *records_new(const struct buf *b) NONNULL MUSTCHECK;
struct records *records_ref(struct records *r) NONNULL;
void records_unref(struct records *r);

/* Reads the record at the cursor of bytes in the block's form, and moves it behind. */
void rd_record(struct rd *r, struct record *ret) NONNULL;

/* The record of a change, as it came or went. */
static inline struct record record_of(const struct zone_change *change)
{
	return (struct record){
		change->owner, change->type, change->view, change->ttl, change->rdata};
}
