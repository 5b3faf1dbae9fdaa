/* SPDX-License-Identifier: ISC */
/* Converts our addresses to the kernel's, and back. */
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

/* Writes address and port to `ret`, and for IPv6 the scope: an ifindex or 0. An address of all zero
 * bytes stands for every interface. Returns the length written. */
socklen_t sockaddr_make(
	const struct addr *addr, uint16_t port, uint32_t scope, union sockaddr_inet *ret) NONNULL;

/* Returns the address in `from`. An IPv4 address in the form ::ffff:a.b.c.d, from a socket for both
 * families, is returned as IPv4. */
struct addr sockaddr_addr(const union sockaddr_inet *from) NONNULL;
uint16_t sockaddr_port(const union sockaddr_inet *from) NONNULL;
