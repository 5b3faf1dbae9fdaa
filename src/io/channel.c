/* SPDX-License-Identifier: ISC */
/*
 * Owns the two queues of a channel.
 * Never looks into a message.
 */
#include "io/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

struct header {
	uint32_t type, len;
};

enum {
	IN_CAP = 2 * (CHANNEL_MESSAGE_CAP + (int)sizeof(struct header)),
	OUT_CAP = CHANNEL_MESSAGE_CAP + (int)sizeof(struct header) + 1
};

int channel_init(struct channel *c, int fd)
{
	*c = (struct channel){.fd = fd, .in = malloc(IN_CAP)};
	if (c->in && buf_reserve(&c->out, OUT_CAP) == 0)
		return 0;
	channel_fini(c);
	return ERR_NOMEM;
}

void channel_fini(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_fini(&c->out);
	free(c->in);
	*c = (struct channel){.fd = -1};
}

void channel_put(struct channel *c, uint32_t type, const void *bytes, size_t len)
{
	const struct header header = {.type = type, .len = (uint32_t)len};
	buf_add(&c->out, &header, sizeof(header));
	buf_add(&c->out, bytes, len);
}

static int send_some(struct channel *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.bytes + c->sent, c->out.len - c->sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		c->sent += (size_t)n;
	}
	return 0;
}

/* A large queue is not kept for the next time. */
static void forget_sent(struct channel *c)
{
	buf_give_back(&c->out, OUT_CAP);
	c->sent = 0;
}

int channel_flush(struct channel *c)
{
	if (c->out.err)
		return c->out.err;
	int err = send_some(c);
	if (!err)
		forget_sent(c);
	return err == -EAGAIN ? 0 : err;
}

static int wait_for(int fd, short events)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	return poll(&pfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

int channel_flush_all(struct channel *c)
{
	int err = channel_flush(c);
	while (!err && channel_is_pending(c)) {
		err = wait_for(c->fd, POLLOUT);
		if (!err)
			err = channel_flush(c);
	}
	return err;
}

bool channel_is_pending(const struct channel *c)
{
	return c->out.len > 0;
}

/* Returns the length of the whole message at the start, with its header; 0 if it is not whole, or too long
 * whether it is or not. The header is filled once it has come. */
static size_t whole_len(const struct channel *c, struct header *ret)
{
	if (c->in_len < sizeof(*ret))
		return 0;
	memcpy(ret, c->in + c->in_start, sizeof(*ret));
	if (ret->len > CHANNEL_MESSAGE_CAP)
		return 0;
	return c->in_len - sizeof(*ret) >= ret->len ? sizeof(*ret) + ret->len : 0;
}

bool channel_has_message(const struct channel *c)
{
	struct header header = {0};
	return whole_len(c, &header) > 0 || header.len > CHANNEL_MESSAGE_CAP;
}

/* Returns 1 if bytes have come, 0 if there are none. */
static int receive(struct channel *c)
{
	memmove(c->in, c->in + c->in_start, c->in_len);
	c->in_start = 0;
	ssize_t n;
	do
		n = recv(c->fd, c->in + c->in_len, IN_CAP - c->in_len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	c->in_len += (size_t)n;
	return n == 0 ? -EPIPE : 1;
}

int channel_next(struct channel *c, struct channel_message *ret)
{
	struct header header = {0};
	size_t len;
	while ((len = whole_len(c, &header)) == 0) {
		if (header.len > CHANNEL_MESSAGE_CAP)
			return -EBADMSG;
		int got = receive(c);
		if (got <= 0)
			return got;
	}
	*ret = (struct channel_message){.type = header.type,
		.bytes = c->in + c->in_start + sizeof(header),
		.len = header.len};
	c->in_start += len;
	c->in_len -= len;
	return 1;
}

int channel_wait(struct channel *c, struct channel_message *ret)
{
	int got;
	while ((got = channel_next(c, ret)) == 0) {
		int err = wait_for(c->fd, POLLIN);
		if (err)
			return err;
	}
	return got;
}

void channel_return(struct channel *c, const struct channel_message *message, size_t from)
{
	const struct header header = {
		.type = message->type, .len = (uint32_t)(message->len - from)};
	size_t back = message->len - from + sizeof(header);
	c->in_start -= back;
	c->in_len += back;
	memcpy(c->in + c->in_start, &header, sizeof(header));
}
