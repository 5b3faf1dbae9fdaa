/* SPDX-License-Identifier: ISC */
/*
 * Master files (RFC 1035 §5), read whole and grouped into sets, as the zone and the mDNS engine
 * take them. A file with anything wrong in it is not read at all. $INCLUDE is refused: what is
 * served is what stands in the files that the configuration names.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/name.h"
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
	unsigned line;            /* of its first record, for messages */
};

/* Reads a file. Names without a dot at the end are below `origin` until the file says $ORIGIN;
 * records without a TTL have `ttl_s` until it says $TTL. ERR_SYS, ERR_RANGE, ERR_SYNTAX: with
 * `*error` filled; ERR_NOMEM. The caller owns `*ret`. */
int zonefile_read(struct zonefile **ret, const char *path, const uint8_t *origin, uint32_t ttl_s,
	struct zonefile_error *error) NONNULL MUSTCHECK;

/* The same of `len` bytes of text; `path` is for messages. */
int zonefile_parse(struct zonefile **ret, const char *path, const char *text, size_t len,
	const uint8_t *origin, uint32_t ttl_s, struct zonefile_error *error) NONNULL MUSTCHECK;

/* The same, but plain lines are read by ldns too: for tests, which compare the two. */
int zonefile_parse_by_ldns(struct zonefile **ret, const char *path, const char *text, size_t len,
	const uint8_t *origin, uint32_t ttl_s, struct zonefile_error *error) NONNULL MUSTCHECK;

void zonefile_free(struct zonefile *z);

/* How many owners there are, and the one at `index`, in canonical order. */
size_t zonefile_count(const struct zonefile *z) NONNULL;
struct zonefile_owner zonefile_owner(const struct zonefile *z, size_t index) NONNULL;

/* "FILE:LINE: …" for what only the caller can find wrong: an owner that is in no zone, say. */
void zonefile_fail(struct zonefile_error *error, const char *path, unsigned line,
	const char *format, ...) PRINTFLIKE(4, 5) NONNULL_ARGS(1, 2, 4);
