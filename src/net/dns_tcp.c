/* SPDX-License-Identifier: ISC */
/*
 * Owns TCP for unicast DNS (RFC 7766): one thread, any number of clients. No client can delay
 * another, or UDP.
 * Never knows DNS: serve_answer() does.
 *
 * In its turn, a connection reads what has arrived, answers each complete query, and writes all
 * answers at once. The rest (a part of a query, or answers that the client does not take) is kept
 * until the next turn. While answers wait, nothing more is read. So a connection never holds more
 * than one reading and its answers. Progress rule: a connection that completes neither a query nor
 * the sending of its answers for LIMIT_TCP_IDLE_S is closed. Answers are in the order of the
 * queries: each is ready at once, so another order (RFC 7766 §6.2.1.1) would help only behind a
 * transfer.
 *
 *	READING ── answers left ──► WRITING ── all sent ──► READING ── end, error, idle ──► closed
 *
 * A query for a transfer ends the reading. It is passed to the main thread (net/transfers.h). When
 * there is data to send, the connection is WRITING, message after message, until the last one. One
 * message is made and sent per turn, so that other connections have their turns in between.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "net/dns_answer.h"
#include "net/dns_listeners.h"
#include "net/dns_part.h"
#include "net/dns_source.h"
#include "net/dns_thread.h"
#include "io/loop.h"
#include "io/process.h"
#include "io/rcu.h"
#include "io/sandbox_lists.h"
#include "wire/msg.h"

enum {
	EVENTS = 64,
	/* Less than LIMIT_TCP_SOURCE: connections that a source has closed are noticed between two
	 * turns, and no longer count against its new ones. */
	ACCEPTS_A_TURN = 16,
	PREFIX_LEN = 2, /* RFC 1035 §4.2.2 */
	REST_MS = 100,
	READ_CAP = PREFIX_LEN + LIMIT_UPDATE_TCP,
	WRITE_CAP = 2 * (PREFIX_LEN + MSG_CAP)
};

struct conn {
	struct source source;
	struct list in_use;        /* ordered by last progress, oldest first */
	struct map_node by_client; /* key: hash of the client's network */
	ns_t progress;
	struct serve_client client;
	uint8_t *in; /* input not answered yet; NULL if none */
	size_t in_len;
	uint8_t *out; /* answers not sent yet; NULL if none */
	size_t out_len, out_sent;
	bool is_closing;           /* nothing more is read: close when all is sent */
	uint32_t events;           /* the events that epoll waits for */
	struct transfer *transfer; /* requested, or being sent; NULL: none */
	bool is_sending;           /* `transfer` is ready to be sent */
	bool is_large;             /* `in` has more than a query may have: a part of an update */
};

struct tcp_server {
	struct serve_ctx ctx;
	_Atomic uint64_t accepted, limited, open;
	_Atomic uint64_t send_failed;
	pthread_t thread;
	int epoll_fd;
	struct source stop;          /* an eventfd */
	struct source ready;         /* readable when a transfer is ready */
	struct transfers *transfers; /* NULL: none */
	const struct log *log;
	ns_t now;           /* time at the end of the last wait */
	struct list conns;  /* of struct conn.in_use */
	struct map clients; /* of struct conn.by_client */
	uint64_t seed;      /* of the hashes in `clients` */
	size_t conn_limit;  /* LIMIT_TCP_CONNS, or what the descriptors allow */
	size_t large_count; /* of connections */
	bool has_to_rest;   /* accept(2) lacked resources, and no connection has them */
	struct listeners listeners;
	uint8_t read_buffer[READ_CAP];
	uint8_t write_buffer[WRITE_CAP];
};

static int watch(struct tcp_server *s, struct source *source, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = source};
	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, source->fd, &ev) ? -errno : 0;
}

static void wait_for(struct tcp_server *s, struct conn *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = &c->source};
	if (c->events == events)
		return;
	c->events = events;
	(void)!epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->source.fd, &ev);
}

static void end_transfer(struct tcp_server *s, struct conn *c, bool is_done)
{
	if (!c->transfer->update)
		transfer_log_end(c->transfer, &c->client.addr, is_done, s->log);
	transfers_end(s->transfers, c->transfer, is_done && c->transfer->xfr.source);
	c->transfer = NULL;
	c->is_sending = false;
}

/* The connection does not need its transfer any more. */
static void drop_transfer(struct tcp_server *s, struct conn *c)
{
	if (c->is_sending)
		end_transfer(s, c, false);
	else
		c->transfer->conn = NULL; /* the main thread still holds it */
	c->transfer = NULL;
}

