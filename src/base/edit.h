/* SPDX-License-Identifier: ISC */
/* How much two short texts differ: for "did you mean …". */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

enum { EDIT_LEN_CAP = 64 }; /* longer texts are like nothing; a label has 63 bytes */

/* How many bytes must be put in, taken out, changed, or swapped with their neighbour, to make one
 * text of the other; the case of letters does not count. At most `max`: what differs by more is
 * max + 1. Takes time in proportion to the length times `max`. */
unsigned edit_distance(const char *a, const char *b, unsigned max) NONNULL;
