/* SPDX-License-Identifier: ISC */
/*
 * Detects that the machine has slept. During sleep CLOCK_MONOTONIC stands still and CLOCK_BOOTTIME
 * goes on, so the difference between them grows by the time slept. No periodic timer is needed: the
 * kernel cancels a timer on CLOCK_REALTIME when that clock is set (timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET), as it is at each resume. That it has been set is told, too.
 */
#pragma once

#include "base/compiler.h"
#include "io/loop.h"

/* A shorter sleep is ignored: our records in the caches of others are still valid. */
#define RESUME_NAP_MIN NS_PER_S

struct resume {
	struct loop *loop;
	struct loop_watch watch;
	ns_t slept; /* time slept since boot, at the last check */
	void (*on_resume)(void *arg, ns_t nap);
	void (*on_set)(void *arg); /* may be NULL */
	void *arg;
};

/* Starts watching; `r` must not move until resume_close(). `on_set`: CLOCK_REALTIME has been set. -errno: neither will
 * be called, but `r` may be closed nevertheless. */
int resume_open(struct resume *r, struct loop *loop, void (*on_resume)(void *arg, ns_t nap),
	void (*on_set)(void *arg), void *arg) NONNULL_ARGS(1, 2, 3) MUSTCHECK;
void resume_close(struct resume *r) NONNULL;

/* Checks how long the machine has slept since boot (`slept`), and calls on_resume if it is longer
 * than at the last check. This is what the timer's handler does; it is separate for tests. */
void resume_check(struct resume *r, ns_t slept) NONNULL;
