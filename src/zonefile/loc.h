/* SPDX-License-Identifier: ISC */
/* The data of LOC records: a place on the earth (RFC 1876). */
#pragma once

#include "base/compiler.h"
#include "base/cursor.h"
#include "zonefile/words.h"

/* Reads the place up to the end of the entry (RFC 1876 §3) and appends its wire form. ERR_SYNTAX.
 */
int zoneloc_read(struct zonewords *w, struct wr *out) NONNULL MUSTCHECK;
