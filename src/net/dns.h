/* SPDX-License-Identifier: ISC */
/*
 * The sockets of unicast DNS. Each address has a TCP listener, and for each worker a UDP socket and
 * a thread (SO_REUSEPORT). One thread serves all of TCP. Threads block while nothing arrives.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "io/log.h"
#include "net/transfers.h"
#include "serve/answer.h"

struct dns_listen {
	struct addr addr; /* ADDR_NONE: the wildcard, both families */
	uint16_t port;    /* 0: DNS_PORT */
	uint32_t ifindex; /* for a link-local address; 0 otherwise */
};

struct dns_config {
	const struct dns_listen *listen; /* empty: the wildcard */
	size_t listen_count;
	unsigned workers;               /* UDP threads per address; 0: one per online CPU */
	const struct zone_reader *zone; /* must outlive dns_close() */
	const struct view_slot *views;  /* the same */
	const struct log *log;          /* the same; NULL: silence */
	struct transfers *transfers;    /* the same; NULL: none */
	struct serve_policy policy;     /* deep copy; `cookie_keys` is ignored */
	struct cookie_keys cookie_keys; /* copied */
	uint32_t rate_limit; /* equal replies per second to one network, over UDP; 0: no limit */
};

struct dns; /* opaque */

/* Opens all sockets that can be opened. If one cannot, logs a warning with advice, and leaves it to
 * dns_retry(). Returns NULL only if out of memory or threads. The config is copied, but not the
 * zone and the views that it points to. */
struct dns *dns_open(const struct dns_config *config) NONNULL MUSTCHECK;

/* Tries again to open the sockets that could not be opened. Call it when addresses have changed; it
 * costs nothing if all are open. Logs each success, but does not log the same failure again. */
void dns_retry(struct dns *d) NONNULL;

/* How many addresses (struct dns_listen) are served, and how many are not. The main program treats
 * it as an error if none is served at the start. */
size_t dns_served(const struct dns *d) NONNULL;
size_t dns_waiting(const struct dns *d) NONNULL;

/* Calls `visit` for each address that is served. */
void dns_each_served(const struct dns *d, void (*visit)(void *arg, const struct dns_listen *at),
	void *arg) NONNULL_ARGS(1, 2);

struct dns_stats {
	uint64_t counts[SERVE_COUNT];
	uint64_t send_failed; /* replies that the kernel refused to send */
	uint64_t tcp_accepted, tcp_open;
	uint64_t tcp_limited; /* connections closed because there were too many */
};
struct dns_stats dns_stats(const struct dns *d) NONNULL;

/* Replaces the keys of cookies. ERR_NOMEM: the old ones stay. */
int dns_set_cookie_keys(struct dns *d, const struct cookie_keys *keys) NONNULL MUSTCHECK;

/* Closes all sockets and joins all threads. */
void dns_close(struct dns *d);
