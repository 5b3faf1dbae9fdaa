/* SPDX-License-Identifier: ISC */
/*
 * Owns the use of liburcu: the flavour, and deferred freeing.
 * Never polls: its thread sleeps while nothing is deferred.
 */
#include "io/rcu.h"

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

void rcu_defer(void (*free_fn)(void *arg), void *arg)
{
	if (!arg)
		return;
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
	urcu_qsbr_barrier();
}
