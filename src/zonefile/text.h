/* SPDX-License-Identifier: ISC */
/* The structure of a master file (RFC 1035 §5.1): quotes, parentheses, directives. ldns accepts
 * errors there and reads something that the author did not mean. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct zonetext_fault {
	unsigned line;
	const char *what; /* static storage */
};

/* Checks that quotes and parentheses are closed, and that each directive is known and has a
 * valid value. ERR_SYNTAX: `*ret` is filled. */
int zonetext_check(const char *text, size_t len, struct zonetext_fault *ret) NONNULL MUSTCHECK;

/* Replaces each "IN 300" by "300 IN" in text that passed the check. RFC 1035 §5.1 allows class
 * and TTL in either order, but ldns only one. No byte moves to another line. */
void zonetext_put_ttl_first(char *text, size_t len) NONNULL;