static void conn_free(struct tcp_server *s, struct conn *c)
{
	if (c->transfer)
		drop_transfer(s, c);
	close(c->source.fd); /* also removes it from the epoll set */
	list_remove(&c->in_use);
	map_remove(&s->clients, &c->by_client);
	s->large_count -= c->is_large;
	free(c->in);
	free(c->out);
	free(c);
	atomic_fetch_sub_explicit(&s->open, 1, memory_order_relaxed);
}

static void note_progress(struct tcp_server *s, struct conn *c)
{
	c->progress = s->now;
	list_remove(&c->in_use);
	list_append(&s->conns, &c->in_use);
}

/* Sets `*kept` to a copy of the bytes, or to NULL if there are none. False if out of memory. */
static bool keep(uint8_t **kept, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = NULL;
	if (len > 0) {
		copy = malloc(len);
		if (!copy)
			return false;
		memcpy(copy, bytes, len);
	}
	free(*kept);
	*kept = copy;
	return true;
}

/* True if the message at the start of the input is longer than it may be: only an update may have more than a
 * query needs, where updates are taken. */
static bool is_too_long(const struct tcp_server *s, const uint8_t *in, size_t len)
{
	enum { FLAGS_LEN = 4 };
	if (len < PREFIX_LEN || get_u16(in) <= LIMIT_TCP_QUERY)
		return false;
	const struct transfer_policy *policy = s->transfers ? transfers_policy(s->transfers) : NULL;
	if (!policy || !policy->has_updates)
		return true;
	return len >= PREFIX_LEN + FLAGS_LEN && !request_is_update(in + PREFIX_LEN);
}

/* Returns the length of the message at the start of the input, including its prefix; 0 if it is not
 * complete, or too long. */
static size_t whole_message(const struct tcp_server *s, const uint8_t *in, size_t len)
{
	if (len < PREFIX_LEN || len - PREFIX_LEN < get_u16(in) || is_too_long(s, in, len))
		return 0;
	return PREFIX_LEN + (size_t)get_u16(in);
}

/* Passes a transfer on to the main thread. */
static void ask_for(struct tcp_server *s, struct conn *c, struct transfer *transfer)
{
	transfer->conn = c;
	c->transfer = transfer;
	c->is_sending = false;
	transfers_ask(s->transfers, transfer);
}

/* Answers complete queries until there are no more, or there is no room for another answer, or a
 * transfer is requested. Sets `*used` to the bytes of input that were consumed. Returns the length
 * of the answers. After a query that gets no answer, nothing more is read from the client; it still
 * gets the earlier answers. */
static size_t answer_queries(
	struct tcp_server *s, struct conn *c, uint8_t *in, size_t len, size_t *used)
{
	size_t out = 0, message;
	unsigned count = 0;
	*used = 0;
	while (!c->transfer && count++ < LIMIT_TCP_TURN_QUERIES &&
		WRITE_CAP - out >= PREFIX_LEN + MSG_CAP &&
		(message = whole_message(s, in + *used, len - *used)) > 0) {
		uint8_t *reply = s->write_buffer + out;
		struct transfer *transfer = NULL;
		size_t reply_len =
			dns_answer(&s->ctx, s->transfers, &c->client, in + *used + PREFIX_LEN,
				message - PREFIX_LEN, reply + PREFIX_LEN, MSG_CAP, &transfer);
		*used += message;
		if (transfer) {
			ask_for(s, c, transfer);
			break;
		}
		if (reply_len == 0) {
			c->is_closing = true;
			*used = len;
			break;
		}
		put_u16(reply, (uint16_t)reply_len);
		out += PREFIX_LEN + reply_len;
	}
	return out;
}

/* Writes as much as the client takes now. Returns the length written, or -1 if the connection is
 * broken. */
