/* SPDX-License-Identifier: ISC */
/* Arrays on the heap that grow: each time to twice of what they were, or more. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

/* Makes room for `need` elements in the array at the pointer `at`, which has room for `cap` (a size_t) now.
 * ERR_NOMEM: nothing has changed. At first both are zero; the caller frees the array. */
#define ARRAY_RESERVE(at, cap, need) array_reserve(&(at), &(cap), (need), sizeof(*(at)))

/* The function behind that; `array` is the address of the pointer. */
int array_reserve(void *array, size_t *cap, size_t need, size_t size) NONNULL MUSTCHECK;
