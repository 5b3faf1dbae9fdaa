/* SPDX-License-Identifier: ISC */
/* The threads that answer queries. */
#pragma once

#include <pthread.h>

#include "base/compiler.h"

/* Starts a thread with all signals blocked: the main thread handles them. `body` calls
 * sandbox_thread_confine() first. -errno. */
int dns_thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg) NONNULL_ARGS(1, 2)
	MUSTCHECK;
