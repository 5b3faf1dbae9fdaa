/* SPDX-License-Identifier: ISC */
/*
 * How many sockets of our network namespace have a UDP port. A responder that starts has the port
 * before it has joined the group, and receives all that is sent to the group from then on, because
 * we have joined it (IP_MULTICAST_ALL, ip(7)).
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

/* /proc/self/net/udp and udp6, open, because nothing can be opened later. */
struct company {
	int fds[2]; /* negative: cannot be read */
};

void company_open(struct company *c) NONNULL;
void company_close(struct company *c) NONNULL;
/* Returns the number of sockets that are bound to that UDP port now, ours included. What cannot be read
 * counts as none. */
unsigned company_sockets(const struct company *c, uint16_t port) NONNULL;
