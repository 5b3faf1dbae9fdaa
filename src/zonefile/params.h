/* SPDX-License-Identifier: ISC */
/* Service parameters of SVCB and HTTPS records (RFC 9460). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "zonefile/words.h"

/* Reads the parameters up to the end of the entry (RFC 9460 §2.1, Appendix A) and appends them
 * in the order of their keys. ERR_SYNTAX. */
int zoneparams_read(struct zonewords *w, struct wr *out) NONNULL MUSTCHECK;

/* True if the parameters in wire form are valid (RFC 9460 §2.2, §7, §8): each key once, in order,
 * all mandatory keys present, and the values of known keys well formed. */
bool zoneparams_are_good(const uint8_t *params, size_t len) NONNULL;
