/* SPDX-License-Identifier: ISC */
/*
 * RCU for published data, with many readers and one writer (liburcu, QSBR). A reader is online
 * while it may hold pointers into published data. It is offline while it sleeps: then nobody waits
 * for it. The writer never waits: the data that it has replaced is freed later, by a thread that
 * sleeps while there is nothing to free.
 */
#pragma once

#include "base/compiler.h"

/* Each reader thread calls these, once at its start (then it is online) and once at its end. */
void rcu_reader_begin(void);
void rcu_reader_end(void);

/* A reader calls these before and after each sleep. It must hold no pointer into published data
 * between them. */
void rcu_reader_offline(void);
void rcu_reader_online(void);

/* Call it before the first reader exists, and after privileges were given up: the thread that frees
 * data has the privileges of its maker. It calls `enter` first, unless that is NULL: then it is made later.
 * Until then nobody reads, and rcu_defer() frees at once. */
void rcu_start(void (*enter)(void));

/* Calls `free_fn(arg)` on another thread as soon as no reader can hold the data any more. Does
 * nothing if `arg` is NULL. If out of memory, waits and makes the call itself. */
void rcu_defer(void (*free_fn)(void *arg), void *arg) NONNULL_ARGS(1);

/* Waits until everything deferred has been freed: at the end, for the leak checker. */
void rcu_drain(void);
