/* SPDX-License-Identifier: ISC */
/*
 * Owns the use of liburcu: the flavour, and deferred freeing.
 * Never polls: its thread sleeps while nothing is deferred.
 */
#include "io/rcu.h"

#include <stdbool.h>
#include <stdlib.h>
#include <urcu-qsbr.h>

void rcu_reader_begin(void)
{
	urcu_qsbr_register_thread();
}

void rcu_reader_end(void)
{
	urcu_qsbr_unregister_thread();
}

void rcu_reader_offline(void)
{
	urcu_qsbr_thread_offline();
}

void rcu_reader_online(void)
{
	urcu_qsbr_thread_online();
}

struct deferred {
	struct rcu_head head;
	void (*free_fn)(void *arg);
	void *arg;
};

static void run_deferred(struct rcu_head *head)
{
	struct deferred *d = container_of(head, struct deferred, head);
	d->free_fn(d->arg);
	free(d);
}

/* Readers may exist. Set once, by the thread that also calls rcu_defer(). */
static bool has_readers;

static void (*enter_thread)(void);

static void enter(struct rcu_head *head UNUSED)
{
	enter_thread();
}

void rcu_start(void (*enter_fn)(void))
{
	static struct rcu_head head;
	has_readers = true;
	enter_thread = enter_fn;
	if (enter_fn)
		urcu_qsbr_call_rcu(&head, enter);
}

void rcu_defer(void (*free_fn)(void *arg), void *arg)
{
	if (!arg)
		return;
	if (!has_readers) {
		free_fn(arg);
		return;
	}
	struct deferred *d = malloc(sizeof(*d));
	if (!d) {
		urcu_qsbr_synchronize_rcu();
		free_fn(arg);
		return;
	}
	d->free_fn = free_fn;
	d->arg = arg;
	urcu_qsbr_call_rcu(&d->head, run_deferred);
}

void rcu_drain(void)
{
	if (has_readers)
		urcu_qsbr_barrier();
}
