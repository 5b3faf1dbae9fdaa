/* SPDX-License-Identifier: ISC */
/*
 * Passes transfers between the thread that has the clients and the main thread, which has the
 * zones: requests in one direction, the data to send in the other. Neither thread waits: each has a
 * queue, and an eventfd that wakes it up. The data to send is immutable, so a slow client delays
 * nobody. The policy of who may transfer is published by a pointer, for all threads that answer.
 *
 *	TCP thread ──transfers_ask()──► main thread, journal_source() ──transfers_deliver()──►
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/list.h"
#include "io/log.h"
#include "serve/answer.h"
#include "net/update_ask.h"
#include "transfer/policy.h"
#include "transfer/xfr.h"

/* One transfer, from the question to its end; or an update (RFC 2136) and its reply, which take the same way. It is
 * always owned by one of the two threads, or in a queue. */
struct transfer {
	struct transfer *next;
	struct xfr xfr; /* asked by the TCP thread; its source is the main thread's answer */
	int err;        /* from the main thread: the result of journal_source() */
	struct serve_client client;
	void *conn;                /* for the TCP thread only; NULL: the client has gone */
	struct list in_all;        /* for the TCP thread only */
	struct update_ask *update; /* owned; NULL: a transfer */
	struct list in_udp;        /* an update over UDP, until it is answered */
};

struct transfers; /* opaque */

/* Returns NULL if out of memory or file descriptors. */
struct transfers *transfers_new(void) MUSTCHECK;
/* Call it after both threads have ended. */
void transfers_free(struct transfers *t);

/* The main thread's part. */

/* Becomes readable when a transfer was asked for. */
int transfers_asked_fd(const struct transfers *t) NONNULL;
/* Returns the next transfer that was asked for, or NULL. The caller gives it back with
 * transfers_deliver(). */
struct transfer *transfers_next_asked(struct transfers *t) NONNULL;
void transfers_deliver(struct transfers *t, struct transfer *transfer) NONNULL;
/* Gives back an update with its reply. Over UDP, it is sent at once. */
void transfers_answer_update(
	struct transfers *t, struct transfer *transfer, unsigned rcode, uint64_t now_s) NONNULL;
/* This socket is about to be closed, and no thread answers on it: updates that came there get no reply. */
void transfers_forget_socket(struct transfers *t, int fd) NONNULL;

/* Replaces the policy of who may transfer (NULL: nobody, and queries are not checked). Takes it
 * over. The old one is freed when no thread uses it any more. */
void transfers_publish(struct transfers *t, struct transfer_policy *policy) NONNULL_ARGS(1);

struct transfers_stats {
	uint64_t done, refused, failed; /* transfers: complete; not allowed; aborted */
	uint64_t bad_signatures;
	uint64_t under_way;
	uint64_t updates_waiting;
};
struct transfers_stats transfers_stats(const struct transfers *t) NONNULL;

/* The answering threads' part. */

/* Returns the policy of who may transfer; NULL: nobody. Valid to the end of the read-side critical
 * section. */
const struct transfer_policy *transfers_policy(const struct transfers *t) NONNULL;
void transfers_count_refused(struct transfers *t) NONNULL;
void transfers_count_bad_signature(struct transfers *t) NONNULL;

/* Returns a new update with a copy of the message, its signature verified and removed; NULL if too many wait, or
 * out of memory. `ask` has the request and the signature. */
struct transfer *transfers_begin_update(struct transfers *t, const struct serve_client *client,
	const struct update_ask *ask, const uint8_t *msg, size_t len) NONNULL MUSTCHECK;
/* True if one more signature of a key pair may be verified for that client now. Counts it then. UDP and TCP have a half
 * each: the addresses of the one may be invented. */
bool transfers_may_verify(struct transfers *t, const struct serve_client *client) NONNULL;
/* Passes an update to the main thread that came in by UDP, on that socket; `in` has its sender and its control
 * messages, those of a reply. */
void transfers_ask_udp(
	struct transfers *t, struct transfer *update, int fd, const struct msghdr *in) NONNULL;

/* The TCP thread's part. */

/* Returns a new transfer for that client, or NULL if there are too many, in all or of its address,
 * or out of memory. Free it with transfers_end(). */
struct transfer *transfers_begin(struct transfers *t, const struct serve_client *client) NONNULL
	MUSTCHECK;
void transfers_end(struct transfers *t, struct transfer *transfer, bool is_done) NONNULL;
/* Logs how a transfer ended. `is_done`: all of it was sent. */
void transfer_log_end(const struct transfer *transfer, const struct addr *client, bool is_done,
	const struct log *log) NONNULL_ARGS(1, 2);
/* Passes the transfer to the main thread. */
void transfers_ask(struct transfers *t, struct transfer *transfer) NONNULL;
/* Becomes readable when transfers are ready to be sent. */
int transfers_ready_fd(const struct transfers *t) NONNULL;
struct transfer *transfers_next_ready(struct transfers *t) NONNULL;
