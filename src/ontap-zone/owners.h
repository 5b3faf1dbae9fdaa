/* SPDX-License-Identifier: ISC */
/* What has been sent from the keeper to the serving process of zone files: only differences are sent. */
#pragma once

#include "base/compiler.h"
#include "zonefile/collection.h"
#include "zonefile/owner_bytes.h"

/* What the other process has: the names, and a hash of what each has. Some 8 bytes each, and what a name has
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
