/* SPDX-License-Identifier: ISC */
/*
 * Whether the machine has slept. CLOCK_MONOTONIC stands still while it does and CLOCK_BOOTTIME goes
 * on, so that a nap shows as their growing difference. No timer ticks: the kernel cancels a timer on
 * CLOCK_REALTIME when that clock jumps (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), as it does at
 * each resume.
 */
#pragma once

#include "base/compiler.h"
#include "io/loop.h"

/* A nap shorter than this is none: what others cached of us is still good. */
#define RESUME_NAP_MIN NS_PER_S

struct resume {
	struct loop *loop;
	struct loop_watch watch;
	ns_t slept; /* since boot, when last looked at */
	void (*on_resume)(void *arg, ns_t nap);
	void *arg;
};

/* Begins to watch; `r` stays where it is until resume_close(). -errno: nobody will be
 * told, `r` may be closed all the same. */
int resume_open(struct resume *r, struct loop *loop, void (*on_resume)(void *arg, ns_t nap),
	void *arg) NONNULL_ARGS(1, 2, 3) MUSTCHECK;
void resume_close(struct resume *r) NONNULL;

/* Looks at the clocks, given how long the machine has slept since boot: calls on_resume if it was
 * longer than when last looked. What the timer's event does; apart for tests. */
void resume_check(struct resume *r, ns_t slept) NONNULL;
