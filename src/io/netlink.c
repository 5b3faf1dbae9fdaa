/* SPDX-License-Identifier: ISC */
/*
 * Owns the system calls on NETLINK_ROUTE sockets.
 * Never looks into messages itself.
 */
#include "io/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int err = set_int(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	if (!err && bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int netlink_hear_all(int fd)
{
	return set_int(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1);
}

int netlink_subscribe(int fd, bool is_all)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NSID};
	int err = is_all ? netlink_hear_all(fd) : 0;
	return err ? err : netlink_join(fd, groups, ARRAY_LEN(groups));
}

int netlink_join(int fd, const int *groups, size_t count)
{
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = set_int(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups[i]);
	return err;
}

size_t netlink_set_buffer(int fd, size_t bytes)
{
	/* SO_RCVBUFFORCE may exceed net.core.rmem_max, but needs CAP_NET_ADMIN in the initial user
	 * namespace. Both options double the number, for the kernel's own overhead (socket(7)). */
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)(bytes / 2)) != 0)
		(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, (int)(bytes / 2));
	int real = 0;
	socklen_t len = sizeof(real);
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &real, &len) != 0 || real < 0)
		return 0;
	return (size_t)real;
}

int netlink_send(int fd, const struct rtnl_request *request)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	for (;;) {
		if (sendto(fd, request->bytes, request->len, 0, (const struct sockaddr *)&kernel,
			    sizeof(kernel)) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

static nsid_t nsid_of(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		int32_t nsid;
		if (c->cmsg_level != SOL_NETLINK || c->cmsg_type != NETLINK_LISTEN_ALL_NSID ||
			c->cmsg_len < CMSG_LEN(sizeof(nsid)))
			continue;
		memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));
		return nsid;
	}
	return NSID_OWN;
}

long netlink_receive(int fd, void *buf, nsid_t *ret_nsid)
{
	for (;;) {
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct nl_pktinfo))];
		} control;
		struct sockaddr_nl from = {0};
		struct iovec iov = {.iov_base = buf, .iov_len = NETLINK_DATAGRAM_CAP};
		struct msghdr msg = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t len = recvmsg(fd, &msg, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		/* Other processes can send to our port too; only the kernel's port id is 0. */
		if (from.nl_pid != 0)
			continue;
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		*ret_nsid = nsid_of(&msg);
		return len;
	}
}

/* --- requests ----------------------------------------------------------------------------- */

static void keep_answer(void *arg, const struct event *ev)
{
	struct asker *a = arg;
	a->answer = *ev;
	a->has_answer = true;
}

int asker_open(struct asker *a)
{
	*a = (struct asker){.fd = -1};
	a->rtnl.own_id = NSID_UNKNOWN;
	a->rtnl.sink = (struct rtnl_sink){.on_event = keep_answer, .arg = a};
	a->buf = malloc(NETLINK_DATAGRAM_CAP);
	if (!a->buf)
		return ERR_NOMEM;
	a->fd = netlink_open();
	return a->fd < 0 ? a->fd : 0;
}

void asker_close(struct asker *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	free(a->buf);
	a->buf = NULL;
}

int asker_ask(struct asker *a, const struct rtnl_request *request, nsid_t nsid)
{
	const struct rtnl_source source = {.origin = RTNL_ANSWER, .nsid = nsid, .seq = a->seq};
	struct rtnl_outcome outcome = {0};
	a->has_answer = false;
	int err = netlink_send(a->fd, request);
	/* Progress: each turn takes one datagram. A datagram without the answer was sent
	 * earlier. */
	while (!err && outcome.answers == 0 && !outcome.is_done) {
		nsid_t ignored;
		long len = netlink_receive(a->fd, a->buf, &ignored);
		if (len < 0)
			return (int)len;
		rtnl_parse(&a->rtnl, &source, a->buf, (size_t)len, &outcome);
		err = outcome.error;
	}
	return err;
}

int asker_dump(struct asker *a, const struct rtnl_request *request, nsid_t nsid,
	const struct rtnl_sink *sink)
{
	const struct rtnl_source source = {.origin = RTNL_DUMP, .nsid = nsid, .seq = a->seq};
	struct rtnl reader = {.own_id = a->rtnl.own_id, .sink = *sink};
	struct rtnl_outcome outcome = {0};
	bool is_interrupted = false;
	int err = netlink_send(a->fd, request);
	/* Progress: each turn takes one datagram. The kernel makes the next one when one is
	 * taken. */
	while (!err && !outcome.is_done) {
		nsid_t ignored;
		long len = netlink_receive(a->fd, a->buf, &ignored);
		if (len < 0)
			return (int)len;
		rtnl_parse(&reader, &source, a->buf, (size_t)len, &outcome);
		is_interrupted |= outcome.is_interrupted;
		err = outcome.error;
	}
	return err || !is_interrupted ? err : -EINTR;
}

int asker_get_nsid(struct asker *a, int fd, nsid_t *ret)
{
	const struct rtnl_request request = rtnl_get_nsid(++a->seq, fd);
	int err = asker_ask(a, &request, NSID_OWN);
	if (!err && !a->has_answer)
		err = -ENOENT;
	if (!err)
		*ret = a->answer.nsid;
	return err;
}

int asker_set_nsid(struct asker *a, int fd, nsid_t nsid)
{
	const struct rtnl_request request = rtnl_set_nsid(++a->seq, fd, nsid);
	return asker_ask(a, &request, NSID_OWN);
}

/* -EEXIST may also mean that another process has just given it an nsid: asker_get_nsid() finds
 * out. */
static int give_nsid(struct asker *a, int fd, nsid_t *next, nsid_t *ret)
{
	int err = -EEXIST;
	for (int i = 0; i < LIMIT_NSID_TRIES && err == -EEXIST && *next < INT32_MAX; i++) {
		nsid_t nsid = (*next)++;
		err = asker_set_nsid(a, fd, nsid);
		if (err == -EEXIST && asker_get_nsid(a, fd, ret) == 0)
			return 0;
		if (!err)
			*ret = nsid;
	}
	return err;
}

int asker_find_or_give_nsid(struct asker *a, int fd, nsid_t *next, nsid_t *ret)
{
	int err = asker_get_nsid(a, fd, ret);
	return err == -ENOENT ? give_nsid(a, fd, next, ret) : err;
}

int asker_get_link(struct asker *a, nsid_t nsid, uint32_t ifindex, struct event *ret)
{
	const struct rtnl_request request = rtnl_get_link(++a->seq, nsid, ifindex);
	int err = asker_ask(a, &request, nsid);
	if (!err && !a->has_answer)
		err = -ENODEV;
	if (!err)
		*ret = a->answer;
	return err;
}
