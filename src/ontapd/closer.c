/* SPDX-License-Identifier: ISC */
/*
 * Owns the process that closes descriptors of strangers.
 * Never closes the last descriptor of a stranger's file in ontapd itself.
 */
#include "ontapd/closer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/packet.h"
#include "io/privilege.h"
#include "ontapd/confine.h"

enum { CHILD_SOCKET = 3 };

/* --- the process -------------------------------------------------------------------------- */

/* Closes what came with the packet before this one. Returns when ontapd has ended. */
static void close_on_demand(int sock)
{
	int held[PACKET_FDS_CAP], fds[PACKET_FDS_CAP];
	size_t held_count = 0;
	for (;;) {
		uint8_t byte;
		struct packet p = {
			.bytes = &byte, .cap = sizeof(byte), .fds = fds, .fd_cap = ARRAY_LEN(fds)};
		if (packet_receive(sock, &p))
			return;
		for (size_t i = 0; i < held_count; i++)
			close(held[i]);
		for (held_count = 0; held_count < p.fd_count; held_count++)
			held[held_count] = fds[held_count];
	}
}

/* Keeps nothing of ontapd's but its standard error, and no privileges. */
static _Noreturn void run_child(int sock, pid_t parent)
{
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || (sock != CHILD_SOCKET && dup3(sock, CHILD_SOCKET, 0) < 0))
		_exit(1);
	close_range(CHILD_SOCKET + 1, ~0U, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	privilege_drop_thread();
	confine_idle();
	close_on_demand(CHILD_SOCKET);
	_exit(0);
}

/* --- its start and end -------------------------------------------------------------------- */

/* A process that was started and not yet waited for. */
struct closer_child {
	struct list in_closer;
	struct closer *closer;
	struct loop_watch watch; /* of its pidfd */
	pid_t pid;
};

static void child_free(struct closer_child *child)
{
	loop_remove(child->closer->loop, &child->watch);
	if (child->watch.fd >= 0)
		close(child->watch.fd);
	list_remove(&child->in_closer);
	free(child);
}

static void drop_current(struct closer *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->pid = 0;
}

static void on_child_end(void *arg, uint32_t events UNUSED)
{
	struct closer_child *child = arg;
	(void)waitpid(child->pid, NULL, WNOHANG);
	if (child->closer->pid == child->pid)
		drop_current(child->closer);
	child_free(child);
}

/* Watches for the end of the child, to wait for it. If that fails, it stays a zombie as long as
 * ontapd runs. */
static void watch_child(struct closer *c, struct closer_child *child)
{
	child->watch = (struct loop_watch){
		.fd = pidfd_open(child->pid, 0), .on_ready = on_child_end, .arg = child};
	child->closer = c;
	list_append(&c->children, &child->in_closer);
	if (child->watch.fd < 0 || loop_add(c->loop, &child->watch, EPOLLIN))
		child_free(child);
}

static int start_child(struct closer *c, int sock, struct closer_child *child)
{
	pid_t parent = getpid();
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (child->pid == 0)
		run_child(sock, parent);
	c->pid = child->pid;
	watch_child(c, child);
	return 0;
}

static int start(struct closer *c)
{
	int pair[2];
	struct closer_child *child = calloc(1, sizeof(*child));
	if (!child)
		return ERR_NOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(child);
		return -errno;
	}
	/* Only our end: the process waits. */
	int err =
		fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0 ? -errno : start_child(c, pair[1], child);
	close(pair[1]);
	if (!err) {
		c->fd = pair[0];
		return 0;
	}
	close(pair[0]);
	free(child);
	return err;
}

int closer_open(struct closer *c, struct loop *loop, const struct log *log)
{
	*c = (struct closer){.loop = loop, .log = log, .fd = -1};
	list_init(&c->children);
	return start(c);
}

void closer_close(struct closer *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
	drop_current(c);
	LIST_EACH(child, &c->children, struct closer_child, in_closer)
		child_free(child);
}

/* --- its work ----------------------------------------------------------------------------- */

static int send_fds(const struct closer *c, int *fds, size_t count)
{
	uint8_t byte = 0;
	const struct packet p = {
		.bytes = &byte, .len = sizeof(byte), .fds = fds, .fd_count = count};
	return c->fd < 0 ? -ENOTCONN : packet_send(c->fd, &p);
}

/* Ends a process that hangs, or has gone. What it has is closed with it. */
static void replace(struct closer *c, int err)
{
	if (c->pid > 0) {
		log_warning(c->log,
			"closer replaced: error=\"%s\" note=\"a client has sent "
			"descriptors that are slow to close\"",
			err_text(err));
		kill(c->pid, SIGKILL);
	}
	drop_current(c);
	err = start(c);
	if (err)
		log_error(c->log, "cannot start the closer: error=\"%s\"", err_text(err));
}

void closer_take(struct closer *c, int *fds, size_t count)
{
	if (count == 0)
		return;
	int err = send_fds(c, fds, count);
	if (err) {
		replace(c, err);
		err = send_fds(c, fds, count);
	}
	/* Without a closer, ontapd may have to wait here: better than to run out of descriptors. */
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	if (err)
		return;
	err = send_fds(c, NULL, 0);
	if (err)
		replace(c, err);
}

void closer_hang_up(struct closer *c, int fd)
{
	(void)shutdown(fd, SHUT_RDWR);
	closer_take(c, &fd, 1);
}
