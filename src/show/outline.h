/* SPDX-License-Identifier: ISC */
/* The wires as an outline for a terminal. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/wires.h"

/* Appends the outline. `width`: columns of the terminal; 0: unlimited. Errors are recorded in
 * `out`. */
void outline_write(
	struct buf *out, const struct wires *wires, size_t width, bool has_colour) NONNULL;
