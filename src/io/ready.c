/* SPDX-License-Identifier: ISC */
/*
 * Owns the two protocols that tell a supervisor that the daemon is ready.
 * Never reads the environment: the program does.
 */
#include "io/ready.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Of ready_connect(). */
static int kept_fd = -1;

/* Returns a socket that is connected to that path. */
static int connect_to(const char *notify_socket)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(notify_socket);
	if (len >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	memcpy(un.sun_path, notify_socket, len);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0'; /* abstract: the address has the length of the name */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	len += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (const struct sockaddr *)&un, (socklen_t)len) == 0)
		return fd;
	int err = -errno;
	close(fd);
	return err;
}

int ready_connect(const char *notify_socket)
{
	if (!notify_socket || !*notify_socket)
		return 0;
	int fd = connect_to(notify_socket);
	if (fd >= 0)
		kept_fd = fd;
	return fd < 0 ? fd : 0;
}

static int send_to(const char *notify_socket, struct msghdr *msg)
{
	int fd = kept_fd < 0 ? connect_to(notify_socket) : kept_fd;
	if (fd < 0)
		return fd;
	int err = sendmsg(fd, msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
	if (fd != kept_fd)
		close(fd);
	return err;
}

int ready_notify(const char *notify_socket, const char *state)
{
	if (!notify_socket || !*notify_socket)
		return 0;
	struct iovec iov = {.iov_base = (char *)(uintptr_t)state, .iov_len = strlen(state)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	return send_to(notify_socket, &msg);
}

int ready_store(const char *notify_socket, const char *name, int fd)
{
	enum { STATE_CAP = 128 };
	char state[STATE_CAP];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	int len = snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s", name);
	if (len >= STATE_CAP)
		return -ENAMETOOLONG;
	struct iovec iov = {.iov_base = state, .iov_len = (size_t)len};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return send_to(notify_socket, &msg);
}

int ready_say(int fd, const char *notify_socket)
{
	int err = ready_notify(notify_socket, "READY=1");
	if (fd < 0)
		return err;
	ssize_t written;
	do
		written = write(fd, "\n", 1);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		err = -errno;
	close(fd);
	return err;
}

int ready_listen_fds(const char *count, const char *pid)
{
	enum { FDS_MAX = 1024 };
	if (!count || !pid || strtol(pid, NULL, 10) != getpid())
		return 0;
	const long value = strtol(count, NULL, 10);
	return value > 0 && value < FDS_MAX ? (int)value : 0;
}

ns_t ready_watchdog_period(const char *usec, const char *pid)
{
	long long value = usec ? strtoll(usec, NULL, 10) : 0;
	if (value <= 0 || value > NS_NEVER / 1000 || (pid && strtol(pid, NULL, 10) != getpid()))
		return NS_NEVER;
	return value * 1000 / 2;
}
