/* SPDX-License-Identifier: ISC */
/* A view of the daemon's state that is drawn again after each change, like top(1). */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "ontap-zone/terminal.h"

/* Writes the present state to `out`, which is empty. Returns 0, or an exit code that ends the
 * view. */
typedef int live_draw_fn(void *arg, const struct terminal *terminal, struct buf *out);

/* Draws at once, and again whenever the daemon at `path` reports that something may have changed,
 * until a signal or the daemon's end. On a terminal it draws on a screen of its own, and restores
 * the terminal at the end. Elsewhere each drawing that differs follows the previous one. Returns 0
 * with the exit code in `*ret_code`, or -errno: the daemon could not be asked. */
int live_run(const char *path, live_draw_fn *draw, void *arg, int *ret_code) NONNULL_ARGS(1, 2, 4)
	MUSTCHECK;
