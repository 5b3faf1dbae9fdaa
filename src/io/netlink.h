/* SPDX-License-Identifier: ISC */
/* NETLINK_ROUTE sockets: opening, one datagram in, one out, and questions with one answer. */
#pragma once

#include <stddef.h>

#include "model/event.h"
#include "model/rtnl.h"
#include "model/rtnl_request.h"

/* More than the kernel puts into one datagram: an answer to a dump has at most 32 KiB
 * (netlink_dump), a notification about a link less than 8 KiB. */
enum { NETLINK_DATAGRAM_CAP = 65536 };

/* A bound, non-blocking socket that is strict about requests, or a negative errno. */
int netlink_open(void) MUSTCHECK;

/* Lets the socket receive notifications of links, addresses and nsids; of all namespaces that have
 * an nsid too if `is_all`, for which CAP_NET_BROADCAST is needed. A negative errno or 0. */
int netlink_subscribe(int fd, bool is_all) MUSTCHECK;

/* Lets the socket receive notifications of these groups (RTNLGRP_*) of its own namespace. A negative
 * errno or 0. */
int netlink_join(int fd, const int *groups, size_t count) NONNULL MUSTCHECK;

/* Makes the receive buffer as large as may be, up to `bytes`. Returns what it is then. */
size_t netlink_set_buffer(int fd, size_t bytes);

/* Sends a request to the kernel. A negative errno or 0. */
int netlink_send(int fd, const struct rtnl_request *request) NONNULL MUSTCHECK;

/* Receives one datagram of the kernel's into `buf` (NETLINK_DATAGRAM_CAP bytes, aligned). Returns
 * its length, or a negative errno: -EAGAIN when there is none, -ENOBUFS when some were lost,
 * -EMSGSIZE when one did not fit. `*ret_nsid` is that of its cmsg, NSID_OWN without one. */
long netlink_receive(int fd, void *buf, nsid_t *ret_nsid) NONNULL MUSTCHECK;

/* A socket for questions that have one answer, which the kernel gives before sending returns. */
struct asker {
	int fd; /* -1 when closed */
	uint32_t seq;
	void *buf;
	struct rtnl rtnl;
	struct event answer;
	bool has_answer;
};

/* A negative errno or 0; `a` can be closed after either. */
int asker_open(struct asker *a) NONNULL MUSTCHECK;
void asker_close(struct asker *a) NONNULL;

/* Sends `request`, which has a->seq and is about `nsid`, and waits for the answer. 0 with or
 * without an answer that is an event (has_answer, answer), or a negative errno of the kernel. */
int asker_ask(struct asker *a, const struct rtnl_request *request, nsid_t nsid) NONNULL MUSTCHECK;

/* Sends `request`, a dump of `nsid` with a->seq, and hands all that is answered to `sink`. 0, or a
 * negative errno: -EINTR if it was interrupted by changes, so that something may be missing. */
int asker_dump(struct asker *a, const struct rtnl_request *request, nsid_t nsid,
	const struct rtnl_sink *sink) NONNULL MUSTCHECK;

/* The id of the namespace that `fd` is of. -ENOENT: it has none. */
int asker_get_nsid(struct asker *a, int fd, nsid_t *ret) NONNULL MUSTCHECK;

/* Gives it the id `nsid`, or, for -1, one of the kernel's choice. -EEXIST: it has one, or another
 * namespace has this one. */
int asker_set_nsid(struct asker *a, int fd, nsid_t nsid) NONNULL MUSTCHECK;

/* The id of the namespace that `fd` is of; if it has none, the next from `*next` on that is free is
 * given to it. `*next` grows past each id that was tried. -EEXIST: LIMIT_NSID_TRIES were not free. */
int asker_find_or_give_nsid(struct asker *a, int fd, nsid_t *next, nsid_t *ret) NONNULL MUSTCHECK;

/* The link as it is now. -ENODEV and others of the kernel. */
int asker_get_link(struct asker *a, nsid_t nsid, uint32_t ifindex, struct event *ret) NONNULL
	MUSTCHECK;
