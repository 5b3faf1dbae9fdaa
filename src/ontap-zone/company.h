/* SPDX-License-Identifier: ISC */
/*
 * How many sockets of our network namespace have a UDP port. A responder that starts has the port
 * before it has joined the group, and receives all that is sent to the group from then on, because
 * we have joined it (IP_MULTICAST_ALL, ip(7)).
 */
#pragma once

#include <stdint.h>

/* Returns the number of sockets that are bound to that UDP port, ours included, by
 * /proc/self/net/udp and udp6. What cannot be read counts as none. */
unsigned company_sockets(uint16_t port);
