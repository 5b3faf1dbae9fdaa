/* SPDX-License-Identifier: ISC */
/*
 * Owns the socket for news of neighbours, and the share of our time that they may have.
 * Never keeps what they say.
 */
#include "watch/neighbour_news.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/budget.h"
#include "base/err.h"
#include "base/limits.h"
#include "io/netlink.h"
#include "io/netns.h"
#include "model/neighbour.h"

#define SPAN (100 * NS_PER_MS)

/* What does not fit is lost. */
enum { RECEIVE_BUFFER = 262144 };

struct neighbour_news {
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
	int fd;    /* -1: not started */
	void *buf; /* of NETLINK_DATAGRAM_CAP */
	struct rtnl rtnl;
	nsid_t nsid;     /* of the datagram that is read */
	unsigned credit; /* datagrams that may still be read before span_end */
	ns_t span_end;
	struct budget_shares shares; /* by namespace */
};

static void on_event(void *arg UNUSED, const struct event *ev UNUSED)
{
}

static void on_message(void *arg, const struct nlmsghdr *h)
{
	struct neighbour_news *n = arg;
	struct event ev = {.type = EV_NEIGHBOUR, .nsid = n->nsid};
	if (neighbour_read(h, &ev.neighbour) && ev.neighbour.kind != NEIGHBOUR_IS_THERE)
		n->on_event(n->arg, &ev);
}

struct neighbour_news *neighbour_news_new(
	void (*on_news)(void *arg, const struct event *ev), void *arg)
{
	struct neighbour_news *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->on_event = on_news;
	n->arg = arg;
	n->fd = -1;
	n->rtnl.sink = (struct rtnl_sink){.on_event = on_event, .on_message = on_message, .arg = n};
	return n;
}

void neighbour_news_free(struct neighbour_news *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	free(n->buf);
	free(n);
}

/* News of our own namespace come with its id in its own table, which watch/kernel.c gives it. */
static void find_own_id(struct neighbour_news *n)
{
	struct asker asker;
	struct netns_self self = netns_self_open();
	n->rtnl.own_id = NSID_UNKNOWN;
	if (asker_open(&asker) == 0 && self.net_fd >= 0)
		(void)!asker_get_nsid(&asker, self.net_fd, &n->rtnl.own_id);
	asker_close(&asker);
	netns_self_close(&self);
}

/* The filter comes before the groups. */
static int prepare(int fd)
{
	static const int groups[] = {RTNLGRP_NEIGH};
	struct sock_filter code[NEIGHBOUR_FILTER_CAP];
	const struct sock_fprog program = {
		.len = (unsigned short)neighbour_filter_make(code), .filter = code};
	const int size = RECEIVE_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)netlink_hear_all(fd);
	return netlink_join(fd, groups, ARRAY_LEN(groups));
}

int neighbour_news_start(struct neighbour_news *n)
{
	if (n->fd >= 0)
		return 0;
	if (!n->buf)
		n->buf = malloc(NETLINK_DATAGRAM_CAP);
	int fd = n->buf ? netlink_open() : ERR_NOMEM;
	if (fd < 0)
		return fd;
	find_own_id(n);
	int err = prepare(fd);
	if (err) {
		close(fd);
		return err;
	}
	n->fd = fd;
	n->credit = LIMIT_NEIGHBOUR_READS;
	n->span_end = 0;
	return 0;
}

int neighbour_news_fd(const struct neighbour_news *n)
{
	return n->credit > 0 ? n->fd : -1;
}

ns_t neighbour_news_deadline(const struct neighbour_news *n)
{
	return n->fd >= 0 && n->credit == 0 ? n->span_end : NS_NEVER;
}

/* Begins a new span of time if the last one is over. False: it is not, and all that may be read in it was. */
static bool may_read(struct neighbour_news *n, ns_t now)
{
	if (now >= n->span_end) {
		n->span_end = now + SPAN;
		n->credit = LIMIT_NEIGHBOUR_READS;
	}
	return n->credit > 0;
}

void neighbour_news_handle(struct neighbour_news *n, ns_t now)
{
	const struct rtnl_source source = {.origin = RTNL_NEWS, .nsid = NSID_OWN};
	while (n->fd >= 0 && may_read(n, now)) {
		struct rtnl_outcome outcome;
		long len = netlink_receive(n->fd, n->buf, &n->nsid);
		if (len == -EAGAIN)
			return;
		n->credit--;
		if (len < 0)
			continue;
		if (n->nsid == n->rtnl.own_id)
			n->nsid = NSID_OWN;
		if (budget_share_may(&n->shares, (uint32_t)n->nsid, now, LIMIT_NEIGHBOUR_NEWS,
			    SPAN / LIMIT_NEIGHBOUR_NEWS))
			rtnl_parse(&n->rtnl, &source, n->buf, (size_t)len, &outcome);
	}
}
