/* SPDX-License-Identifier: ISC */
/*
 * Owns the conversion between struct addr and the kernel's socket addresses.
 * Never opens a socket.
 */
#include "net/sockaddr.h"

#include <string.h>

socklen_t sockaddr_make(
	const struct addr *addr, uint16_t port, uint32_t scope, union sockaddr_inet *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (addr->family == ADDR_V4) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		memcpy(&ret->v4.sin_addr, addr->bytes, sizeof(ret->v4.sin_addr));
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	memcpy(&ret->v6.sin6_addr, addr->bytes, sizeof(ret->v6.sin6_addr));
	ret->v6.sin6_scope_id = scope;
	return sizeof(ret->v6);
}
