/* SPDX-License-Identifier: ISC */
/*
 * Processes whose end is waited for, by their pidfd: each stands for a pair of namespaces, of which
 * nobody would tell when its last process is gone. A descriptor of a process keeps no namespace alive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct witnesses; /* opaque */

/* `epoll_fd` gets one descriptor for all of them. NULL, with errno. */
struct witnesses *witnesses_new(int epoll_fd) MUSTCHECK;
void witnesses_free(struct witnesses *w);

/* The next set of witnesses: begin, want each, end. Who was one before stays one, if wanted. Want gives
 * false if the process is gone already; one that cannot be waited for, for a limit, is no fault. */
void witnesses_begin(struct witnesses *w) NONNULL;
bool witnesses_want(struct witnesses *w, int32_t pid) NONNULL;
void witnesses_end(struct witnesses *w) NONNULL;

/* Whether one has ended since it was asked last; who has is no witness any more. */
bool witnesses_have_ended(struct witnesses *w) NONNULL;
