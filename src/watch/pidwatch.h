/* SPDX-License-Identifier: ISC */
/*
 * Waits for the end of processes, by their pidfds. Each process stands for a pair of namespaces,
 * because the kernel does not report when the last process of a pair ends. A pidfd keeps no
 * namespace alive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct pidwatches; /* opaque */

/* Adds one file descriptor for all of them to `epoll_fd`. ERR_NOMEM, -errno. */
int pidwatches_new(int epoll_fd, struct pidwatches **ret) NONNULL MUSTCHECK;
void pidwatches_free(struct pidwatches *w);

/* Replace the set of watched processes: call begin, then want for each process, then end. A process
 * that was watched before stays so if it is wanted again. Want returns false if the process has
 * ended already. If a process cannot be watched because of a limit, that is no error. */
void pidwatches_begin(struct pidwatches *w) NONNULL;
bool pidwatches_want(struct pidwatches *w, int32_t pid) NONNULL;
/* False if the process has ended, or could not be watched. */
bool pidwatches_is_watched(const struct pidwatches *w, int32_t pid) NONNULL;
void pidwatches_end(struct pidwatches *w) NONNULL;

/* True if a watched process has ended since the last call. A process that has ended is not watched
 * any more. */
bool pidwatches_have_ended(struct pidwatches *w) NONNULL;