static ssize_t write_some(struct tcp_server *s, struct conn *c, const uint8_t *bytes, size_t len)
{
	ssize_t n;
	do
		n = send(c->source.fd, bytes, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		count_up(&s->send_failed);
	return n;
}

/* What a turn leads to. */
enum turn { TURN_READ_ON, TURN_WRITE_ON, TURN_WAIT, TURN_CLOSE };

/* Keeps the rest of the input, and `sent` bytes of the answers are sent. */
static enum turn write_on(struct tcp_server *s, struct conn *c, const uint8_t *in, size_t len,
	size_t sent, size_t out_len)
{
	c->out_len = out_len - sent;
	c->out_sent = 0;
	c->in_len = len;
	if (!keep(&c->out, s->write_buffer + sent, c->out_len) || !keep(&c->in, in, len))
		return TURN_CLOSE;
	return TURN_WRITE_ON;
}

/* Notes how much of a message is kept. False if too many connections have so much. */
static bool note_large(struct tcp_server *s, struct conn *c, size_t len)
{
	s->large_count -= c->is_large;
	c->is_large = len > PREFIX_LEN + LIMIT_TCP_QUERY && !c->transfer;
	s->large_count += c->is_large;
	return s->large_count <= LIMIT_UPDATES_ARRIVING;
}

/* Answers some complete queries in `len` bytes of input, and keeps the rest. Others have their turn
 * before more of this client's are answered. */
static enum turn answer_input(struct tcp_server *s, struct conn *c, uint8_t *in, size_t len)
{
	size_t used;
	size_t out_len = answer_queries(s, c, in, len, &used);
	in += used;
	len -= used;
	if (out_len > 0) {
		ssize_t sent = write_some(s, c, s->write_buffer, out_len);
		if (sent < 0)
			return TURN_CLOSE;
		note_progress(s, c);
		if ((size_t)sent < out_len || (!c->transfer && whole_message(s, in, len) > 0))
			return write_on(s, c, in, len, (size_t)sent, out_len);
	}
	/* Do not wait for the rest of a message that is too long, or of one too many. */
	if (is_too_long(s, in, len) || !note_large(s, c, len))
		return TURN_CLOSE;
	c->in_len = len;
	if ((c->is_closing && !c->transfer) || !keep(&c->in, in, len))
		return TURN_CLOSE;
	return c->transfer ? TURN_WAIT : TURN_READ_ON;
}

/* Appends what has arrived to the kept input, and answers. */
static enum turn read_turn(struct tcp_server *s, struct conn *c)
{
	size_t len = c->in_len;
	ssize_t n = 0;
	if (len > 0)
		memcpy(s->read_buffer, c->in, len);
	if (len < READ_CAP && !c->is_closing) {
		do
			n = read(c->source.fd, s->read_buffer + len, READ_CAP - len);
		while (n < 0 && errno == EINTR);
		if (n < 0 && errno != EAGAIN)
			return TURN_CLOSE;
		c->is_closing = n == 0;
	}
	return answer_input(s, c, s->read_buffer, len + (n > 0 ? (size_t)n : 0));
}

/* Makes the next message of the transfer, or the reply that refuses it. Returns its length; 0 at
 * the end; < 0 if it is broken. */
static int next_message(struct transfer *t, uint8_t *out)
{
	struct xfr *x = &t->xfr;
	if (t->update)
		return (int)update_ask_take_reply(t->update, out);
	if (t->err && !x->is_done)
		return xfr_refuse(x, t->err == ERR_ABSENT ? RCODE_NOTAUTH : RCODE_SERVFAIL,
			dns_unix_time(), out, MSG_CAP);
	return xfr_next(x, dns_unix_time(), out, MSG_CAP);
}

/* Sends one message of a transfer. After the last message, answers the input read meanwhile. */
static enum turn transfer_turn(struct tcp_server *s, struct conn *c)
{
	int len = next_message(c->transfer, s->write_buffer + PREFIX_LEN);
	if (len < 0)
		return TURN_CLOSE;
	if (len == 0) {
		end_transfer(s, c, true);
		return read_turn(s, c);
	}
	put_u16(s->write_buffer, (uint16_t)len);
	ssize_t sent = write_some(s, c, s->write_buffer, PREFIX_LEN + (size_t)len);
	if (sent < 0)
		return TURN_CLOSE;
	c->out_len = PREFIX_LEN + (size_t)len - (size_t)sent;
	c->out_sent = 0;
	if (!keep(&c->out, s->write_buffer + sent, c->out_len))
		return TURN_CLOSE;
	if (!c->out)
		note_progress(s, c);
	return TURN_WRITE_ON;
}

/* Continues to write. When all is sent, answers the input read meanwhile. */
static enum turn write_turn(struct tcp_server *s, struct conn *c)
{
	if (!c->out)
		return transfer_turn(s, c);
	ssize_t n = write_some(s, c, c->out + c->out_sent, c->out_len - c->out_sent);
	if (n < 0)
		return TURN_CLOSE;
	c->out_sent += (size_t)n;
	if (c->out_sent < c->out_len)
		return TURN_WRITE_ON;
	note_progress(s, c);
	free(c->out);
	c->out = NULL;
	if (c->transfer)
		return c->is_sending ? TURN_WRITE_ON : TURN_WAIT;
	return read_turn(s, c);
}

/* Runs one turn. The connection may be freed afterwards. */
static void conn_turn(struct tcp_server *s, struct conn *c)
{
	/* While the main thread holds our request, no events are requested, so this is EPOLLHUP or
	 * EPOLLERR: the connection has ended. */
	if (c->transfer && !c->is_sending && !c->out) {
		conn_free(s, c);
		return;
	}
	switch (c->out || c->is_sending ? write_turn(s, c) : read_turn(s, c)) {
	case TURN_READ_ON: wait_for(s, c, EPOLLIN); break;
	case TURN_WRITE_ON: wait_for(s, c, EPOLLOUT); break;
	case TURN_WAIT: wait_for(s, c, 0); break;
	case TURN_CLOSE: conn_free(s, c); break;
	}
}

static bool is_over_source_limit(const struct tcp_server *s, const struct addr *addr)
{
	unsigned count = 0;
	/* Few steps: a source never has more connections than the limit. */
	MAP_EACH_WITH(c, &s->clients, dns_source_hash(s->seed, addr), struct conn, by_client)
		count += dns_is_same_source(&c->client.addr, addr);
	return count >= LIMIT_TCP_SOURCE;
}

/* Makes room by closing the connection whose last progress is oldest. False if there is none. */
static bool close_stalest(struct tcp_server *s)
{
	if (list_is_empty(&s->conns))
		return false;
	conn_free(s, container_of(s->conns.next, struct conn, in_use));
	count_up(&s->limited);
	return true;
}

/* Adds the connection to the list and the map. False if out of memory. */
static bool enlist(struct tcp_server *s, struct conn *c)
{
	if (map_add(&s->clients, &c->by_client, dns_source_hash(s->seed, &c->client.addr)))
		return false;
	list_append(&s->conns, &c->in_use);
	atomic_fetch_add_explicit(&s->open, 1, memory_order_relaxed);
	return true;
}

static void add_conn(struct tcp_server *s, int fd, const union sockaddr_inet *from)
{
	struct conn *c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	c->source = (struct source){SOURCE_CONN, fd};
	c->progress = s->now;
	c->events = EPOLLIN;
	c->client = client_of(from, true);
	count_up(&s->accepted);
	bool is_limited = is_over_source_limit(s, &c->client.addr);
	if (is_limited)
		count_up(&s->limited);
	if (is_limited || !enlist(s, c)) {
		close(fd);
		free(c);
	} else if (watch(s, &c->source, EPOLLIN)) {
		conn_free(s, c);
	} else {
		/* TCP_DEFER_ACCEPT: the client has sent data already. */
		conn_turn(s, c);
	}
}

/* Accepts waiting connections, a bounded number per turn. */
static void accept_some(struct tcp_server *s, int listener)
{
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		union sockaddr_inet from = {0};
		socklen_t len = sizeof(from);
		int fd = accept4(listener, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			s->has_to_rest = process_lacks_resources(errno) && !close_stalest(s);
			return;
		}
		if (s->open >= s->conn_limit)
			(void)close_stalest(s);
		add_conn(s, fd, &from);
	}
}

