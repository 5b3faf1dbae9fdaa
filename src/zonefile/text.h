/* SPDX-License-Identifier: ISC */
/* The frame of a master file (RFC 1035 §5.1): quotes, parentheses, directives. ldns is lenient
 * there, and reads on with something else than what was meant. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct zonetext_fault {
	unsigned line;
	const char *what; /* static storage */
};

/* Whether quotes and parentheses close, and each directive is one that is read here and has a value
 * as it should be. ERR_SYNTAX with `*ret` filled. */
int zonetext_check(const char *text, size_t len, struct zonetext_fault *ret) NONNULL MUSTCHECK;

/* Makes "300 IN" of each "IN 300" in text that is good: RFC 1035 §5.1 has class and TTL in either order, ldns in
 * one. No byte moves to another line. */
void zonetext_put_ttl_first(char *text, size_t len) NONNULL;
