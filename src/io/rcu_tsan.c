/* SPDX-License-Identifier: ISC */
/*
 * Owns the same as rcu.c, for builds with --enable-thread-sanitizer: in C11 atomics, which the sanitizer
 * sees. It does not see into liburcu, and would report nearly every use of it.
 * Slower: a grace period is found by looking again and again.
 */
#include "io/rcu.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"

enum { LOOK_AGAIN_US = 500 };

struct reader {
	struct list in_all;
	_Atomic unsigned long seen; /* the period as of its last sleep; 0: it sleeps */
};

struct deferred {
	struct deferred *next;
	void (*free_fn)(void *arg);
	void *arg;
};

static _Thread_local struct reader self;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of everything below */
static pthread_cond_t has_work = PTHREAD_COND_INITIALIZER, has_done = PTHREAD_COND_INITIALIZER;
static struct list readers = {&readers, &readers};
static _Atomic unsigned long period = 1;
static struct deferred *first, **last = &first;
static size_t undone;
static bool has_readers; /* as in rcu.c */
static void (*enter_thread)(void);

void rcu_reader_begin(void)
{
	pthread_mutex_lock(&lock);
	atomic_store(&self.seen, atomic_load(&period));
	list_append(&readers, &self.in_all);
	pthread_mutex_unlock(&lock);
}

void rcu_reader_end(void)
{
	pthread_mutex_lock(&lock);
	list_remove(&self.in_all);
	pthread_mutex_unlock(&lock);
}

void rcu_reader_offline(void)
{
	atomic_store(&self.seen, 0);
}

void rcu_reader_online(void)
{
	atomic_store(&self.seen, atomic_load(&period));
}

static bool has_reader_before(unsigned long now)
{
	bool ret = false;
	pthread_mutex_lock(&lock);
	LIST_EACH(r, &readers, struct reader, in_all) {
		unsigned long seen = atomic_load(&r->seen);
		ret |= seen != 0 && seen < now;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

static void wait_for_readers(void)
{
	unsigned long now = atomic_fetch_add(&period, 1) + 1;
	while (has_reader_before(now))
		usleep(LOOK_AGAIN_US);
}

/* Frees what was deferred. Progress: each turn takes one, or sleeps. */
static void *free_deferred(void *arg UNUSED)
{
	if (enter_thread)
		enter_thread();
	pthread_mutex_lock(&lock);
	for (;;) {
		struct deferred *d = first;
		if (!d) {
			pthread_cond_wait(&has_work, &lock);
			continue;
		}
		first = d->next;
		last = first ? last : &first;
		pthread_mutex_unlock(&lock);
		wait_for_readers();
		d->free_fn(d->arg);
		free(d);
		pthread_mutex_lock(&lock);
		undone--;
		pthread_cond_broadcast(&has_done);
	}
	return NULL;
}

void rcu_start(void (*enter)(void))
{
	pthread_t thread;
	has_readers = true;
	enter_thread = enter;
	if (pthread_create(&thread, NULL, free_deferred, NULL))
		abort();
	pthread_detach(thread);
}

void rcu_defer(void (*free_fn)(void *arg), void *arg)
{
	if (!arg)
		return;
	struct deferred *d = has_readers ? malloc(sizeof(*d)) : NULL;
	if (!d) {
		if (has_readers)
			wait_for_readers();
		free_fn(arg);
		return;
	}
	*d = (struct deferred){.free_fn = free_fn, .arg = arg};
	pthread_mutex_lock(&lock);
	*last = d;
	last = &d->next;
	undone++;
	pthread_cond_signal(&has_work);
	pthread_mutex_unlock(&lock);
}

void rcu_drain(void)
{
	pthread_mutex_lock(&lock);
	while (undone > 0)
		pthread_cond_wait(&has_done, &lock);
	pthread_mutex_unlock(&lock);
}
