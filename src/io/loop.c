/* SPDX-License-Identifier: ISC */
/*
 * Owns the epoll instance of the main thread and the reading of its clock.
 * Never owns a file descriptor that it waits for.
 */
#include "io/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { LOOP_BATCH = 64 };

struct loop {
	int fd;
	struct epoll_event ready[LOOP_BATCH]; /* of the running turn */
	int ready_count;
};

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->fd < 0) {
		free(l);
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	close(l->fd);
	free(l);
}

static int loop_control(struct loop *l, int op, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	return epoll_ctl(l->fd, op, watch->fd, &event) ? -errno : 0;
}

int loop_add(struct loop *l, struct loop_watch *watch, uint32_t events)
{
	return loop_control(l, EPOLL_CTL_ADD, watch, events);
}

int loop_change(struct loop *l, struct loop_watch *watch, uint32_t events)
{
	return loop_control(l, EPOLL_CTL_MOD, watch, events);
}

void loop_remove(struct loop *l, struct loop_watch *watch)
{
	if (watch->fd >= 0)
		epoll_ctl(l->fd, EPOLL_CTL_DEL, watch->fd, NULL);
	/* An event of this turn must not reach a handler that was removed. */
	for (int i = 0; i < l->ready_count; i++)
		if (l->ready[i].data.ptr == watch)
			l->ready[i].data.ptr = NULL;
}

ns_t loop_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

uint64_t loop_random(void)
{
	uint64_t seed = 0;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)loop_now(); /* before the pool is full, at boot */
	return seed;
}

/* Converts to milliseconds, rounded up, so that the wait does not end too early. -1: no limit. */
static int to_ms(const struct timespec *ts)
{
	const int most_s = INT_MAX / 1000 - 1;
	if (!ts)
		return -1;
	if (ts->tv_sec > most_s)
		return most_s * 1000;
	return (int)(ts->tv_sec * 1000 + (ts->tv_nsec + NS_PER_MS - 1) / NS_PER_MS);
}

/* Waits for that long (NULL: no limit). Kernels before 5.11, and valgrind, only support
 * milliseconds. */
static int loop_wait_for(struct loop *l, const struct timespec *ts)
{
	int count = epoll_pwait2(l->fd, l->ready, LOOP_BATCH, ts, NULL);
	if (count < 0 && errno == ENOSYS)
		count = epoll_wait(l->fd, l->ready, LOOP_BATCH, to_ms(ts));
	return count;
}

static int loop_wait(struct loop *l, ns_t deadline)
{
	if (deadline == NS_NEVER)
		return loop_wait_for(l, NULL);
	ns_t now = loop_now(), left = deadline > now ? deadline - now : 0;
	return loop_wait_for(
		l, &(struct timespec){.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S});
}

int loop_turn(struct loop *l, ns_t deadline)
{
	int count = loop_wait(l, deadline);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	l->ready_count = count;
	for (int i = 0; i < count; i++) {
		struct loop_watch *watch = l->ready[i].data.ptr;
		if (watch)
			watch->on_ready(watch->arg, l->ready[i].events);
	}
	l->ready_count = 0;
	return 0;
}
