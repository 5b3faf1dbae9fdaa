/* SPDX-License-Identifier: ISC */
/*
 * Owns the client of the measurements over TCP: CONNS connections, each with WINDOW questions in
 * flight; or, if WINDOW is 0, a connection for each question. Checks each answer, and prints the
 * results as JSON.
 * Never makes questions: questions.py does. Run by bench.py.
 *
 *	load-tcp FILE ADDR PORT COUNT CONNS WINDOW SECONDS [any]
 *
 * FILE is a question file (asked.h). COUNT of its questions are asked in turn, for at most SECONDS.
 * any: every reply counts as right.
 *
 * In its turn, a connection reads what has arrived, takes the answers, and sends as many questions
 * with one write.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asked.h"
#include "base/cursor.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/msg.h"

enum {
	CONNS_MAX = 64,
	WINDOW_MAX = 32,
	PREFIX_LEN = 2, /* RFC 1035 §4.2.2 */
	IN_CAP = 65536 + PREFIX_LEN,
	PATIENCE_MS = 2000
};

/* The id of a question is the number of its slot. */
struct conn {
	int fd;
	const struct asked *slots[WINDOW_MAX]; /* NULL: free */
	size_t in_len;
	uint8_t in[IN_CAP];
};

static struct load {
	struct sockaddr_in to;
	bool takes_any, is_one_each;
	struct asked *asked;
	size_t asked_count;
	unsigned conn_count, window;
	int epoll_fd;
	uint64_t goal, sent, answered, wrong, broken;
	struct conn conns[CONNS_MAX];
} load;

static void open_conn(struct load *l, struct conn *c)
{
	const int on = 1;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	c->in_len = 0;
	memset(c->slots, 0, sizeof(c->slots));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&l->to, sizeof(l->to)) ||
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
		epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event))
		asked_die("connect");
}

/* Fills each free slot with a question. */
static void fill(struct load *l, struct conn *c)
{
	uint8_t bytes[WINDOW_MAX * (PREFIX_LEN + ASKED_LEN_MAX)];
	struct wr w = wr_init(bytes, sizeof(bytes));
	for (unsigned i = 0; i < l->window && l->sent < l->goal; i++) {
		if (c->slots[i])
			continue;
		const struct asked *a = c->slots[i] = &l->asked[l->sent++ % l->asked_count];
		wr_u16(&w, a->len);
		wr_u16(&w, (uint16_t)i);
		wr_bytes(&w, a->bytes + 2, a->len - 2u);
	}
	if (wr_len(&w) > 0 && send(c->fd, bytes, wr_len(&w), MSG_NOSIGNAL) != (ssize_t)wr_len(&w))
		l->broken++;
}

static void take_reply(struct load *l, struct conn *c, const uint8_t *reply, size_t len)
{
	unsigned slot = len < MSG_HEADER_LEN ? WINDOW_MAX : get_u16(reply);
	if (slot >= l->window || !c->slots[slot]) {
		l->wrong++;
		return;
	}
	if (l->takes_any || asked_is_right(c->slots[slot], reply))
		l->answered++;
	else
		l->wrong++;
	c->slots[slot] = NULL;
}

/* Takes all complete messages. Returns their number. */
static unsigned take_replies(struct load *l, struct conn *c)
{
	size_t at = 0;
	unsigned count = 0;
	while (c->in_len - at >= PREFIX_LEN && c->in_len - at - PREFIX_LEN >= get_u16(c->in + at)) {
		size_t len = get_u16(c->in + at);
		take_reply(l, c, c->in + at + PREFIX_LEN, len);
		at += PREFIX_LEN + len;
		count++;
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	return count;
}

/* The server has closed it, or its question is answered: opens the next connection. */
static void renew(struct load *l, struct conn *c)
{
	close(c->fd);
	open_conn(l, c);
	fill(l, c);
}

static void turn(struct load *l, struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, IN_CAP - c->in_len, 0);
	if (n <= 0) {
		l->broken++;
		renew(l, c);
		return;
	}
	c->in_len += (size_t)n;
	unsigned count = take_replies(l, c);
	if (count > 0 && l->is_one_each)
		renew(l, c);
	else if (count > 0)
		fill(l, c);
}

static void ask(struct load *l, ns_t end)
{
	struct epoll_event events[CONNS_MAX];
	for (unsigned i = 0; i < l->conn_count; i++) {
		open_conn(l, &l->conns[i]);
		fill(l, &l->conns[i]);
	}
	while (l->answered + l->wrong < l->goal && loop_now() < end) {
		int count = epoll_wait(l->epoll_fd, events, CONNS_MAX, PATIENCE_MS);
		if (count <= 0) {
			l->broken++;
			return;
		}
		for (int i = 0; i < count; i++)
			turn(l, events[i].data.ptr);
	}
}

static void set_up(struct load *l, char **argv)
{
	l->to = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
	l->goal = strtoull(argv[4], NULL, 10);
	l->conn_count = (unsigned)atoi(argv[5]);
	l->window = (unsigned)atoi(argv[6]);
	l->is_one_each = l->window == 0;
	l->window += l->is_one_each;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (inet_pton(AF_INET, argv[2], &l->to.sin_addr) != 1)
		asked_die(argv[2]);
	if (l->conn_count < 1 || l->conn_count > CONNS_MAX || l->window > WINDOW_MAX ||
		l->goal < 1 || l->epoll_fd < 0)
		asked_die("bad count, connections or window");
	l->asked_count = asked_read(argv[1], &l->asked);
}

int main(int argc, char **argv)
{
	struct load *l = &load;
	if (argc < 8 || argc > 9) {
		fprintf(stderr,
			"usage: load-tcp FILE ADDR PORT COUNT CONNS WINDOW SECONDS [any]\n");
		return 100;
	}
	l->takes_any = argc > 8;
	set_up(l, argv);
	ns_t start = loop_now();
	ask(l, start + (ns_t)(atof(argv[7]) * NS_PER_S));
	printf("{\"answered\": %llu, \"wrong\": %llu, \"lost\": %llu, \"seconds\": %.6f}\n",
		(unsigned long long)l->answered, (unsigned long long)l->wrong,
		(unsigned long long)l->broken, (double)(loop_now() - start) / NS_PER_S);
	return 0;
}
