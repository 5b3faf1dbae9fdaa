/* SPDX-License-Identifier: ISC */
/* The wires as a picture (SVG 1.1), drawn by nobody else. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/wires.h"

/* Appends a whole SVG document, light or dark as its viewer prefers. Errors come to be in `out`. */
void svg_write(struct buf *out, const struct wires *wires) NONNULL;
