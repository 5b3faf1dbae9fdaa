/* SPDX-License-Identifier: ISC */
/*
 * Owns the two protocols that tell a supervisor that the daemon is ready.
 * Never reads the environment: the program does.
 */
#include "io/ready.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int ready_notify(const char *notify_socket, const char *state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = notify_socket ? strlen(notify_socket) : 0;
	if (len == 0)
		return 0;
	if (len >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	memcpy(un.sun_path, notify_socket, len);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0'; /* abstract: the address has the length of the name */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	int err = sent < 0 ? -errno : 0;
	close(fd);
	return err;
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

ns_t ready_watchdog_period(const char *usec, const char *pid)
{
	long long value = usec ? strtoll(usec, NULL, 10) : 0;
	if (value <= 0 || value > NS_NEVER / 1000 || (pid && strtol(pid, NULL, 10) != getpid()))
		return NS_NEVER;
	return value * 1000 / 2;
}
