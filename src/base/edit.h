/* SPDX-License-Identifier: ISC */
/* How much two short texts differ: for "did you mean …". */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

enum { EDIT_LEN_CAP = 64 }; /* longer texts match nothing; a label has 63 bytes */

/* Returns how many bytes must be inserted, deleted, changed, or swapped with the next one to turn
 * one text into the other. The case of letters does not count. Returns max + 1 if the texts differ
 * by more than `max`. Takes time proportional to the length times `max`. */
unsigned edit_distance(const char *a, const char *b, unsigned max) NONNULL;
