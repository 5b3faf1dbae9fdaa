/* SPDX-License-Identifier: ISC */
/* What is needed to read a master file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/rr_reader.h"

/* A text to read. Everything is borrowed for the call. */
struct zonefile_source {
	const char *path; /* for messages */
	const char *text; /* `len` bytes */
	size_t len;
	const uint8_t *origin; /* for names without a final dot, until $ORIGIN */
	uint32_t ttl_s;        /* for records without a TTL, until one is stated */
	const struct rr_reader
		*rr_reader; /* for types that are not in our table; NULL: they are errors */
	bool is_signed; /* the zone has keys, and files bring none, and nothing that is not signed */
	bool has_no_plain_lines; /* no line is read the quick way: tests compare both */
};
