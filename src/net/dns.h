/* SPDX-License-Identifier: ISC */
/*
 * Unicast DNS on sockets: for each address listened on, a UDP socket and thread per worker
 * (SO_REUSEPORT) and a TCP listener; one thread for all of TCP. Threads block while nothing comes.
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
	const struct dns_listen *listen; /* none: the wildcard */
	size_t listen_count;
	unsigned workers;               /* UDP threads an address; 0: one per online CPU */
	const struct zone_reader *zone; /* must outlive dns_close() */
	const struct view_slot *views;  /* the same */
	const struct log *log;          /* the same; NULL: silence */
	struct transfers *transfers;    /* the same; NULL: none */
	struct serve_policy
		policy; /* copied, with what it points to; `cookie_keys` is not looked at */
	struct cookie_keys cookie_keys; /* copied */
	uint32_t rate_limit; /* replies of a kind a second to a network, over UDP; 0: no limit */
};

struct dns; /* opaque */

/* Opens what can be opened; what cannot is logged as a warning, with what to do, and left for
 * dns_retry(). NULL only if out of memory or threads. The config is copied, not what it points
 * to of zone and views. */
struct dns *dns_open(const struct dns_config *config) NONNULL MUSTCHECK;

/* Tries again what could not be opened: to be called when addresses have changed. Costs nothing when
 * all is open. Says what has succeeded; does not repeat what still fails. */
void dns_retry(struct dns *d) NONNULL;

/* Addresses (struct dns_listen) that are served, and that are not. None served at the start is an
 * error by the main program. */
size_t dns_served(const struct dns *d) NONNULL;
size_t dns_waiting(const struct dns *d) NONNULL;

struct dns_stats {
	uint64_t counts[SERVE_COUNT];
	uint64_t send_failed; /* answers that the kernel did not take */
	uint64_t tcp_accepted, tcp_open;
	uint64_t tcp_limited; /* connections closed because there were too many */
};
struct dns_stats dns_stats(const struct dns *d) NONNULL;

/* Other keys of cookies from now on. ERR_NOMEM: the old ones stay. */
int dns_set_cookie_keys(struct dns *d, const struct cookie_keys *keys) NONNULL MUSTCHECK;

/* Closes all sockets and joins all threads. */
void dns_close(struct dns *d);
