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
#include "transfer/policy.h"
#include "transfer/xfr.h"

/* One transfer, from the question to its end. It is always owned by one of the two threads, or in a
 * queue. */
struct transfer {
	struct transfer *next;
	struct xfr xfr; /* asked by the TCP thread; its source is the main thread's answer */
	int err;        /* from the main thread: the result of journal_source() */
	struct serve_client client;
	void *conn;         /* for the TCP thread only; NULL: the client has gone */
	struct list in_all; /* for the TCP thread only */
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

/* Replaces the policy of who may transfer (NULL: nobody, and queries are not checked). Takes it
 * over. The old one is freed when no thread uses it any more. */
void transfers_publish(struct transfers *t, struct transfer_policy *policy) NONNULL_ARGS(1);

struct transfers_stats {
	uint64_t done, refused, failed; /* transfers: complete; not allowed; aborted */
	uint64_t bad_signatures;
	uint64_t under_way;
};
struct transfers_stats transfers_stats(const struct transfers *t) NONNULL;

/* The answering threads' part. */

/* Returns the policy of who may transfer; NULL: nobody. Valid to the end of the read-side critical
 * section. */
const struct transfer_policy *transfers_policy(const struct transfers *t) NONNULL;
void transfers_count_refused(struct transfers *t) NONNULL;
void transfers_count_bad_signature(struct transfers *t) NONNULL;

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
