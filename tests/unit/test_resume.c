/* SPDX-License-Identifier: ISC */
/* A machine that slept is reported, once; one whose clock was set is not, but the clock is. */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "io/resume.h"

static ns_t told;
static unsigned times;

static void on_resume(void *arg, ns_t nap)
{
	(void)arg;
	told = nap;
	times++;
}

/* What the kernel says when the clock has been set. */
static bool is_set;
static unsigned set_times;

ssize_t __real_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len);

ssize_t __wrap_read(int fd, void *to, size_t len)
{
	if (!is_set)
		return __real_read(fd, to, len);
	errno = ECANCELED;
	return -1;
}

static void on_set(void *arg)
{
	(void)arg;
	set_times++;
}

static void a_nap_is_told_once_and_a_set_clock_is_not(void **state)
{
	(void)state;
	struct loop *loop = loop_new();
	struct resume r;
	assert_non_null(loop);
	assert_int_equal(resume_open(&r, loop, on_resume, on_set, NULL), 0);
	ns_t slept = r.slept;
	resume_check(&r, slept);
	assert_int_equal(times, 0);
	resume_check(&r, slept + 3 * NS_PER_S);
	assert_int_equal(times, 1);
	assert_int_equal(told, 3 * NS_PER_S);
	resume_check(&r, slept + 3 * NS_PER_S + NS_PER_MS);
	assert_int_equal(times, 1);
	assert_int_equal(set_times, 0);
	r.watch.on_ready(r.watch.arg, 0);
	assert_int_equal(set_times, 0);
	is_set = true;
	r.watch.on_ready(r.watch.arg, 0);
	is_set = false;
	assert_int_equal(set_times, 1);
	assert_int_equal(times, 1);
	resume_close(&r);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nap_is_told_once_and_a_set_clock_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
