/* SPDX-License-Identifier: ISC */
/*
 * What the zone files say: all files, or none of a bad lot. Read whole, told to the zone and to mDNS,
 * and then settled: the zone keeps its records itself, so that only what is for mDNS stays, which links
 * that come are told.
 */
#pragma once

#include "base/compiler.h"
#include "wire/rrset.h"
#include "zonefile/zonefile.h"

struct collection; /* opaque */

/* All sets at one owner. Borrowed from the collection. */
struct static_owner {
	const uint8_t *name;
	const struct rrset *sets;
	size_t count;
	bool is_local;    /* under .local: for mDNS */
	const char *file; /* the first that names it; NULL once settled */
};

/* An empty one, for files of the zone `domain`, which is borrowed until collection_finish(). NULL: no memory. */
struct collection *collection_new(const uint8_t *domain) NONNULL MUSTCHECK;

/* Reads one more file; its path is borrowed until collection_settle(). ERR_SYNTAX with `*error` saying file and
 * line, ERR_NOMEM: the collection is good for collection_free() only. */
int collection_add(struct collection *s, const struct zonefile_source *source,
	struct zonefile_error *error) NONNULL MUSTCHECK;

/* After the last file: two may add to one owner, but not to one set. Errors as before. */
int collection_finish(struct collection *s, struct zonefile_error *error) NONNULL MUSTCHECK;

void collection_free(struct collection *s);

/* Forgets what the zone has taken over. ERR_NOMEM: nothing is forgotten, which costs memory only. */
int collection_settle(struct collection *s) NONNULL MUSTCHECK;

/* Owners with their records: all, or those for mDNS once settled. 0 for NULL. */
size_t collection_count(const struct collection *s);
/* The `i`th of them, in canonical order. */
const struct static_owner *collection_at(const struct collection *s, size_t i) NONNULL;
/* How many of them are for the zone. */
size_t collection_zone_count(const struct collection *s) NONNULL;
/* The one with that name, or NULL. `s` may be NULL. */
const struct static_owner *collection_find(const struct collection *s, const uint8_t *name);

/* Makes collection_find() quick, until they are settled, for one who looks for very many. ERR_NOMEM. */
int collection_index(struct collection *s) NONNULL MUSTCHECK;
