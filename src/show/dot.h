/* SPDX-License-Identifier: ISC */
/* The wires as input of dot(1). */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "show/wires.h"

/* Appends a graph. Each wire is a node, with a row for each workload; a line connects a VLAN with
 * the wire that carries it. Errors are recorded in `out`. */
void dot_write(struct buf *out, const struct wires *wires) NONNULL;
