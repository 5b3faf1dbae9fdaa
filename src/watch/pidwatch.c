/* SPDX-License-Identifier: ISC */
/*
 * Owns the pidfds of processes whose end we wait for.
 * Never knows which namespaces they are in.
 */
#include "watch/pidwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/map.h"

struct pidwatch {
	struct map_node node; /* key: pid */
	int32_t pid;
	int fd;
	bool is_wanted;
};

struct pidwatches {
	int epoll_fd;
	struct map all;
};

static struct pidwatch *find(const struct pidwatches *w, int32_t pid)
{
	uint64_t hash = hash_mix(0, (uint32_t)pid);
	return MAP_FIND(&w->all, hash, struct pidwatch, node, pidwatch, pidwatch->pid == pid);
}

static void drop(struct pidwatches *w, struct pidwatch *pidwatch)
{
	map_remove(&w->all, &pidwatch->node);
	close(pidwatch->fd);
	free(pidwatch);
}

int pidwatches_new(int epoll_fd, struct pidwatches **ret)
{
	struct pidwatches *w = calloc(1, sizeof(*w));
	if (!w)
		return ERR_NOMEM;
	struct epoll_event ev = {.events = EPOLLIN};
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->epoll_fd, &ev) == 0) {
		*ret = w;
		return 0;
	}
	int err = -errno;
	pidwatches_free(w);
	return err;
}

void pidwatches_free(struct pidwatches *w)
{
	if (!w)
		return;
	MAP_EACH(pidwatch, &w->all, struct pidwatch, node)
		drop(w, pidwatch);
	map_fini(&w->all);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	free(w);
}

void pidwatches_begin(struct pidwatches *w)
{
	MAP_EACH(pidwatch, &w->all, struct pidwatch, node)
		pidwatch->is_wanted = false;
}

static void add(struct pidwatches *w, int32_t pid, int fd)
{
	struct pidwatch *pidwatch = calloc(1, sizeof(*pidwatch));
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = pidwatch};
	if (!pidwatch || map_add(&w->all, &pidwatch->node, hash_mix(0, (uint32_t)pid))) {
		free(pidwatch);
		close(fd);
		return;
	}
	*pidwatch =
		(struct pidwatch){.node = pidwatch->node, .pid = pid, .fd = fd, .is_wanted = true};
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		drop(w, pidwatch);
}

bool pidwatches_want(struct pidwatches *w, int32_t pid)
{
	struct pidwatch *pidwatch = find(w, pid);
	if (pidwatch) {
		pidwatch->is_wanted = true;
		return true;
	}
	if (w->all.count >= LIMIT_CENSUS_WITNESSES)
		return true;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd >= 0)
		add(w, pid, fd);
	return fd >= 0 || errno != ESRCH;
}

bool pidwatches_is_watched(const struct pidwatches *w, int32_t pid)
{
	return find(w, pid) != NULL;
}

void pidwatches_end(struct pidwatches *w)
{
	MAP_EACH(pidwatch, &w->all, struct pidwatch, node) {
		if (!pidwatch->is_wanted)
			drop(w, pidwatch);
	}
}

bool pidwatches_have_ended(struct pidwatches *w)
{
	struct epoll_event events[64];
	bool has_ended = false;
	int count;
	/* Progress: each turn drops the pidwatches that epoll_wait() has returned. */
	while ((count = epoll_wait(w->epoll_fd, events, 64, 0)) > 0) {
		for (int i = 0; i < count; i++)
			drop(w, events[i].data.ptr);
		has_ended = true;
	}
	return has_ended;
}
