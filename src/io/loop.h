/* SPDX-License-Identifier: ISC */
/* The main thread's event loop: descriptors with their handlers, and one deadline. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "base/time.h"

/* One watched file descriptor. It is part of its owner's structure; the loop borrows it from
 * loop_add() to loop_remove(). A handler may remove any watch, including its own. */
struct loop_watch {
	int fd;
	void (*on_ready)(void *arg, uint32_t events); /* events: EPOLLIN, EPOLLOUT, EPOLLHUP, … */
	void *arg;
};

struct loop; /* opaque */

/* Returns NULL on failure, with errno set. */
struct loop *loop_new(void) MUSTCHECK;
void loop_free(struct loop *l);

/* Starts waiting for `events` on watch->fd. -errno. */
int loop_add(struct loop *l, struct loop_watch *watch, uint32_t events) NONNULL MUSTCHECK;
/* Changes the events to wait for. -errno. */
int loop_change(struct loop *l, struct loop_watch *watch, uint32_t events) NONNULL MUSTCHECK;
/* Stops waiting. Must be called before the file descriptor is closed. Does nothing if it is not
 * watched. */
void loop_remove(struct loop *l, struct loop_watch *watch) NONNULL;

/* Waits until a file descriptor is ready or the clock has reached `deadline` (NS_NEVER: no limit),
 * and calls the handlers of those that are ready. -errno; a signal is not an error. */
int loop_turn(struct loop *l, ns_t deadline) NONNULL MUSTCHECK;

/* Returns the time of CLOCK_MONOTONIC. */
ns_t loop_now(void);

/* Returns a random number: the core gets it as a seed for its tables and delays. */
uint64_t loop_random(void);
