/* SPDX-License-Identifier: ISC */
/* Owners of zone files as bytes: to be sent, or to be kept in little memory. */
#pragma once

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/rrset.h"

/* Writes an owner: its name, the number of sets, and each set with its type, its TTL, the number of
 * records, and their data. Count 0: it has no records any more. */
void owners_write(struct wr *w, const uint8_t *name, const struct rrset *sets, size_t count)
	NONNULL_ARGS(1, 2);

/* The same without the name; and its length. */
void owners_write_sets(struct wr *w, const struct rrset *sets, size_t count) NONNULL_ARGS(1);
size_t owners_sets_len(const struct rrset *sets, size_t count);

/* Room for an owner that is read. All zero at first. */
struct owners_room {
	struct rrset *sets;
	struct rdata *rdata;
	size_t sets_cap, rdata_cap;
};

struct owners_read {
	const uint8_t *name; /* both borrowed from the bytes and the room */
	const struct rrset *sets;
	size_t count;
};

/* Reads the next owner. ERR_SYNTAX: the bytes are none; ERR_NOMEM. */
int owners_next(struct rd *r, struct owners_room *room, struct owners_read *ret) NONNULL MUSTCHECK;
/* Reads what owners_write_sets() has written: all but the name. */
int owners_read_sets(struct rd *r, struct owners_room *room, struct owners_read *ret) NONNULL
	MUSTCHECK;
void owners_room_fini(struct owners_room *room) NONNULL;
