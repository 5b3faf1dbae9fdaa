/* SPDX-License-Identifier: ISC */
/*
 * Messages between two processes of one program, over a stream socket: each has a type and bytes. What
 * the other has no room for is queued, so the sender need not wait; what has come is read as a whole.
 * Each side believes the other only as far as it must: a message that is too long ends the channel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"

/* The longest message. Senders cut what is longer. */
enum { CHANNEL_MESSAGE_CAP = 1 << 17 };

struct channel {
	int fd; /* -1: closed */
	struct buf out;
	size_t sent;             /* of `out` */
	uint8_t *in;             /* owned */
	size_t in_start, in_len; /* what is read and not yet taken */
};

struct channel_message {
	uint32_t type;
	const uint8_t *bytes; /* borrowed until the next channel_next() */
	size_t len;
};

/* Takes over the socket, one end of a socketpair(2). There is memory for one message of any length in each
 * direction from now on. ERR_NOMEM: it is closed. */
int channel_init(struct channel *c, int fd) NONNULL MUSTCHECK;
void channel_fini(struct channel *c) NONNULL;

/* Queues a message. Together with what is pending it may need memory; without, it is lost, and so is the channel:
 * channel_flush() fails. */
void channel_put(struct channel *c, uint32_t type, const void *bytes, size_t len) NONNULL_ARGS(1);

/* Sends as much as there is room for. -errno, ERR_NOMEM: the channel is of no more use. */
int channel_flush(struct channel *c) NONNULL MUSTCHECK;
/* Sends everything, and waits for the room. */
int channel_flush_all(struct channel *c) NONNULL MUSTCHECK;
/* True if there is something left to send. */
bool channel_is_pending(const struct channel *c) NONNULL;

/* Takes the next message. Returns 1, or 0 if there is none yet. -EPIPE: the other end is closed;
 * -EBADMSG; -errno. */
int channel_next(struct channel *c, struct channel_message *ret) NONNULL MUSTCHECK;
/* The same, and waits for it. */
int channel_wait(struct channel *c, struct channel_message *ret) NONNULL MUSTCHECK;
/* Puts the message back that channel_next() has returned last, from its byte `from` on. */
void channel_return(struct channel *c, const struct channel_message *message, size_t from) NONNULL;
/* True if a whole message, or the head of one that is too long, has been read and not been taken: the socket need
 * not be readable. */
bool channel_has_message(const struct channel *c) NONNULL;
