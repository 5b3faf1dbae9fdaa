/* SPDX-License-Identifier: ISC */
/* Internal to net/dns.c: its UDP workers and its TCP thread. */
#pragma once

#include <stdatomic.h>

#include "net/dns.h"
#include "net/sockaddr.h"

static inline struct serve_client client_of(const union sockaddr_inet *from, bool is_tcp)
{
	return (struct serve_client){
		.addr = sockaddr_addr(from), .port = sockaddr_port(from), .is_tcp = is_tcp};
}

/* One UDP socket and the thread that answers on it. */
struct udp_worker;

/* Takes over the bound socket `fd` (closes it on failure too) and starts to answer. `config` must
 * outlive the worker. If `has_pktinfo`, replies are sent from the address to which the query was
 * sent. Returns NULL if out of memory or threads. */
struct udp_worker *udp_worker_start(
	int fd, bool has_pktinfo, const struct dns_config *config) NONNULL MUSTCHECK;
/* Ends the thread and closes the socket. Adds what it has counted to `sum`. */
void udp_worker_stop(struct udp_worker *w, struct dns_stats *sum) NONNULL;
void udp_worker_add_stats(const struct udp_worker *w, struct dns_stats *sum) NONNULL;

/* The thread that serves all of TCP. */
struct tcp_server;

struct tcp_server *tcp_server_start(const struct dns_config *config) NONNULL MUSTCHECK;
/* Takes ownership of the listening socket `fd`, and closes it on failure. Returns its number,
 * for tcp_server_unlisten(); ERR_NOMEM, -errno. Both are for the main thread. */
int tcp_server_listen(struct tcp_server *s, int fd) NONNULL MUSTCHECK;
/* Closes a listening socket; its port is free afterwards. Connections that it has accepted
 * continue. */
void tcp_server_unlisten(struct tcp_server *s, int listener) NONNULL;
void tcp_server_stop(struct tcp_server *s);
void tcp_server_add_stats(const struct tcp_server *s, struct dns_stats *sum) NONNULL;

/* Adds one to a counter that only this thread writes (relaxed). */
static inline void count_up(_Atomic uint64_t *counter)
{
	uint64_t n = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, n + 1, memory_order_relaxed);
}
