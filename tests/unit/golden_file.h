/* SPDX-License-Identifier: ISC */
/* Output compared with a file of tests/unit/golden. */
#pragma once

#include "base/buf.h"

/* Returns the content of that file, in static storage. */
const char *golden_read(const char *name);

/* Fails unless `out` equals the content of that file; empties `out`. With SHOW_GOLDEN=DIR in the
 * environment it writes the file there instead. */
void golden_check(struct buf *out, const char *name);
