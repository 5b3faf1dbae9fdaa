/* SPDX-License-Identifier: ISC */
/*
 * Master files (RFC 1035 §5), read whole and grouped into sets, as the zone and the mDNS engine
 * take them. A file with anything wrong in it is not read at all. $INCLUDE is refused: what is
 * served is what stands in the files that the configuration names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/name.h"
#include "wire/rr_reader.h"
#include "wire/rrset.h"

/* What is wrong, for a person: "FILE:LINE: what", without non-printing bytes. */
struct zonefile_error {
	char text[512];
};

struct zonefile; /* opaque, read-only once made */

/* What is at one owner. Borrowed from the struct zonefile. */
struct zonefile_owner {
	const uint8_t *name;
	const struct rrset *sets; /* VIEW_ANY each; one of a type */
	size_t count;
	unsigned line; /* of its first record, for messages */
};

/* A text to read. All is borrowed for the call. */
struct zonefile_source {
	const char *path; /* for messages */
	const char *text; /* `len` bytes */
	size_t len;
	const uint8_t *origin; /* of names without a dot at the end, until the file says $ORIGIN */
	uint32_t ttl_s;        /* of records without one, until it says $TTL */
	const struct rr_reader *rr_reader; /* of lines that are not plain; NULL: they are refused */
	bool has_no_plain_lines;           /* all lines are given to it: tests compare the two */
};

/* Reads it. ERR_SYNTAX with `*error` filled; ERR_NOMEM. The caller owns `*ret`. */
int zonefile_parse(struct zonefile **ret, const struct zonefile_source *source,
	struct zonefile_error *error) NONNULL MUSTCHECK;

void zonefile_free(struct zonefile *z);

/* How many owners there are, and the one at `index`, in canonical order. */
size_t zonefile_count(const struct zonefile *z) NONNULL;
struct zonefile_owner zonefile_owner(const struct zonefile *z, size_t index) NONNULL;

/* "FILE:LINE: …" for what only the caller can find wrong: an owner that is in no zone, say. */
void zonefile_fail(struct zonefile_error *error, const char *path, unsigned line,
	const char *format, ...) PRINTFLIKE(4, 5) NONNULL_ARGS(1, 2, 4);
