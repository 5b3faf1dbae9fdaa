/* SPDX-License-Identifier: ISC */
/* Draws the wires as a picture (SVG 1.1), without any other program. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/wires.h"

/* Appends a whole SVG document, light or dark as its viewer prefers. Errors are recorded in
 * `out`. */
void svg_write(struct buf *out, const struct wires *wires) NONNULL;
