/* SPDX-License-Identifier: ISC */
/*
 * The hand-over of transfers between the thread that has the clients and the main thread, which has
 * the zones: asked for in one direction, with what is to be sent in the other. Neither waits: each
 * has a queue, and an eventfd that wakes it up. What is sent is immutable, so a slow client holds
 * up nobody; and who may ask is published by a pointer, for all threads that answer.
 *
 *	TCP thread ──transfers_ask()──► main thread, journal_source() ──transfers_deliver()──►
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "serve/answer.h"
#include "transfer/policy.h"
#include "transfer/xfr.h"

/* One transfer, from the question to its end. Always owned by one of the two threads or in a
 * queue. */
struct transfer {
	struct transfer *next;
	struct xfr xfr; /* asked by the TCP thread; its source is the main thread's answer */
	int err;        /* of the main thread: what journal_source() returned */
	struct serve_client client;
	void *conn; /* the TCP thread's alone; NULL: the client has gone meanwhile */
};

struct transfers; /* opaque */

/* NULL: no memory, or no descriptors. */
struct transfers *transfers_new(void) MUSTCHECK;
/* After both threads have ended. */
void transfers_free(struct transfers *t);

/* The main thread's part. */

/* Readable when something was asked for. */
int transfers_asked_fd(const struct transfers *t) NONNULL;
/* The next that was asked for, or NULL. The caller gives it back by transfers_deliver(). */
struct transfer *transfers_next_asked(struct transfers *t) NONNULL;
void transfers_deliver(struct transfers *t, struct transfer *transfer) NONNULL;

/* Who may from now on (NULL: nobody, and nothing is looked at). Takes it over; the old one is freed
 * when no thread looks at it any more. */
void transfers_publish(struct transfers *t, struct transfer_policy *policy) NONNULL_ARGS(1);

struct transfers_stats {
	uint64_t done, refused, failed; /* transfers: sent whole; not allowed; broken off */
	uint64_t bad_signatures;
	uint64_t under_way;
};
struct transfers_stats transfers_stats(const struct transfers *t) NONNULL;

/* The answering threads' part. */

/* Who may; NULL: nobody. Valid to the end of the read-side critical section. */
const struct transfer_policy *transfers_policy(const struct transfers *t) NONNULL;
void transfers_count_refused(struct transfers *t) NONNULL;
void transfers_count_bad_signature(struct transfers *t) NONNULL;

/* The TCP thread's part. */

/* A new one, or NULL if there are too many or no memory. It ends with transfers_end(). */
struct transfer *transfers_begin(struct transfers *t) NONNULL MUSTCHECK;
void transfers_end(struct transfers *t, struct transfer *transfer, bool is_done) NONNULL;
/* Passes it to the main thread. */
void transfers_ask(struct transfers *t, struct transfer *transfer) NONNULL;
/* Readable when some are ready to be sent. */
int transfers_ready_fd(const struct transfers *t) NONNULL;
struct transfer *transfers_next_ready(struct transfers *t) NONNULL;
