/* SPDX-License-Identifier: ISC */
/*
 * The sockets of unicast DNS, on addresses that come and go. Each address has a TCP listener, and for
 * each worker a UDP socket and a thread (SO_REUSEPORT). One thread serves all of TCP. Threads block
 * while nothing arrives.
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

/* A place to serve at. */
struct dns_listen {
	struct addr addr; /* unspecified: the wildcard of its family */
	uint16_t port;
	uint32_t ifindex; /* for a link-local address; 0 otherwise */
};

struct dns_config {
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

/* Starts the thread for TCP; nothing is served yet. Returns NULL if out of memory or threads. The
 * config is copied, but not the zone and the views that it points to. */
struct dns *dns_open(const struct dns_config *config) NONNULL MUSTCHECK;

/* Serves at exactly these places, which are copied: at most LIMIT_DNS_PLACES, no two equal.
 * First closes the sockets of all other places. Open sockets stay open; all others are tried,
 * even if they failed before. Logs each success, and each new failure except -EADDRINUSE: the
 * caller can find out which program has the address. */
void dns_serve_at(struct dns *d, const struct dns_listen *places, size_t count) NONNULL_ARGS(1);

/* Returns a place of the last dns_serve_at(), by index. False if there are fewer. */
struct dns_place {
	struct dns_listen at;
	int err; /* of the last try; 0: served */
};
bool dns_place(const struct dns *d, size_t index, struct dns_place *ret) NONNULL;

/* How many places are served, and how many are not. */
size_t dns_served(const struct dns *d) NONNULL;
size_t dns_waiting(const struct dns *d) NONNULL;

enum { DNS_LISTEN_TEXT_CAP = ADDR_TEXT_CAP + 32 };
/* Writes "192.0.2.1:53", "[2001:db8::1]:53" to `out` (DNS_LISTEN_TEXT_CAP bytes). Returns `out`. */
const char *dns_listen_text(const struct dns_listen *at, char *out) NONNULL;

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
