/* SPDX-License-Identifier: ISC */
/* Makes the bytes of a channel (io/channel.h) from a short input, and sends them in pieces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends the messages that the input describes: a byte with the type (bits 0-4), a false length (5), zeros at its
 * end (6); two bytes with the length of its content; for a false length four bytes with what the header
 * says; for zeros two bytes with their number in units of 4; and the content. At most 128 messages, or as many as begin in the first MiB. */
void channel_stream_make(const uint8_t *bytes, size_t len, struct buf *ret);

/* Sends the next piece of `stream` from `*sent` on to a socket of a pair, without waiting. False: all is sent. */
bool channel_stream_send(int fd, const struct buf *stream, size_t piece, size_t *sent);

/* Makes the pair. The channel's end is the first; both are non-blocking. */
void channel_stream_pair(int fds[2]);
