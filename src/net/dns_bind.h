/* SPDX-License-Identifier: ISC */
/* Opens and binds the sockets of unicast DNS. Internal to net/dns.c. */
#pragma once

#include "net/dns.h"

/* True if the socket receives packets for any of our addresses: then each reply must set its source
 * address. */
bool dns_bind_takes_any(const struct dns_listen *at) NONNULL;

/* Checks that nobody else uses the UDP port. Our workers share it with SO_REUSEPORT; therefore the
 * kernel would also let another process of the same user share it, and each would get half of the
 * queries. -errno. */
int dns_bind_probe(const struct dns_listen *at) NONNULL MUSTCHECK;

/* Returns a bound UDP socket; our other sockets on the same address may share its port. -errno. */
int dns_bind_udp(const struct dns_listen *at) NONNULL MUSTCHECK;

/* Returns a listening TCP socket; -errno. A second daemon is detected here at the latest. */
int dns_bind_tcp(const struct dns_listen *at) NONNULL MUSTCHECK;