/* Closes the connections that made no progress for too long. Returns the time to sleep in ms, or -1
 * for no limit. */
static int sweep(struct tcp_server *s)
{
	ns_t limit = LIMIT_TCP_IDLE_S * NS_PER_S;
	while (!list_is_empty(&s->conns)) {
		struct conn *c = container_of(s->conns.next, struct conn, in_use);
		if (s->now - c->progress < limit)
			return (int)((c->progress + limit - s->now) / NS_PER_MS) + 1;
		conn_free(s, c);
	}
	return -1;
}

/* Takes the transfers that the main thread has made ready, and begins to send them. */
static void take_transfers(struct tcp_server *s)
{
	for (struct transfer *t; (t = transfers_next_ready(s->transfers));) {
		struct conn *c = t->conn;
		if (!c) {
			transfers_end(s->transfers, t, false);
			continue;
		}
		c->is_sending = true;
		if (!c->out) /* otherwise an event will come */
			conn_turn(s, c);
	}
}

/* The main thread may have closed it meanwhile, or opened another one in its place. */
static void listener_turn(struct tcp_server *s, const struct source *listener)
{
	int fd = listeners_use(&s->listeners, listener);
	if (fd >= 0)
		accept_some(s, fd);
	listeners_unuse(&s->listeners);
}

