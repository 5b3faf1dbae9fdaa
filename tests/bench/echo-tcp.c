/* SPDX-License-Identifier: ISC */
/*
 * Owns the limit that servers are measured against over TCP: reads once per turn what a connection
 * has, and writes it back once.
 * Never looks at the bytes. Run by bench.py.
 *
 *	echo-tcp ADDR PORT   IPv4
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asked.h"

enum { EVENTS = 64, READ_CAP = 65536, BACKLOG = 1024 };

static int listen_at(const char *addr, const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (inet_pton(AF_INET, addr, &at.sin_addr) != 1)
		asked_die(addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, BACKLOG))
		asked_die("listen");
	return fd;
}

static void watch(int epoll_fd, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
		asked_die("epoll_ctl");
}

/* Runs one turn of a connection. The client takes everything, so a write is never short. */
static void echo(int fd)
{
	static unsigned char bytes[READ_CAP];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	if (n <= 0 || send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
		close(fd); /* also removes it from the epoll set */
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	if (argc != 3) {
		fprintf(stderr, "usage: echo-tcp ADDR PORT\n");
		return 100;
	}
	int listener = listen_at(argv[1], argv[2]), epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	watch(epoll_fd, listener);
	for (;;) {
		int count = epoll_wait(epoll_fd, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd != listener) {
				echo(events[i].data.fd);
				continue;
			}
			int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
			if (fd >= 0)
				watch(epoll_fd, fd);
		}
	}
}
