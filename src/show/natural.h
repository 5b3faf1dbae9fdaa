/* SPDX-License-Identifier: ISC */
/* The order in which people expect names: numbers in them are compared by value. */
#pragma once

#include "base/compiler.h"

/* Returns less than, equal to or greater than 0, as strcmp(). A sequence of digits is one number,
 * of any length, so svc2 comes before svc10. The case of letters, and leading zeros, count only
 * between names that are otherwise equal. */
int natural_cmp(const char *a, const char *b) NONNULL;