/* Connections come first, because the turn of a connection closes at most itself, but accepting may
 * close any connection. Returns false when the thread must stop. */
static bool handle_events(struct tcp_server *s, const struct epoll_event *events, int count)
{
	const struct source *listeners[EVENTS];
	int listener_count = 0;
	bool has_transfers = false;
	for (int i = 0; i < count; i++) {
		struct source *source = events[i].data.ptr;
		switch (source->kind) {
		case SOURCE_STOP: return false;
		case SOURCE_LISTENER: listeners[listener_count++] = source; break;
		case SOURCE_CONN: conn_turn(s, container_of(source, struct conn, source)); break;
		case SOURCE_TRANSFERS: has_transfers = true; break;
		}
	}
	if (has_transfers)
		take_transfers(s);
	for (int i = 0; i < listener_count; i++)
		listener_turn(s, listeners[i]);
	return true;
}

static void *run(void *arg)
{
	struct tcp_server *s = arg;
	struct epoll_event events[EVENTS];
	struct pollfd stop = {.fd = s->stop.fd, .events = POLLIN};
	int count;
	sandbox_thread_confine();
	rcu_reader_begin();
	do {
		int timeout = sweep(s);
		rcu_reader_offline();
		if (s->has_to_rest)
			(void)poll(&stop, 1, REST_MS);
		s->has_to_rest = false;
		count = epoll_wait(s->epoll_fd, events, EVENTS, timeout);
		rcu_reader_online();
		s->now = loop_now();
		s->ctx.unix_s = (uint32_t)dns_unix_time();
		s->ctx.is_short_of_conns = s->open > LIMIT_TCP_CONNS_EASY;
	} while (handle_events(s, events, count));
	rcu_reader_end();
	return NULL;
}

static int start(struct tcp_server *s)
{
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->stop = (struct source){SOURCE_STOP, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (s->epoll_fd < 0 || s->stop.fd < 0)
		return -errno;
	int err = watch(s, &s->stop, EPOLLIN);
	if (!err && s->transfers)
		err = watch(s, &s->ready, EPOLLIN);
	return err ? err : dns_thread_start(&s->thread, run, s);
}

struct tcp_server *tcp_server_start(const struct dns_config *config)
{
	/* Large, but the kernel allocates its pages only when a client uses TCP. */
	struct tcp_server *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->ctx.zone = config->zone;
	s->ctx.views = config->views;
	s->ctx.policy = &config->policy;
	s->transfers = config->transfers;
	s->log = config->log;
	if (s->transfers)
		s->ready = (struct source){SOURCE_TRANSFERS, transfers_ready_fd(s->transfers)};
	s->seed = loop_random();
	s->conn_limit = process_descriptors_beside(LIMIT_OTHER_DESCRIPTORS, LIMIT_TCP_CONNS);
	s->now = loop_now();
	list_init(&s->conns);
	map_init(&s->clients);
	listeners_init(&s->listeners);
	if (start(s) == 0)
		return s;
	listeners_fini(&s->listeners);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	if (s->stop.fd >= 0)
		close(s->stop.fd);
	free(s);
	return NULL;
}

int tcp_server_listen(struct tcp_server *s, int fd)
{
	return listeners_add(&s->listeners, s->epoll_fd, fd);
}

void tcp_server_unlisten(struct tcp_server *s, int listener)
{
	listeners_close(&s->listeners, listener);
}

void tcp_server_stop(struct tcp_server *s)
{
	const uint64_t one = 1;
	if (!s)
		return;
	(void)!write(s->stop.fd, &one, sizeof(one));
	pthread_join(s->thread, NULL);
	while (!list_is_empty(&s->conns))
		conn_free(s, container_of(s->conns.next, struct conn, in_use));
	listeners_fini(&s->listeners);
	map_fini(&s->clients);
	close(s->epoll_fd);
	close(s->stop.fd);
	free(s);
}

void tcp_server_add_stats(const struct tcp_server *s, struct dns_stats *sum)
{
	serve_add_counts(&s->ctx, sum->counts);
	sum->send_failed += atomic_load_explicit(&s->send_failed, memory_order_relaxed);
	sum->tcp_accepted += atomic_load_explicit(&s->accepted, memory_order_relaxed);
	sum->tcp_limited += atomic_load_explicit(&s->limited, memory_order_relaxed);
	sum->tcp_open += atomic_load_explicit(&s->open, memory_order_relaxed);
}
