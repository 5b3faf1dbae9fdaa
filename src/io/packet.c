/* SPDX-License-Identifier: ISC */
/*
 * Owns the passing of descriptors (SCM_RIGHTS).
 * Never looks into a packet.
 */
#include "io/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compiler.h"

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(PACKET_FDS_CAP * sizeof(int))];
};

/* Takes one received file descriptor, if there is room; otherwise closes it. */
static void take_fd(struct packet *p, int fd)
{
	if (p->fd_count < p->fd_cap) {
		p->fds[p->fd_count++] = fd;
		return;
	}
	close(fd);
	p->is_cut = true;
}

static void take_fds(struct packet *p, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t len = c->cmsg_len - CMSG_LEN(0);
		for (size_t off = 0; off + sizeof(int) <= len; off += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + off, sizeof(fd));
			take_fd(p, fd);
		}
	}
}

int packet_receive(int fd, struct packet *p)
{
	union control control;
	struct iovec iov = {.iov_base = p->bytes, .iov_len = p->cap};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len;
	p->len = p->fd_count = 0;
	p->is_cut = false;
	do
		len = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	take_fds(p, &msg);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		p->is_cut = true;
	p->len = (size_t)len;
	return len == 0 ? -EPIPE : 0;
}

int packet_send(int fd, const struct packet *p)
{
	union control control = {.bytes = {0}};
	struct iovec iov = {.iov_base = p->bytes, .iov_len = p->len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t len;
	if (p->fd_count > PACKET_FDS_CAP)
		return -E2BIG;
	if (p->fd_count > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(p->fd_count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(p->fd_count * sizeof(int));
		memcpy(CMSG_DATA(c), p->fds, p->fd_count * sizeof(int));
	}
	do
		len = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : 0;
}

void packet_close_fds(struct packet *p)
{
	for (size_t i = 0; i < p->fd_count; i++)
		close(p->fds[i]);
	p->fd_count = 0;
}
