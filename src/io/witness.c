/* SPDX-License-Identifier: ISC */
/*
 * Owns the descriptors of processes whose end is waited for.
 * Never asks what they are in. Called by the census.
 */
#include "io/witness.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/map.h"

struct witness {
	struct map_node node; /* by pid */
	int32_t pid;
	int fd;
	bool is_wanted;
};

struct witnesses {
	int epoll_fd;
	struct map all;
};

static struct witness *find(const struct witnesses *w, int32_t pid)
{
	uint64_t hash = hash_mix(0, (uint32_t)pid);
	for (struct map_node *n = map_first(&w->all, hash); n; n = map_next(n))
		if (container_of(n, struct witness, node)->pid == pid)
			return container_of(n, struct witness, node);
	return NULL;
}

static void drop(struct witnesses *w, struct witness *witness)
{
	map_remove(&w->all, &witness->node);
	close(witness->fd);
	free(witness);
}

struct witnesses *witnesses_new(int epoll_fd)
{
	struct witnesses *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	struct epoll_event ev = {.events = EPOLLIN};
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->epoll_fd, &ev) == 0)
		return w;
	int saved = errno;
	witnesses_free(w);
	errno = saved;
	return NULL;
}

void witnesses_free(struct witnesses *w)
{
	if (!w)
		return;
	MAP_FOR_EACH(n, &w->all)
		drop(w, container_of(n, struct witness, node));
	map_fini(&w->all);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	free(w);
}

void witnesses_begin(struct witnesses *w)
{
	MAP_FOR_EACH(n, &w->all)
		container_of(n, struct witness, node)->is_wanted = false;
}

static void add(struct witnesses *w, int32_t pid, int fd)
{
	struct witness *witness = calloc(1, sizeof(*witness));
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = witness};
	if (!witness || map_add(&w->all, &witness->node, hash_mix(0, (uint32_t)pid))) {
		free(witness);
		close(fd);
		return;
	}
	*witness = (struct witness){.node = witness->node, .pid = pid, .fd = fd, .is_wanted = true};
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		drop(w, witness);
}

bool witnesses_want(struct witnesses *w, int32_t pid)
{
	struct witness *witness = find(w, pid);
	if (witness) {
		witness->is_wanted = true;
		return true;
	}
	if (w->all.count >= LIMIT_CENSUS_WITNESSES)
		return true;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd >= 0)
		add(w, pid, fd);
	return fd >= 0 || errno != ESRCH;
}

void witnesses_end(struct witnesses *w)
{
	MAP_FOR_EACH(n, &w->all) {
		struct witness *witness = container_of(n, struct witness, node);
		if (!witness->is_wanted)
			drop(w, witness);
	}
}

bool witnesses_have_ended(struct witnesses *w)
{
	struct epoll_event events[64];
	bool has_ended = false;
	int count;
	/* Progress: each turn drops those that it was told of. */
	while ((count = epoll_wait(w->epoll_fd, events, 64, 0)) > 0) {
		for (int i = 0; i < count; i++)
			drop(w, events[i].data.ptr);
		has_ended = true;
	}
	return has_ended;
}
