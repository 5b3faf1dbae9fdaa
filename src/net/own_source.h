/* SPDX-License-Identifier: ISC */
/*
 * A socket filter against packets from the network with a source address of our own. Linux drops them
 * for IPv4 (fib_validate_source() in net/ipv4/fib_frontend.c), but not for IPv6.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"

struct sock_filter;

/* Of more addresses than that, the first ones are looked for: the kernel limits the memory of a
 * socket's filter (net.core.optmem_max). */
enum { OWN_SOURCE_ADDRS = 48, OWN_SOURCE_CAP = 12 + 9 * OWN_SOURCE_ADDRS };

/* Writes a filter for an IPv6 socket to `out`, which has OWN_SOURCE_CAP places. It accepts what this
 * host has sent to the group itself, and all that has none of these source addresses. Returns its
 * length. */
unsigned own_source_write(const struct addr *addrs, size_t count, struct sock_filter *out)
	NONNULL_ARGS(3);

/* Gives the socket such a filter instead of its present one. Returns 0 or -errno. */
int own_source_attach(int fd, const struct addr *addrs, size_t count) MUSTCHECK;
