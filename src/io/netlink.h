/* SPDX-License-Identifier: ISC */
/* NETLINK_ROUTE sockets: opens them, receives and sends single datagrams, and asks questions that
 * have one answer. */
#pragma once

#include <stddef.h>

#include "model/event.h"
#include "model/rtnl.h"
#include "model/rtnl_request.h"

/* Larger than any datagram of the kernel: an answer to a dump has at most 32 KiB (netlink_dump), a
 * notification about a link less than 8 KiB. */
enum { NETLINK_DATAGRAM_CAP = 65536 };

/* The least that the kernel charges for a datagram in the receive buffer: its struct sk_buff. So a buffer holds at
 * most so many. */
enum { NETLINK_MIN_CHARGE = 256 };

/* Returns a bound, non-blocking socket with strict checking of requests, or a negative errno. */
int netlink_open(void) MUSTCHECK;

/* Subscribes the socket to notifications about links, addresses and nsids. If `is_all`, also to
 * those of all namespaces that have an nsid, which needs CAP_NET_BROADCAST. Returns a negative
 * errno or 0. */
int netlink_subscribe(int fd, bool is_all) MUSTCHECK;

/* The socket hears, of each group, also all namespaces that have an nsid. -EPERM without CAP_NET_BROADCAST. */
int netlink_hear_all(int fd);

/* Subscribes the socket to these groups (RTNLGRP_*) of its own namespace. Returns a negative errno
 * or 0. */
int netlink_join(int fd, const int *groups, size_t count) NONNULL MUSTCHECK;

/* Makes the receive buffer as large as permitted, up to `bytes`. Returns its new size. */
size_t netlink_set_buffer(int fd, size_t bytes);

/* Sends a request to the kernel. Returns a negative errno or 0. */
int netlink_send(int fd, const struct rtnl_request *request) NONNULL MUSTCHECK;

/* Receives one datagram of the kernel into `buf` (NETLINK_DATAGRAM_CAP bytes, aligned). Returns its
 * length, or a negative errno: -EAGAIN if there is none, -ENOBUFS if datagrams were lost, -EMSGSIZE
 * if one did not fit. `*ret_nsid` is the nsid in its control message, or NSID_OWN if it has
 * none. */
long netlink_receive(int fd, void *buf, nsid_t *ret_nsid) NONNULL MUSTCHECK;

/* A socket for questions with one answer. The kernel answers before the send returns. */
struct asker {
	int fd; /* -1 when closed */
	uint32_t seq;
	void *buf;
	struct rtnl rtnl;
	struct event answer;
	bool has_answer;
};

/* Returns a negative errno or 0. `a` can be closed in either case. */
int asker_open(struct asker *a) NONNULL MUSTCHECK;
void asker_close(struct asker *a) NONNULL;

/* Sends `request`, which has the sequence number a->seq and is about `nsid`, and waits for the
 * answer. Returns 0 or a negative errno of the kernel. If the answer is an event, has_answer is set
 * and it is in `answer`. */
int asker_ask(struct asker *a, const struct rtnl_request *request, nsid_t nsid) NONNULL MUSTCHECK;

/* Sends `request`, a dump of `nsid` with a->seq, and passes all answers to `sink`. Returns 0 or a
 * negative errno: -EINTR if changes interrupted the dump, so that something may be missing. */
int asker_dump(struct asker *a, const struct rtnl_request *request, nsid_t nsid,
	const struct rtnl_sink *sink) NONNULL MUSTCHECK;

/* Finds the nsid of the namespace that `fd` refers to. -ENOENT if it has none. */
int asker_get_nsid(struct asker *a, int fd, nsid_t *ret) NONNULL MUSTCHECK;

/* Gives the namespace the nsid `nsid`, or, if that is -1, one that the kernel chooses. -EEXIST if
 * it has an nsid already, or if another namespace has this one. */
int asker_set_nsid(struct asker *a, int fd, nsid_t nsid) NONNULL MUSTCHECK;

/* Finds the nsid of the namespace that `fd` refers to. If it has none, gives it the first free nsid
 * from `*next` on. `*next` moves past each nsid that was tried. -EEXIST if LIMIT_NSID_TRIES nsids
 * in a row were not free. */
int asker_find_or_give_nsid(struct asker *a, int fd, nsid_t *next, nsid_t *ret) NONNULL MUSTCHECK;

/* Gets the current state of the link. -ENODEV and other errors of the kernel. */
int asker_get_link(struct asker *a, nsid_t nsid, uint32_t ifindex, struct event *ret) NONNULL
	MUSTCHECK;
