/* SPDX-License-Identifier: ISC */
/*
 * Owns the counter of steps of the fuzz targets that bound work.
 * Never counts itself: base/steps.h does.
 */
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/steps.h"

#ifdef COUNT_STEPS
unsigned long steps_taken;

void steps_begin(void)
{
	steps_taken = 0;
}

void steps_check(size_t bytes, unsigned each, unsigned long fixed)
{
	const unsigned long bound = each * bytes + fixed;
	if (steps_taken <= bound)
		return;
	fprintf(stderr, "%lu steps for %zu bytes: more than %lu\n", steps_taken, bytes, bound);
	abort();
}
#else
void steps_begin(void)
{
}

void steps_check(size_t bytes, unsigned each, unsigned long fixed)
{
	(void)bytes, (void)each, (void)fixed;
}
#endif
