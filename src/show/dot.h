/* SPDX-License-Identifier: ISC */
/* The wires as input of dot(1). */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/wires.h"

/* Appends a graph: a node for each wire, with a row for each workload; a line from a VLAN to what
 * carries it. Errors come to be in `out`. */
void dot_write(struct buf *out, const struct wires *wires) NONNULL;
