/* SPDX-License-Identifier: ISC */
/*
 * Owns the detection of suspend and resume.
 * Never wakes up by itself.
 */
#include "io/resume.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static ns_t clock_read(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static ns_t slept_since_boot(void)
{
	return clock_read(CLOCK_BOOTTIME) - clock_read(CLOCK_MONOTONIC);
}

/* Sets the timer to a time that never comes. */
static int arm(int fd)
{
	struct itimerspec far = {.it_value.tv_sec = (time_t)1 << 40};
	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) ? -errno
											    : 0;
}

void resume_check(struct resume *r, ns_t slept)
{
	ns_t nap = slept - r->slept;
	r->slept = slept;
	if (nap >= RESUME_NAP_MIN)
		r->on_resume(r->arg, nap);
}

static void on_ready(void *arg, uint32_t events UNUSED)
{
	struct resume *r = arg;
	uint64_t expirations;
	if (read(r->watch.fd, &expirations, sizeof(expirations)) >= 0 || errno != ECANCELED)
		return;
	if (arm(r->watch.fd))
		resume_close(r);
	if (r->on_set)
		r->on_set(r->arg);
	resume_check(r, slept_since_boot());
}

int resume_open(struct resume *r, struct loop *loop, void (*on_resume)(void *arg, ns_t nap),
	void (*on_set)(void *arg), void *arg)
{
	*r = (struct resume){.loop = loop,
		.slept = slept_since_boot(),
		.on_resume = on_resume,
		.on_set = on_set,
		.arg = arg};
	r->watch = (struct loop_watch){
		.fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK),
		.on_ready = on_ready,
		.arg = r};
	if (r->watch.fd < 0)
		return -errno;
	int err = arm(r->watch.fd);
	return err ? err : loop_add(loop, &r->watch, EPOLLIN);
}

void resume_close(struct resume *r)
{
	if (!r->loop || r->watch.fd < 0)
		return;
	loop_remove(r->loop, &r->watch);
	close(r->watch.fd);
	r->watch.fd = -1;
}
