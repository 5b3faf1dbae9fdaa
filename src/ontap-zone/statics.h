/* SPDX-License-Identifier: ISC */
/*
 * What the zone files say: all files, or none of a bad lot. Read whole, told to the zone and to mDNS,
 * and then settled: the zone keeps its records itself, so that only what is for mDNS stays, which links
 * that come are told.
 */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "wire/rrset.h"

struct statics; /* opaque */

/* All sets at one owner. Borrowed from the statics. */
struct static_owner {
	const uint8_t *name;
	const struct rrset *sets;
	size_t count;
	bool is_local;    /* under .local: for mDNS */
	const char *file; /* the first that names it; NULL once settled */
};

/* Reads all files. Two files may add to one owner. ERR_SYNTAX with `*error` saying file and line,
 * ERR_NOMEM; nothing is kept then. */
int statics_read(struct statics **ret, const struct conf_texts *files, const struct name *domain,
	struct conf_error *error) NONNULL MUSTCHECK;
void statics_free(struct statics *s);

/* Forgets what the zone has taken over. ERR_NOMEM: nothing is forgotten, which costs memory only. */
int statics_settle(struct statics *s) NONNULL MUSTCHECK;

/* Owners with their records: all, or those for mDNS once settled. 0 for NULL. */
size_t statics_count(const struct statics *s);
/* The `i`th of them, in canonical order. */
const struct static_owner *statics_at(const struct statics *s, size_t i) NONNULL;
/* How many of them are for the zone. */
size_t statics_zone_count(const struct statics *s) NONNULL;
/* The one with that name, or NULL. `s` may be NULL. */
const struct static_owner *statics_find(const struct statics *s, const uint8_t *name);

/* Makes statics_find() quick, until they are settled, for one who looks for very many. ERR_NOMEM. */
int statics_index(struct statics *s) NONNULL MUSTCHECK;
