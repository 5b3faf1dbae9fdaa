/* SPDX-License-Identifier: ISC */
/* Owners of zone files as bytes, for the way from the keeper to the serving process, and what has been
 * sent on that way: only differences are sent. */
#pragma once

#include "base/compiler.h"
#include "base/cursor.h"
#include "zonefile/collection.h"

/* Writes an owner: its name, the number of sets, and each set with its type, its TTL, the number of
 * records, and their data. Count 0: it has no records any more. */
void owners_write(struct wr *w, const uint8_t *name, const struct rrset *sets, size_t count)
	NONNULL_ARGS(1, 2);

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
void owners_room_fini(struct owners_room *room) NONNULL;

/* What the other process has: the names, and a hash of what each has. About 10 bytes each, and what a name has
 * not in common with the one before. */
struct owners_sent;

/* Returns what a collection says. NULL: no memory. */
struct owners_sent *owners_sent_new(const struct collection *c) NONNULL MUSTCHECK;
void owners_sent_free(struct owners_sent *sent);

/* Calls `put` for each owner that the other process has not so, in canonical order: for those of `c`
 * that are new or differ, and with no sets for those that are gone. `before` may be NULL: it has nothing.
 * `after` was made from `c`. */
void owners_each_change(const struct owners_sent *before, const struct owners_sent *after,
	const struct collection *c,
	void (*put)(void *arg, const uint8_t *name, const struct rrset *sets, size_t count),
	void *arg) NONNULL_ARGS(2, 3, 4);
