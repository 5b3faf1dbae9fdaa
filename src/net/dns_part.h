/* SPDX-License-Identifier: ISC */
/* Inside of net/dns.c: its UDP workers and its TCP thread. */
#pragma once

#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "net/dns.h"

/* Any socket address. */
union sock_addr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The address and port in `from`, IPv4 on a dual-stack socket as IPv4. */
static inline void client_set(struct serve_client *client, const union sock_addr *from, bool is_tcp)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */
	const uint8_t *v6 = from->v6.sin6_addr.s6_addr;
	const void *v4 = from->any.sa_family == AF_INET ? (const void *)&from->v4.sin_addr
			 : memcmp(v6, mapped, sizeof(mapped)) == 0 ? v6 + sizeof(mapped)
								   : NULL;
	*client = (struct serve_client){.is_tcp = is_tcp};
	client->port =
		ntohs(from->any.sa_family == AF_INET ? from->v4.sin_port : from->v6.sin6_port);
	client->addr.family = v4 ? ADDR_V4 : ADDR_V6;
	if (v4)
		memcpy(client->addr.bytes, v4, 4);
	else
		memcpy(client->addr.bytes, v6, 16);
}

/* One UDP socket and the thread that answers on it. */
struct udp_worker;

/* `config` must stay as long as the worker. Takes over the bound socket `fd` (closed on failure too) and starts to answer. `has_pktinfo`: replies
 * go out from the address asked. NULL if out of memory or threads. */
struct udp_worker *udp_worker_start(
	int fd, bool has_pktinfo, const struct dns_config *config) NONNULL MUSTCHECK;
void udp_worker_stop(struct udp_worker *w);
void udp_worker_add_stats(const struct udp_worker *w, struct dns_stats *sum) NONNULL;

/* The thread that serves all of TCP. */
struct tcp_server;

struct tcp_server *tcp_server_start(const struct dns_config *config) NONNULL MUSTCHECK;
/* Takes over the listening socket `fd` (closed on failure too). Any thread. ERR_NOMEM, -errno. */
int tcp_server_listen(struct tcp_server *s, int fd) NONNULL MUSTCHECK;
void tcp_server_stop(struct tcp_server *s);
void tcp_server_add_stats(const struct tcp_server *s, struct dns_stats *sum) NONNULL;

/* Adds one to a counter that only this thread writes (relaxed). */
static inline void count_up(_Atomic uint64_t *counter)
{
	uint64_t n = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, n + 1, memory_order_relaxed);
}
