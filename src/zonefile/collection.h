/* SPDX-License-Identifier: ISC */
/* The records of all zone files. Either all files are accepted, or none. The files are read
 * completely, and their records are passed to the zone and to mDNS. Then the collection is freed. */
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
	bool is_reverse;  /* a reverse name: served while its reverse zone is ours */
	const char *file; /* the first file that has the owner, or NULL */
};

/* Returns an empty collection for files of the zone `domain`. `domain` is borrowed until
 * collection_finish(). NULL if out of memory. */
struct collection *collection_new(const uint8_t *domain) NONNULL MUSTCHECK;

/* Reads one more file. Its path is borrowed until collection_free(). ERR_SYNTAX: `*error` has
 * file and line. ERR_NOMEM. After an error only collection_free() may be called. */
int collection_add(struct collection *s, const struct zonefile_source *source,
	struct zonefile_error *error) NONNULL MUSTCHECK;

/* To be called after the last file. Adds a PTR for each address of a name in the zone, where the
 * files say no PTR or CNAME; for LIMIT_STATIC_PTRS addresses at most. Two files may have records
 * at one owner, but not in the same set, unless these are PTRs below .local. Errors as for collection_add(). */
int collection_finish(struct collection *s, struct zonefile_error *error) NONNULL MUSTCHECK;

void collection_free(struct collection *s);

/* Returns the number of owners; 0 for NULL. */
size_t collection_count(const struct collection *s);
/* Returns owner number `i`, in canonical order. */
const struct static_owner *collection_at(const struct collection *s, size_t i) NONNULL;
/* Returns the number of owners that are for the zone. */
size_t collection_zone_count(const struct collection *s) NONNULL;
/* Returns the owner with that name, or NULL. `s` may be NULL. */
const struct static_owner *collection_find(const struct collection *s, const uint8_t *name);

/* Makes collection_find() fast, for callers that look up very many names. ERR_NOMEM. */
int collection_index(struct collection *s) NONNULL MUSTCHECK;
