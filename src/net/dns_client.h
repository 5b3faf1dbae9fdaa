/* SPDX-License-Identifier: ISC */
/*
 * Sends our own messages to other name servers, from ports that the kernel chooses: datagrams, and
 * single questions over TCP. Everything is non-blocking, in the main loop.
 */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "io/loop.h"

struct server_addr {
	struct addr addr;
	uint16_t port;
};

/* Datagrams. There is one socket for each family, opened at its first use. */
struct dns_client; /* opaque */

/* `on_message` gets each datagram that arrives, from any sender. Returns NULL if out of memory. */
struct dns_client *dns_client_new(struct loop *loop,
	void (*on_message)(
		void *arg, const struct server_addr *from, const uint8_t *msg, size_t len),
	void *arg) NONNULL_ARGS(1, 2) MUSTCHECK;
void dns_client_free(struct dns_client *c);

/* Sends one datagram. -errno. */
int dns_client_send(struct dns_client *c, const struct server_addr *to, const uint8_t *msg,
	size_t len) NONNULL MUSTCHECK;

/* One question over TCP (RFC 7766), and its answer.
 *
 *	connecting ──► writing ──► reading ──► done: `on_done` is called once, that is all
 */
struct exchange; /* opaque */

/* Begins an exchange; `msg` is copied. `on_done` gets the answer, or NULL if the connection failed
 * or exchange_give_up() was called; it may begin another exchange. There is no time limit: the
 * caller has to call exchange_give_up(). Returns NULL if the exchange cannot begin: then `on_done`
 * is not called. */
struct exchange *exchange_begin(struct loop *loop, const struct server_addr *to, const uint8_t *msg,
	size_t len, void (*on_done)(void *arg, const uint8_t *answer, size_t len), void *arg)
	NONNULL_ARGS(1, 2, 3, 5) MUSTCHECK;

/* Ends it without an answer and calls `on_done`. For a caller that has waited long enough. */
void exchange_give_up(struct exchange *x) NONNULL;
/* Ends it without calling `on_done`. */
void exchange_free(struct exchange *x);
