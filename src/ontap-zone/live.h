/* SPDX-License-Identifier: ISC */
/* A view of the daemon's state that is drawn again after each change, as top(1) does. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "ontap-zone/terminal.h"

/* Writes what there is now to `out`, which is empty. Returns 0, or an exit code: the view ends. */
typedef int live_draw_fn(void *arg, const struct terminal *terminal, struct buf *out);

/* Draws at once, and again whenever the daemon at `path` says that something may have changed, until
 * a signal or the daemon's end. On a terminal it draws in place, on a screen of its own, and leaves
 * the terminal as it was. Elsewhere each drawing follows the one before, if it differs. Returns 0
 * with the exit code in `*ret_code`, or -errno: the daemon could not be asked. */
int live_run(const char *path, live_draw_fn *draw, void *arg, int *ret_code) NONNULL_ARGS(1, 2, 4)
	MUSTCHECK;
