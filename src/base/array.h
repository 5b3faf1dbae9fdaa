/* SPDX-License-Identifier: ISC */
/* Arrays on the heap that grow: each time to at least twice their size. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

/* Makes room for `need` elements in the array that the pointer `at` points to and that now has room
 * for `cap` (a size_t) elements. ERR_NOMEM: nothing has changed. Both `at` and `cap` start as zero.
 * The caller frees the array. */
#define ARRAY_RESERVE(at, cap, need) array_reserve(&(at), &(cap), (need), sizeof(*(at)))

/* The function behind ARRAY_RESERVE; `array` is the address of the pointer. */
int array_reserve(void *array, size_t *cap, size_t need, size_t size) NONNULL MUSTCHECK;
