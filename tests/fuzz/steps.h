/* SPDX-License-Identifier: ISC */
/* The bound of work in fuzz targets: steps (base/steps.h) in proportion to bytes. Only builds with
 * --enable-fuzzing count; in others nothing is checked. */
#pragma once

#include <stddef.h>

/* Ends the program if more than `each` steps a byte, and `fixed` ones, were taken since steps_begin(). */
void steps_begin(void);
void steps_check(size_t bytes, unsigned each, unsigned long fixed);
