/* SPDX-License-Identifier: ISC */
/*
 * Owns the opening of the sockets of unicast DNS, and their options.
 * Never keeps a socket: the caller does.
 */
#include "net/dns_bind.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/sockaddr.h"

enum { TCP_BACKLOG = 128, UDP_RECEIVE_ROOM = 1 << 20 };

static void set_option(int fd, int level, int name, int value)
{
	/* Each option is an improvement that an old kernel may lack; none is required. */
	(void)!setsockopt(fd, level, name, &value, sizeof(value));
}

/* Replies are small enough for any path. They are sent without regard to the path MTU, so a forged
 * ICMP message that lowers it cannot cause fragments (RFC 9715). The receive buffer has room for a
 * burst of queries: SO_RCVBUFFORCE is for privileged processes, SO_RCVBUF works for all, up to the
 * limit of the machine. */
static void set_udp_options(int fd, int family, bool is_wildcard)
{
	set_option(fd, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE_ROOM);
	set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE_ROOM);
	set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
	if (is_wildcard && family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	else if (is_wildcard)
		set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

bool dns_bind_takes_any(const struct dns_listen *at)
{
	return addr_is_unspecified(&at->addr);
}

/* Returns a socket bound to the address, for its family only; -errno. */
static int bind_socket(const struct dns_listen *at, int type, int reuse_option)
{
	union sockaddr_inet addr;
	const int family = at->addr.family == ADDR_V4 ? AF_INET : AF_INET6;
	socklen_t len = sockaddr_make(&at->addr, at->port, at->ifindex, &addr);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (reuse_option)
		set_option(fd, SOL_SOCKET, reuse_option, 1);
	if (type == SOCK_DGRAM)
		set_udp_options(fd, family, dns_bind_takes_any(at));
	if (bind(fd, &addr.any, len)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int dns_bind_probe(const struct dns_listen *at)
{
	int fd = bind_socket(at, SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int dns_bind_udp(const struct dns_listen *at)
{
	return bind_socket(at, SOCK_DGRAM, SO_REUSEPORT);
}

int dns_bind_tcp(const struct dns_listen *at)
{
	int fd = bind_socket(at, SOCK_STREAM | SOCK_NONBLOCK, SO_REUSEADDR);
	if (fd < 0)
		return fd;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	if (listen(fd, TCP_BACKLOG)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
