/* SPDX-License-Identifier: ISC */
/* Threads that answer. */
#pragma once

#include <pthread.h>

#include "base/compiler.h"

/* Starts a thread that takes no signals: those are the main thread's. -errno. */
int dns_thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg) NONNULL_ARGS(1, 2)
	MUSTCHECK;
