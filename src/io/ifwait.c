/* SPDX-License-Identifier: ISC */
/*
 * Owns the sockets and the loop that wait for a link: subscribe, dump, then follow the news.
 * Never judges whether the wait is over: device/await.c does.
 */
#include "io/ifwait.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "device/request.h"
#include "io/loop.h"
#include "io/netlink.h"

/* After so many interrupted dumps, the last is used: the notifications have the changes. */
enum { DUMP_TRIES = 8 };

struct waiting {
	struct await *await;
	struct asker asker;
	struct rtnl news;
	int news_fd;
	int end_fd;    /* ends the wait; -1: none */
	bool has_news; /* since the last dump */
	void *buf;
};

static void on_event(void *arg, const struct event *ev)
{
	await_event(arg, ev);
}

static void on_message(void *arg, const struct nlmsghdr *h)
{
	await_message(arg, h);
}

static struct rtnl_sink sink_of(struct await *a)
{
	return (struct rtnl_sink){.on_event = on_event, .on_message = on_message, .arg = a};
}

static int dump_all(struct waiting *w)
{
	struct asker *asker = &w->asker;
	const struct rtnl_sink sink = sink_of(w->await);
	const struct rtnl_request requests[] = {
		rtnl_dump_links(asker->seq + 1, NSID_OWN),
		rtnl_dump_addrs(asker->seq + 2, NSID_OWN),
		request_dump_routes(asker->seq + 3, ADDR_V4),
		request_dump_routes(asker->seq + 4, ADDR_V6),
	};
	int err = 0;
	bool is_interrupted = false;
	w->has_news = false;
	await_forget(w->await);
	for (size_t i = 0; i < ARRAY_LEN(requests) && !err; i++) {
		asker->seq++;
		err = asker_dump(asker, &requests[i], NSID_OWN, &sink);
		if (err == -EINTR) {
			is_interrupted = true;
			err = 0;
		}
	}
	return err || !is_interrupted ? err : -EINTR;
}

/* The dump includes all earlier notifications; changes after it began are in the later ones. */
static int resync(struct waiting *w)
{
	int err = -EINTR;
	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++)
		err = dump_all(w);
	return err == -EINTR ? 0 : err;
}

/* Takes in all pending notifications. */
static int read_news(struct waiting *w)
{
	const struct rtnl_source source = {.origin = RTNL_NEWS, .nsid = NSID_OWN};
	for (;;) {
		struct rtnl_outcome outcome;
		nsid_t ignored;
		long len = netlink_receive(w->news_fd, w->buf, &ignored);
		if (len == -EAGAIN)
			return 0;
		if (len == -ENOBUFS || len == -EMSGSIZE) {
			int err = resync(w);
			if (err)
				return err;
			continue;
		}
		if (len < 0)
			return (int)len;
		rtnl_parse(&w->news, &source, w->buf, (size_t)len, &outcome);
		w->has_news = true;
	}
}

static int wait_for_news(struct waiting *w, ns_t deadline)
{
	struct pollfd polled[] = {{.fd = w->news_fd, .events = POLLIN},
		{.fd = w->end_fd, .events = POLLIN}}; /* one of -1 is left out */
	struct timespec left = {0};
	if (deadline != NS_NEVER) {
		ns_t ns = deadline - loop_now();
		if (ns <= 0)
			return ERR_ABSENT;
		left.tv_sec = ns / NS_PER_S;
		left.tv_nsec = ns % NS_PER_S;
	}
	int count = ppoll(polled, ARRAY_LEN(polled), deadline == NS_NEVER ? NULL : &left, NULL);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	return polled[1].revents ? -ECANCELED : 0;
}

static int open_news(struct waiting *w)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
	w->news.own_id = NSID_UNKNOWN;
	w->news.sink = sink_of(w->await);
	w->buf = malloc(NETLINK_DATAGRAM_CAP);
	if (!w->buf)
		return ERR_NOMEM;
	w->news_fd = netlink_open();
	return w->news_fd < 0 ? w->news_fd : netlink_join(w->news_fd, groups, ARRAY_LEN(groups));
}

/* Processes all pending notifications. The kernel does not report an address of SLAAC before its
 * duplicate address detection has ended, but a dump has it, and it may be in a network that goes
 * first. So if the notifications alone say that the wait is over, a dump decides. */
static int read_and_confirm(struct waiting *w)
{
	int err = read_news(w);
	if (err || !w->has_news || !await_is_met(w->await))
		return err;
	err = resync(w);
	return err ? err : read_news(w);
}

int ifwait(struct await *a, ns_t deadline, int end_fd)
{
	struct waiting w = {.await = a, .news_fd = -1, .end_fd = end_fd};
	int err = asker_open(&w.asker);
	if (!err)
		err = open_news(&w);
	if (!err)
		err = resync(&w);
	if (!err)
		err = read_and_confirm(&w);
	while (!err && !await_is_met(a)) {
		err = wait_for_news(&w, deadline);
		if (!err)
			err = read_and_confirm(&w);
	}
	asker_close(&w.asker);
	if (w.news_fd >= 0)
		close(w.news_fd);
	free(w.buf);
	return err;
}
