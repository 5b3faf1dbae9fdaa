/* SPDX-License-Identifier: ISC */
/*
 * Owns the growth of arrays.
 * Never looks at their elements.
 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { FIRST_CAP = 8 };

int array_reserve(void *array, size_t *cap, size_t need, size_t size)
{
	size_t grown = *cap ? *cap : FIRST_CAP;
	void *at;
	if (need <= *cap)
		return 0;
	while (grown < need && grown <= SIZE_MAX / 2 / size)
		grown *= 2;
	/* Copied as bytes: it is a pointer of another type. */
	memcpy(&at, array, sizeof(at));
	at = grown < need ? NULL : reallocarray(at, grown, size);
	if (!at)
		return ERR_NOMEM;
	memcpy(array, &at, sizeof(at));
	*cap = grown;
	return 0;
}
