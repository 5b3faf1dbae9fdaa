/* SPDX-License-Identifier: ISC */
/*
 * Master files (RFC 1035 §5). A file is read completely and its records are grouped into sets,
 * as the zone and the mDNS engine need them. A file with any error is rejected as a whole.
 * $INCLUDE is rejected: only the files that the configuration names are served.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/name.h"
#include "wire/rrset.h"
#include "zonefile/source.h"

/* The error message for the user: "FILE:LINE: what", without non-printing bytes. */
struct zonefile_error {
	char text[512];
};

struct zonefile; /* opaque, read-only once made */

/* The records at one owner. Borrowed from the struct zonefile. */
struct zonefile_owner {
	const uint8_t *name;
	const struct rrset *sets; /* each is VIEW_ANY; one set per type */
	size_t count;
	unsigned line; /* of its first record, for messages */
};

/* Reads the text. ERR_SYNTAX: `*error` is filled. ERR_NOMEM. The caller owns `*ret`. */
int zonefile_parse(struct zonefile **ret, const struct zonefile_source *source,
	struct zonefile_error *error) NONNULL MUSTCHECK;

void zonefile_free(struct zonefile *z);

/* Return the number of owners, and the owner at `index`, in canonical order. */
size_t zonefile_count(const struct zonefile *z) NONNULL;
struct zonefile_owner zonefile_owner(const struct zonefile *z, size_t index) NONNULL;

/* Writes "FILE:LINE: …" for an error that only the caller can find, for example an owner that is
 * in no zone. */
void zonefile_fail(struct zonefile_error *error, const char *path, unsigned line,
	const char *format, ...) PRINTFLIKE(4, 5) NONNULL_ARGS(1, 2, 4);
