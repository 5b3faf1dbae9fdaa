/* SPDX-License-Identifier: ISC */
/*
 * Processes whose end is waited for, by their pidfd: each stands for a pair of namespaces, of which
 * nobody would tell when its last process is gone. A descriptor of a process keeps no namespace alive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct pidwatches; /* opaque */

/* `epoll_fd` gets one descriptor for all of them. ERR_NOMEM, -errno. */
int pidwatches_new(int epoll_fd, struct pidwatches **ret) NONNULL MUSTCHECK;
void pidwatches_free(struct pidwatches *w);

/* The next set of pidwatches: begin, want each, end. Who was one before stays one, if wanted. Want gives
 * false if the process is gone already; one that cannot be waited for, for a limit, is no fault. */
void pidwatches_begin(struct pidwatches *w) NONNULL;
bool pidwatches_want(struct pidwatches *w, int32_t pid) NONNULL;
void pidwatches_end(struct pidwatches *w) NONNULL;

/* Whether one has ended since it was asked last; who has is no pidwatch any more. */
bool pidwatches_have_ended(struct pidwatches *w) NONNULL;
