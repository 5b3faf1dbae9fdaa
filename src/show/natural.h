/* SPDX-License-Identifier: ISC */
/* The order in which a person looks for names: numbers in them by their value. */
#pragma once

#include "base/compiler.h"

/* Less than, equal to or greater than 0, as strcmp(). Digits in a row are one number, of any
 * length, so that svc2 comes before svc10. The case of letters counts only between names that are
 * equal else, and so do zeros that a number begins with. */
int natural_cmp(const char *a, const char *b) NONNULL;
