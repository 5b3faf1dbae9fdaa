/* SPDX-License-Identifier: ISC */
/* Converts our addresses to the kernel's, and back. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"

/* A socket address of either family. */
union sockaddr_inet {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Writes address and port to `ret`, and for IPv6 the scope: an ifindex or 0. An address of all zero
 * bytes stands for every interface. Returns the length written. */
socklen_t sockaddr_make(
	const struct addr *addr, uint16_t port, uint32_t scope, union sockaddr_inet *ret) NONNULL;

/* Returns the address in `from`. An IPv4 address in the form ::ffff:a.b.c.d, from a socket for both
 * families, is returned as IPv4. Inline, because it runs for each query. */
static inline struct addr sockaddr_addr(const union sockaddr_inet *from)
{
	const struct in6_addr *v6 = &from->v6.sin6_addr;
	struct addr a = {.family = ADDR_V4};
	if (from->any.sa_family == AF_INET) {
		memcpy(a.bytes, &from->v4.sin_addr, sizeof(from->v4.sin_addr));
	} else if (IN6_IS_ADDR_V4MAPPED(v6)) {
		memcpy(a.bytes, v6->s6_addr + 12, 4);
	} else {
		a.family = ADDR_V6;
		memcpy(a.bytes, v6, sizeof(*v6));
	}
	return a;
}

/* Returns the port in `from`, in host byte order. */
static inline uint16_t sockaddr_port(const union sockaddr_inet *from)
{
	return ntohs(from->any.sa_family == AF_INET ? from->v4.sin_port : from->v6.sin6_port);
}
