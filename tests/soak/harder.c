/* SPDX-License-Identifier: ISC */
/*
 * A harder world, for tests/soak/soak.py and tests/net/test_shortage.py: preloaded into a program, and ruled by
 * three numbers in the file $SOAK_WORLD, of 8 bytes each in this machine's order. It is mapped before the program
 * closes its doors.
 *
 *	seconds     are added to the time of day; the monotonic clock is not touched
 *	failures    so many allocations fail, in all processes together,
 *	successes   after so many that do not
 *
 * And no receive buffer becomes larger than $SOAK_RCVBUF bytes, so that netlink loses notifications.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct world {
	_Atomic int64_t seconds, failures, successes;
};

static struct world *world;

static __attribute__((constructor)) void map_file(void)
{
	const char *path = getenv("SOAK_WORLD");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		world = at;
	close(fd);
}

/* What glibc has behind its own names. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool has_to_fail(void)
{
	if (!world || atomic_load_explicit(&world->failures, memory_order_relaxed) <= 0)
		return false;
	if (atomic_load_explicit(&world->successes, memory_order_relaxed) > 0 &&
		atomic_fetch_sub(&world->successes, 1) > 0)
		return false;
	if (atomic_fetch_sub(&world->failures, 1) <= 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return has_to_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return has_to_fail() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return has_to_fail() ? NULL : __libc_realloc(old, size);
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int err = (int)syscall(SYS_clock_gettime, id, ret);
	if (!err && id == CLOCK_REALTIME && world)
		ret->tv_sec += atomic_load_explicit(&world->seconds, memory_order_relaxed);
	return err;
}

time_t time(time_t *ret)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	const char *text = getenv("SOAK_RCVBUF");
	int most = text ? atoi(text) : 0;
	if (level == SOL_SOCKET && name == SO_RCVBUFFORCE && most > 0) {
		value = &most;
		len = sizeof(most);
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}
