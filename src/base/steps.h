/* SPDX-License-Identifier: ISC */
/*
 * A count of the steps that a parser takes: reads, bytes that are copied or compared in units, elements that
 * are passed. Fuzz targets assert that they are in proportion to the input. Only builds with --enable-fuzzing
 * count, and there only programs that own a counter (tests/fuzz/steps.c); in others STEPS() is nothing.
 */
#pragma once

/* So many bytes are copied or compared in a step. */
enum { STEP_BYTES = 8 };

#ifdef COUNT_STEPS
extern unsigned long steps_taken __attribute__((weak));

#define STEPS(n) ((void)(&steps_taken && (steps_taken += (unsigned long)(n))))
#else
#define STEPS(n) ((void)0)
#endif
