/* SPDX-License-Identifier: ISC */
/*
 * Owns the connection to ontap-zone, one per question.
 * Never waits longer than ASK_PATIENCE_MS, never raises a signal or leaves a descriptor open.
 */
#include "nss/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

/* An answer takes well below a millisecond. A daemon that reads large zone files is busy for a
 * second or so. The calling program must get an error in the end; this limit is far below the five
 * seconds of a resolver (RES_TIMEOUT). */
enum { ASK_PATIENCE_MS = 1000 };

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int ask_sockaddr(struct sockaddr_un *ret)
{
	const char *path = secure_getenv(ASK_SOCKET_ENVIRON);
	if (!path)
		path = ASK_SOCKET_PATH;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	strcpy(ret->sun_path, path);
	return 0;
}

static int try_connect(int fd, const struct sockaddr_un *un)
{
	int err;
	do
		err = connect(fd, (const struct sockaddr *)un, sizeof(*un)) ? -errno : 0;
	while (err == -EINTR);
	return err;
}

/* The queue of connections is full: waits for room with a blocking connect(), since poll() does not
 * report it (unix(7)). */
static int connect_in_turn(int fd, const struct sockaddr_un *un)
{
	const struct timeval patience = {.tv_sec = ASK_PATIENCE_MS / 1000};
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
		fcntl(fd, F_SETFL, 0))
		return -errno;
	return connect(fd, (const struct sockaddr *)un, sizeof(*un)) ? -errno : 0;
}

/* True if the listening process is the one that asks: then nobody would answer. */
static bool is_self(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == getpid();
}

/* Waits for bytes until `until`, and parses them. */
static int receive_some(int fd, int64_t until, struct answer *ret)
{
	char bytes[512];
	int64_t left = until - now_ms();
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int count = left > 0 ? poll(&ready, 1, (int)left) : 0;
	if (count == 0)
		return -EAGAIN;
	ssize_t len = count < 0 ? -1 : recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	return len == 0 ? -ECONNRESET : answer_feed(ret, bytes, (size_t)len);
}

static int converse(int fd, const char *request, size_t len, int64_t until, struct answer *ret)
{
	if (is_self(fd))
		return -EDEADLK;
	ssize_t sent = send(fd, request, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 || (size_t)sent < len)
		return sent < 0 ? -errno : -EAGAIN;
	/* Progress: each turn reads bytes, whose number is limited, or time passes. */
	int err = 0;
	while (!err && ret->verdict == ANSWER_UNFINISHED)
		err = receive_some(fd, until, ret);
	return err;
}

int ask(const char *verb, const char *operand, struct answer *ret)
{
	char request[ANSWER_LINE_CAP];
	struct sockaddr_un un;
	int64_t until = now_ms() + ASK_PATIENCE_MS;
	int len = snprintf(request, sizeof(request), "%s %s\n", verb, operand);
	if (len < 0 || (size_t)len >= sizeof(request))
		return ERR_RANGE;
	int err = ask_sockaddr(&un);
	if (err)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = try_connect(fd, &un);
	if (err == -EAGAIN)
		err = connect_in_turn(fd, &un);
	if (!err)
		err = converse(fd, request, (size_t)len, until, ret);
	close(fd);
	return err;
}
