/* SPDX-License-Identifier: ISC */
/*
 * Owns the listening sockets of the TCP thread.
 * Never accepts a connection.
 */
#include "net/dns_listeners.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"

void listeners_init(struct listeners *l)
{
	pthread_mutex_init(&l->lock, NULL);
	for (size_t i = 0; i < ARRAY_LEN(l->at); i++)
		l->at[i] = (struct source){SOURCE_LISTENER, -1};
}

void listeners_fini(struct listeners *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->at); i++)
		if (l->at[i].fd >= 0)
			close(l->at[i].fd);
	pthread_mutex_destroy(&l->lock);
}

static void set_fd(struct listeners *l, struct source *source, int fd)
{
	pthread_mutex_lock(&l->lock);
	source->fd = fd;
	pthread_mutex_unlock(&l->lock);
}

int listeners_add(struct listeners *l, int epoll_fd, int fd)
{
	size_t i = 0;
	while (i < ARRAY_LEN(l->at) && l->at[i].fd >= 0)
		i++;
	if (i == ARRAY_LEN(l->at)) {
		close(fd);
		return ERR_NOMEM;
	}
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &l->at[i]};
	set_fd(l, &l->at[i], fd);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0)
		return (int)i;
	int err = -errno;
	listeners_close(l, (int)i);
	return err;
}

void listeners_close(struct listeners *l, int number)
{
	int fd = l->at[number].fd;
	set_fd(l, &l->at[number], -1);
	close(fd); /* also removes it from the epoll set */
}

int listeners_use(struct listeners *l, const struct source *source)
{
	pthread_mutex_lock(&l->lock);
	return source->fd;
}

void listeners_unuse(struct listeners *l)
{
	pthread_mutex_unlock(&l->lock);
}
