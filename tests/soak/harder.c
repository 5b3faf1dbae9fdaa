/* SPDX-License-Identifier: ISC */
/*
 * A harder world, for tests/soak/soak.py: preloaded into a program, it adds to the time of day the number of
 * seconds that is in the file $SOAK_CLOCK, 8 bytes of this machine's order. The file is mapped before the
 * program closes its doors. The monotonic clock is not touched. And no receive buffer becomes larger than
 * $SOAK_RCVBUF bytes, so that netlink loses notifications.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *seconds;

static __attribute__((constructor)) void map_file(void)
{
	const char *path = getenv("SOAK_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof(*seconds), PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		seconds = at;
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int err = (int)syscall(SYS_clock_gettime, id, ret);
	if (!err && id == CLOCK_REALTIME && seconds)
		ret->tv_sec += atomic_load_explicit(seconds, memory_order_relaxed);
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
