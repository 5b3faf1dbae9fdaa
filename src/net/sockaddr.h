/* SPDX-License-Identifier: ISC */
/* Our addresses as the kernel's, and back. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"

/* A socket address of either family. */
union sockaddr_inet {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Writes address and port to `ret`, and for IPv6 the scope: an ifindex, or 0. An address that is all zero
 * is that of every interface. Returns the length of what was written. */
socklen_t sockaddr_make(
	const struct addr *addr, uint16_t port, uint32_t scope, union sockaddr_inet *ret) NONNULL;

/* The address in `from`; IPv4 that came as ::ffff:a.b.c.d on a socket for both, as IPv4. */
struct addr sockaddr_addr(const union sockaddr_inet *from) NONNULL;
uint16_t sockaddr_port(const union sockaddr_inet *from) NONNULL;
