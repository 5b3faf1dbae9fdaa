/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of DNS over TCP: any stream of bytes from a client, cut into pieces; the
 * client takes the answers as slowly as it likes. The answers must be those to the single queries
 * in the stream, in order, each after its length (RFC 1035 §4.2.2), and complete unless the client
 * sends nonsense.
 * Never opens a port: the connection is a pair of sockets. Run by a fuzzer, and its replay.
 *
 * The input: a byte for the length of the pieces, one for the amount of answers taken at a time,
 * and the stream.
 */
#include "net/dns_tcp.c" /* its connections, without its thread */

#include <fcntl.h>
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { STREAM_MAX = 4096, ANSWERS_MAX = 3 * (PREFIX_LEN + MSG_CAP), CLIENT_PORT = 1 };

struct stream {
	uint8_t *bytes;
	size_t len;
};

/* The expected answers, as far as the stream is valid. */
struct expected {
	struct stream answers;
	bool is_all; /* the stream has only queries that are answered */
};

static void put_addresses(struct zone *zone, const char *owner, uint8_t count)
{
	uint8_t bytes[UINT8_MAX][4] = {0};
	struct rdata rdata[UINT8_MAX];
	struct name name;
	for (uint8_t i = 0; i < count; i++) {
		bytes[i][3] = i;
		rdata[i] = (struct rdata){bytes[i], 4};
	}
	const struct rrset set = {RR_A, VIEW_ANY, 60, count, rdata};
	require(name_from_text(owner, NULL, &name) == 0);
	require(zone_put(zone, ZONE_STATIC, name.wire, &set, 1) == 0);
}

static struct zone *make_zone(void)
{
	struct name apex;
	struct zone *zone = zone_new(1, (struct zone_listener){NULL, NULL});
	require(zone && name_from_text("x.", NULL, &apex) == 0);
	require(zone_add_apex(zone,
			&(struct zone_apex){
				.name = apex.wire, .mname = apex.wire, .rname = apex.wire}) == 0);
	put_addresses(zone, "a.x.", 1);
	put_addresses(zone, "l.x.", 200);
	zone_garbage_free(zone_commit(zone, 1));
	return zone;
}

/* Asks the answer path for each query separately. Cuts the stream off when there is
 * no room for more. */
static void answer_each(struct tcp_server *s, const struct serve_client *client, struct stream *in,
	struct expected *ret)
{
	struct stream *out = &ret->answers;
	ret->is_all = true;
	out->len = 0;
	for (size_t at = 0; in->len - at >= PREFIX_LEN;) {
		uint8_t *query = in->bytes + at + PREFIX_LEN,
			*reply = out->bytes + out->len + PREFIX_LEN;
		size_t len = get_u16(in->bytes + at);
		/* A message that is longer than any query is read only if it arrives in one
		 * piece. */
		ret->is_all = ret->is_all && len <= LIMIT_TCP_QUERY;
		if (in->len - at - PREFIX_LEN < len)
			return;
		if (ANSWERS_MAX - out->len < PREFIX_LEN + MSG_CAP) {
			in->len = at;
			return;
		}
		size_t reply_len = serve_answer(&s->ctx, client, query, len, reply, MSG_CAP);
		ret->is_all = ret->is_all && reply_len > 0;
		if (reply_len == 0)
			return;
		put_u16(reply - PREFIX_LEN, (uint16_t)reply_len);
		out->len += PREFIX_LEN + reply_len;
		at += PREFIX_LEN + len;
	}
}

/* Returns the connection, if it still exists. */
static struct conn *conn_of(struct tcp_server *s)
{
	return list_is_empty(&s->conns) ? NULL : container_of(s->conns.next, struct conn, in_use);
}

/* Takes up to `most` bytes of the answers. They must be the next expected bytes. */
static size_t take_answers(int fd, size_t most, const struct expected *expected, size_t *taken)
{
	static uint8_t bytes[MSG_CAP];
	ssize_t n = read(fd, bytes, most < sizeof(bytes) ? most : sizeof(bytes));
	if (n <= 0)
		return 0;
	require((size_t)n <= expected->answers.len - *taken);
	require(memcmp(bytes, expected->answers.bytes + *taken, (size_t)n) == 0);
	*taken += (size_t)n;
	return (size_t)n;
}

/* Sends the stream in pieces, and takes answers in between. Returns how much of them arrived. */
static size_t converse(struct tcp_server *s, int fd, struct stream in, size_t piece, size_t most,
	const struct expected *expected)
{
	size_t sent = 0, taken = 0;
	bool is_shut = false;
	/* Progress: each turn but the last sends something or takes something. */
	while (conn_of(s)) {
		size_t len = in.len - sent < piece ? in.len - sent : piece;
		ssize_t n = len > 0 ? send(fd, in.bytes + sent, len, MSG_NOSIGNAL) : 0;
		sent += n > 0 ? (size_t)n : 0;
		if (sent == in.len && !is_shut)
			is_shut = shutdown(fd, SHUT_WR) == 0;
		conn_turn(s, conn_of(s));
		size_t got = take_answers(fd, most, expected, &taken);
		require(n > 0 || got > 0 || is_shut);
	}
	while (take_answers(fd, MSG_CAP, expected, &taken) > 0)
		;
	return taken;
}

static void connect_pair(struct tcp_server *s, int *ret_client)
{
	const union sockaddr_inet from = {
		.v4 = {.sin_family = AF_INET, .sin_port = htons(CLIENT_PORT)}};
	const int small = 1;
	int fds[2];
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	/* The kernel has a minimum: some 4 KiB, which a few answers fill. */
	require(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	add_conn(s, fds[0], &from);
	*ret_client = fds[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct tcp_server server;
	static struct view_slot views;
	static uint8_t answers[ANSWERS_MAX], stream[STREAM_MAX];
	const struct serve_client client = {
		.port = CLIENT_PORT, .is_tcp = true, .addr.family = ADDR_V4};
	struct expected expected = {.answers.bytes = answers};
	struct tcp_server *s = &server;
	int fd;
	if (len < 2 || len - 2 > STREAM_MAX)
		return 0;
	struct stream in = {stream, len - 2};
	memcpy(stream, bytes + 2, in.len);
	struct zone *zone = make_zone();
	s->ctx.zone = zone_reader(zone);
	s->ctx.views = &views;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	list_init(&s->conns);
	map_init(&s->clients);
	require(s->epoll_fd >= 0);
	answer_each(s, &client, &in, &expected);
	connect_pair(s, &fd);
	size_t taken = converse(s, fd, in, 4u * bytes[0] + 1, 256u * bytes[1] + 256, &expected);
	require(taken == expected.answers.len || !expected.is_all);
	close(fd);
	close(s->epoll_fd);
	map_fini(&s->clients);
	zone_free(zone);
	return 0;
}
