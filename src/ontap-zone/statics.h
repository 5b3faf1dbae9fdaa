/* SPDX-License-Identifier: ISC */
/* What the zone files say, held until the next reload: all files, or none of a bad lot. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "wire/rrset.h"

struct statics; /* opaque */

/* All sets at one owner. Borrowed from the statics. */
struct static_owner {
	struct name owner;
	struct rrset *sets;
	size_t count;
	bool is_local; /* under .local: for mDNS */
	const char *file; /* the first that names it */
};

/* Reads all files. Two files may add to one owner. ERR_SYNTAX with `*error` saying file and line,
 * ERR_NOMEM; nothing is kept then. */
int statics_read(struct statics **ret, const struct conf_texts *files, const struct name *domain,
	struct conf_error *error) NONNULL MUSTCHECK;
void statics_free(struct statics *s);

/* 0 for NULL. */
size_t statics_count(const struct statics *s);
/* The `i`th owner, in no order. */
const struct static_owner *statics_at(const struct statics *s, size_t i) NONNULL;
/* The one with that name, or NULL. `s` may be NULL. */
const struct static_owner *statics_find(const struct statics *s, const uint8_t *owner);
