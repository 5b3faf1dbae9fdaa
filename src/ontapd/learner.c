/* SPDX-License-Identifier: ISC */
/*
 * Owns the learner's process, seen from us: its start, and the messages.
 * Never trusts the news: their form is checked here, their content by autoconf.c.
 */
#include "ontapd/learner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/packet.h"
#include "ontapd/pupil.h"

enum { READ_AT_ONCE = 64, TRIES = 1000, END_TRIES = 1000, END_PAUSE_US = 1000 };

/* --- start and end ------------------------------------------------------------------------ */

int learner_start(struct learner *l, const struct log *log)
{
	int fds[2];
	l->watch.fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	l->pid = fork();
	if (l->pid == 0) {
		close(fds[0]);
		_exit(pupil_run(fds[1], log));
	}
	int err = l->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (!err && fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
		err = -errno;
	if (err)
		close(fds[0]);
	else
		l->watch.fd = fds[0];
	return err;
}

/* It ends when its socket is shut down, which other descriptors of it cannot prevent. One that does not is left alone:
 * we may not signal another user's process, and it can do nothing any more. */
void learner_stop(struct learner *l)
{
	if (!learner_is_running(l))
		return;
	if (l->loop)
		loop_remove(l->loop, &l->watch);
	shutdown(l->watch.fd, SHUT_RDWR);
	close(l->watch.fd);
	l->watch.fd = -1;
	for (int i = 0; i < END_TRIES && waitpid(l->pid, NULL, WNOHANG) == 0; i++)
		usleep(END_PAUSE_US);
}

/* --- news --------------------------------------------------------------------------------- */

static bool is_sound(const struct learner_news *n, size_t len)
{
	if (len != sizeof(*n) || (unsigned)n->type >= LEARNER_NEWS_COUNT ||
		(unsigned)n->origin > GUEST_RESUMED || (unsigned)n->why > GUEST_REFUSED_POLICY)
		return false;
	if (n->type == LEARNER_AGAIN)
		return true;
	struct addr same = addr_make((enum addr_family)n->addr.family, n->addr.bytes);
	return (n->addr.family == ADDR_V4 || n->addr.family == ADDR_V6) &&
	       addr_equal(&same, &n->addr);
}

/* True: a message was read. A learner that has ended, or says what makes no sense, is not heard any
 * more. */
static bool read_one(struct learner *l)
{
	struct learner_news news;
	ssize_t len;
	do
		len = recv(l->watch.fd, &news, sizeof(news), 0);
	while (len < 0 && errno == EINTR);
	if (len < 0 && errno == EAGAIN)
		return false;
	if (len <= 0 || !is_sound(&news, (size_t)len)) {
		learner_stop(l);
		if (l->on_end)
			l->on_end(l->arg);
		return false;
	}
	if (news.type == LEARNER_AGAIN)
		l->on_again(l->arg);
	else
		l->on_news(l->arg, &news);
	return learner_is_running(l);
}

static void on_ready(void *arg, uint32_t events UNUSED)
{
	struct learner *l = arg;
	for (int i = 0; i < READ_AT_ONCE && read_one(l); i++)
		;
}

int learner_listen(struct learner *l, struct loop *loop)
{
	l->loop = loop;
	l->watch.on_ready = on_ready;
	l->watch.arg = l;
	return loop_add(loop, &l->watch, EPOLLIN);
}

/* --- orders ------------------------------------------------------------------------------- */

/* If there is no room, the learner may be waiting for us to read its news. */
static int send_order(struct learner *l, const struct learner_order *order, int fd)
{
	struct learner_order copy = *order;
	const struct packet p = {.bytes = (uint8_t *)&copy,
		.len = sizeof(copy),
		.fds = &fd,
		.fd_count = fd >= 0 ? 1 : 0};
	int err = -EPIPE;
	const int tries = l->is_stuck || order->type == LEARNER_HINT ? 1 : TRIES;
	for (int i = 0; i < tries && learner_is_running(l); i++) {
		err = packet_send(l->watch.fd, &p);
		if (err != -EAGAIN) {
			l->is_stuck = l->is_stuck && err;
			return err;
		}
		if (tries > 1 && !read_one(l))
			usleep(1000);
	}
	if (tries > 1 && learner_is_running(l)) {
		l->is_stuck = true;
		l->on_again(l->arg);
	}
	return err;
}

/* What is ordered because of news that are read while another order waits. */
static int keep_order(struct learner *l, const struct learner_order *order)
{
	if (l->kept_count == ARRAY_LEN(l->kept)) {
		l->has_lost = true;
		return -EAGAIN;
	}
	l->kept[l->kept_count++] = *order;
	return 0;
}

static int send_kept(struct learner *l)
{
	const struct learner_order first = l->kept[0];
	l->kept_count--;
	memmove(&l->kept[0], &l->kept[1], l->kept_count * sizeof(l->kept[0]));
	return send_order(l, &first, -1);
}

int learner_order(struct learner *l, const struct learner_order *order, int fd)
{
	if (l->is_ordering)
		return keep_order(l, order);
	l->is_ordering = true;
	l->has_lost = false;
	int err = send_order(l, order, fd), kept_err = 0;
	while (l->kept_count > 0 && !kept_err)
		kept_err = send_kept(l);
	l->kept_count = 0;
	l->is_ordering = false;
	if (l->has_lost && learner_is_running(l))
		l->on_again(l->arg);
	return err;
}
