/* SPDX-License-Identifier: ISC */
/* What a process that runs for long sets up for itself: its signals as a descriptor, and its limits. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"
#include "io/loop.h"

/* Blocks the signals and has them come to `watch`, whose on_ready and arg the caller has set; its other
 * fields are overwritten. -errno; `watch` can be closed after either. To be called before there are
 * threads and children, which inherit the mask. */
int process_signals_open(struct loop *loop, struct loop_watch *watch, const int *signals,
	size_t count) NONNULL MUSTCHECK;
/* The next signal that has come, or 0: to be called from on_ready until there is none. */
int process_signals_next(const struct loop_watch *watch) NONNULL;
/* Waits for none any more; they stay blocked. Nothing if the descriptor is -1. */
void process_signals_close(struct loop *loop, struct loop_watch *watch) NONNULL;

/* A peer that has gone is an error of write(2), and not the end of the process. */
void process_ignore_sigpipe(void);

/* Sets the limit of open descriptors to the highest that this process may have. */
void process_raise_descriptor_limit(void);
