/* SPDX-License-Identifier: ISC */
/*
 * Owns the exchange of one question and its answer with a server.
 * Never interprets the answer, but for its header and its question.
 */
#include "net/dns_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "io/loop.h"
#include "net/sockaddr.h"
#include "wire/pack.h"
#include "wire/rr.h"

#define PATIENCE (3 * NS_PER_S)
enum { TRIES = 2, QUERY_CAP = 512, RESOLV_MAX = 1 << 16, PREFIX_LEN = 2 };

size_t dns_ask_resolvers(struct addr *ret, size_t cap)
{
	struct buf text = {0};
	size_t count = 0;
	char word[ADDR_TEXT_CAP];
	if (file_read("/etc/resolv.conf", RESOLV_MAX, &text))
		buf_clear(&text);
	for (const char *line = buf_text(&text); *line && count < cap;) {
		if (sscanf(line, "nameserver %45[0-9a-fA-F.:]", word) == 1 &&
			addr_parse(word, &ret[count]) == 0)
			count++;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	buf_fini(&text);
	if (count == 0)
		ret[count++] = (struct addr){ADDR_V4, {127, 0, 0, 1}};
	return count;
}

/* Waits until the socket is ready. -ETIMEDOUT. */
static int wait_for(int fd, short events, ns_t end)
{
	struct pollfd p = {.fd = fd, .events = events};
	for (;;) {
		const ns_t left = end - loop_now();
		int n = left > 0 ? poll(&p, 1, (int)(left / NS_PER_MS) + 1) : 0;
		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int open_to(const struct addr *server, int type)
{
	union sockaddr_inet to;
	socklen_t len = sockaddr_make(server, DNS_PORT, 0, &to);
	int fd = socket(to.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, &to.any, len) == 0 || errno == EINPROGRESS)
		return fd;
	int err = -errno;
	close(fd);
	return err;
}

/* True if the bytes are the answer to the query. */
static bool is_answer(const uint8_t *query, size_t query_len, const uint8_t *reply, size_t len)
{
	struct rd asked = rd_init(query, query_len), r = rd_init(reply, len);
	struct msg_header header, told;
	struct question a, b;
	rd_header(&asked, &header);
	rd_question(&asked, &a);
	rd_header(&r, &told);
	rd_question(&r, &b);
	return !r.err && told.id == header.id && told.flags & MSG_QR && told.qdcount == 1 &&
	       a.type == b.type && name_equal(a.name.wire, b.name.wire);
}

static int ask_udp(int fd, const uint8_t *query, size_t query_len, uint8_t *reply)
{
	const ns_t end = loop_now() + PATIENCE;
	if (send(fd, query, query_len, MSG_NOSIGNAL) < 0)
		return -errno;
	for (;;) {
		int err = wait_for(fd, POLLIN, end);
		if (err)
			return err;
		ssize_t len = recv(fd, reply, MSG_CAP, 0);
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (len > 0 && is_answer(query, query_len, reply, (size_t)len))
			return (int)len;
	}
}

static int read_all(int fd, uint8_t *to, size_t len, ns_t end)
{
	while (len > 0) {
		int err = wait_for(fd, POLLIN, end);
		if (err)
			return err;
		ssize_t n = recv(fd, to, len, 0);
		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		to += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int ask_tcp(int fd, const uint8_t *query, size_t query_len, uint8_t *reply)
{
	const ns_t end = loop_now() + PATIENCE;
	uint8_t message[PREFIX_LEN + QUERY_CAP], prefix[PREFIX_LEN];
	put_u16(message, (uint16_t)query_len);
	memcpy(message + PREFIX_LEN, query, query_len);
	int err = wait_for(fd, POLLOUT, end);
	if (!err && send(fd, message, PREFIX_LEN + query_len, MSG_NOSIGNAL) < 0)
		err = -errno;
	if (!err)
		err = read_all(fd, prefix, sizeof(prefix), end);
	const size_t len = err ? 0 : get_u16(prefix);
	if (!err)
		err = read_all(fd, reply, len, end);
	if (err)
		return err;
	return is_answer(query, query_len, reply, len) ? (int)len : -EBADMSG;
}

static int ask_once(
	const struct addr *server, int type, const uint8_t *query, size_t query_len, uint8_t *reply)
{
	int fd = open_to(server, type);
	if (fd < 0)
		return fd;
	int len = type == SOCK_DGRAM ? ask_udp(fd, query, query_len, reply)
				     : ask_tcp(fd, query, query_len, reply);
	close(fd);
	return len;
}

int dns_ask(const struct addr *server, const uint8_t *name, uint16_t type, bool is_recursive,
	uint8_t *reply)
{
	/* DO is not set: signatures are not looked at. */
	static const uint8_t opt[] = {0, 0, RR_OPT, EDNS_PAYLOAD >> 8, EDNS_PAYLOAD & 255};
	uint8_t query[QUERY_CAP];
	struct pack p;
	pack_init(&p, query, sizeof(query), (uint16_t)loop_random(), is_recursive ? MSG_RD : 0);
	if (pack_question(&p, name, type, CLASS_IN))
		return ERR_SPACE;
	memset(query + p.len, 0, 11);
	memcpy(query + p.len, opt, sizeof(opt));
	put_u16(query + 10, 1);
	int len = -ETIMEDOUT;
	for (int i = 0; i < TRIES && len == -ETIMEDOUT; i++)
		len = ask_once(server, SOCK_DGRAM, query, p.len + 11, reply);
	if (len > 0 && get_u16(reply + 2) & MSG_TC)
		len = ask_once(server, SOCK_STREAM, query, p.len + 11, reply);
	return len;
}
