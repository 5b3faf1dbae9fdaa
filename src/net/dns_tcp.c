/* SPDX-License-Identifier: ISC */
/*
 * Owns TCP for unicast DNS (RFC 7766): one thread, any number of clients. No client can delay
 * another, or UDP.
 * Never knows DNS: serve_answer() does.
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
#include "net/dns_conn.h"
#include "net/dns_thread.h"
#include "io/loop.h"
#include "io/process.h"
#include "io/rcu.h"
#include "io/sandbox_lists.h"

enum {
	EVENTS = 64,
	/* Less than LIMIT_TCP_SOURCE: connections that a source has closed are noticed between two
	 * turns, and no longer count against its new ones. */
	ACCEPTS_A_TURN = 16,
	REST_MS = 100
};

static int watch(struct tcp_server *s, struct source *source, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = source};
	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, source->fd, &ev) ? -errno : 0;
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
