/* SPDX-License-Identifier: ISC */
/* The main thread's event loop: descriptors with their handlers, and one deadline. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "base/time.h"

/* One descriptor that is waited for. Lives in its owner's structure; the loop borrows it from
 * loop_add() to loop_remove(). A handler may remove any watch, itself included. */
struct loop_watch {
	int fd;
	void (*on_ready)(void *arg, uint32_t events); /* events: EPOLLIN, EPOLLOUT, EPOLLHUP, … */
	void *arg;
};

struct loop; /* opaque */

/* NULL; errno says why. */
struct loop *loop_new(void) MUSTCHECK;
void loop_free(struct loop *l);

/* Begins to wait for `events` on watch->fd. -errno. */
int loop_add(struct loop *l, struct loop_watch *watch, uint32_t events) NONNULL MUSTCHECK;
/* Waits for other events from now on. -errno. */
int loop_change(struct loop *l, struct loop_watch *watch, uint32_t events) NONNULL MUSTCHECK;
/* Waits no more; to be called before the descriptor is closed. Nothing if it is not waited for. */
void loop_remove(struct loop *l, struct loop_watch *watch) NONNULL;

/* Waits until a descriptor is ready or the clock has reached `deadline` (NS_NEVER: for ever), and
 * calls the handlers of what is ready. -errno; a signal is no error. */
int loop_turn(struct loop *l, ns_t deadline) NONNULL MUSTCHECK;

/* CLOCK_MONOTONIC. */
ns_t loop_now(void);

/* The randomness that the core gets: a seed for its tables and delays. */
uint64_t loop_random(void);
