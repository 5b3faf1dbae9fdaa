/* SPDX-License-Identifier: ISC */
/*
 * Owns the sockets for messages to other name servers.
 * Never knows what the messages say.
 */
#include "net/dns_client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cursor.h"
#include "net/sockaddr.h"

enum { PREFIX_LEN = 2, DATAGRAM_CAP = 2048, ANSWER_CAP = 65535 };

/* Datagrams. */

enum { FAMILIES = 2 };

struct dns_client {
	struct loop *loop;
	void (*on_message)(
		void *arg, const struct server_addr *from, const uint8_t *msg, size_t len);
	void *arg;
	struct half {
		struct dns_client *dns_client;
		struct loop_watch watch; /* fd -1: not open yet */
	} halves[FAMILIES];
};

struct dns_client *dns_client_new(struct loop *loop,
	void (*on_message)(
		void *arg, const struct server_addr *from, const uint8_t *msg, size_t len),
	void *arg)
{
	struct dns_client *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct dns_client){.loop = loop, .on_message = on_message, .arg = arg};
	for (int i = 0; i < FAMILIES; i++)
		c->halves[i] = (struct half){.dns_client = c, .watch = {.fd = -1}};
	return c;
}

void dns_client_free(struct dns_client *c)
{
	if (!c)
		return;
	for (int i = 0; i < FAMILIES; i++) {
		if (c->halves[i].watch.fd < 0)
			continue;
		loop_remove(c->loop, &c->halves[i].watch);
		close(c->halves[i].watch.fd);
	}
	free(c);
}

/* Reads the datagrams that have arrived, a bounded number per turn: a flood must not stop the
 * loop. */
static void on_datagrams(void *arg, uint32_t events UNUSED)
{
	enum { A_TURN = 64 };
	struct half *half = arg;
	uint8_t bytes[DATAGRAM_CAP]; /* answers to NOTIFY are short */
	for (int i = 0; i < A_TURN; i++) {
		union sockaddr_inet from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(half->watch.fd, bytes, sizeof(bytes), 0, &from.any, &from_len);
		if (n < 0)
			return;
		const struct server_addr server = {sockaddr_addr(&from), sockaddr_port(&from)};
		half->dns_client->on_message(half->dns_client->arg, &server, bytes, (size_t)n);
	}
}

static int open_half(struct dns_client *c, struct half *half, int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	half->watch = (struct loop_watch){.fd = fd, .on_ready = on_datagrams, .arg = half};
	int err = loop_add(c->loop, &half->watch, EPOLLIN);
	if (err) {
		close(fd);
		half->watch.fd = -1;
	}
	return err;
}

int dns_client_send(
	struct dns_client *c, const struct server_addr *to, const uint8_t *msg, size_t len)
{
	bool is_v4 = to->addr.family == ADDR_V4;
	struct half *half = &c->halves[is_v4];
	union sockaddr_inet addr;
	socklen_t addr_len = sockaddr_make(&to->addr, to->port, 0, &addr);
	int err = half->watch.fd < 0 ? open_half(c, half, is_v4 ? AF_INET : AF_INET6) : 0;
	if (err)
		return err;
	/* The first attempt may report an ICMP error that an earlier datagram caused. */
	for (int i = 0; i < 2; i++)
		if (sendto(half->watch.fd, msg, len, 0, &addr.any, addr_len) >= 0)
			return 0;
	return -errno;
}

/* Exchanges. */

struct exchange {
	struct loop *loop;
	struct loop_watch watch;
	void (*on_done)(void *arg, const uint8_t *answer, size_t len);
	void *arg;
	size_t out_len, out_sent, in_len;
	uint8_t *out; /* with the length prefix */
	uint8_t in[PREFIX_LEN + ANSWER_CAP];
};

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	loop_remove(x->loop, &x->watch);
	close(x->watch.fd);
	free(x->out);
	free(x);
}

/* Calls `on_done`, then frees the exchange, which holds the answer. */
static void finish(struct exchange *x, bool has_answer)
{
	x->on_done(x->arg, has_answer ? x->in + PREFIX_LEN : NULL,
		has_answer ? x->in_len - PREFIX_LEN : 0);
	exchange_free(x);
}

void exchange_give_up(struct exchange *x)
{
	finish(x, false);
}

static void write_on(struct exchange *x)
{
	ssize_t n = send(x->watch.fd, x->out + x->out_sent, x->out_len - x->out_sent, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		finish(x, false);
		return;
	}
	x->out_sent += (size_t)n;
	if (x->out_sent == x->out_len && loop_change(x->loop, &x->watch, EPOLLIN))
		finish(x, false);
}

static void read_on(struct exchange *x)
{
	ssize_t n = read(x->watch.fd, x->in + x->in_len, sizeof(x->in) - x->in_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(x, false);
		return;
	}
	x->in_len += (size_t)n;
	size_t whole = x->in_len < PREFIX_LEN ? SIZE_MAX : PREFIX_LEN + (size_t)get_u16(x->in);
	if (x->in_len < whole)
		return;
	x->in_len = whole;
	finish(x, true);
}

static void on_exchange(void *arg, uint32_t events)
{
	struct exchange *x = arg;
	if (x->out_sent < x->out_len)
		write_on(x);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_on(x);
}

static int connect_to(const struct server_addr *to)
{
	union sockaddr_inet addr;
	socklen_t len = sockaddr_make(&to->addr, to->port, 0, &addr);
	const int on = 1;
	int fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, &addr.any, len) == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

struct exchange *exchange_begin(struct loop *loop, const struct server_addr *to, const uint8_t *msg,
	size_t len, void (*on_done)(void *arg, const uint8_t *answer, size_t len), void *arg)
{
	struct exchange *x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->loop = loop;
	x->on_done = on_done;
	x->arg = arg;
	x->out_len = PREFIX_LEN + len;
	x->out = malloc(x->out_len);
	x->watch = (struct loop_watch){
		.fd = x->out ? connect_to(to) : -1, .on_ready = on_exchange, .arg = x};
	if (x->watch.fd >= 0 && loop_add(loop, &x->watch, EPOLLOUT) == 0) {
		put_u16(x->out, (uint16_t)len);
		memcpy(x->out + PREFIX_LEN, msg, len);
		return x;
	}
	if (x->watch.fd >= 0)
		close(x->watch.fd);
	free(x->out);
	free(x);
	return NULL;
}
