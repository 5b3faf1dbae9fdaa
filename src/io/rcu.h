/* SPDX-License-Identifier: ISC */
/*
 * Readers of published data and the one writer (liburcu, QSBR). A reader is online while it may hold
 * pointers into published data, and offline while it sleeps: then nobody waits for it. The writer
 * never waits: what it has replaced is freed later, by a thread that sleeps while there is nothing.
 */
#pragma once

#include "base/compiler.h"

/* Each reader thread, once at its start (it is online then) and once at its end. */
void rcu_reader_begin(void);
void rcu_reader_end(void);

/* Around each sleep of a reader: it holds no pointer into published data between. */
void rcu_reader_offline(void);
void rcu_reader_online(void);

/* Calls `free_fn(arg)` on another thread once all readers have let go. Nothing if `arg` is NULL.
 * Without memory for it, waits and calls at once. */
void rcu_defer(void (*free_fn)(void *arg), void *arg) NONNULL_ARGS(1);

/* Waits until all that was deferred has been freed: at the end, for the leak checker. */
void rcu_drain(void);
